"""Whether what was read of a damaged file is right: held against other readers, or against what it was made from."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels import apply_modality_lut

from benchmarks.fuzz_sources import MEDIUM, MEDIUM_SLICES
from medomni.volume import LPS_TO_RAS, Volume

CONCEALING = ("1.2.840.10008.1.2.4.5", "1.2.840.10008.1.2.4.7", "1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.20")
"""JPEG, JPEG 2000, HTJ2K: a codestream has no checksum; what it cannot decode each decoder fills in its own way."""
UNHELD = "unheld"
"""Read, and there is nothing to hold it against: neither right nor wrong is shown."""
HEADER = 352
"""Bytes of a NIfTI-1 file before its values."""
OFF_VOXELS = 0.02
"""As in B1: a reader may lay slices on one grid from which none lies further."""
Slices = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""SOP Instance UID to values and place of a slice."""


def truth_of(files: Mapping[str, bytes]) -> Slices:
    """The slices that a zip and a medium were made from, by pydicom, apart from the reader."""
    out = {}
    for data in files.values():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if not name.endswith("DICOMDIR"):
                    ds = pydicom.dcmread(io.BytesIO(archive.read(name)))
                    out[str(ds.SOPInstanceUID)] = (_values(ds), np.array(ds.ImagePositionPatient, dtype=float))
    return out


def agrees(path: Path, volume: Volume, original: bytes, truth: Slices, *, fewer: bool = False) -> str:
    """``read``, ``concealed`` where a codestream is damaged, :data:`UNHELD` and why, or ``wrong`` and why.

    Args:
        original: the file undamaged.
        fewer: a medium may have lost slices and say so, because they lay outside it.
    """
    if path.suffix == ".zip" or path.name == "DICOMDIR" or path.suffix == MEDIUM:
        return _whole_slices(volume, truth, MEDIUM_SLICES if path.name == "DICOMDIR" else 0, fewer)
    if path.name.endswith((".nii", ".nii.gz")):
        return _nifti(path, volume, original)
    return _dicom(path, volume)


def _whole_slices(volume: Volume, truth: Slices, least: int, fewer: bool) -> str:
    """The files inside have checksums, or were not touched: each slice must be one of theirs, in its place."""
    for k, uid in enumerate(volume.slice_uids):
        if uid not in truth:
            return "wrong: a slice that was not given"
        values, place = truth[uid]
        if not np.array_equal(values, volume.array[k]):
            return "wrong: other values than its file's"
        if np.abs(volume.to_index(place) - [k, 0, 0]).max() > OFF_VOXELS:
            return "wrong: another place than its file's"
    if len(volume.array) < least and not (fewer and volume.study.warnings):
        return f"wrong: {len(volume.array)} of {least} slices"
    return "read"


def _nifti(path: Path, volume: Volume, original: bytes) -> str:
    """As nibabel reads it; and where header and values are as they were, what they were."""
    try:
        image: Any = nibabel.load(path)
        values, affine = np.asarray(image.dataobj, dtype=np.float64), np.asarray(image.affine)
        unit = {"meter": 1000.0, "micron": 0.001}.get(image.header.get_xyzt_units()[0], 1.0)
    except Exception:
        return "wrong: nibabel could not"
    values = values.reshape(values.shape[:3]).transpose(2, 1, 0)
    lps = (LPS_TO_RAS @ np.diag([unit, unit, unit, 1.0]) @ affine)[:, [2, 1, 0, 3]]
    if not np.allclose(values, volume.array, rtol=1e-5, atol=1e-3) or not np.allclose(lps, volume.affine, atol=1e-4):
        return "wrong: other values or places than nibabel's"
    data = path.read_bytes()
    whole = data[:len(original)] == original
    if path.suffix == ".gz":
        original = gzip.decompress(original)
        try:
            data = gzip.decompress(data)
            whole = data[:len(original)] == original
        except (OSError, EOFError, zlib.error):  # its checksum says that it is damaged: only right values may come out
            whole = True
    if whole:
        stored = np.frombuffer(original, np.int16, -1, HEADER)
        if stored.size != volume.array.size or not np.array_equal(stored.reshape(volume.array.shape), volume.array):
            return "wrong: other values than the undamaged ones"
    return "read"


def _dicom(path: Path, volume: Volume) -> str:
    """Every slice is one of pydicom's frames in value and place; all frames are there, unless the record says not."""
    try:
        ds = pydicom.dcmread(path)
        frames = _frames(ds)
    except Exception:
        return f"{UNHELD}: pydicom could not"
    if any(k in ds for k in ("PixelPaddingValue", "FloatPixelPaddingValue", "DoubleFloatPixelPaddingValue")):
        return f"{UNHELD}: padding"
    concealed = "concealed" if ds.file_meta.TransferSyntaxUID.startswith(CONCEALING) else ""
    if len(volume.array) < len(frames) and not volume.study.warnings:
        return f"wrong: {len(volume.array)} of {len(frames)} frames"
    for k in range(len(volume.array)):
        near = [values for values, place in frames if np.abs(volume.to_index(place) - [k, 0, 0]).max() <= OFF_VOXELS]
        if not near:
            return "wrong: a slice where pydicom has none"
        if not any(v.shape == volume.array[k].shape and np.allclose(v, volume.array[k], rtol=1e-4, atol=1e-2)
                   for v in near):
            return concealed or "wrong: other values than pydicom's"
    return "read"


def _frames(ds: pydicom.Dataset) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    stored = np.atleast_3d(ds.pixel_array.T).T
    if "PerFrameFunctionalGroupsSequence" not in ds:
        return [(_values(ds), np.array(ds.ImagePositionPatient, dtype=float))]
    shared = ds.SharedFunctionalGroupsSequence[0] if "SharedFunctionalGroupsSequence" in ds else pydicom.Dataset()
    out = []
    for plane, groups in zip(stored, ds.PerFrameFunctionalGroupsSequence, strict=True):
        at = pydicom.Dataset()
        for group in (shared, groups):
            for element in group:
                if element.VR == "SQ" and element.value:
                    at.update(element.value[0])
        out.append((plane * float(at.get("RescaleSlope", 1)) + float(at.get("RescaleIntercept", 0)),
                    np.array(at.ImagePositionPatient, dtype=float)))
    return out


def _values(ds: pydicom.Dataset) -> NDArray[np.float64]:
    return np.asarray(apply_modality_lut(ds.pixel_array, ds), dtype=np.float64)
