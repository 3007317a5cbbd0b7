"""What every test shares: where the licensed real data lies, and a fixed site key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("MEDOMNI_SITE_KEY", "00" * 32)
ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("MEDOMNI_SHARED") or ROOT.parent / "shared")


@pytest.fixture(scope="session")
def real_dicom() -> Path:
    """The folder of real, redistributable DICOM; a visible skip where it is absent."""
    folder = SHARED / "data" / "dicom"
    if not folder.is_dir():
        pytest.skip("real DICOM data not present (set MEDOMNI_SHARED)")
    return folder
