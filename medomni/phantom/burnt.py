"""Synthetic pictures with text burnt into their pixels, and which pixels are its ink: the truth for text removal.

Four kinds: an ultrasound sector of several frames, a page of numbers, a radiograph with a strip, a captured CT slice.
In pictures of three colours half of the lines are coloured, and some of these as bright as what lies behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from medomni.errors import MedomniError

KINDS = ("ultrasound", "page", "radiograph", "capture")
FONTS = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "LiberationSans-Regular.ttf",
         "LiberationMono-Regular.ttf", "LiberationSansNarrow-Regular.ttf", "NotoSansCJK-Regular.ttc")
CHINESE = "NotoSansCJK-Regular.ttc"
SMALLEST, LARGEST = 9, 40
_FOLDER = Path("/usr/share/fonts")
HUES = ((0, 1, 0), (1, 0, 0), (0.15, 0.15, 1), (1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 0.35, 0))
COLOURED, HIDDEN = 0.5, 0.4
"""Parts: of the lines of a picture in colours those that are coloured, and of these those as bright as the ground."""
Cover = tuple[NDArray[np.float32], int, int]
"""How much of each pixel a line covers, 0 to 1, and the row and column of its corner."""


@dataclass(frozen=True, eq=False)
class Line:
    """One line of text.

    Attributes:
        frame: the frame that it stands in, None for all.
        ink: (pixels, 2) int, row and column of every pixel that the text covers by half or more.
        size: of the font, pixels.
    """

    text: str
    frame: int | None
    ink: NDArray[np.int64]
    size: int


@dataclass(frozen=True, eq=False)
class Burnt:
    """A picture.

    Attributes:
        frames: (frames, rows, columns) or (frames, rows, columns, 3), uint8 or uint16, stored values.
        photometric: Photometric Interpretation of the stored values.
        bits: Bits Stored.
        lines: what was burnt in.
    """

    kind: str
    frames: NDArray[Any]
    photometric: str
    bits: int
    lines: list[Line]


def burnt(kind: str, seed: int, texts: Sequence[str]) -> Burnt:
    """A picture of a kind with the texts burnt in, each as one line; the same for the same arguments.

    Lines that find no free place are left out, so that none covers another.

    Raises:
        ValueError: for another kind.
        MedomniError: MED-C06 for a Chinese text where no font has its letters.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r}: there are {', '.join(KINDS)}")
    rng = np.random.default_rng([seed, KINDS.index(kind), 97])
    grey = _BACKGROUNDS[kind](rng)
    lines: list[Line] = []
    covers: list[Cover] = []
    taken = np.zeros(grey.shape[1:], dtype=bool)
    bare = grey.copy()
    for text in texts:
        drawn = _burn(grey, taken, text, rng, kind)
        if drawn is not None:
            lines.append(drawn[0])
            covers.append(drawn[1])
    hues = np.random.default_rng([seed, KINDS.index(kind), 99])
    coloured = _coloured(grey, bare, lines, covers, hues)
    return _stored(kind, grey, coloured, lines, rng)


def fonts() -> list[Path]:
    """The fonts of :data:`FONTS` that this machine has."""
    there = {path.name: path for path in sorted(_FOLDER.rglob("*.tt[fc]"))}
    return [there[name] for name in FONTS if name in there]


def _burn(grey: NDArray[np.float32], taken: NDArray[np.bool_], text: str, rng: np.random.Generator, kind: str,
          ) -> tuple[Line, Cover] | None:
    size = int(rng.integers(SMALLEST, LARGEST + 1) if rng.random() < 0.3 else rng.integers(SMALLEST, 21))
    cover = _cover(text, size, rng)
    rows, columns = taken.shape
    if cover.shape[0] >= rows - 4 or cover.shape[1] >= columns - 4:
        return None
    for _ in range(40):
        top = int(_edge(rng, rows - cover.shape[0]) if kind != "page" else rng.integers(2, rows - cover.shape[0] - 1))
        left = int(rng.integers(2, columns - cover.shape[1] - 1))
        place = np.s_[top:top + cover.shape[0], left:left + cover.shape[1]]
        margin = np.s_[max(top - 4, 0):top + cover.shape[0] + 4, max(left - 6, 0):left + cover.shape[1] + 6]
        if not taken[margin].any():
            break
    else:
        return None
    taken[place] = True
    frame = int(rng.integers(len(grey))) if len(grey) > 1 and rng.random() < 0.15 else None
    behind = float(grey[(slice(None), *place)].mean())
    contrast = float(rng.uniform(0.45, 1.0))
    ink = min(1.0, behind + contrast) if behind < 0.5 else max(0.0, behind - contrast)
    for k in range(len(grey)) if frame is None else [frame]:
        if kind in ("ultrasound", "capture") and rng.random() < 0.2:
            grey[k][place] = grey[k][place] * 0.3 + 0.7 * (0.1 if ink > 0.5 else 0.9)  # the viewer's own shade
        grey[k][place] = grey[k][place] * (1 - cover) + ink * cover
    return Line(text, frame, np.argwhere(cover >= 0.5) + (top, left), size), (cover, top, left)


