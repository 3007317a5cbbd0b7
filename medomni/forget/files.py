"""Files below a folder, what they hold, and their hashes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from medomni.dicom.walk import files_below
from medomni.files import DAMAGED


def plain_files(root: Path) -> list[Path]:
    """Regular files below a folder, hidden ones too, in order; links are left out."""
    return [path for path in files_below(root) if not path.is_symlink()]


def about_arrays(path: Path) -> Any:
    """The JSON text of an archive of :func:`medomni.files.save_arrays`; None for any other file."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as archive:
            return json.loads(archive["about"].tobytes())
    except DAMAGED:
        return None


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
