"""Three planes through one place: what a finding looks like from below, from the front and from the left."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from medomni.draw.marks import mark
from medomni.draw.planes import UPRIGHT, Plane, edge_letters
from medomni.draw.slices import png, slice_image
from medomni.records import Point
from medomni.volume import Segmentation, Volume

PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
GAP_MM, REACH_MM = 9.0, 22.0
"""From where to where the lines of the cross run, so that what is shown stays free."""


def three_planes(volume: Volume, place: Point, window: str | tuple[float, float] = "lung",
                 outlines: Segmentation | None = None, *, extent_mm: float | None = None, size: int = 320) -> bytes:
    """:func:`three_planes_image` as PNG."""
    return png(three_planes_image(volume, place, window, outlines, extent_mm=extent_mm, size=size))


def three_planes_image(volume: Volume, place: Point, window: str | tuple[float, float] = "lung",
                       outlines: Segmentation | None = None, *, extent_mm: float | None = None, size: int = 320
                       ) -> Image.Image:
    """Axial, coronal and sagittal slice through a place, beside one another, each with letters at all four edges.

    Args:
        place: LPS millimetres; what lies outside the volume is moved to its border.
        outlines: labels on the volume's grid, outlined as in :func:`medomni.draw.slice_image`.
        extent_mm: side of the square that is shown about the place; the whole planes without it.
        size: pixels of each picture's side; with whole planes of its longer one.

    Raises:
        MedomniError: MED-S02 when the outlines lie on another grid.
    """
    axial = volume.axial()
    index = np.rint(axial.to_index(np.array(place, float))).astype(int)
    z, y, x = (int(v) for v in np.clip(index, 0, np.array(axial.array.shape) - 1))
    deep, spacing = axial.array.shape[0], axial.spacing_mm
    at = {"axial": (z, y, x), "coronal": (y, deep - 1 - z, x), "sagittal": (x, deep - 1 - z, y)}
    axes = {"axial": (1, 2), "coronal": (0, 2), "sagittal": (0, 1)}
    step = {plane: (spacing[a], spacing[b]) for plane, (a, b) in axes.items()}
    held = {plane: (axial.array.shape[a], axial.array.shape[b]) for plane, (a, b) in axes.items()}
    tiles = []
    for plane in PLANES:
        slice_at, row, column = at[plane]
        whole = max(count * mm for count, mm in zip(held[plane], step[plane], strict=True))
        scale = size / (extent_mm or whole)
        picture = slice_image(volume, slice_at, window, outlines, plane=plane, size=max(1, round(whole * scale)),
                              legend=False, markers=False)
        middle = ((column + 0.5) * step[plane][1] * scale, (row + 0.5) * step[plane][0] * scale)
        if extent_mm is not None:
            left, top = (round(m - size / 2) for m in middle)
            picture = picture.crop((left, top, left + size, top + size))  # black beyond the volume
            middle = (middle[0] - left, middle[1] - top)
        _cross(picture, middle, scale)
        mark(picture, scale, edge_letters(volume.affine, plane), UPRIGHT[plane])
        tiles.append(picture)
    sheet = Image.new("RGB", (sum(t.width for t in tiles) + 4 * (len(tiles) - 1), max(t.height for t in tiles)))
    edge = 0
    for tile in tiles:
        sheet.paste(tile, (edge, 0))
        edge += tile.width + 4
    return sheet


def _cross(picture: Image.Image, middle: tuple[float, float], scale: float) -> None:
    """Four short lines that point at a place and leave it free."""
    pen = ImageDraw.Draw(picture)
    x, y = middle
    near, far = GAP_MM * scale, REACH_MM * scale
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        pen.line([(x + dx * near, y + dy * near), (x + dx * far, y + dy * far)], fill=(255, 220, 60), width=1)
