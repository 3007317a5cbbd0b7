"""Burnt-in side markers: which edge is the patient's left, or that it is not known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

pytest.importorskip("rapidocr_onnxruntime")

from medomni.dicom import read_image
from medomni.dicom.marker import agreed, left_edge
from medomni.phantom.burnt import marked

pytestmark = pytest.mark.unit


def picture(letter: str, column: int, seed: int = 3) -> np.ndarray:
    return marked(seed, letter, (40, column), 36)


def test_a_marker_tells_the_edge() -> None:
    """Short form of ``benchmarks.markers``: most are read, none wrong."""
    read = 0
    for letter, column, edge in (("R", 30, "right"), ("L", 440, "right"), ("L", 30, "left"), ("R", 440, "left")):
        for seed in (3, 4):
            told, reason = left_edge(picture(letter, column, seed), "CHEST", "PA")
            assert told in (edge, None)
            read += told == edge and "marker burnt into the image" in reason
    assert read >= 4


def test_what_tells_nothing() -> None:
    assert left_edge(picture("K", 30), "CHEST", "PA")[0] is None
    assert left_edge(picture("R", 250), "CHEST", "PA")[0] is None, "in the middle"
    for part, view in (("HAND", "PA"), ("CHEST", "LL"), ("", "PA"), ("CHEST", None)):
        told, reason = left_edge(picture("R", 30), part, view)
        assert told is None and "frontal view" in reason


def test_two_markers_that_contradict_each_other() -> None:
    both = picture("R", 30)
    both[300:, 260:] = picture("R", 440)[:300, 260:]
    told, reason = left_edge(both, "CHEST", "AP")
    assert told is None and "contradict" in reason


def test_neither_header_nor_marker_is_believed_against_the_other() -> None:
    stated, none = ("right", "Patient Orientation"), (None, "no burnt-in marker is read for certain")
    assert agreed(stated, none) == stated and agreed((None, "no Patient Orientation"), ("left", "m")) == ("left", "m")
    assert agreed(stated, ("right", "m"))[0] == "right"
    told, reason = agreed(stated, ("left", "marker"))
    assert told is None and "contradict" in reason


def test_a_radiographs_side_from_its_marker(tmp_path: Path) -> None:
    from tests.dicom.deid.support import ct_file

    def radiograph(ds: pydicom.Dataset) -> None:
        pixels = picture("L", 440)
        ds.Modality, ds.SOPClassUID, ds.ViewPosition = "DX", "1.2.840.10008.5.1.4.1.1.1.1", "PA"
        ds.Rows, ds.Columns = pixels.shape
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelData = 8, 8, 7, pixels.tobytes()
        ds.RescaleIntercept = "0"
        ds["PixelData"].VR = "OB"

    path = ct_file(tmp_path / "dx", radiograph)
    assert read_image(path).left_edge is None
    told = read_image(path, marker=True)
    assert told.left_edge == "right" and "marker" in told.side_reason
