"""Where in the slabs each finding lies: the model's view of the masks, one bit a (finding, side)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from medomni.data.slabs import SlabSettings, chest_frame
from medomni.records import Finding
from medomni.volume import Segmentation, Volume, axis_alignment, reorient

LABELS: tuple[tuple[str, str], ...] = tuple(
    (finding, side) for finding in ("pleural_effusion", "pneumothorax", "consolidation", "lung_nodule")
    for side in ("left", "right")) + (("cardiomegaly", ""),)
"""(finding, side) in the order of the bits; the heart has no side."""
LEAST_SHARE = 0.25


def label_of(finding: Finding) -> int | None:
    """The bit of a finding that is present, None where it has none."""
    key = (finding.finding_id, "" if finding.finding_id == "cardiomegaly" else finding.side)
    return LABELS.index(key) if finding.presence == "present" and key in LABELS else None


def finding_places(volume: Volume, segmentation: Segmentation | None, findings: Iterable[Finding],
                   masks: Segmentation, settings: SlabSettings) -> NDArray[np.uint16]:
    """Bits of :data:`LABELS` over the slabs of :func:`medomni.data.slabs.chest_slabs`.

    Args:
        volume, segmentation: as given to ``chest_slabs``.
        findings, masks: of :class:`medomni.findings.Measured`; label n of ``masks`` outlines the n-th finding.

    Returns:
        (slices, size, size) uint16; a bit is set where a quarter of the pixel's volume belongs to the finding.
    """
    labels, _ = reorient(masks.labels, volume.affine, *axis_alignment(volume.affine))
    frame = chest_frame(volume, segmentation, settings)
    out = np.zeros((settings.slices, settings.size, settings.size), np.uint16)
    numbers: dict[int, list[int]] = {}
    for n, finding in enumerate(findings, start=1):
        bit = label_of(finding)
        if bit is not None:
            numbers.setdefault(bit, []).append(n)
    for bit, values in numbers.items():
        share = frame.resampled(np.isin(labels, values), settings, 0.0)
        out |= ((share >= LEAST_SHARE) << bit).astype(np.uint16)
    return out


def bits_of(places: NDArray[np.uint16]) -> list[int]:
    """The bits that are set anywhere."""
    present = int(np.bitwise_or.reduce(places, axis=None))
    return [bit for bit in range(len(LABELS)) if present >> bit & 1]


def mirrored_places(places: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Columns reversed, left and right exchanged."""
    out = np.zeros_like(places)
    for bit in bits_of(places):
        finding, side = LABELS[bit]
        other = LABELS.index((finding, {"left": "right", "right": "left"}.get(side, side)))
        out |= ((places >> bit & 1) << other).astype(np.uint16)
    return out[:, :, ::-1]
