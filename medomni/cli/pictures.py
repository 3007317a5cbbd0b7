"""``medomni pictures``: a contact sheet with outlines, and each finding in three planes."""

from __future__ import annotations

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
    """Draw a study: a contact sheet with its findings outlined, and each finding in three planes."""
    from medomni.draw import contact_sheet, three_planes
    from medomni.files import replacing
    from medomni.outputs import CONTACT
    from medomni.pipeline import measure_study

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
    for name, content in drawn.items():
        with replacing(out / name) as beside:
            beside.write_bytes(content)
    print("written: " + ", ".join(str(out / name) for name in drawn))
