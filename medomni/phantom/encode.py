"""Hounsfield units to stored values and their bytes, in every transfer syntax that readers meet."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom import uid

from medomni.phantom.habits import COMPRESSED, Habit

SYNTAXES = {
    "implicit": uid.ImplicitVRLittleEndian, "explicit": uid.ExplicitVRLittleEndian,
    "big_endian": uid.ExplicitVRBigEndian, "deflated": uid.DeflatedExplicitVRLittleEndian, "rle": uid.RLELossless,
    "jpeg_lossless": uid.JPEGLosslessSV1, "jpeg_ls": uid.JPEGLSLossless, "jpeg_2000": uid.JPEG2000Lossless,
    "htj2k": uid.HTJ2KLossless, "jpeg_lossless_57": uid.JPEGLossless, "htj2k_rpcl": uid.HTJ2KLosslessRPCL,
    "htj2k_any": uid.HTJ2K,  # which may hold a lossless codestream (PS3.5 A.4.12)
}
PADDING = {8: {True: 127, False: 255}, 12: {True: -2000, False: 4095}, 16: {True: -30000, False: 65535}}
"""Stored value of padding by bits and sign: no tissue's. Eight bits have none to spare, so tissue ends below it."""
PADDING_SPAN = 40
COARSE = 10.0
"""Hounsfield units that one step of eight bits stands for."""
TABLE_ENTRIES = {8: 256, 12: 4096, 16: 4096}
FLOATS = {"float": "f4", "double": "f8"}


def rescale_of(habit: Habit, k: int) -> tuple[float, float]:
    """Slope and intercept of slice ``k``; with a table those that choose the entry."""
    low = 0.0 if habit.signed else -1024.0
    slope, intercept = {"hu": (1.0, low), "slope": (2.0, low), "fraction": (0.5, -1024.25),
                        "per_slice": (1.0 + k % 2, low - k % 5)}.get(habit.rescale, (1.0, low))
    return (slope + COARSE - 1.0, intercept) if habit.bits == 8 else (slope, intercept)


def table_of(habit: Habit) -> tuple[int, NDArray[np.int64]]:
    """First stored value that a modality table maps, and its entries, which are never negative (PS3.3 C.11.1.1.1)."""
    count = TABLE_ENTRIES[habit.bits]
    first = 0 if not habit.signed else -128 if habit.bits == 8 else -1024
    entry = np.arange(count)
    return first, (3 * entry + entry % 7) * (4096 // count)


def stored(plane: NDArray[np.int16], habit: Habit, k: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Stored values of a slice, (rows, columns), int64 or float64, and the Hounsfield units that they stand for.

    With a slope other than 1 the nearest value is stored, of few bits within their range, and a table has values of its
    own: the second array is the truth, not ``plane``, and exact. Floating numbers are the units and an eighth.
    """
    slope, intercept = rescale_of(habit, k)
    values: NDArray[Any]
    if habit.numbers != "whole":
        values = (plane + 0.125 - intercept) / slope
    else:
        low, high = (-(1 << habit.bits - 1), (1 << habit.bits - 1) - 1) if habit.signed else (0, (1 << habit.bits) - 1)
        if habit.bits == 8 and habit.padding != "none":
            high -= PADDING_SPAN
        values = np.clip(np.rint((plane - intercept) / slope), low, high).astype(np.int64)
    truth = np.asarray(values * slope + intercept, dtype=np.float64)
    if habit.rescale in ("table", "table_us"):
        first, entries = table_of(habit)
        truth = entries[np.clip(values - first, 0, len(entries) - 1)].astype(np.float64)
    if habit.padding != "none":
        outside = scan_circle(plane.shape)
        pad = PADDING[habit.bits][habit.signed]
        span = np.arange(plane.size).reshape(plane.shape) % PADDING_SPAN if habit.padding == "range" else 0
        padded = np.broadcast_to(pad - span if pad > 0 else pad + span, plane.shape)
        values[outside], truth[outside] = padded[outside], -1024.0
    return values, truth


def scan_circle(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """True outside the ellipse that touches the image's edges."""
    rows, columns = np.ogrid[:shape[0], :shape[1]]
    y, x = (rows + 0.5) / shape[0] * 2 - 1, (columns + 0.5) / shape[1] * 2 - 1
    return np.asarray(x * x + y * y > 1.0)


def pixel_bytes(values: NDArray[Any], habit: Habit, seed: int) -> bytes:
    """One frame in the habit's syntax; the four bits above twelve hold noise where the habit has an overlay there."""
    order: Literal["<", ">"] = ">" if habit.syntax == "big_endian" else "<"
    if habit.numbers != "whole":
        return values.astype(order + FLOATS[habit.numbers]).tobytes()
    unsigned, signed = (np.uint8, np.int8) if habit.bits == 8 else (np.uint16, np.int16)
    words = (values & ((1 << habit.bits) - 1)).astype(unsigned)
    if habit.overlay:
        words = words | (np.random.default_rng(seed).integers(0, 16, words.shape) << 12).astype(np.uint16)
    elif habit.signed:
        words = values.astype(signed).view(unsigned)  # sign-extended, as most write it
    if habit.syntax not in COMPRESSED:
        return words.astype(words.dtype.newbyteorder(order)).tobytes()
    return _compressed(words, values, habit)


def _compressed(words: NDArray[Any], values: NDArray[Any], habit: Habit) -> bytes:
    import imagecodecs
    from pydicom.pixels.encoders import RLELosslessEncoder

    width = 8 * words.itemsize
    if habit.syntax == "rle":
        shape: dict[str, Any] = {"rows": words.shape[0], "columns": words.shape[1], "samples_per_pixel": 1,
                                 "photometric_interpretation": "MONOCHROME2", "number_of_frames": 1,
                                 "bits_allocated": width, "bits_stored": width, "pixel_representation": 0}
        return RLELosslessEncoder.encode(words, **shape)
    if habit.syntax in ("jpeg_lossless", "jpeg_lossless_57"):  # process 14 takes any predictor, the first too
        return bytes(imagecodecs.ljpeg_encode(words, bitspersample=width))
    if habit.syntax == "jpeg_ls":
        return bytes(imagecodecs.jpegls_encode(words))
    signed = values.astype(np.int8 if width == 8 else np.int16) if habit.signed else words
    if habit.syntax == "jpeg_2000":
        return bytes(imagecodecs.jpeg2k_encode(signed, codecformat="j2k", reversible=True, bitspersample=habit.bits))
    rpcl = habit.syntax == "htj2k_rpcl"  # which wants TLM markers; OpenJPH's order of progression is RPCL always
    return bytes(imagecodecs.htj2k_encode(signed, reversible=True, tlm=rpcl))
