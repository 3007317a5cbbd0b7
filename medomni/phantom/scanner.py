"""Scanners: kernel, noise, and the habits in which they write DICOM."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Scanner:
    """A synthetic scanner.

    Attributes:
        name, kernel: names; ``kernel`` goes to ConvolutionKernel (0018,1210).
        blur_mm: in-plane standard deviation of the kernel's point spread.
        sharpen: weight of the unsharp mask of a sharp kernel (0 = none); gives overshoot at edges.
        noise_hu: SD of the noise in the aorta at 0.7 mm pixels and 6 mm slices.
        noise_mm: in-plane correlation length (Gaussian SD) of the noise.
        air_share: SD in air outside the body as a part of ``noise_hu``.
        habit: ``implicit_signed`` or ``explicit_rle``, see :mod:`medomni.phantom.write`.
        intercept: RescaleIntercept (0028,1052).
    """

    name: str
    kernel: str
    blur_mm: float
    sharpen: float
    noise_hu: float
    noise_mm: float
    air_share: float
    lung_shift: float
    habit: str
    intercept: int


SCANNERS: MappingProxyType[str, Scanner] = MappingProxyType(
    {
        "soft": Scanner("soft", "SOFT40", 0.75, 0.0, 15.0, 0.62, 0.33, 24.0, "implicit_signed", 0),
        "sharp": Scanner("sharp", "LUNG80", 0.35, 0.7, 36.0, 0.22, 0.58, -6.0, "explicit_rle", -8192),
        "medium": Scanner("medium", "MED55", 0.55, 0.2, 18.0, 0.45, 0.45, 6.0, "implicit_signed", -1024),
    }
)
