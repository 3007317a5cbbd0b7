"""Slices as pictures: one slice as the page, the PDF and the notebooks show it.

Radiological convention whatever the array's order: the patient's right lies at the image's left in axial and coronal
pictures, the patient's front at the left in sagittal ones; letters say so. Side comes from the affine alone.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medomni.draw.marks import legend as draw_legend
from medomni.draw.marks import mark
from medomni.draw.outlines import outlined
from medomni.draw.planes import Plane, edge_letters, plane_of
from medomni.errors import MedomniError
from medomni.volume import Segmentation, Volume

WINDOWS: dict[str, tuple[float, float]] = {  # centre, width in HU
    "lung": (-600.0, 1500.0),
    "soft": (40.0, 400.0),
    "bone": (400.0, 1800.0),
}
SILENT = ("body", "soft_tissue")


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
    plain, spacing = plane_of(volume.array, volume, plane, index)
    height, width = plain.shape[0] * spacing[0], plain.shape[1] * spacing[1]
    scale = size / max(height, width)
    shape = (max(1, round(height * scale)), max(1, round(width * scale)))
    image = Image.fromarray(grey(plain, WINDOWS[window] if isinstance(window, str) else window))
    if plain.shape != shape:
        image = image.resize(shape[::-1], Image.Resampling.BILINEAR)
    image = image.convert("RGB")
    named: list[int] = []
    if outlines is not None:
        labels, _ = plane_of(outlines.labels, volume, plane, index)
        silent = [v for v, row in outlines.table.items() if row.anatomy_id in SILENT]
        image, named = outlined(image, np.where(np.isin(labels, silent), 0, labels) if silent else labels)
    if markers:
        projection = volume.study.orientation == "projection" and volume.study.spacing_mm is None
        mark(image, None if projection else scale, edge_letters(volume.affine, plane))
    if legend and outlines is not None and named:
        draw_legend(image, outlines, named, names or {})
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


DRAWN_BY = "medomni"


def png(image: Image.Image) -> bytes:
    """PNG bytes, lightly compressed: drawing speed counts more than size on loopback. They say who drew them."""
    out, about = io.BytesIO(), PngInfo()
    about.add_text("Software", DRAWN_BY)
    image.save(out, "PNG", compress_level=1, pnginfo=about)
    return out.getvalue()


def grey(values: NDArray[np.generic], window: tuple[float, float]) -> NDArray[np.uint8]:
    """8-bit grey by the linear window of PS3.3 C.11.2.1.2, without its half-unit offsets."""
    centre, width = window
    scaled = (values.astype(np.float32) - np.float32(centre - width / 2)) * np.float32(255.0 / max(width, 1e-6))
    return np.clip(scaled, 0, 255).astype(np.uint8)
