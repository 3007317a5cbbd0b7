"""pydicom's readers of pixels, with JPEG of up to sixteen bits (libjpeg-turbo 3) and RLE by imagecodecs.

Pillow reads the eight-bit forms only. GDCM, which pydicom would ask first, ends the process where an enhanced image's
lossless frame is damaged (an exception that leaves its C++ code), so it is taken off pydicom's list here: no file that
somebody sends may stop a receiver. pylibjpeg's decoder of RLE panics on a damaged frame and prints where in its memory:
it is not asked either, though it encodes. What decodes pixels imports these readers from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom import uid
from pydicom.pixels import get_decoder, iter_pixels, pixel_array
from pydicom.uid import UID

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import DecodeRunner

__all__ = ["decode_frame", "is_available", "iter_pixels", "pixel_array"]
NAME, UNSAFE = "imagecodecs", "gdcm"
OURS = (uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1, uid.RLELossless)
PANICS, SLOW = "pylibjpeg", "pydicom"
DECODER_DEPENDENCIES = {syntax: ("imagecodecs>=2025.3.30",) for syntax in OURS}
"""Read by pydicom."""


def is_available(syntax: str) -> bool:
    """Whether pydicom may ask for a transfer syntax."""
    return syntax in OURS


def decode_frame(source: bytes, runner: DecodeRunner) -> bytes:
    """One frame's stored values, colours not converted, as pydicom wants a plug-in to give them.

    Args:
        source: a frame of JPEG (ISO 10918-1) or RLE (PS3.5 annex G) in one of :data:`OURS`.
        runner: told how many bits a value of the result takes, and whether colours lie by pixel or by plane.

    Raises:
        Exception: of the decoder's own kind where it cannot be read; pydicom passes it on.
    """
    import imagecodecs

    if runner.transfer_syntax == uid.RLELossless:
        kind = np.dtype(f"<u{runner.bits_allocated // 8}")
        size = runner.rows * runner.columns * runner.samples_per_pixel * kind.itemsize
        if runner.get_option("rle_segment_order", ">") != ">":
            raise ValueError("segments in another order than PS3.5 G.2 has them")
        planes = imagecodecs.dicomrle_decode(source, kind, out=size)
        if len(planes) != size:
            raise ValueError("a frame of RLE that gives another number of values than the image has")
        runner.set_option("planar_configuration", 1)
        return bytes(planes)
    stays = None if runner.samples_per_pixel == 1 else "RGB"
    values = np.asarray(imagecodecs.jpeg8_decode(source, colorspace=stays, outcolorspace=stays))
    runner.set_option("bits_allocated", 8 * values.dtype.itemsize)
    runner.set_option("planar_configuration", 0)
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def _entered() -> None:
    for syntax in (*OURS, uid.JPEGBaseline8Bit, *uid.JPEGLSTransferSyntaxes, uid.JPEG2000Lossless, uid.JPEG2000):
        decoder = get_decoder(UID(syntax))
        if syntax != uid.RLELossless:
            decoder.remove_plugin(UNSAFE)
        elif PANICS in decoder.available_plugins:
            decoder.remove_plugin(PANICS)
        if syntax in OURS:
            decoder.add_plugin(NAME, (__name__, decode_frame.__name__))
    # pydicom's own takes twenty times as long: it is asked last, for what the other does not take
    decoder = get_decoder(uid.RLELossless)
    decoder.remove_plugin(SLOW)
    decoder.add_plugin(SLOW, ("pydicom.pixels.decoders.rle", "_decode_frame"))


_entered()
