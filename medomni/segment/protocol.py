"""What a segmenter is, and how one is found by name."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from medomni.errors import MedomniError
from medomni.volume import Segmentation, Volume

GROUP = "medomni.segmenters"
OWN = {
    "builtin": "medomni.segment.builtin:BuiltinChestSegmenter",
    "lungmask": "medomni.segment.lungmask_net:LungmaskSegmenter",
    "monai-bundle": "medomni.segment.monai_bundle:MonaiBundleSegmenter",
    "totalsegmentator": "medomni.segment.totalsegmentator_net:TotalSegmentatorSegmenter",
    "unet": "medomni.segment.unet:UNetSegmenter",
}
"""Name to class, as the entry points have them: found from a source tree that was never installed."""


@runtime_checkable
class Segmenter(Protocol):
    """Turns a volume into labels on the same grid.

    Attributes:
        name: the name it is chosen by. version: changes whenever its output may.
    """

    name: str
    version: str

    def segment(self, volume: Volume) -> Segmentation:
        """Labels of shape ``volume.array.shape`` with the volume's affine.

        What cannot be judged is named in ``Segmentation.abstained`` and left unlabelled; it is never guessed.
        """
        ...


def segmenter_names() -> tuple[str, ...]:
    """Names that :func:`get_segmenter` knows here, ``builtin`` among them."""
    return tuple(sorted(set(OWN) | {e.name for e in entry_points(group=GROUP)}))


def get_segmenter(name: str = "builtin") -> Segmenter:
    """The segmenter of this name: the project's own, else that of the entry-point group ``medomni.segmenters``.

    Making one loads no network and looks for no weights; ``segment`` does.

    Raises:
        MedomniError: MED-S05 when no such name is installed, or when its package cannot be imported.
    """
    if name in OWN:
        module, what = OWN[name].split(":")
        made: Segmenter = getattr(import_module(module), what)()
        return made
    for entry in entry_points(group=GROUP, name=name):
        try:
            return entry.load()()
        except ImportError as exc:
            raise MedomniError("MED-S05", f"{name} does not import: {exc}", where=entry.value) from exc
    raise MedomniError("MED-S05", f"known here: {', '.join(segmenter_names())}", where=name)
