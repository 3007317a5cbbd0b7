"""Slices as pictures: the one drawing room of the page, the PDF and the notebooks.

Radiological convention whatever the array's order: the patient's right lies at the image's left in axial and coronal
pictures, the patient's front at the left in sagittal ones; letters say so. Side comes from the affine alone.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from medomni.errors import MedomniError
from medomni.volume import Segmentation, Volume, axis_alignment

Plane = Literal["axial", "coronal", "sagittal"]
WINDOWS: dict[str, tuple[float, float]] = {  # centre, width in HU
    "lung": (-600.0, 1500.0),
    "soft": (40.0, 400.0),
    "bone": (400.0, 1800.0),
}
LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))
"""Negative and positive direction of the axes x, y, z of LPS (PS3.3 C.7.6.1.1.1)."""
OBLIQUE = 0.42
"""An edge that points along a second axis by more than this share, 25 degrees, carries its letter too."""
SILENT = ("body", "soft_tissue")
PALETTE = np.array(  # Okabe and Ito 2008, told apart with any colour vision; then lighter mixtures
    [(230, 159, 0), (86, 180, 233), (0, 200, 140), (240, 228, 66), (60, 140, 255), (213, 94, 0), (240, 120, 180),
     (170, 255, 195), (255, 190, 120), (200, 170, 255)], np.uint8)


def colour_of(label: int) -> tuple[int, int, int]:
    """RGB in which a label is outlined."""
    r, g, b = PALETTE[(label - 1) % len(PALETTE)]
    return int(r), int(g), int(b)


def slice_count(volume: Volume, plane: Plane = "axial") -> int:
    """How many slices there are in a plane."""
    order, _ = axis_alignment(volume.affine)
    return volume.array.shape[order[{"axial": 0, "coronal": 1, "sagittal": 2}[plane]]]


def slice_image(
    volume: Volume,
    index: int,
    window: str | tuple[float, float] = "lung",
    outlines: Segmentation | None = None,
    *,
    plane: Plane = "axial",
    size: int = 512,
    legend: bool = True,
    markers: bool = True,
    names: Mapping[int, str] | None = None,
) -> Image.Image:
    """One slice as an RGB picture with square millimetres.

    Args:
        index: counted from the feet (axial), from the front (coronal), from the patient's right (sagittal); negative
            counts from the other end.
        window: ``lung``, ``soft``, ``bone``, or (centre, width) in HU.
        outlines: labels on the volume's grid; each is outlined in its colour and named in the legend, except the body
            and its unnamed soft tissue.
        size: length of the longer side in pixels.
        names: what the legend says of a label, where the table's anatomy and side are not enough.
        markers: side letters and the scale bar.

    Raises:
        MedomniError: MED-S02 when the outlines lie on another grid.
        IndexError: when there is no such slice. KeyError: when the window has no such name.
    """
    if outlines is not None and not outlines.matches(volume):
        raise MedomniError("MED-S02", f"volume {volume.array.shape}, outlines {outlines.labels.shape}", where="draw")
    plain, spacing = _plane_of(volume.array, volume, plane, index)
    height, width = plain.shape[0] * spacing[0], plain.shape[1] * spacing[1]
    scale = size / max(height, width)
    shape = (max(1, round(height * scale)), max(1, round(width * scale)))
    image = Image.fromarray(_grey(plain, WINDOWS[window] if isinstance(window, str) else window))
    if plain.shape != shape:
        image = image.resize(shape[::-1], Image.Resampling.BILINEAR)
    image = image.convert("RGB")
    named: list[int] = []
    if outlines is not None:
        labels, _ = _plane_of(outlines.labels, volume, plane, index)
        silent = [v for v, row in outlines.table.items() if row.anatomy_id in SILENT]
        image, named = _outlined(image, np.where(np.isin(labels, silent), 0, labels) if silent else labels)
    if markers:
        _mark(image, scale, edge_letters(volume.affine, plane))
    if legend and outlines is not None and named:
        _legend(image, outlines, named, names or {})
    return image


def draw_slice(
    volume: Volume,
    index: int,
    window: str | tuple[float, float] = "lung",
    outlines: Segmentation | None = None,
    *,
    plane: Plane = "axial",
    size: int = 512,
    legend: bool = True,
    markers: bool = True,
    names: Mapping[int, str] | None = None,
) -> bytes:
    """:func:`slice_image` as PNG."""
    return png(slice_image(volume, index, window, outlines, plane=plane, size=size, legend=legend, markers=markers,
                           names=names))


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
    return _laid_out(tiles, [str(k % depth) for k in indices], columns)


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
            pen.text((4, size + 2 + n * line), text, fill=(200, 200, 200), font=_font(11))
        drawn.append(framed)
    return _laid_out(drawn, [""] * len(drawn), columns)


def _part_image(volume: Volume, tile: Tile, size: int) -> Image.Image:
    plain, spacing = _plane_of(volume.array, volume, "axial", tile.index)
    r0, r1, c0, c1 = (round(v) for v in tile.part)
    rows, cols = plain.shape
    inside = plain[max(r0, 0):max(r1, 0), max(c0, 0):max(c1, 0)]
    pad = ((max(-r0, 0), max(r1 - rows, 0)), (max(-c0, 0), max(c1 - cols, 0)))
    plain = np.pad(inside, pad, constant_values=plain.min())
    height, width = plain.shape[0] * spacing[0], plain.shape[1] * spacing[1]
    scale = size / max(height, width)
    image = Image.fromarray(_grey(plain, tile.window)).resize(
        (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BILINEAR).convert("RGB")
    _mark(image, scale, edge_letters(volume.affine, "axial"))
    return image


def _laid_out(tiles: Sequence[Image.Image], words: Sequence[str], columns: int) -> Image.Image:
    """Tiles row by row, each with a word at its upper left."""
    w, h = max(t.width for t in tiles), max(t.height for t in tiles)
    sheet = Image.new("RGB", (w * min(columns, len(tiles)), h * -(-len(tiles) // columns)))
    pen = ImageDraw.Draw(sheet)
    for n, (word, tile) in enumerate(zip(words, tiles, strict=True)):
        at = (n % columns * w, n // columns * h)
        sheet.paste(tile, at)
        pen.text((at[0] + 4, at[1] + 2), word, fill=(160, 160, 160), font=_font(11))
    return sheet


def png(image: Image.Image) -> bytes:
    """PNG bytes, lightly compressed: drawing speed counts more than size on loopback."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _plane_of(
    array: NDArray[np.generic], volume: Volume, plane: Plane, index: int
) -> tuple[NDArray[np.generic], tuple[float, float]]:
    """One plane as (rows down, columns right) for display, and the size of a pixel in millimetres."""
    order, flips = axis_alignment(volume.affine)
    view = array.transpose(order)
    sizes = [float(np.linalg.norm(volume.affine[:3, axis])) for axis in order]
    axis = {"axial": 0, "coronal": 1, "sagittal": 2}[plane]
    n = view.shape[axis]
    if not -n <= index < n:
        raise IndexError(f"{plane} slice {index} of {n}")
    at = index % n
    cut = np.take(view, n - 1 - at if flips[axis] else at, axis=axis)
    rest = [a for a in range(3) if a != axis]
    for position, a in enumerate(rest):
        if flips[a]:
            cut = np.flip(cut, position)
    if plane != "axial":
        cut = np.flip(cut, 0)  # the head is drawn at the top
    return np.ascontiguousarray(cut), (sizes[rest[0]], sizes[rest[1]])