def _coloured(grey: NDArray[np.float32], bare: NDArray[np.float32], lines: list[Line], covers: list[Cover],
              rng: np.random.Generator) -> NDArray[np.float32]:
    """The picture in red, green and blue, (frames, rows, columns, 3), 0 to 1, with some lines in a colour; of these,
    some have the mean of what lies behind them, so that they stand out by their colour alone."""
    out = np.repeat(grey[..., None], 3, axis=3)
    for line, (cover, top, left) in zip(lines, covers, strict=True):
        if rng.random() >= COLOURED:
            continue
        place = np.s_[top:top + cover.shape[0], left:left + cover.shape[1]]
        hue = np.array(HUES[int(rng.integers(len(HUES)))], dtype=np.float32)
        behind = float(bare[(slice(None), *place)].mean())
        ink = hue * rng.uniform(0.7, 1.0)
        if rng.random() < HIDDEN and 0.15 < behind < 0.6:
            ink = hue * min(behind / float(hue.mean()), 1.0)
        for k in range(len(grey)) if line.frame is None else [line.frame]:
            ground = bare[k][place][..., None]
            out[k][place] = ground * (1 - cover[..., None]) + ink * cover[..., None]
    return out


def _edge(rng: np.random.Generator, most: int) -> int:
    """Most text stands near the upper or lower edge."""
    where = rng.random()
    return int(rng.integers(2, max(3, most // 4)) if where < 0.45 else
               rng.integers(most - most // 4, most - 1) if where < 0.8 else rng.integers(2, most - 1))


def _cover(text: str, size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How much of each pixel the text covers, 0 to 1, (rows, columns), cut to the ink with one pixel around it."""
    there = fonts()
    chinese = any(ord(c) >= 0x2E80 for c in text)
    if chinese:
        there = [f for f in there if f.name == CHINESE]
        if not there:  # another font would draw empty boxes, which are no text
            raise MedomniError("MED-C06", f"apt-get install fonts-noto-cjk (or {CHINESE} below {_FOLDER})",
                               where="Chinese text burnt into a picture")
        size = max(size, 12)  # strokes of smaller ideographs run together
    font: Any = ImageFont.truetype(str(there[int(rng.integers(len(there)))]), size) if there \
        else ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.3:
        draw.fontmode = "1"  # without smoothing, as old consoles draw
    draw.text((1 - left, 1 - top), text, fill=255, font=font)
    return np.asarray(image, dtype=np.float32) / 255


def _ultrasound(rng: np.random.Generator) -> NDArray[np.float32]:
    rows, columns, frames = 480, 640, 3
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    depth, angle = np.hypot(y - 30, x - columns / 2), np.arctan2(x - columns / 2, y - 30)
    sector = (np.abs(angle) < rng.uniform(0.5, 0.8)) & (depth > 40) & (depth < rng.uniform(350, 430))
    out = []
    tissue = gaussian_filter(rng.random((rows, columns), dtype=np.float32), 18)
    tissue = (tissue - tissue.min()) / np.ptp(tissue)
    for _ in range(frames):
        speckle = gaussian_filter(rng.rayleigh(1.0, (rows, columns)).astype(np.float32), (1.0, 1.8))
        out.append(np.where(sector, np.clip(0.45 * tissue * speckle, 0, 1), rng.uniform(0, 0.03)))
    return np.stack(out).astype(np.float32)


def _page(rng: np.random.Generator) -> NDArray[np.float32]:
    grey = np.full((1, 512, 640), rng.choice([0.0, 0.05, 0.15, 0.85, 1.0]), dtype=np.float32)
    for row in np.arange(60, 500, int(rng.integers(60, 140))):
        grey[:, row, 20:-20] = 0.5
    return grey


def _radiograph(rng: np.random.Generator) -> NDArray[np.float32]:
    rows, columns = 600, 520
    y, x = np.mgrid[-1:1:rows * 1j, -1:1:columns * 1j].astype(np.float32)
    body = np.exp(-((x / 0.85) ** 6 + (y / 1.05) ** 8))
    lungs = sum(np.exp(-(((x - s * 0.38) / 0.28) ** 4 + ((y + 0.1) / 0.6) ** 4)) for s in (-1, 1))
    ribs = 0.06 * (np.sin(18 * y + 5 * np.abs(x)) > 0.4)
    noise = gaussian_filter(rng.normal(0, 0.08, (rows, columns)), 0.7)
    grey = 0.1 + 0.65 * body - 0.4 * lungs + ribs * body + noise
    if rng.random() < 0.5:  # the strip in which the name is exposed
        top = int(rng.integers(0, rows - 80))
        grey[top:top + 70, 40:400] = rng.choice([0.03, 0.97])
    return np.clip(grey, 0, 1)[None].astype(np.float32)


def _capture(rng: np.random.Generator) -> NDArray[np.float32]:
    rows = columns = 512
    y, x = np.mgrid[-1:1:rows * 1j, -1:1:columns * 1j].astype(np.float32)
    radius = np.hypot(x / 0.8, y / 0.62)
    organs = gaussian_filter(rng.random((rows, columns)), 10)
    organs = (organs - organs.min()) / np.ptp(organs)
    grey = np.where(radius < 1, 0.35 + 0.3 * organs, 0.02) + np.where(np.abs(radius - 0.97) < 0.02, 0.4, 0)
    return np.clip(grey + rng.normal(0, 0.04, (rows, columns)), 0, 1)[None].astype(np.float32)


def marked(seed: int, letter: str, at: tuple[int, int], size: int) -> NDArray[np.uint8]:
    """A synthetic radiograph, (600, 520) uint8, with one side marker of ``size`` pixels at (row, column)."""
    rng = np.random.default_rng([seed, 98])
    grey = _radiograph(rng)[0]
    cover = _cover(letter, size, rng)
    place = np.s_[at[0]:at[0] + cover.shape[0], at[1]:at[1] + cover.shape[1]]
    cover = cover[:grey[place].shape[0], :grey[place].shape[1]]
    grey[place] = grey[place] * (1 - cover) + rng.uniform(0.85, 1.0) * cover  # lead is white
    return np.rint(grey * 255).astype(np.uint8)


_BACKGROUNDS = {"ultrasound": _ultrasound, "page": _page, "radiograph": _radiograph, "capture": _capture}


def _stored(kind: str, grey: NDArray[np.float32], coloured: NDArray[np.float32], lines: list[Line],
            rng: np.random.Generator) -> Burnt:
    form = {"ultrasound": ("RGB", "YBR_FULL", "MONOCHROME2"), "page": ("RGB", "MONOCHROME2"),
            "radiograph": ("MONOCHROME1", "MONOCHROME2"), "capture": ("RGB", "MONOCHROME2")}[kind]
    photometric = str(rng.choice(form))
    if photometric == "MONOCHROME1":
        grey = 1 - grey
    bits = 8 if photometric in ("RGB", "YBR_FULL") or kind == "page" else int(rng.choice([8, 12, 16]))
    values = np.rint(grey * ((1 << bits) - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    if photometric == "RGB":
        tint = rng.uniform(0.8, 1.0, 3) if rng.random() < 0.5 else np.ones(3)
        values = np.rint(coloured * tint * 255).astype(np.uint8)
    elif photometric == "YBR_FULL":
        values = np.clip(np.rint(coloured * 255 @ _YBR.T + (0, 128, 128)), 0, 255).astype(np.uint8)
    return Burnt(kind, values, photometric, bits, lines)


_YBR = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])  # PS3.3 C.7.6.3.1.2
