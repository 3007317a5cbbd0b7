"""Synthetic chests for the segmenter's training: images, true labels, and what a cascade is given of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from medomni.phantom import PhantomPatient
    from medomni.segment.unet.coarse import Plan
    from medomni.train.segmenter import Sample
    from medomni.volume import Volume

PAINTED = ("liver", "spleen", "aorta", "heart", "lung/right", "lung/left", "airway", "consolidation",
           "pleural_effusion", "pneumothorax")
"""True masks in the order in which they are painted, later over earlier. The aorta's root in the heart is the heart's,
as the built-in rules have it."""
VALUES = {"lung/right": 1, "lung/left": 2, "airway": 3, "heart": 4, "aorta": 5, "liver": 6, "spleen": 7,
          "pleural_effusion": 8, "pneumothorax": 9, "consolidation": 10}
"""Name of a true mask to the network's channel; a test holds them against its table."""


@dataclass(frozen=True)
class Rendering:
    """How a patient becomes a sample.

    Attributes:
        plan: of the network. The rest is of a network that is given the rules' outlines alone, which must be made on
            images as scanners make them: ``matrices`` and ``slices_mm`` (least, most) to draw from, and the factor on
            the noise (least, most).
    """

    plan: Plan
    matrices: tuple[int, ...]
    slices_mm: tuple[float, float]
    noise: tuple[float, float]

    @property
    def key(self) -> str:
        """What the cache's folder is called: samples that were made otherwise lie elsewhere."""
        grid = (self.plan.in_plane_mm, self.plan.slice_mm)
        how = grid if self.plan.given == "none" else (
            *grid, self.plan.given, self.matrices, self.slices_mm, self.noise)
        return hashlib.sha256(repr((*how, PAINTED)).encode()).hexdigest()[:12]


def render_sample(hospital: str, seed: int, how: Rendering, path: Path) -> None:
    """One patient on the network's grid in a file, written beside and renamed."""
    from safetensors.numpy import save_file

    from medomni.files import replacing
    from medomni.phantom import sample_patient

    patient = sample_patient(seed, hospital)
    made = _plain(patient, seed, how.plan) if how.plan.given == "none" else _outlined(patient, seed, how)
    with replacing(path) as beside:
        save_file({name: np.ascontiguousarray(array) for name, array in made.items()}, str(beside))


def load_sample(path: Path) -> Sample:
    """A file of :func:`render_sample`."""
    from safetensors.numpy import load_file

    from medomni.train.segmenter import Sample

    found = load_file(str(path))
    return Sample(found["hu"], found["labels"], float(found["noise_hu"][0]), found.get("image"))


def _plain(patient: PhantomPatient, seed: int, plan: Plan) -> dict[str, NDArray[Any]]:
    """Rendered at the network's grid, so that no truth is resampled."""
    from medomni.phantom import render
    from medomni.phantom.degraded import noisy

    volume = render(patient, round(patient.anatomy.fov / plan.in_plane_mm), plan.slice_mm)
    more: Any = noisy(volume, 2 ** 0.5, seed).array - volume.array.astype(np.float32)  # as much again as there is
    return {"hu": volume.array, "labels": _painted(patient, volume),
            "noise_hu": np.array([more[volume.array > -500].std()], np.float32)}


def _outlined(patient: PhantomPatient, seed: int, how: Rendering) -> dict[str, NDArray[Any]]:
    """Rendered as a scanner would, with its noise; the rules see that, and all is brought to the network's grid."""
    from medomni.findings.outlines import outlines
    from medomni.phantom import render
    from medomni.phantom.degraded import noisy
    from medomni.segment.unet.coarse import channels, coarse_hu, on_plan
    from medomni.segment.unet.given import chest_place, coarse_shares, given_labels

    rng, plan = np.random.default_rng([seed, 6]), how.plan
    clean = render(patient, int(rng.choice(how.matrices)), float(rng.uniform(*how.slices_mm)))
    volume = noisy(clean, float(rng.uniform(*how.noise)), seed)
    given = given_labels(volume, outlines if plan.given == "rules+findings" else None)
    shares = coarse_shares(given, volume.spacing_mm, plan)
    place = chest_place(shares, plan)
    true = _painted(patient, clean)
    parts = np.stack([on_plan((true == value).astype(np.float32), volume.spacing_mm, plan)[place]
                      for value in range(max(VALUES.values()) + 1)])
    hu = coarse_hu(volume, plan)[place]
    return {"hu": np.rint(hu).astype(np.int16), "labels": parts.argmax(axis=0).astype(np.uint8),
            "noise_hu": np.zeros(1, np.float32),
            "image": channels(hu, plan, shares[(slice(None), *place)]).astype(np.float16)}


def _painted(patient: PhantomPatient, volume: Volume) -> NDArray[np.uint8]:
    """The true masks as the network's channels, (slices, rows, columns)."""
    from medomni.phantom.masks import true_masks

    labels = np.zeros(volume.array.shape, np.uint8)
    true = true_masks(patient, volume)
    for kind in PAINTED:
        for name, mask in true.items():
            if name == kind or name.startswith(f"{kind}/"):
                labels[mask] = VALUES[kind]
    return labels
