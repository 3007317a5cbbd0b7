"""What is written on a picture: letters of the sides, a scale bar, a legend."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from medomni.draw.outlines import colour_of
from medomni.volume import Segmentation


@lru_cache(maxsize=8)
def font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Pillow's own font in a size in pixels."""
    return ImageFont.load_default(size)


def text(pen: ImageDraw.ImageDraw, at: tuple[float, float], words: str, size: int, fill: tuple[int, int, int],
         anchor: str = "la") -> None:
    """Words with a black shadow, so that they are read on any ground."""
    pen.text((at[0] + 1, at[1] + 1), words, fill=(0, 0, 0), font=font(size), anchor=anchor)
    pen.text(at, words, fill=fill, font=font(size), anchor=anchor)


def mark(image: Image.Image, scale: float | None, letters: tuple[str, str], upright: tuple[str, str] | None = None,
         ) -> None:
    """Side letters at half height, and a bar of 1, 2, 5 or 10 cm at the lower right.

    Args:
        scale: pixels per millimetre, None where millimetres are not known: no bar then.
        letters: at the left and the right edge. upright: at the upper and the lower one.
    """
    pen = ImageDraw.Draw(image)
    w, h = image.size
    size = max(11, round(min(w, h) / 26))
    text(pen, (6, h / 2), letters[0], size, (255, 255, 255), "lm")
    text(pen, (w - 6, h / 2), letters[1], size, (255, 255, 255), "rm")
    if upright:
        text(pen, (w / 2, 6), upright[0], size, (255, 255, 255), "ma")
        text(pen, (w / 2, h - 6), upright[1], size, (255, 255, 255), "mb")
    if scale is None:
        return
    cm = max((c for c in (1, 2, 5, 10) if c * 10 * scale <= w / 4), default=1)
    x1, y = w - 10, h - 10
    x0 = x1 - cm * 10 * scale
    pen.line([(x0, y), (x1, y)], fill=(255, 255, 255), width=2)
    for x in (x0, x1):
        pen.line([(x, y - 3), (x, y + 3)], fill=(255, 255, 255), width=1)
    text(pen, ((x0 + x1) / 2, y - 4), f"{cm} cm", max(10, round(size * 0.75)), (255, 255, 255), "mb")


def legend(image: Image.Image, outlines: Segmentation, named: list[int], names: Mapping[int, str]) -> None:
    """Colour and name of each outlined label, at the upper left; at most twelve."""
    pen = ImageDraw.Draw(image)
    size = max(10, round(min(image.size) / 42))
    for n, value in enumerate(named[:12]):
        row = outlines.table[value]
        side = "" if row.side in ("unspecified", "midline") else f" {row.side}"
        words = f"{value} {names.get(value, row.anatomy_id.replace('_', ' ') + side)}"
        text(pen, (6, 5 + n * (size + 3)), words, size, colour_of(value))
