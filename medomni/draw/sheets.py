"""Several slices, or parts of them, in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from medomni.draw.marks import font, mark
from medomni.draw.planes import Plane, edge_letters, plane_of, slice_count
from medomni.draw.slices import grey, png, slice_image
from medomni.volume import Segmentation, Volume


def contact_sheet(
    volume: Volume,
    indices: Sequence[int] | None = None,
    window: str | tuple[float, float] = "lung",
    outlines: Segmentation | None = None,
    *,
    plane: Plane = "axial",
    columns: int = 6,
    size: int = 220,
) -> bytes:
    """:func:`sheet_image` as PNG."""
    return png(sheet_image(volume, indices, window, outlines, plane=plane, columns=columns, size=size))


def sheet_image(
    volume: Volume,
    indices: Sequence[int] | None = None,
    window: str | tuple[float, float] = "lung",
    outlines: Segmentation | None = None,
    *,
    plane: Plane = "axial",
    columns: int = 6,
    size: int = 220,
) -> Image.Image:
    """Several slices in one picture, row by row, each with its number; 24 even ones where no indices are given."""
    depth = slice_count(volume, plane)
    if indices is None:
        indices = sorted(set(np.linspace(0, depth - 1, min(24, depth)).round().astype(int).tolist()))
    tiles = [slice_image(volume, k, window, outlines, plane=plane, size=size, legend=False) for k in indices]
    return laid_out(tiles, [str(k % depth) for k in indices], columns)


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet.

    Attributes:
        index: axial slice, counted from the feet. window: centre, width in HU. lines: words to stand below.
        part: what is drawn: (first row, end row, first column, end column) in voxels of the axial volume, which it may
            leave.
    """

    index: int
    window: tuple[float, float]
    lines: tuple[str, ...]
    part: tuple[float, float, float, float]


def tiles_image(volume: Volume, tiles: Sequence[Tile], *, columns: int = 6, size: int = 220) -> Image.Image:
    """Parts of axial slices in one picture, row by row, each with side letters, a scale bar and its lines below."""
    line = 13
    deep = max(len(t.lines) for t in tiles) * line + 4
    drawn = []
    for tile in tiles:
        part = _part_image(volume, tile, size)
        framed = Image.new("RGB", (size, size + deep))
        framed.paste(part, ((size - part.width) // 2, (size - part.height) // 2))
        pen = ImageDraw.Draw(framed)
        for n, text in enumerate(tile.lines):
            pen.text((4, size + 2 + n * line), text, fill=(200, 200, 200), font=font(11))
        drawn.append(framed)
    return laid_out(drawn, [""] * len(drawn), columns)


def _part_image(volume: Volume, tile: Tile, size: int) -> Image.Image:
    plain, spacing = plane_of(volume.array, volume, "axial", tile.index)
    r0, r1, c0, c1 = (round(v) for v in tile.part)
    rows, cols = plain.shape
    inside = plain[max(r0, 0):max(r1, 0), max(c0, 0):max(c1, 0)]
    pad = ((max(-r0, 0), max(r1 - rows, 0)), (max(-c0, 0), max(c1 - cols, 0)))
    plain = np.pad(inside, pad, constant_values=plain.min())
    height, width = plain.shape[0] * spacing[0], plain.shape[1] * spacing[1]
    scale = size / max(height, width)
    image = Image.fromarray(grey(plain, tile.window)).resize(
        (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BILINEAR).convert("RGB")
    mark(image, scale, edge_letters(volume.affine, "axial"))
    return image


def laid_out(tiles: Sequence[Image.Image], words: Sequence[str], columns: int) -> Image.Image:
    """Tiles row by row, each with a word at its upper left."""
    w, h = max(t.width for t in tiles), max(t.height for t in tiles)
    sheet = Image.new("RGB", (w * min(columns, len(tiles)), h * -(-len(tiles) // columns)))
    pen = ImageDraw.Draw(sheet)
    for n, (word, tile) in enumerate(zip(words, tiles, strict=True)):
        at = (n % columns * w, n // columns * h)
        sheet.paste(tile, at)
        pen.text((at[0] + 4, at[1] + 2), word, fill=(160, 160, 160), font=font(11))
    return sheet
