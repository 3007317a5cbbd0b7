"""pydicom's readers of pixels, with JPEG of up to sixteen bits by imagecodecs (libjpeg-turbo 3).

Pillow reads the eight-bit forms only. GDCM, which pydicom would ask first, ends the process where an enhanced image's
lossless frame is damaged (an exception that leaves its C++ code), so it is taken off pydicom's list here: no file that
somebody sends may stop a receiver. What decodes pixels imports these readers from here.
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
OURS = (uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1)
DECODER_DEPENDENCIES = {syntax: ("imagecodecs>=2025.3.30",) for syntax in OURS}
"""Read by pydicom."""


def is_available(syntax: str) -> bool:
    """Whether pydicom may ask for a transfer syntax."""
    return syntax in OURS


def decode_frame(source: bytes, runner: DecodeRunner) -> bytes:
    """One frame's stored values, colours by pixel and not converted, as pydicom wants a plug-in to give them.

    Args:
        source: a JPEG frame (ISO 10918-1) in one of :data:`OURS`.
        runner: told how many bits a value of the result takes.

    Raises:
        Exception: of the decoder's own kind where it cannot be read; pydicom passes it on.
    """
    import imagecodecs

    stays = None if runner.samples_per_pixel == 1 else "RGB"
    values = np.asarray(imagecodecs.jpeg8_decode(source, colorspace=stays, outcolorspace=stays))
    runner.set_option("bits_allocated", 8 * values.dtype.itemsize)
    runner.set_option("planar_configuration", 0)
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def _entered() -> None:
    for syntax in (*OURS, uid.JPEGBaseline8Bit, *uid.JPEGLSTransferSyntaxes, uid.JPEG2000Lossless, uid.JPEG2000):
        decoder = get_decoder(UID(syntax))
        decoder.remove_plugin(UNSAFE)
        if syntax in OURS:
            decoder.add_plugin(NAME, (__name__, decode_frame.__name__))


_entered()
