"""A NIfTI-1 or NIfTI-2 file to a :class:`Volume`: it knows its geometry, and neither its modality nor its unit."""

from __future__ import annotations

import gzip
import hashlib
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.codes import MODALITIES
from medomni.dicom.geometry import SHEAR_TOLERANCE_DEG, plane_name
from medomni.dicom.keys import study_key
from medomni.dicom.names import shown_name
from medomni.errors import MedomniError
from medomni.records import Study, Warned
from medomni.volume import LPS_TO_RAS, Volume

MOST_VOXELS = 1 << 32
DEFLATE_RATIO = 1032  # the most that DEFLATE can do (RFC 1951): a file that promises more is cut or hostile
COSINE_AGREED = 0.9
SAME_STEP, SAME_PLACE_MM = 1.01, 1.0  # of qform and sform, which are written with rounded numbers
_BEHIND = 1 << 20  # what may follow the last voxel
TO_MM = {"meter": 1000.0, "micron": 0.001, "mm": 1.0, "unknown": 1.0}


def read_nifti(path: Path | str, *, modality: str | None = None) -> Volume:
    """Read a three-dimensional NIfTI file (extra ``segment``).

    Args:
        modality: what the images are, for instance ``CT``, whose values are then Hounsfield units; a NIfTI file cannot
            say so itself, and without it the study's modality is ``unknown`` and is not measured.

    Returns:
        A volume with slices along the file's third axis, int16 where the values are whole and fit, else float32; the
        affine in LPS millimetres.

    Raises:
        MedomniError: MED-C06 without nibabel, MED-D03 where the file is cut short, MED-D09 where it states no place in
            space (qform and sform code 0), MED-D10 where it cannot be read, MED-D12 for another number of axes or more
            bytes than they take.
    """
    try:
        import nibabel
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="NIfTI") from exc
    path = Path(path)
    name = shown_name(path.name)
    if modality is not None and modality not in MODALITIES:
        raise MedomniError("MED-C03", "the modality is no defined term of DICOM, such as CT or MR", where=name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Any = nibabel.load(path)
            header, shape = image.header, tuple(int(n) for n in image.shape)
            while len(shape) > 3 and shape[-1] == 1:
                shape = shape[:-1]
            if len(shape) != 3 or min(shape) < 1:
                raise MedomniError("MED-D12", f"axes {image.shape}, three are wanted", where=name)
            _check_size(path, int(np.prod(shape)), header.get_data_dtype().itemsize, name)
            _check_end(path, _promised(image), shape[0] * header.get_data_dtype().itemsize, name)
            if not int(header["qform_code"]) and not int(header["sform_code"]):
                raise MedomniError("MED-D09", "qform and sform code are 0", where=name)
            _check_places(header, name)
            unit = TO_MM[header.get_xyzt_units()[0]]
            said = _two_places(header, unit)
            data, affine = np.asanyarray(image.dataobj).reshape(shape), np.asarray(image.affine, dtype=np.float64)
    except MedomniError:
        raise
    except (EOFError, OSError) as exc:
        raise MedomniError("MED-D03", f"the file ends early ({type(exc).__name__})", where=name) from exc
    except Exception as exc:  # nibabel meeting damaged bytes may raise anything
        raise MedomniError("MED-D10", f"not readable as NIfTI ({type(exc).__name__})", where=name) from exc
    if data.dtype.kind not in "iuf":
        raise MedomniError("MED-D10", f"values of type {data.dtype}", where=name)
    affine = np.diag([unit, unit, unit, 1.0]) @ affine
    lps = (LPS_TO_RAS @ affine)[:, [2, 1, 0, 3]]
    try:
        volume = Volume(_exact(data.transpose(2, 1, 0), name), lps, _study(path, modality, lps))
    except ValueError as exc:
        raise MedomniError("MED-D09", str(exc), where=name) from exc
    return Volume(volume.array, lps, volume.study.model_copy(update={
        "spacing_mm": volume.spacing_mm, "warnings": (*said, *_shear(lps))}))


def _shear(affine: NDArray[np.float64]) -> tuple[Warned, ...]:
    """MED-D13 where the slices do not follow each other along their normal, as for DICOM."""
    step, row, column = (affine[:3, k] for k in range(3))
    normal = np.cross(column, row)
    cosine = abs(float(step @ normal)) / float(np.linalg.norm(step) * np.linalg.norm(normal))
    degrees = math.degrees(math.acos(min(1.0, cosine)))
    return (Warned(code="MED-D13", detail=f"{degrees:.2f} degrees"),) if degrees > SHEAR_TOLERANCE_DEG else ()


def _promised(image: Any) -> int:
    """Bytes of a file from its beginning to its last voxel."""
    voxels = int(np.prod(image.shape)) * int(image.header.get_data_dtype().itemsize)
    return int(image.dataobj.offset) + voxels


def _check_end(path: Path, promised: int, row: int, name: str) -> None:
    """Hold what stands behind the last voxel to what may fill a file up: zeros, fewer than a row has bytes. A packed
    file is read to its end, where its checksum stands (RFC 1952 2.3.1), which nibabel does not.

    Raises:
        MedomniError: MED-D12 where more follows than the header promises: its size may not be that of the voxels, which
            would then lie sheared; MED-D10 where the checksum fails or far more follows.
        EOFError: where the end is missing.
    """
    packed = path.suffix.lower() == ".gz"
    at, behind = 0, b""
    try:
        with gzip.open(path) if packed else open(path, "rb") as handle:
            if not packed:
                at = handle.seek(promised)
            while chunk := handle.read(1 << 20):
                behind += chunk[max(promised - at, 0):]
                at += len(chunk)
                if at > promised + _BEHIND:
                    raise MedomniError("MED-D10", f"more than {promised} bytes, which its header promises", where=name)
    except gzip.BadGzipFile as exc:
        raise MedomniError("MED-D10", "its checksum does not fit: it is damaged", where=name) from exc
    if len(behind) >= row or any(behind):
        raise MedomniError("MED-D12", f"{len(behind)} bytes more than the {promised} of its header's size", where=name)


def _check_size(path: Path, voxels: int, itemsize: int, name: str) -> None:
    held = path.stat().st_size * (DEFLATE_RATIO if path.suffix.lower() == ".gz" else 1)
    if voxels > MOST_VOXELS or voxels * itemsize > held:
        raise MedomniError("MED-D03", f"the header promises {voxels * itemsize} bytes, the file can hold {held}",
                           where=name)


def _check_places(header: Any, name: str) -> None:
    """Where a file states its place twice, qform and sform must agree: a mirror between them is left for right."""
    if not int(header["qform_code"]) or not int(header["sform_code"]):
        return
    q, s = header.get_qform()[:3, :3], header.get_sform()[:3, :3]
    q, s = (m / np.maximum(np.linalg.norm(m, axis=0), 1e-9) for m in (q, s))
    if (np.sum(q * s, axis=0) < COSINE_AGREED).any():
        raise MedomniError("MED-D09", "qform and sform place the axes differently", where=name)


def _two_places(header: Any, unit: float) -> tuple[Warned, ...]:
    """MED-D29 where a file states its place twice and steps or origins differ: the sform is taken, as others do."""
    if not int(header["qform_code"]) or not int(header["sform_code"]):
        return ()
    q, s = header.get_qform(), header.get_sform()
    steps, others = (np.linalg.norm(m[:3, :3], axis=0) for m in (q, s))
    times = float(np.max(np.maximum(steps, others) / np.maximum(np.minimum(steps, others), 1e-9)))
    apart = unit * float(np.linalg.norm(q[:3, 3] - s[:3, 3]))
    if times <= SAME_STEP and apart <= SAME_PLACE_MM:
        return ()
    return (Warned(code="MED-D29", detail=f"steps differ {times:.2f} times, origins lie {apart:.1f} mm apart"),)


def _exact(data: NDArray[Any], name: str) -> NDArray[Any]:
    low, high = float(data.min()), float(data.max())
    if not max(abs(low), abs(high)) <= np.finfo(np.float32).max:  # NaN compares false too
        raise MedomniError("MED-D10", "values that are no numbers", where=name)
    fits = low >= -32768 and high <= 32767
    if fits and (data.dtype.kind in "iu" or bool((data == np.rint(data)).all())):
        return np.ascontiguousarray(data, dtype=np.int16)
    return np.ascontiguousarray(data, dtype=np.float32)


def _study(path: Path, modality: str | None, affine: NDArray[np.float64]) -> Study:
    with open(path, "rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return Study(study_key=study_key(digest), modality=modality or "unknown", orientation=plane_name(affine),
                 source="nifti")
