"""A7: planted contradictions and untouched reports. Findings are measured from DICOM by the product; reports are
rendered from truth by the phantom grammar, which shares no word list with the checker. Every untouched report is
another patient's, in one of three English styles or in Chinese."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from benchmarks.common import FIRST, cohort

PLANTED, UNTOUCHED = 500, 2000
COUNTS = {"A": 1000, "B": 500, "C": 500}
OUTSIDE = 10  # fewest rib fractures outside coverage that show anything
OTHER = {"left": "right", "right": "left"}


def run(planted: int = PLANTED, untouched: int = UNTOUCHED, counts: dict[str, int] | None = None,
        least_outside: int = OUTSIDE) -> tuple[bool, str]:
    """Recall by kind of error (only a flag about the planted finding counts), and false critical flags on untouched
    reports. Every rib fracture outside coverage must read *not assessable*."""
    from medomni.check import check_report
    from medomni.phantom import REPORT_STYLES, reference_report, sample_patient

    pairs = [(sample_patient(FIRST["test"] + k, h), c.findings)
             for h, n in (counts or COUNTS).items() for k, c in enumerate(cohort(h, "test", n))]
    rng = np.random.default_rng(7)
    false, flagged, total = Counter(), Counter(), Counter()  # type: ignore[var-annotated]
    ways = [*((style, "en") for style in REPORT_STYLES), (None, "zh")]
    chosen = pairs[:untouched]
    reports = len(chosen)
    for k, (patient, findings) in enumerate(chosen):
        style, language = ways[k % len(ways)]
        result = check_report(reference_report(patient, style, language), findings)  # type: ignore[arg-type]
        critical = [f for f in result.flags if f.severity == "critical"]
        false["reports"] += bool(critical)
        false[language] += bool(critical)
        false.update({f"{f.code}:{result.claims[f.claim].claim.finding_id if f.claim is not None else f.rule}"
                      for f in critical})
    low, high = wilson(false["reports"], reports)
    print(f"untouched: {false['reports']} of {reports} with a critical flag "
          f"({false['reports'] / reports:.4f} [{low:.4f}, {high:.4f}]); by kind {dict(false.most_common(12))}")

    kinds = ["side", "negation", "size", "invented", "dropped", "rib fracture"]
    tries, by = 0, Counter()  # type: ignore[var-annotated]
    while sum(total[k] for k in kinds) < planted and tries < 50 * planted:
        tries += 1
        kind = kinds[int(np.argmin([total[k] for k in kinds]))]
        patient, findings = pairs[int(rng.integers(len(pairs)))]
        style, language = ways[int(rng.integers(len(ways)))]
        wrong = plant(kind, patient, rng)
        if wrong is None:
            continue
        changed, finding_id = wrong
        text = reference_report(changed, style, language)  # type: ignore[arg-type]
        named = mentions(text, finding_id)
        if kind == "negation" and not named or kind == "dropped" and named:
            continue
        coverable = [c for c in findings.coverage if c.finding_id == "rib_fracture" and c.assessable]
        result = check_report(text, findings)
        alarm = any(f.severity in ("critical", "major") and about(f, result, findings, finding_id)
                    for f in result.flags)
        if kind == "rib fracture" and not coverable:
            state = {c.state for c in result.claims if c.claim.finding_id == "rib_fracture"}
            total["rib outside coverage"] += 1
            flagged["rib outside coverage"] += state == {"not_assessable"}
            continue
        total[kind] += 1
        flagged[kind] += alarm
        by[language, "planted"] += 1
        by[language, "flagged"] += alarm
        if kind == "invented":
            by[finding_id, "planted"] += 1
            by[finding_id, "flagged"] += alarm
    hits, n = sum(flagged[k] for k in kinds), sum(total[k] for k in kinds)
    for kind in [*kinds, "rib outside coverage"]:
        print(f"planted {kind}: {flagged[kind]} of {total[kind]}")
    print("; ".join(f"{name} {by[name, 'flagged']} of {by[name, 'planted']}" for name in sorted({k for k, _ in by})))
    low_r, high_r = wilson(hits, n)
    outside = flagged["rib outside coverage"] == total["rib outside coverage"] >= least_outside
    met = n > 0 and hits / n >= 0.90 and false["reports"] / reports <= 0.02 and outside
    return met, (f"flagged {hits}/{n} = {hits / max(n, 1):.3f} [{low_r:.3f}, {high_r:.3f}]; critical false flags "
                 f"{false['reports']}/{reports} = {false['reports'] / reports:.4f} [{low:.4f}, {high:.4f}]")


def about(flag, result, findings, finding_id: str) -> bool:  # type: ignore[no-untyped-def]
    """Whether a flag speaks of the planted finding: its claim, or what was measured, is of that kind.

    Nodule and mass are one kind here: a doubled nodule is written as a mass.
    """
    measured = {f.id: f.finding_id for f in findings.findings}
    names = {measured[k] for k in flag.evidence.finding_ids if k in measured}
    if flag.claim is not None:
        names.add(result.claims[flag.claim].claim.finding_id)
    kinds = {"lung_nodule", "lung_mass"} if finding_id in ("lung_nodule", "lung_mass") else {finding_id}
    return bool(names & kinds)


def plant(kind: str, patient, rng):  # type: ignore[no-untyped-def]
    """The patient with one wrong fact, and the finding it is about; None where the kind does not apply."""
    from medomni.records import Finding

    truth = list(patient.truth)
    sided = [k for k, f in enumerate(truth) if f.side in OTHER]
    if kind == "side":
        single = [k for k in sided if not any(g.finding_id == truth[k].finding_id and g.side == OTHER[truth[k].side]
                                              for g in truth)]
        if not single:
            return None
        k = int(rng.choice(single))
        truth[k] = truth[k].model_copy(update={"side": OTHER[truth[k].side], "segment": _mirrored(truth[k].segment)})
        return replace(patient, truth=tuple(truth)), truth[k].finding_id
    if kind in ("negation", "dropped"):
        if not truth:
            return None
        name = truth[int(rng.integers(len(truth)))].finding_id
        return replace(patient, truth=tuple(f for f in truth if f.finding_id != name)), name
    if kind == "size":
        nodules = [k for k, f in enumerate(truth) if f.finding_id == "lung_nodule" and f.longest_mm]
        if not nodules:
            return None
        k = int(rng.choice(nodules))
        truth[k] = truth[k].model_copy(update={"longest_mm": 2 * truth[k].longest_mm})
        return replace(patient, truth=tuple(truth)), "lung_nodule"
    name = "rib_fracture" if kind == "rib fracture" else str(rng.choice(list(INVENTED)))
    focal = ("lung_nodule", "lung_mass")
    if any(f.finding_id == name or f.finding_id in focal and name in focal for f in truth):
        return None
    side = "midline" if name == "cardiomegaly" else str(rng.choice(["left", "right"]))
    extra = Finding(id="planted", finding_id=name, measured_by="planted", side=side, **invented(name, rng))  # type: ignore[arg-type]
    return replace(patient, truth=(*truth, extra)), name


INVENTED = {"pleural_effusion": "pleural_space", "pneumothorax": "pleural_space", "consolidation": "lung",
            "lung_nodule": "lung", "lung_mass": "lung", "cardiomegaly": "heart"}


def invented(name: str, rng) -> dict:  # type: ignore[no-untyped-def, type-arg]
    """Place, size and grade of a finding that is not there, as wide as the phantoms' own."""
    if name == "rib_fracture":
        return {"anatomy_id": "rib"}
    about = {"anatomy_id": INVENTED[name]}
    if INVENTED[name] == "pleural_space":
        grade, ml = [("small", 150.0), ("moderate", 500.0), ("large", 1200.0)][int(rng.integers(3))]
        return {**about, "severity": grade, "volume_ml": ml}
    if name == "cardiomegaly":
        return {**about, "ratio": round(float(rng.uniform(0.54, 0.66)), 3)}
    about["segment"] = ("upper_lobe", "lower_lobe")[int(rng.integers(2))]
    if name == "consolidation":
        return {**about, "volume_ml": round(float(rng.uniform(40, 400)), 1)}
    longest = round(float(rng.uniform(10, 28) if name == "lung_nodule" else rng.uniform(35, 70)), 1)
    return {**about, "longest_mm": longest, "count": 1}


def _mirrored(segment: str | None) -> str | None:
    return "upper_lobe" if segment == "middle_lobe" else segment


WORDS = {"pleural_effusion": ("effusion", "pleural fluid", "积液"), "pneumothorax": ("pneumothorax", "气胸"),
         "consolidation": ("consolidat", "airspace", "实变"), "lung_nodule": ("nodule", "结节"),
         "lung_mass": ("mass", "肿块"), "rib_fracture": ("fracture", "骨折"),
         "cardiomegaly": ("cardiac", "heart", "cardiomegaly", "cardiopulmonary", "心")}


def mentions(text: str, finding_id: str) -> bool:
    """Does the text name the finding at all?"""
    return any(word in text.lower() for word in WORDS[finding_id])


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion."""
    if n == 0:
        return 0.0, 1.0
    p = hits / n
    centre, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
