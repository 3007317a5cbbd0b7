"""The pixels beside a finished study: volume, organ labels and finding masks in one file, without identifiers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from medomni.files import reading_arrays, save_arrays
from medomni.records import Study
from medomni.volume import Label, Segmentation, Volume


def save_images(path: Path, volume: Volume, organs: Segmentation, masks: Segmentation) -> Path:
    """Write volume and label maps; error MED-C04."""
    about = {"study": volume.study.model_dump(mode="json"), "organs": _table(organs), "masks": _table(masks)}
    return save_arrays(path, about, array=volume.array, affine=volume.affine, organs=organs.labels, masks=masks.labels)


def load_images(path: Path) -> tuple[Volume, Segmentation, Segmentation]:
    """(volume, organ labels, finding masks) of :func:`save_images`; errors MED-C08, MED-C07."""
    with reading_arrays(path) as (data, about):
        volume = Volume(data["array"], data["affine"], Study.model_validate(about["study"]))
        organs, masks = (_segmentation(data[name], data["affine"], about[name]) for name in ("organs", "masks"))
    return volume, organs, masks


def _table(segmentation: Segmentation) -> dict:
    rows: Mapping[int, Label] = segmentation.table
    return {"produced_by": segmentation.produced_by,
            "rows": [[v, row.anatomy_id, row.side] for v, row in sorted(rows.items())],
            "abstained": dict(segmentation.abstained)}


def _segmentation(labels: np.ndarray, affine: np.ndarray, about: dict) -> Segmentation:
    table = {v: Label(v, anatomy, side) for v, anatomy, side in about["rows"]}
    return Segmentation(labels, table, affine, about["produced_by"], abstained=about["abstained"])
