"""Hounsfield units to stored values and their bytes, in every transfer syntax that readers meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid

from medomni.phantom.habits import COMPRESSED, Habit

SYNTAXES = {
    "implicit": uid.ImplicitVRLittleEndian, "explicit": uid.ExplicitVRLittleEndian,
    "big_endian": uid.ExplicitVRBigEndian, "deflated": uid.DeflatedExplicitVRLittleEndian, "rle": uid.RLELossless,
    "jpeg_lossless": uid.JPEGLosslessSV1, "jpeg_ls": uid.JPEGLSLossless, "jpeg_2000": uid.JPEG2000Lossless,
    "htj2k": uid.HTJ2KLossless,
}
PADDING = {12: {True: -2000, False: 4095}, 16: {True: -30000, False: 65535}}
"""Stored value of padding by bits and sign: no tissue's."""
PADDING_SPAN = 40


def rescale_of(habit: Habit, k: int) -> tuple[float, float]:
    """Slope and intercept of slice ``k``."""
    low = 0.0 if habit.signed else -1024.0
    return {"hu": (1.0, low), "slope": (2.0, low), "fraction": (0.5, -1024.25),
            "per_slice": (1.0 + k % 2, low - k % 5)}[habit.rescale]


def stored(plane: NDArray[np.int16], habit: Habit, k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Stored values of a slice, (rows, columns), and the Hounsfield units that they stand for.

    With a slope other than 1 the nearest value is stored, so that the second array is the truth, not ``plane``.
    """
    slope, intercept = rescale_of(habit, k)
    low, high = (-(1 << habit.bits - 1), (1 << habit.bits - 1) - 1) if habit.signed else (0, (1 << habit.bits) - 1)
    values = np.clip(np.rint((plane - intercept) / slope), low, high).astype(np.int64)
    truth = values * slope + intercept
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


def pixel_bytes(values: NDArray[np.int64], habit: Habit, seed: int) -> bytes:
    """One frame in the habit's syntax; the four bits above twelve hold noise where the habit has an overlay there."""
    words = (values & ((1 << habit.bits) - 1)).astype(np.uint16)
    if habit.overlay:
        words |= (np.random.default_rng(seed).integers(0, 16, words.shape) << 12).astype(np.uint16)
    elif habit.signed:
        words = values.astype(np.int16).view(np.uint16)  # sign-extended, as most write it
    if habit.syntax not in COMPRESSED:
        return words.astype(">u2" if habit.syntax == "big_endian" else "<u2").tobytes()
    return _compressed(words, values, habit)


def _compressed(words: NDArray[np.uint16], values: NDArray[np.int64], habit: Habit) -> bytes:
    import imagecodecs
    from pydicom.pixels.encoders import RLELosslessEncoder

    if habit.syntax == "rle":
        shape: dict[str, Any] = {"rows": words.shape[0], "columns": words.shape[1], "samples_per_pixel": 1,
                                 "photometric_interpretation": "MONOCHROME2", "number_of_frames": 1,
                                 "bits_allocated": 16, "bits_stored": 16, "pixel_representation": 0}
        return RLELosslessEncoder.encode(words, **shape)
    if habit.syntax == "jpeg_lossless":
        return bytes(imagecodecs.ljpeg_encode(words, bitspersample=16))
    if habit.syntax == "jpeg_ls":
        return bytes(imagecodecs.jpegls_encode(words))
    signed = values.astype(np.int16) if habit.signed else words
    if habit.syntax == "jpeg_2000":
        return bytes(imagecodecs.jpeg2k_encode(signed, codecformat="j2k", reversible=True, bitspersample=habit.bits))
    return bytes(imagecodecs.htj2k_encode(signed, reversible=True))
