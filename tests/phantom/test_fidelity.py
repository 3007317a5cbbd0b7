"""Noise and lung histogram of phantoms against two real chest CTs (TCIA Lung-PET-CT-Dx, CC BY 4.0).

Both sides are read with the same plain functions. Aorta positions in the real series were marked by hand: a
disc in the descending aorta, (row, column) of three slices.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from medomni.phantom import SCANNERS, render, sample_patient
from tests.conftest import SHARED

pytestmark = pytest.mark.data
CASES = {  # scanner: folder, slice distance, {slice index in ascending z: (row, column)}
    "sharp": ("chest_ct_a0001_lung5mm", 5.0, {24: (340, 276), 28: (345, 275), 32: (344, 277)}),
    "soft": ("chest_ct_a0002_b40f8mm", 8.0, {9: (281, 253), 11: (280, 258), 13: (284, 271)}),
}


def read(folder: Path) -> tuple[np.ndarray, float]:
    slices = [pydicom.dcmread(f) for f in sorted(folder.iterdir()) if f.suffix == ".dcm" or "." not in f.name]
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    stack = [s.pixel_array * float(s.RescaleSlope) + float(s.RescaleIntercept) for s in slices]
    return np.stack(stack).astype(np.float32), float(slices[0].PixelSpacing[0])


def body_and_lung(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    label, _ = ndimage.label(ndimage.gaussian_filter(plane, 1.5) > -400)
    sizes = np.bincount(label.ravel())
    sizes[0] = 0
    body = ndimage.binary_fill_holes(label == sizes.argmax())
    air, n = ndimage.label(body & (ndimage.gaussian_filter(plane, 1.5) < -500))
    sizes = np.bincount(air.ravel(), minlength=n + 1)
    keep = sizes > 6000  # pixels of about half a square millimetre: no trachea, no bowel
    keep[0] = False
    return body, keep[air]


def air_sd(planes: np.ndarray) -> float:
    """Median SD in 9 x 9 patches of the air before and behind the body,
    in the middle third of the columns.
    """
    found = []
    for plane in planes:
        body, _ = body_and_lung(plane)
        outside = ~ndimage.binary_dilation(body, iterations=20)
        mean = ndimage.uniform_filter(plane, 9)
        sd = np.sqrt(np.maximum(ndimage.uniform_filter(plane * plane, 9) - mean * mean, 0))
        third = np.zeros_like(outside)
        third[:, plane.shape[1] // 3 : 2 * plane.shape[1] // 3] = True
        found.append(sd[outside & third & (mean < -960) & (sd > 1)])
    return float(np.median(np.concatenate(found)))


def disc_sd(plane: np.ndarray, row: float, column: float, radius: float) -> float:
    r, c = np.ogrid[: plane.shape[0], : plane.shape[1]]
    return float(plane[(r - row) ** 2 + (c - column) ** 2 < radius**2].std())


def quantiles(planes: np.ndarray) -> np.ndarray:
    values = np.concatenate([p[body_and_lung(p)[1]] for p in planes])
    return np.percentile(values, [5, 25, 50, 75, 95]) + 1000


@pytest.fixture(scope="module", params=sorted(CASES))
def pair(request: pytest.FixtureRequest):
    folder, slice_mm, marks = CASES[request.param]
    if not (SHARED / "data/dicom" / folder).is_dir():
        pytest.skip(f"the real CT {folder} is not here: set MEDOMNI_SHARED")
    real, pixel = read(SHARED / "data/dicom" / folder)
    patient = next(
        p for p in (sample_patient(s, "A") for s in range(900, 1000)) if not p.truth and not p.anatomy.arms
    )
    patient = replace(patient, anatomy=replace(patient.anatomy, lung_hu=-868.0))
    bands = [(z, z + 2 * slice_mm) for z in (-70.0, -25.0, 30.0)]
    made = [render(patient, 512, slice_mm, scanner=SCANNERS[request.param], z_range_mm=b) for b in bands]
    return request.param, real, pixel, marks, patient, made


@pytest.mark.unit
def test_noise_in_aorta_and_air(pair) -> None:
    name, real, pixel, marks, patient, made = pair
    aorta = np.median([disc_sd(real[k], *at, 7.0 / pixel) for k, at in marks.items()])
    ours = []
    for v in made[:2]:
        for k, plane in enumerate(v.array.astype(np.float32)):
            z = v.to_lps(np.array([k, 0, 0]))[2]
            at = v.to_index(np.array([22.0, float(patient.anatomy.spine_y(z)) - 12.0, z]))
            ours.append(disc_sd(plane, at[1], at[2], 7.0 / v.spacing_mm[1]))
    assert np.median(ours) == pytest.approx(aorta, rel=0.30), name
    real_air = air_sd(real[list(marks)])
    our_air = air_sd(np.concatenate([v.array[:1] for v in made]).astype(np.float32))
    assert our_air == pytest.approx(real_air, rel=0.30), name


@pytest.mark.unit
def test_lung_histogram(pair) -> None:
    """Quantiles above air (-1000 HU) within 30 %, or 25 HU where the quantile is nearer to air than that."""
    name, real, _, marks, _, made = pair
    mid = np.linspace(min(marks), min(marks) + len(real) // 3, 6).astype(int)
    theirs = quantiles(real[mid])
    ours = quantiles(np.concatenate([v.array for v in made]).astype(np.float32))
    allowed = np.maximum(0.30 * np.abs(theirs), 25.0)
    assert (np.abs(ours - theirs) <= allowed).all(), f"{name}: ours {ours.round()} theirs {theirs.round()}"
