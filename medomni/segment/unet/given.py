"""What a cascade is given: the outlines of the built-in rules, which its network corrects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.segment.builtin import BuiltinChestSegmenter
from medomni.segment.unet.classes import TABLE
from medomni.segment.unet.coarse import Plan, on_plan
from medomni.volume import Segmentation, Volume, axis_alignment, reorient

Outlines = Callable[[Volume, Segmentation], Mapping[str, NDArray[np.bool_]]]
"""Findings' outlines by name on the volume's own grid, as :func:`medomni.findings.outlines.outlines` gives them. They
are handed in, as this room knows none that measures."""

INSIDE_RIBS = len(TABLE) + 1
"""Value of what else the rules count to the inside of the ribs: to the network an input, of no class of its own."""
FINDINGS = {"consolidation": 10, "pleural_effusion": 8, "pneumothorax": 9}
"""Name of an outline to the network's channel, later over earlier."""
KEPT = (4, 6)
"""Heart and liver: no finding is painted over them."""
PRIOR, FINE_PRIOR = 2.5, 1.5
"""What a class' score gains where the rules have outlined it: on the coarse grid, on which the network learns, and at
each voxel, where labels are formed. The lesser one lets it correct more: with both 2.5 it gained 0.016 of mean Dice on
the rules in 18 held-out synthetic chests, with 2.5 and 1.5 0.022, with both 1.5 0.004; below 1.5 nothing more."""
MARGIN_MM = 15.0


def given_labels(volume: Volume, outlines: Outlines | None) -> NDArray[np.uint8]:
    """The rules' outlines in the network's channels, :data:`INSIDE_RIBS` for the rest of the chest.

    Args:
        outlines: of the findings; without it organs alone.

    Returns:
        uint8, upright: slices to the head, rows to the back, columns to the left.

    Raises:
        MedomniError: as :class:`medomni.segment.BuiltinChestSegmenter` does.
    """
    rules = BuiltinChestSegmenter().segment(volume)
    out = np.zeros(rules.labels.shape, np.uint8)
    out[rules.mask("hemithorax")] = INSIDE_RIBS
    for value, row in TABLE.items():
        if row.name.replace(" ", "_") not in FINDINGS:  # liver and spleen by name alone: a mirrored patient has both
            side = row.side if row.anatomy_id == "lung" else None
            out[rules.mask(row.anatomy_id, side)] = value
    found = outlines(volume, rules) if outlines else {}
    for name, value in FINDINGS.items():
        if name in found:  # an outline reaches into the heart or the liver by mistake alone
            out[found[name] & ~np.isin(out, KEPT)] = value
    return np.ascontiguousarray(reorient(out, volume.affine, *axis_alignment(volume.affine))[0])


def coarse_shares(given: NDArray[np.uint8], spacing_mm: tuple[float, float, float], plan: Plan) -> NDArray[np.uint8]:
    """Which share of each coarse voxel the rules have given to a channel.

    Args:
        given: of :func:`given_labels`. spacing_mm: between its slices, rows, columns.

    Returns:
        (INSIDE_RIBS, slices, rows, columns) uint8, 0 to 255: channels 1 to 10, then the rest inside the ribs.
    """
    return np.stack([np.rint(255 * on_plan((given == value).astype(np.float32), spacing_mm, plan)).astype(np.uint8)
                     for value in range(1, INSIDE_RIBS + 1)])


def chest_place(shares: NDArray[np.uint8], plan: Plan) -> tuple[slice, slice, slice]:
    """The box of what was given with a margin: all that the network corrects; everything where nothing was given."""
    there = shares.any(axis=0)
    if not there.any():
        there = np.ones_like(there)
    out = []
    for axis, mm in enumerate((plan.slice_mm, plan.in_plane_mm, plan.in_plane_mm)):
        at = np.flatnonzero(there.any(axis=tuple(a for a in range(3) if a != axis)))
        pad = round(MARGIN_MM / mm)
        out.append(slice(max(0, int(at[0]) - pad), min(there.shape[axis], int(at[-1]) + 1 + pad)))
    return out[0], out[1], out[2]


def with_prior(scores: Any, image: Any, plan: Plan) -> Any:
    """The network's scores (batch, classes, ...) raised by :data:`PRIOR` times what was given; as they are without.

    Args:
        image: the network's input, whose last channels are shares of 0 to 1.
    """
    import torch

    if plan.given == "none":
        return scores
    shares = image[:, -INSIDE_RIBS:-1].float()
    return scores.float() + PRIOR * torch.cat([1 - shares.sum(dim=1, keepdim=True), shares], dim=1)
