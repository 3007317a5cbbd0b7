"""The project's own network: a small MONAI U-Net on a coarse grid, trained on phantoms by ``medomni segment train``."""

from medomni.segment.unet.segmenter import UNetSegmenter

__all__ = ["UNetSegmenter"]
