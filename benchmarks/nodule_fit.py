"""The weights of the nodule score (``medomni/findings/nodule_score.py``), fitted on synthetic chests.

``python -m benchmarks.nodule_fit thin 120`` looks at the candidates of 120 thin-slice studies (seeds from 300,000 on,
never the bars'), ``thick 240`` at those of studies at the hospitals' own 6 mm (seeds from 330,000 on). Each study's
candidates are kept under ``benchmarks/out/nodules``, so that a run that was ended goes on. A candidate within 5 mm or
half its length of a true nodule is one; of several the nearest. Nodules below 6 mm, masses and ground-glass ones count
neither way. The logistic weights are fitted by scikit-learn on standardised terms and printed in the file's own form,
with sensitivity and false ones a study of five-fold cross-validation by study, beside those of the weights in use.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OUT = Path("benchmarks/out/nodules")
LEAST_MM, NEAR_MM, THICK_FIRST = 6.0, 5.0, 330_000
ROOMS = ("segment", "findings", "phantom")


def patient_of(kind: str, k: int) -> tuple[Any, Any]:
    """The k-th patient and volume of a kind, ``thin`` or ``thick``."""
    if kind == "thin":
        from benchmarks.chest_truth import case

        return case(k, "fit")
    from medomni.phantom import render, sample_patient
    from medomni.phantom.patient import with_more_nodules

    patient = sample_patient(THICK_FIRST + k, "ABC"[k % 3])
    rng = np.random.default_rng([THICK_FIRST + k, 4])
    patient = with_more_nodules(patient, [float(v) for v in np.exp(rng.uniform(np.log(8), np.log(20), 2))], rng)
    return patient, render(patient)


def looked_at(task: tuple[str, int]) -> dict[str, Any]:
    """What a study's candidates are: their terms, their probability by the weights in use, and which nodule they
    are (-1: none, -2: one that counts neither way); and the lengths of the nodules that are to be found."""
    from medomni.findings.axes import axial_axes
    from medomni.findings.chest import chest_of
    from medomni.findings.consolidation import opacities
    from medomni.findings.effusion import effusions
    from medomni.findings.floor import diaphragm
    from medomni.findings.nodule_score import probability, terms
    from medomni.findings.nodules import ISO_MM, outlined
    from medomni.findings.nodules import LEAST_MM as SHOWN_MM
    from medomni.findings.outlines import union
    from medomni.findings.pneumothorax import pneumothoraces
    from medomni.segment import get_segmenter

    patient, volume = patient_of(*task)
    labels = get_segmenter().segment(volume)
    if not labels.mask("lung").any():
        return {"rows": [], "mm": []}
    chest = chest_of(volume, labels)
    (wet, _), dry = effusions(chest), pneumothoraces(chest)
    fluid, gas = union(chest.hu.shape, wet), union(chest.hu.shape, dry)
    floor = diaphragm(chest, fluid)
    dense, _ = opacities(chest, fluid, gas, floor)
    true = [t for t in patient.truth if t.finding_id in ("lung_nodule", "lung_mass", "ground_glass_nodule")]
    asked = [t.finding_id == "lung_nodule" and t.longest_mm >= LEAST_MM and t.attenuation != "ground_glass"
             for t in true]
    rows = []
    axial = volume.axial()
    for one in outlined(volume, labels, chest, fluid | union(chest.hu.shape, dense), gas, floor):
        if axial_axes(one.shape.mask, (ISO_MM,) * 3)[0] < SHOWN_MM:
            continue
        middle = axial.to_lps(one.box.axial(np.argwhere(one.shape.mask).mean(axis=0)))
        away = [float(np.linalg.norm(np.subtract(middle, t.centroid_mm))) for t in true]
        near = [i for i, mm in enumerate(away) if mm <= max(NEAR_MM, true[i].longest_mm / 2)]
        which = min(near, key=lambda i: away[i]) if near else -1
        rows.append({"terms": terms(one.shape, one.found, one.place), "nodule": which if which < 0 or asked[which]
                     else -2, "p": probability(one.shape, one.found, one.place, one.spacing),
                     "away": min(away, default=None), "index": [round(float(v), 1) for v in middle]})
    return {"rows": rows, "mm": [t.longest_mm if a else None for t, a in zip(true, asked, strict=True)]}


def studies(kind: str, number: int) -> list[dict[str, Any]]:
    """The first ``number`` studies of a kind, from disk or looked at."""
    OUT.mkdir(parents=True, exist_ok=True)
    key = code_key()
    missing = [(kind, k) for k in range(number) if not (OUT / f"{key}-{kind}-{k}.json").exists()]
    with ProcessPoolExecutor(int(os.environ.get("MEDOMNI_JOBS", "2"))) as pool:
        for (_, k), done in zip(missing, pool.map(looked_at, missing), strict=True):
            part = OUT / f"{key}-{kind}-{k}.part"
            part.write_text(json.dumps(done))
            part.rename(OUT / f"{key}-{kind}-{k}.json")
            print(f"  {kind} {k}: {len(done['rows'])} candidates of {len(done['mm'])} nodules", flush=True)
    return [json.loads((OUT / f"{key}-{kind}-{k}.json").read_text()) for k in range(number)]


def figures(sensitivity: float, false: float) -> str:
    """As it is printed."""
    return f"{sensitivity:.3f} at {false:.2f} false"


def told(found: list[dict[str, Any]], scores: list[NDArray[np.float64]], least: float = 0.5) -> tuple[float, float]:
    """(sensitivity, false ones a study) where what scores at least ``least`` is shown."""
    hit = asked = false = 0
    for study, score in zip(found, scores, strict=True):
        shown = {row["nodule"] for row, s in zip(study["rows"], score, strict=True) if s >= least}
        asked += sum(mm is not None for mm in study["mm"])
        hit += sum(i >= 0 for i in shown)
        false += sum(row["nodule"] == -1 and s >= least for row, s in zip(study["rows"], score, strict=True))
    return hit / max(1, asked), false / max(1, len(found))


def fitted(found: list[dict[str, Any]], strength: float = 1.0) -> tuple[dict[str, float], list[NDArray[np.float64]]]:
    """(weights by term with their intercept, cross-validated scores of each study's candidates).

    ``strength`` is the inverse of the ridge penalty.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    names = sorted({name for study in found for row in study["rows"] for name in row["terms"]})
    x = np.array([[row["terms"][n] for n in names] for study in found for row in study["rows"]])
    of = np.array([k for k, study in enumerate(found) for _ in study["rows"]])
    kind = np.array([row["nodule"] for study in found for row in study["rows"]])
    judged = kind > -2

    def model(rows: NDArray[np.bool_]) -> Any:
        made = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=5000))
        return made.fit(x[rows], kind[rows] >= 0)

    out = np.zeros(len(x))
    for fold in range(5):
        held = of % 5 == fold
        if held.any():
            out[held] = model(judged & ~held).predict_proba(x[held])[:, 1]
    whole = model(judged)
    scale, line = whole[0], whole[1]
    weights = {n: float(w) for n, w in zip(names, line.coef_[0] / scale.scale_, strict=True)}
    weights["intercept"] = float(line.intercept_[0] - (line.coef_[0] * scale.mean_ / scale.scale_).sum())
    return weights, [out[of == k] for k in range(len(found))]


