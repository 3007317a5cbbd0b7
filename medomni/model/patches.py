"""Slices to vision patches without the stock processor, which reduces 16 bits to 8 and needs torchvision."""

from __future__ import annotations

import torch
from torch import Tensor

from medomni.model.family import Family


def patchify(images: Tensor, family: Family) -> tuple[Tensor, tuple[int, int, int]]:
    """One volume as one image item.

    Args:
        images: (slices, channels, height, width), float, already windowed; an odd last slice is repeated.
        family: patch and merge sizes.

    Returns:
        Patches (grid_t * grid_h * grid_w, channels * temporal * patch**2) in the towers' order (2 x 2 patches that
        merge into one token are neighbours), and the grid (grid_t, grid_h, grid_w) in patches.

    Raises:
        ValueError: where height or width is no multiple of ``patch * merge``.
    """
    p, m, t = family.patch, family.merge, family.temporal
    if images.shape[0] % t:
        images = torch.cat([images, images[-1:]])
    slices, channels, height, width = images.shape
    if height % (p * m) or width % (p * m):
        raise ValueError(f"{height} x {width} is no multiple of {p * m}")
    gt, gh, gw = slices // t, height // p, width // p
    x = images.reshape(gt, t, channels, gh // m, m, p, gw // m, m, p)
    x = x.permute(0, 3, 6, 4, 7, 2, 1, 5, 8)
    return x.reshape(gt * gh * gw, channels * t * p * p), (gt, gh, gw)


def token_count(grid: tuple[int, int, int], family: Family) -> int:
    """Model tokens of a grid of patches."""
    return grid[0] * grid[1] * grid[2] // family.merge**2
