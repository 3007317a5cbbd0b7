"""Gated scores and radiographs on synthetic patients: the figures of ``docs/explanation/scores.md``.

``python -m benchmarks.scores emphysema 12`` counts one part on so many patients; without a part, all of them. Seeds
from 400,000 on are counted, rules were fitted on those from 300,000 on (``--fit``). Of real images nothing is said.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

FIRST = {"fit": 300_000, "bar": 400_000}
SHARES = (0.0, 0.0, 0.03, 0.08, 0.15, 0.3)


def healthy(seed: int, hospital: str = "A") -> Any:
    """A patient without lesions, so that what is measured is what a builder put in."""
    from medomni.phantom import sample_patient
    from medomni.phantom.lesions import Lesions

    patient = sample_patient(seed, hospital)
    return replace(patient, lesions=Lesions(big_heart=patient.lesions.big_heart), truth=(), scars=(), granulomas=())


def emphysema(count: int, first: int) -> str:
    """Index against the filled share of the lung; each third patient breathed out, each fourth with a sharp kernel."""
    from medomni.findings.emphysema import LAA_HU, emphysema
    from medomni.phantom import SCANNERS, render
    from medomni.phantom.emphysema import breathed_in, with_emphysema, with_expiration
    from medomni.segment import get_segmenter

    errors, wrongly, refused, base = [], 0, 0, []
    for k in range(count):
        rng = np.random.default_rng([first + k, 5])
        share = SHARES[k % len(SHARES)]
        plain = healthy(first + k)
        out, sharp = k % 4 == 2, k % 4 == 3
        patient = with_expiration(plain) if out else breathed_in(plain)
        patient = with_emphysema(patient, share) if share else patient
        volume = render(patient, matrix=int(rng.choice((256, 320))), slice_mm=float(rng.choice((1.0, 1.25))),
                        scanner=SCANNERS["sharp"] if sharp else None)
        found = emphysema(volume, get_segmenter().segment(volume), [])
        score = found.scores[0].value if found.scores else None
        if out or sharp:
            wrongly += score is not None
            refused += score is None
        elif score is not None:
            errors.append(score - 100 * share)
            base += [score] if share == 0 else []
        say = "expiration" if out else "sharp" if sharp else "as it should be"
        print(f"  {first + k} {plain.patient.sex} {say}: true {100 * share:.1f} %, index {score}, "
              f"{found.rows[0].reason or ''}", flush=True)
    e = np.array(errors)
    return (f"emphysema: index less truth {e.mean():+.2f} (95 % within {np.quantile(np.abs(e), 0.95):.2f}) % points "
            f"in {e.size} lungs, {max(base, default=0):.2f} % at most without holes; {wrongly} of {wrongly + refused} "
            f"scans on expiration or with a sharp kernel scored; below {LAA_HU:g} HU")


def calcium(count: int, first: int) -> str:
    """Score against that of the same image with the plaques' true places; each image has calcium that is none."""
    from medomni.findings.calcium import LEAST_SCORE, agatston, coronary_calcium
    from medomni.phantom import render
    from medomni.phantom.calcium import cardiac_view, sampled_confounders, sampled_plaques, with_calcium
    from medomni.phantom.masks import grid_of
    from medomni.segment import get_segmenter

    rows, refused = [], 0
    for k in range(count):
        rng = np.random.default_rng([first + k, 6])
        plaques = sampled_plaques(rng, (0, 1, 2, 4, 8)[k % 5])
        patient, z_range = cardiac_view(with_calcium(healthy(first + k), (*plaques, *sampled_confounders(rng))))
        volume = render(patient, matrix=320, slice_mm=float(rng.choice((2.5, 3.0))), z_range_mm=z_range)
        quantity = coronary_calcium(volume, get_segmenter().segment(volume))
        hu, true = volume.array.astype(np.float32), np.zeros(volume.array.shape, bool)
        for plaque in plaques:
            at, share, _ = plaque.tubes(patient.anatomy).splat(grid_of(volume), 8.0)
            alone = np.zeros(true.shape, bool)
            alone.reshape(-1)[at[share > 0.02]] = True
            true |= _wider(alone)
        truth = agatston(hu, true, volume.spacing_mm)[0]
        if not quantity.scores:
            refused += 1
            print(f"  {first + k}: true {truth:.0f}, {quantity.rows[0].reason}", flush=True)
            continue
        rows.append((truth, quantity.scores[0].value))
        said = quantity.scores[0].value
        print(f"  {first + k}: {len(plaques)} plaques, true {truth:.0f}, score {said:.0f}", flush=True)
    t, s = np.array(rows).T
    same = sum(_class(a) == _class(b) for a, b in rows)
    there = t >= 1.0
    found, false = int((s[there] >= LEAST_SCORE).sum()), int((s[~there] >= LEAST_SCORE).sum())
    return (f"calcium: score less truth median {np.median(s - t):+.1f}, 95 % within "
            f"{np.quantile(np.abs(s - t), 0.95):.0f} Agatston; same class (0, 1-99, 100-399, 400 on) in {same} of "
            f"{len(rows)}; of {there.sum()} with coronary "
            f"calcium {found} found, of {(~there).sum()} without {false} scored; {refused} refused")


def _wider(mask: Any) -> Any:
    from scipy import ndimage

    return ndimage.binary_dilation(mask, np.ones((1, 3, 3), bool))


def _class(score: float) -> int:
    return int(np.searchsorted((1.0, 100.0, 400.0), score, side="right"))


OPAQUE_MM2 = 3000.0
"""Area at 20 mm of depth or more from which an opacity is counted as one that a radiograph should show."""