def edge_letters(affine: NDArray[np.float64], plane: Plane) -> tuple[str, str]:
    """What a plane's picture has at its left and right edge: ``R`` and ``L``; of an oblique one ``RA`` and ``LP``."""
    order, flips = axis_alignment(affine)
    axis = 1 if plane == "sagittal" else 2  # of (z, y, x): what runs to the right
    right = affine[:3, order[axis]] * (-1 if flips[axis] else 1)
    right = right / np.linalg.norm(right)
    told = [k for k in np.argsort(-np.abs(right)) if abs(right[k]) > OBLIQUE]
    left_to_right = ["".join(LETTERS[k][int((right[k] > 0) == ahead)] for k in told) for ahead in (False, True)]
    return left_to_right[0], left_to_right[1]


def _grey(values: NDArray[np.generic], window: tuple[float, float]) -> NDArray[np.uint8]:
    """8-bit grey by the linear window of PS3.3 C.11.2.1.2, without its half-unit offsets."""
    centre, width = window
    scaled = (values.astype(np.float32) - np.float32(centre - width / 2)) * np.float32(255.0 / max(width, 1e-6))
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _outlined(image: Image.Image, labels: NDArray[np.generic]) -> tuple[Image.Image, list[int]]:
    """The picture with each label's inner border coloured, and the labels that are seen."""
    if not labels.any():
        return image, []
    height, width = image.height, image.width
    if labels.shape != (height, width):
        rows = ((np.arange(height) + 0.5) * labels.shape[0] / height).astype(int)
        columns = ((np.arange(width) + 0.5) * labels.shape[1] / width).astype(int)
        labels = labels[rows][:, columns]
    edge = np.zeros(labels.shape, bool)
    down, right = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    edge &= labels != 0
    pixels = np.asarray(image).copy()
    pixels[edge] = PALETTE[(labels[edge].astype(np.int64) - 1) % len(PALETTE)]
    return Image.fromarray(pixels), [int(v) for v in np.unique(labels[edge])]


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def _text(pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, fill: tuple[int, int, int],
          anchor: str = "la") -> None:
    pen.text((at[0] + 1, at[1] + 1), text, fill=(0, 0, 0), font=_font(size), anchor=anchor)
    pen.text(at, text, fill=fill, font=_font(size), anchor=anchor)


def _mark(image: Image.Image, scale: float, letters: tuple[str, str]) -> None:
    """Side letters at half height, and a bar of 1, 2, 5 or 10 cm at the lower right."""
    pen = ImageDraw.Draw(image)
    w, h = image.size
    size = max(11, round(min(w, h) / 26))
    _text(pen, (6, h / 2), letters[0], size, (255, 255, 255), "lm")
    _text(pen, (w - 6, h / 2), letters[1], size, (255, 255, 255), "rm")
    cm = max((c for c in (1, 2, 5, 10) if c * 10 * scale <= w / 4), default=1)
    x1, y = w - 10, h - 10
    x0 = x1 - cm * 10 * scale
    pen.line([(x0, y), (x1, y)], fill=(255, 255, 255), width=2)
    for x in (x0, x1):
        pen.line([(x, y - 3), (x, y + 3)], fill=(255, 255, 255), width=1)
    _text(pen, ((x0 + x1) / 2, y - 4), f"{cm} cm", max(10, round(size * 0.75)), (255, 255, 255), "mb")


def _legend(image: Image.Image, outlines: Segmentation, named: list[int], names: Mapping[int, str]) -> None:
    """Colour and name of each outlined label, at the upper left; at most twelve."""
    pen = ImageDraw.Draw(image)
    size = max(10, round(min(image.size) / 42))
    for n, value in enumerate(named[:12]):
        row = outlines.table[value]
        side = "" if row.side in ("unspecified", "midline") else f" {row.side}"
        text = f"{value} {names.get(value, row.anatomy_id.replace('_', ' ') + side)}"
        _text(pen, (6, 5 + n * (size + 3)), text, size, colour_of(value))
