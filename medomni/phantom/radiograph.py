"""Synthetic chest radiographs: rays through a rendered patient, and what is truly in their shadows.

Beer-Lambert: the image is the line integral of attenuation, which a digital detector shows after the logarithm. Rays
diverge from a point, so that what lies near the source is magnified, as the heart is in an AP view. No scatter, one
energy; bone is as dense as its HU says. SYNTHETIC.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian
from scipy import ndimage

from medomni.phantom.masks import grid_of
from medomni.phantom.patient import PhantomPatient
from medomni.phantom.shapes import coverage
from medomni.phantom.write import phantom_uid
from medomni.records import Acquisition
from medomni.volume import Volume

View = Literal["PA", "AP"]
WATER_PER_MM = 0.0193  # of photons of 70 keV: Hubbell and Seltzer, NIST XCOM
SOURCE_MM: dict[str, float] = {"PA": 1800.0, "AP": 1000.0}
"""From source to detector; AP as in a bed."""
GAP_MM = 40.0
FULL = 4095
OPAQUE = ("consolidation", "pleural_effusion", "lung_mass")
"""Findings of the phantom that whiten a lung field."""


@dataclass(frozen=True, eq=False)
class Shadows:
    """A radiograph with its truth.

    Attributes:
        volume: (1, rows, columns) float32, bright where dense; rows to the feet, columns to the patient's left.
        ratio: of heart with its fat to the inside of the ribs in this projection, by their true outlines.
        opaque: side to the greatest depth-weighted area (mm2 at 20 mm of depth or more) of what whitens it.
    """

    volume: Volume
    ratio: float
    opaque: dict[str, float]


def radiograph(patient: PhantomPatient, ct: Volume, view: View = "PA") -> Shadows:
    """The radiograph of a patient whose CT was rendered, in canonical axial order (arms and table are left out)."""
    grid = grid_of(ct)
    mu = WATER_PER_MM * (1.0 + np.clip(ct.array.astype(np.float32), -1000, 2000) / 1000.0)
    mu[mu < 0.0008] = 0.0
    behind = float(grid.y[-1])
    edge = float(grid.y[0]) - GAP_MM if view == "PA" else behind + GAP_MM
    scale = _scales(grid.y, edge, view)
    body = np.maximum(coverage(grid, patient.anatomy.skin, grid.whole()), 0.0)
    image = _projected(mu * (body > 0.5), scale, grid) * grid.step[1]
    rng = np.random.default_rng([patient.seed, 91])
    image += rng.normal(0, 0.012, image.shape).astype(np.float32) * (1 + image / 4)
    fat = patient.anatomy.heart_parts(5.0)

    def heart(x: Any, y: Any, z: Any) -> Any:
        whole = np.minimum(fat[0](x, y, z), fat[1](x, y, z))
        return np.maximum(whole, patient.anatomy.cage(x, y, z) + 1)

    shadow = _projected((coverage(grid, heart, grid.whole()) > 0.5).astype(np.float32), scale, grid) > 0.5
    hulls = [coverage(grid, partial(patient.anatomy.hull, side=side), grid.whole()) > 0.5 for side in (-1, 1)]
    inside = _projected((hulls[0] | hulls[1]).astype(np.float32), scale, grid) > 2.0
    columns = np.flatnonzero(shadow.any(axis=0))
    wide = max(np.ptp(np.flatnonzero(row)) + 1 for row in inside if row.any())
    rows = np.ascontiguousarray(image[::-1])[None].astype(np.float32)
    dz, _, dx = grid.step
    affine = np.array([[0, 0, dx, grid.x[0]], [1, 0, 0, 0], [0, -dz, 0, grid.z[-1]], [0, 0, 0, 1]], float)
    study = ct.study.model_copy(update={
        "modality": "DX", "kernel": None, "contrast": None, "orientation": "projection", "spacing_mm": None,
        "acquisition": Acquisition(maker="synthetic", view=view, side_known=True, side_reason="phantom")})
    opaque = {side: _opaque(patient, ct, scale, grid, side) for side in ("right", "left")}
    return Shadows(Volume(rows, affine, study), float((np.ptp(columns) + 1) / wide), opaque)


def _scales(y: NDArray[np.float32], edge: float, view: View) -> NDArray[np.float64]:
    """Magnification of each coronal plane on the detector, over that of the plane half-way through."""
    away = np.abs(y - edge)
    return (SOURCE_MM[view] / (SOURCE_MM[view] - away)) / (SOURCE_MM[view] / (SOURCE_MM[view] - away.mean()))


def _projected(volume: NDArray[np.float32], scale: NDArray[np.float64], grid: Any) -> NDArray[np.float32]:
    """Sum over depth of planes that are magnified about the middle of the field."""
    out = np.zeros((volume.shape[0], volume.shape[2]), np.float32)
    middle = (np.array(out.shape) - 1) / 2
    for k, s in enumerate(scale):
        plane = volume[:, k]
        if plane.any():
            out += ndimage.affine_transform(plane, np.array([1 / s, 1 / s]), middle - middle / s, order=1,
                                            mode="nearest")
    return out


def _opaque(patient: PhantomPatient, ct: Volume, scale: NDArray[np.float64], grid: Any, side: str) -> float:
    from medomni.phantom.masks import true_masks

    masks = true_masks(patient, ct)
    dense = np.zeros(ct.array.shape, np.float32)
    for name, mask in masks.items():
        kind, _, which = name.partition("/")
        if kind in OPAQUE and which == side:
            dense += mask
    for i, nodule in enumerate(patient.lesions.nodules):
        if ("right" if nodule.side < 0 else "left") == side and f"nodule/{i}" in masks:
            dense += masks[f"nodule/{i}"]
    depth = _projected(dense, scale, grid) * grid.step[1]
    return float((depth > 20.0).sum() * grid.step[0] * grid.step[2])


def write_radiograph(shadows: Shadows, path: Path, *, flipped: bool = False, side: bool = True,
                     monochrome1: bool = False, body_part: str = "CHEST") -> Path:
    """Write it as DX (PS3.3 A.26), 12 bits.

    Args:
        flipped: columns run to the patient's right, and Patient Orientation says so. side: Patient Orientation is
            written at all. monochrome1: high values are dark.
    """
    volume = shadows.volume
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    key = ("medomni-radiograph", volume.study.study_key, volume.study.acquisition, flipped)
    meta.MediaStorageSOPInstanceUID = phantom_uid(*key, "image")  # type: ignore[assignment]
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = phantom_uid(*key, "study"), phantom_uid(*key, "series")
    ds.Modality, ds.BodyPartExamined, ds.Manufacturer = "DX", body_part, "SYNTHETIC"
    ds.PatientName, ds.PatientID, ds.PatientSex = "SYNTHETIC^RADIOGRAPH", "SYN-DX", "O"
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    view = volume.study.acquisition.view if volume.study.acquisition else None
    if view:
        ds.ViewPosition = view
    if side:
        ds.PatientOrientation = ["R" if flipped else "L", "F"]
    pixels = np.rint(volume.array[0] / max(1e-6, float(volume.array.max())) * FULL).astype(np.uint16)
    pixels = pixels[:, ::-1] if flipped else pixels
    pixels = FULL - pixels if monochrome1 else pixels
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME1" if monochrome1 else "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.ImagerPixelSpacing = [f"{v:.4f}" for v in volume.spacing_mm[1:]]
    ds.PixelData = np.ascontiguousarray(pixels).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path
