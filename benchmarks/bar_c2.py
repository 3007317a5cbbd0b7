"""C2: the real chest and abdomen CTs of the shared folder, and the reference masks beside two of them.

* lungs, airway, heart (400 to 1,200 ml) and aorta (20 to 45 mm wide, left of and before the vertebra) on both chests;
* lung area of the sharp kernel B70f against B40f on the four shared positions, within 3 %: the sharp slices are put in
  the place of the soft ones, for four slices alone are refused;
* a mass reported on the side and at the level of the radiologists' boxes;
* emphysema index refused, with a code, for sharp or unknown kernels;
* abdomen CTs: the segmenter abstains from lungs; Dice of liver, spleen and lung bases printed.

Nothing is fitted here; each part that is not met is printed as such.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import SHARED

CHESTS = {"A0001": ("chest_ct_a0001_lung5mm", "left"), "A0002": ("chest_ct_a0002_b40f8mm", "right")}
SHARP = "chest_ct_a0002_b70f_4slices"
ABDOMENS = ("body_ct_with_reference_seg", "abdomen_ct_20slices_with_reference_seg")
LUNG_ML, AIRWAY_ML, HEART_ML, AORTA_MM, AREA_SHARE = (800, 4500), (5, 90), (400, 1200), (20, 45), 0.03
LEVEL_MM = 10.0
Parts = Iterator[tuple[str, bool, str]]


def run(folder: Path | None = None) -> tuple[bool, str]:
    """Every part; returns (all met, how many of how many)."""
    folder = folder or SHARED / "dicom"
    done = [part for parts in (chests(folder), kernels(folder), abdomens(folder)) for part in shown(parts)]
    missed = [name for name, met, _ in done if not met]
    tail = f", not: {', '.join(missed)}" if missed else ""
    return not missed, f"{len(done) - len(missed)} of {len(done)} parts{tail}"


def shown(parts: Parts) -> Parts:
    """The parts, each printed as it comes."""
    for name, met, said in parts:
        print(f"  {name}: {said}: {'met' if met else 'NOT met'}", flush=True)
        yield name, met, said


def chests(folder: Path) -> Parts:
    """Organs, mass and emphysema on the two chests."""
    from medomni.dicom import read_study
    from medomni.findings import measure
    from medomni.findings.conditions import soft_kernel
    from medomni.segment import get_segmenter

    for name, (series, side) in CHESTS.items():
        volume = read_study(folder / series)
        segmentation = get_segmenter().segment(volume)
        record = measure(volume, segmentation).findings
        yield from organs(name, volume, segmentation, record)
        yield mass(name, record, side, levels(folder, name, volume))
        for kernel in (None, "B70f") + (() if name == "A0002" else (volume.study.kernel,)):
            other = replace(volume, study=volume.study.model_copy(update={"kernel": kernel}))
            yield emphysema(f"{name} kernel {kernel}", measure(other, segmentation).findings, soft_kernel(other.study))


def organs(name: str, volume: Any, segmentation: Any, record: Any) -> Parts:
    """Lungs, airway, heart by volume, the aorta by width and place."""
    ml = {(o.anatomy_id, o.side): o.volume_ml for o in record.organs}
    lungs = [ml.get(("lung", s), 0.0) for s in ("right", "left")]
    yield f"{name} lungs", all(LUNG_ML[0] < v < LUNG_ML[1] for v in lungs), f"{lungs[0]:.0f} and {lungs[1]:.0f} ml"
    for organ, (low, high) in (("airway", AIRWAY_ML), ("heart", HEART_ML)):
        value = ml.get((organ, "midline"), 0.0)
        yield f"{name} {organ}", low <= value <= high, f"{value:.0f} ml, wanted {low} to {high}"
    found = {c.anatomy_id: c for o in record.organs if o.anatomy_id == "aorta" for c in o.calibres}
    down = found.get("descending_aorta")
    if down is None:
        yield f"{name} aorta", False, f"not found: {segmentation.abstained.get('aorta', 'no section was round')}"
        return
    spine = vertebra_at(volume, segmentation, down.centroid_mm[2])
    before = down.centroid_mm[0] > spine[0] and down.centroid_mm[1] < spine[1]
    widths = ", ".join(f"{c.anatomy_id.split('_')[0]} {c.diameter_mm:.0f} ± {c.uncertainty_mm:.0f} mm"
                       for c in found.values())
    left, front = down.centroid_mm[0] - spine[0], spine[1] - down.centroid_mm[1]
    yield (f"{name} aorta", before and all(AORTA_MM[0] <= c.diameter_mm <= AORTA_MM[1] for c in found.values()),
           f"{widths}, {left:.0f} mm left of and {front:.0f} mm before the vertebra's middle")


def vertebra_at(volume: Any, segmentation: Any, z: float) -> np.ndarray:
    """LPS millimetres of the middle of the spine's label within 6 mm of a height."""
    index = np.argwhere(segmentation.mask("spine"))
    lps = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    near: np.ndarray = lps[np.abs(lps[:, 2] - z) < 6.0].mean(axis=0)
    return near


