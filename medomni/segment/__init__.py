"""Pre-segmentation: a volume in, labels on the same grid out."""

from medomni.segment.builtin import BuiltinChestSegmenter
from medomni.segment.protocol import Segmenter, get_segmenter, segmenter_names

__all__ = ["BuiltinChestSegmenter", "Segmenter", "get_segmenter", "segmenter_names"]
