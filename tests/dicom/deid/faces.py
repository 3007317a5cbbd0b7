"""What the tests of faces share, of CT and of MR."""

from __future__ import annotations

from pathlib import Path

import pydicom

from benchmarks.defacing import Measured
from medomni.dicom.deid import Options, deidentify
from tests.dicom.deid.support import KEYS

DEFACE = Options(deface=True)


def face_is_gone(found: Measured | str, brain: float) -> None:
    """The head was written, its landmarks and nearly all skin of its face are gone; so much of its brain is kept."""
    assert isinstance(found, Measured), found
    assert found.landmarks and found.face > 0.97 and found.brain > brain, found


def defaced(head: Path, out: Path) -> list[tuple[Path, Path]]:
    """(original, output) of a head of which every file is cut, from the feet up."""
    report = deidentify(head, out, DEFACE, KEYS)
    assert report["faces"]["cut_off"] == len(list(head.iterdir()))
    by_place = {height(p): p for p in out.rglob("*.dcm")}
    return [(p, by_place[height(p)]) for p in sorted(head.iterdir(), key=height)]


def height(path: Path) -> float:
    """Millimetres of a slice above the origin."""
    return round(float(pydicom.dcmread(path, stop_before_pixels=True).ImagePositionPatient[2]), 2)