def levels(folder: Path, name: str, volume: Any) -> tuple[float, float]:
    """Lowest and highest z in millimetres of the slices that bear a radiologist's box, joined by their UIDs."""
    boxed = {path.stem for path in (folder / "chest_ct_lesion_boxes" / name).glob("*.xml")}
    z = [float(volume.to_lps([k, 0.0, 0.0])[2]) for k, uid in enumerate(volume.slice_uids) if uid in boxed]
    return min(z), max(z)


def mass(name: str, record: Any, side: str, level: tuple[float, float]) -> tuple[str, bool, str]:
    """A mass on the boxes' side whose centre lies between their ends, and none on the other."""
    said = [f for f in record.findings if f.finding_id in ("lung_mass", "consolidation") and f.presence == "present"]
    masses = [f for f in said if f.finding_id == "lung_mass"]
    here = [f for f in masses if f.side == side and level[0] - LEVEL_MM <= f.centroid_mm[2] <= level[1] + LEVEL_MM]
    told = "; ".join(f"{f.finding_id} {f.side} at z {f.centroid_mm[2]:.0f}" for f in said) or "none"
    return f"{name} mass", bool(here) and len(here) == len(masses), \
        f"{told}, wanted a mass {side} at {level[0]:.0f} to {level[1]:.0f}"


def emphysema(name: str, record: Any, kernel: str | None) -> tuple[str, bool, str]:
    """The index is refused with a coded reason. The slices are too thick too, so that what is said of the ``kernel`` is
    asked apart: nothing has an index for which that is a reason."""
    rows = [c for c in record.coverage if c.finding_id == "emphysema"]
    said = any(f.finding_id == "emphysema" for f in record.findings)
    refused = bool(rows) and not said and all(not c.assessable and (c.reason or "").startswith("MED-S") for c in rows)
    told = f"{rows[0].reason or 'judged' if rows else 'no coverage row'}; {kernel or 'kernel accepted'}"
    return f"{name} emphysema", refused and bool(kernel), told


def kernels(folder: Path) -> Parts:
    """Lung area of both kernels on the positions that both series have."""
    from medomni.dicom import read_study
    from medomni.segment import get_segmenter

    soft, sharp = read_study(folder / CHESTS["A0002"][0]), read_study(folder / SHARP)
    heights = [float(soft.to_lps([k, 0.0, 0.0])[2]) for k in range(len(soft.array))]
    array, at = soft.array.copy(), []
    for k in range(len(sharp.array)):
        z = float(sharp.to_lps([k, 0.0, 0.0])[2])
        at.append(int(np.abs(np.array(heights) - z).argmin()))
        array[at[-1]] = sharp.array[k]
    areas = [get_segmenter().segment(v).mask("lung")[at].sum() for v in (soft, replace(soft, array=array))]
    off = abs(areas[1] / max(1, areas[0]) - 1)
    yield "B40f and B70f", bool(areas[0]) and off <= AREA_SHARE, f"lung area of {len(at)} slices differs by {off:.2%}"


def abdomens(folder: Path) -> Parts:
    """No lung where the reference has its bases alone; Dice of what the reference names."""
    from medomni.dicom import read_study
    from medomni.dicom.masks import MaskSegmenter
    from medomni.segment import get_segmenter
    from medomni.segment.classes import class_table
    from medomni.segment.working import JOINED

    for name in ABDOMENS:
        path = next((folder / name).glob("*seg*.nii.gz"))
        volume = nifti(folder / name / "example_ct.nii.gz") if (folder / name / "example_ct.nii.gz").exists() else \
            read_study(folder / name)
        found = get_segmenter().segment(volume)
        yield f"{name} abstains", "lung" in found.abstained and not found.mask("lung").any(), \
            found.abstained.get("lung", f"{found.mask('lung').sum() * volume.voxel_ml:.0f} ml of lung")
        reference = MaskSegmenter(path, class_table("totalsegmentator")).segment(volume)
        for organ in ("liver", "spleen", "lung"):
            values = [v for v, row in reference.table.items() if JOINED.get(row.anatomy_id, row.anatomy_id) == organ]
            true, said = np.isin(reference.labels, values), found.mask(organ)
            if true.any():
                dice = 2.0 * (true & said).sum() / (true.sum() + said.sum())
                told = "abstained" if organ in found.abstained else f"{said.sum() * volume.voxel_ml:.0f} ml"
                print(f"  {name} {organ}: Dice {dice:.2f}, reference {true.sum() * volume.voxel_ml:.0f} ml, {told}")


def nifti(path: Path) -> Any:
    """A NIfTI image of CT values as a volume."""
    import nibabel

    from medomni.records import Study
    from medomni.volume import LPS_TO_RAS, Volume

    image: Any = nibabel.load(path)
    array = np.ascontiguousarray(np.asarray(image.dataobj).transpose(2, 1, 0)).astype(np.int16)
    return Volume(array, LPS_TO_RAS @ image.affine[:, [2, 1, 0, 3]], Study(study_key="0" * 16, modality="CT"))