def radiographs(count: int, first: int) -> str:
    """Cardiothoracic ratio against the true outlines in the same projection, and the side of opacities; AP as well."""
    from medomni.findings.radiograph import measure_radiograph
    from medomni.phantom import render, sample_patient
    from medomni.phantom.radiograph import radiograph

    errors, n = [], dict.fromkeys(("told", "large", "called", "normal", "wrongly", "opaque", "found", "clear", "false",
                                   "side", "unsure", "ap"), 0)
    for k in range(count):
        patient = sample_patient(first + k, "ABC"[k % 3])
        shadows = radiograph(patient, render(patient, matrix=128, slice_mm=3.0), "AP" if k % 6 == 5 else "PA")
        found = measure_radiograph(shadows.volume).findings
        big = any(f.finding_id == "cardiomegaly" for f in patient.truth)
        state = found.state("cardiomegaly")
        if k % 6 == 5:
            n["ap"] += state != "not_assessable"
        elif state != "not_assessable":
            n["told"] += 1
            errors += [s.value - shadows.ratio for s in found.scores]
            n["large" if big else "normal"] += 1
            n["called" if big else "wrongly"] += state == "present"
        else:
            n["unsure"] += 1
        for side, other in (("right", "left"), ("left", "right")):
            said = found.state("lung_opacity", side) == "present"  # type: ignore[arg-type]
            if shadows.opaque[side] >= OPAQUE_MM2 and shadows.opaque[other] < 500:
                n["opaque"] += 1
                n["found"] += said
                n["side"] += found.state("lung_opacity", other) == "present"  # type: ignore[arg-type]
            elif max(shadows.opaque.values()) < 1:
                n["clear"] += 1
                n["false"] += said
        print(f"  {first + k}: ratio {[s.value for s in found.scores]} true {shadows.ratio:.2f}, {state}; opaque "
              f"{shadows.opaque}, said {[(f.finding_id, f.side, f.presence) for f in found.findings]}", flush=True)
    e = np.array(errors)
    return (f"radiographs: ratio less truth {e.mean():+.3f} (95 % within "
            f"{np.quantile(np.abs(e), 0.95):.3f}) in {e.size}; "
            f"enlarged {n['called']} of {n['large']} where told, wrongly {n['wrongly']} of {n['normal']}, not told "
            f"{n['unsure']}; told in AP {n['ap']}; opacity of {OPAQUE_MM2 / 100:.0f} cm2 on one side found "
            f"{n['found']} of {n['opaque']}, on the other side {n['side']}, "
            f"in clear fields {n['false']} of {n['clear']}")


def vertebrae(count: int, first: int) -> str:
    """Density against the marrow that was drawn, height loss against the wedge; each second patient has a wedge."""
    from medomni.findings.vertebra import vertebrae
    from medomni.phantom import render
    from medomni.phantom.vertebrae import body_range, with_wedge
    from medomni.segment import get_segmenter

    hu, n = [], dict.fromkeys(("wedges", "found", "unsure", "refused", "whole", "false", "seen"), 0)
    for k in range(count):
        rng = np.random.default_rng([first + k, 8])
        plain, number, loss = healthy(first + k), int(rng.integers(-4, 1)), float(rng.uniform(0.25, 0.5))
        patient = with_wedge(plain, number, loss) if k % 2 else plain
        volume = render(patient, matrix=224, slice_mm=float(rng.choice((1.5, 2.0, 2.5))), z_range_mm=(-150.0, 70.0))
        quantity = vertebrae(volume, get_segmenter().segment(volume))
        row = quantity.rows[-1]
        middle = sum(body_range(plain.anatomy, number)) / 2
        hu += [s.value - plain.bone_hu for s in quantity.scores if s.score_id == "vertebral_density_hu"
               and (k % 2 == 0 or abs(s.centroid_mm[2] - middle) > 25)]  # type: ignore[index]
        near = [h for h in quantity.hits if k % 2 and abs(h.fields["centroid_mm"][2] - middle) < 15]
        sure = bool(near)
        n["wedges"] += k % 2
        n["found"] += sure
        n["unsure"] += bool(k % 2 and not sure and "neighbours" in (row.reason or ""))
        n["whole"] += sum(s.score_id == "vertebral_height_loss" for s in quantity.scores)
        n["false"] += len(quantity.hits) - len(near)
        n["refused"] += not any(s.score_id == "vertebral_height_loss" for s in quantity.scores)
        print(f"  {first + k}: wedge {f'{loss:.2f}' if k % 2 else 'none'}, found "
              f"{[(h.fields['centroid_mm'][2], round(h.fields['ratio'], 2)) for h in quantity.hits]} at {middle:.0f}, "
              f"{row.reason}", flush=True)
    e = np.array(hu)
    return (f"vertebrae: density less truth {e.mean():+.1f} (95 % within {np.quantile(np.abs(e), 0.95):.1f}) HU in "
            f"{e.size} bodies; wedges of 25 to 50 % found {n['found']} of {n['wedges']}, not told {n['unsure']}; false "
            f"{n['false']} of {n['whole']} bodies; no heights in {n['refused']} of {count} patients")


PARTS: dict[str, tuple[Callable[[int, int], str], int]] = {"emphysema": (emphysema, 18), "calcium": (calcium, 40),
                                                             "radiographs": (radiographs, 60),
                                                             "vertebrae": (vertebrae, 24)}


def main(arguments: list[str]) -> int:
    """Print every part's figure on a line of its own."""
    split = "fit" if "--fit" in arguments else "bar"
    words = [a for a in arguments if not a.startswith("--")]
    for name in [words[0]] if words else PARTS:
        part, count = PARTS[name]
        print(part(int(words[1]) if len(words) > 1 else count, FIRST[split]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
