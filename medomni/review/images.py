"""The pixels beside a finished study: volume, organ labels and finding masks in one file, without identifiers."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from medomni.errors import MedomniError
from medomni.records import Study
from medomni.volume import Label, Segmentation, Volume


def save_images(path: Path, volume: Volume, organs: Segmentation, masks: Segmentation) -> Path:
    """Write volume and label maps (.npz: arrays and one JSON text); written beside and renamed."""
    about = {"study": volume.study.model_dump(mode="json"), "organs": _table(organs), "masks": _table(masks)}
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "wb") as handle:
            np.savez_compressed(handle, array=volume.array, affine=volume.affine, organs=organs.labels,
                                masks=masks.labels, about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def load_images(path: Path) -> tuple[Volume, Segmentation, Segmentation]:
    """(volume, organ labels, finding masks) of :func:`save_images`; errors MED-C08, MED-C07."""
    if not path.is_file():
        raise MedomniError("MED-C08", where=path)
    try:
        with np.load(path, allow_pickle=False) as data:
            about = json.loads(data["about"].tobytes())
            volume = Volume(data["array"], data["affine"], Study.model_validate(about["study"]))
            maps = [_segmentation(data[name], data["affine"], about[name]) for name in ("organs", "masks")]
    except (ValueError, KeyError, OSError, EOFError, BadZipFile, zlib.error) as exc:
        raise MedomniError("MED-C07", type(exc).__name__, where=path) from exc
    return volume, maps[0], maps[1]


def _table(segmentation: Segmentation) -> dict:
    rows: Mapping[int, Label] = segmentation.table
    return {"produced_by": segmentation.produced_by,
            "rows": [[v, row.anatomy_id, row.side] for v, row in sorted(rows.items())],
            "abstained": dict(segmentation.abstained)}


def _segmentation(labels: np.ndarray, affine: np.ndarray, about: dict) -> Segmentation:
    table = {v: Label(v, anatomy, side) for v, anatomy, side in about["rows"]}
    return Segmentation(labels, table, affine, about["produced_by"], abstained=about["abstained"])
