"""``medomni pictures``: a contact sheet with outlines, and each finding in three planes."""

from __future__ import annotations

import re
from pathlib import Path

from medomni.cli.options import (
    Masks,
    MaskTable,
    Modality,
    OutDir,
    Resample,
    SegmenterName,
    Series,
    Study,
    chosen_segmenter,
)
from medomni.progress import stages

EXTENT_MM = 120.0
SOFT = ("pleural_effusion", "consolidation", "lung_mass", "cardiomegaly")


def pictures(folder: Study, out: OutDir, series: Series = None, resample: Resample = False, modality: Modality = None,
             segmenter: SegmenterName = "builtin", masks: Masks = None, mask_table: MaskTable = None) -> None:
    """Draw a study: a contact sheet with its findings outlined, and each finding in three planes.

    The findings' pictures of an earlier run are replaced.
    """
    from medomni.draw import contact_sheet, three_planes
    from medomni.files import replacing
    from medomni.outputs import CONTACT, earlier, removed
    from medomni.pipeline import measure_study

    earlier(out, _is_alike, _is_ours)  # refused before the work begins
    with stages() as stage:
        study = measure_study(folder, series=series, resample=resample, modality=modality, stage=stage,
                              segmenter=chosen_segmenter(segmenter, masks, mask_table))
    outlined = study.measured.masks if study.measured.masks.labels.any() else study.segmentation
    drawn = {CONTACT: contact_sheet(study.volume, outlines=outlined)}
    for f in study.findings.findings:
        if f.centroid_mm is None:
            continue
        small = f.longest_mm is not None and f.longest_mm < EXTENT_MM / 2
        window = "bone" if f.anatomy_id == "rib" else "soft" if f.finding_id in SOFT else "lung"
        drawn[f"{f.id}-{f.finding_id}.png"] = three_planes(
            study.volume, f.centroid_mm, window, study.measured.masks, extent_mm=EXTENT_MM if small else None)
    removed(earlier(out, _is_alike, _is_ours))
    for name, content in drawn.items():
        with replacing(out / name) as beside:
            beside.write_bytes(content)
    print("written: " + ", ".join(str(out / name) for name in drawn))


def _is_alike(path: Path) -> bool:
    return re.fullmatch(r"f\d+-.+\.png", path.name) is not None


def _is_ours(path: Path) -> bool:
    from PIL import Image

    from medomni.draw.slices import DRAWN_BY

    if re.fullmatch(r"f[1-9]\d*-[a-z_]+\.png", path.name) is None:
        return False
    try:
        with Image.open(path, formats=("PNG",)) as image:
            return image.info.get("Software") == DRAWN_BY
    except Exception:  # damaged bytes make a decoder raise anything
        return False
