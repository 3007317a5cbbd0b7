"""Which slices a page shows first, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medomni.check.messages import side_word
from medomni.draw import draw_slice
from medomni.knowledge import load_graph
from medomni.records import Findings
from medomni.volume import Segmentation, Volume

OVERVIEW = 4
PROJECTION = "projection"
"""Orientation of a radiograph: one picture, drawn from the front; side letters only where its side is known."""


@dataclass(frozen=True)
class KeySlice:
    """A slice worth showing; ``index`` counts axial slices from the feet, ``finding`` is the id of what it shows."""

    index: int
    window: str
    caption: str
    finding: str | None = None
    caption_zh: str = ""


def key_slices(volume: Volume, masks: Segmentation, findings: Findings) -> list[KeySlice]:
    """The largest section of each finding, then an even overview."""
    if volume.study.orientation == PROJECTION:
        return [KeySlice(0, "film", "the radiograph", caption_zh="X线片")]
    upright = Volume(masks.labels.astype(np.int16), volume.affine, volume.study).axial().array
    depth = upright.shape[0]
    out: list[KeySlice] = []
    for number, finding in enumerate(findings.findings, start=1):
        if finding.presence == "absent":
            continue
        label = _label(finding.mask_ref, number)
        areas = (upright == label).sum(axis=(1, 2))
        if not areas.any():
            continue
        size = (f", {finding.longest_mm:.0f} mm" if finding.longest_mm is not None and "nodule" in finding.finding_id
                or finding.longest_mm is not None and "mass" in finding.finding_id
                else f", {finding.volume_ml:.0f} ml" if finding.volume_ml is not None else "")
        window = "lung" if finding.finding_id in ("lung_nodule", "pneumothorax") else "soft"
        side = "" if finding.side in ("unspecified", "midline") else f", {finding.side}"
        zh = f"{side_word(finding.side, 'zh')}{load_graph().name(finding.finding_id, 'zh')}{size.replace(', ', '，')}"
        out.append(KeySlice(int(areas.argmax()), window, f"{finding.finding_id.replace('_', ' ')}{side}{size}",
                            finding.id, zh))
    for index in np.linspace(0, depth - 1, OVERVIEW + 2).round().astype(int)[1:-1] if depth > 2 else range(depth):
        out.append(KeySlice(int(index), "lung" if depth > 2 else "soft", f"slice {int(index) + 1} of {depth}",
                            caption_zh=f"第 {int(index) + 1} 层，共 {depth} 层"))
    return out


def slice_png(volume: Volume, index: int, window: str, masks: Segmentation | None) -> bytes:
    """PNG of an axial slice (counted from the feet) with outlines, L and R, and a scale bar."""
    if volume.study.orientation == PROJECTION:
        low, high = (float(v) for v in np.quantile(volume.array, (0.01, 0.995)))
        taken = volume.study.acquisition
        return draw_slice(volume, 0, ((low + high) / 2, max(high - low, 1e-3)), plane="coronal", markers=bool(
            taken and taken.side_known))
    return draw_slice(volume, index, window=window, outlines=masks)


def _label(mask_ref: str | None, number: int) -> int:
    if mask_ref and ":" in mask_ref and mask_ref.rsplit(":", 1)[1].isdigit():
        return int(mask_ref.rsplit(":", 1)[1])
    return number
