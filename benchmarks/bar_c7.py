"""C7: the same study mirrored, stored in another plane, or turned on the table has the same findings, each on its side.

Each synthetic patient is written as DICOM four times and goes through the whole product: as a plain axial series; with
left and right of the patient exchanged (his findings must change sides, nothing else); stored as sagittal or coronal
slices, or turned by a quarter on the table, with files in another order; fed feet first or prone. Findings are the same
where kind, presence and place agree, each on its own side, and the sizes within what they state of themselves; what was
assessed is the same too.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

FIRST, HOSPITALS, PATIENTS = 400_000, "ABC", 20
OTHER = {"left": "right", "right": "left"}
ROTATED = ({"plane": "sagittal", "position": "FFS", "order": "mixed"}, {"plane": "coronal", "order": "down"},
           {"position": "HFDR", "order": "down"}, {"plane": "sagittal", "order": "down"},
           {"plane": "coronal", "position": "HFP", "order": "mixed"}, {"position": "FFDL", "order": "absent"})
FED = ({"position": "FFS", "order": "down"}, {"position": "FFP"}, {"position": "HFP", "order": "mixed"})
PLACE_MM, LEAST_MM, LEAST_ML = 3.0, 1.0, 0.02


def run(patients: int = PATIENTS) -> tuple[bool, str]:
    """All patients, three ways each."""
    count: Counter[str] = Counter()
    for k in range(patients):
        said = cases(k)
        count += Counter(studies=len(said), right=sum(not v[0] for v in said.values()),
                         findings=sum(v[1] for v in said.values()),
                         **{f"{way} wrong": 1 for way, v in said.items() if v[0]})
        print(f"  {k + 1}/{patients}: {dict(count)}", flush=True)
    good = count["right"] == count["studies"] >= 3 * patients
    return good, (f"{count['right']} of {count['studies']} turned studies give the same findings on the right side "
                  f"({count['findings']} findings)")


def cases(k: int, matrix: int = 160, slice_mm: float = 4.0) -> dict[str, tuple[list[str], int]]:
    """Way to what differs in the k-th patient, and how many findings there were."""
    from medomni.phantom import render, sample_patient
    from medomni.phantom.habits import Habit, possible
    from medomni.phantom.patient import with_more_nodules

    seed = FIRST + k
    patient = with_more_nodules(sample_patient(seed, HOSPITALS[k % 3]), [14.0, 20.0], np.random.default_rng([seed, 7]))
    volume = render(patient, matrix=matrix, slice_mm=slice_mm)
    plain = found(volume, Habit())
    out = {}
    for way, seen, habit in (
        ("mirrored", mirrored(volume), Habit()),
        ("rotated", volume, possible(Habit(**ROTATED[k % len(ROTATED)]))),
        ("fed", volume, possible(Habit(**FED[k % len(FED)]))),
    ):
        mirror = way == "mirrored"
        turned = found(seen, habit)
        wrong = differences(plain, turned, mirror)
        wrong += [f"coverage of {name} {side}" for name, side in covered(plain, turned, mirror)]
        for line in wrong:
            print(f"    {seed} {way}: {line}", flush=True)
        out[way] = (wrong, len(plain.findings))
    return out


def mirrored(volume: Any) -> Any:
    """The volume of a patient whose left and right are exchanged, about x = 0."""
    affine = volume.affine.copy()
    affine[0, 3] = -(affine[0, 3] + affine[0, 2] * (volume.array.shape[2] - 1))
    return replace(volume, array=np.ascontiguousarray(volume.array[:, :, ::-1]), affine=affine)


def found(volume: Any, habit: Any) -> Any:
    """Findings of a volume written in a habit and read again."""
    from medomni.phantom.series import write_habit
    from medomni.pipeline import measure_study

    with tempfile.TemporaryDirectory(prefix="medomni-c7-") as folder:
        write_habit(volume, Path(folder) / "series", habit)
        return measure_study(Path(folder) / "series").findings


def differences(plain: Any, turned: Any, mirror: bool = False) -> list[str]:
    """What a reader would see differ; empty where the two say the same."""
    wrong = []
    left = list(turned.findings)
    for f in plain.findings:
        side = OTHER.get(f.side, f.side) if mirror else f.side
        place = np.array(f.centroid_mm or (0, 0, 0)) * ((-1, 1, 1) if mirror else (1, 1, 1))
        same = [g for g in left if (g.finding_id, g.side, g.presence) == (f.finding_id, side, f.presence)]
        best = min(same, default=None, key=lambda g: float(np.linalg.norm(np.subtract(g.centroid_mm or 0, place))))
        if best is None:
            wrong.append(f"{f.presence} {f.finding_id} {side}, confidence {f.confidence:.2f}, is not there")
            continue
        left.remove(best)
        wrong += _apart(f, best, place)
    return wrong + [f"{g.presence} {g.finding_id} {g.side}, confidence {g.confidence:.2f}, is new" for g in left]


def covered(plain: Any, turned: Any, mirror: bool = False) -> list[tuple[str, str]]:
    """(finding, side) of what is assessed in one of two studies only."""
    before = {(c.finding_id, OTHER.get(c.side, c.side) if mirror else c.side): c.assessable for c in plain.coverage}
    now = {(c.finding_id, c.side): c.assessable for c in turned.coverage}
    return [key for key in sorted(before | now) if before.get(key) != now.get(key)]


def _apart(f: Any, g: Any, place: Any) -> list[str]:
    """Sizes of one finding in two studies that differ by more than both state, and its place."""
    limit = max(PLACE_MM, f.uncertainty_mm or 0.0)
    wrong = [] if np.linalg.norm(np.subtract(g.centroid_mm or 0, place)) <= limit else [f"place of {f.finding_id}"]
    for name in ("longest_mm", "short_mm", "longest_3d_mm", "short_3d_mm", "pleura_mm", "volume_ml"):
        a, b = getattr(f, name), getattr(g, name)
        if (a is None) != (b is None) or a is not None and abs(a - b) > allowed(f, name, a):
            wrong.append(f"{name} of {f.finding_id}: {a} and {b}")
    return wrong


def allowed(f: Any, name: str, value: float) -> float:
    """What a finding states that its size is uncertain by; of what states nothing, a tenth."""
    stated = f.uncertainty_mm if name == "longest_mm" else getattr(f.uncertainty, name, None)
    return float(stated) if stated is not None else max(0.1 * value, LEAST_ML if name == "volume_ml" else LEAST_MM)
