"""What a segmenter is, and how one is found by name."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from medomni.errors import MedomniError
from medomni.volume import Segmentation, Volume

GROUP = "medomni.segmenters"


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
    return tuple(sorted({"builtin"} | {e.name for e in entry_points(group=GROUP)}))


def get_segmenter(name: str = "builtin") -> Segmenter:
    """The segmenter registered under ``name`` in the entry-point group ``medomni.segmenters``.

    Raises:
        MedomniError: MED-S05 when no such name is installed, or when its package cannot be imported.
    """
    if name == "builtin":  # works from a source tree that was never installed
        from medomni.segment.builtin import BuiltinChestSegmenter

        return BuiltinChestSegmenter()
    for entry in entry_points(group=GROUP, name=name):
        try:
            return entry.load()()
        except ImportError as exc:
            raise MedomniError("MED-S05", f"{name} does not import: {exc}", where=entry.value) from exc
    raise MedomniError("MED-S05", f"known here: {', '.join(segmenter_names())}", where=name)
