"""medomni: radiology reports from omni-modal models, checked against what was measured in the images.

Research software, not a medical device. Importing this package loads neither torch nor numpy; names are
resolved on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from medomni.dicom import read_study as read_study
    from medomni.errors import MedomniError as MedomniError
    from medomni.volume import Segmentation as Segmentation
    from medomni.volume import Volume as Volume

_LAZY = {
    "MedomniError": "medomni.errors",
    "Volume": "medomni.volume",
    "Segmentation": "medomni.volume",
    "read_study": "medomni.dicom",
}

__all__ = ["MedomniError", "Segmentation", "Volume", "__version__", "read_study"]


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'medomni' has no attribute {name!r}")