def code_key() -> str:
    """Hash of the rooms that the candidates depend on, but for the weights."""
    import medomni

    digest = hashlib.sha256()
    for room in ROOMS:
        for file in sorted((Path(medomni.__file__).parent / room).rglob("*.py")):
            text = file.read_text()
            if file.name == "nodule_score.py":
                text = text[: text.index("# weights begin")] + text[text.index("# weights end"):]
            digest.update(text.encode())
    return digest.hexdigest()[:12]


def main(kind: str, number: int) -> None:
    """Fit and print."""
    found = studies(kind, number)
    now = [np.array([row["p"] for row in study["rows"]]) for study in found]
    nodules = sum(mm is not None for study in found for mm in study["mm"])
    reached = sum(len({row["nodule"] for row in study["rows"] if row["nodule"] >= 0}) for study in found)
    print(f"{nodules} nodules from {LEAST_MM:.0f} mm, {reached} of them among the candidates")
    print(f"weights in use: {figures(*told(found, now))}")
    for strength in (0.01, 0.1, 1.0):
        weights, scores = fitted(found, strength)
        print(f"C {strength}: " + ", ".join(f"from {p}: {figures(*told(found, scores, p))}"
                                            for p in (0.3, 0.4, 0.5, 0.6)))
        print("    " + json.dumps({n: round(w, 3) for n, w in weights.items()}))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "thin", int(sys.argv[2]) if len(sys.argv) > 2 else 120)
