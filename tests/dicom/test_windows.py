"""The windows that a series suggests stand in its record, by numbers and known words alone."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from medomni.dicom import read_study
from medomni.dicom.plain import read_plain
from medomni.dicom.slabs import read_slabs
from medomni.phantom import Habit, write_habit
from medomni.records import Study
from tests.dicom.conftest import by_height, edit, edit_all
from tests.dicom.test_image import with_tags

pytestmark = pytest.mark.unit


def windows(study: Study) -> list[tuple[float, float, str]]:
    return [(w.centre, w.width, w.name) for w in study.windows]


@pytest.mark.parametrize("frames", ["single", "enhanced"])
@pytest.mark.parametrize(("habit", "stated"), [
    ("none", []), ("one", [(40, 400, "")]), ("two", [(40, 400, "MEDIASTINUM"), (-600, 1500, "LUNG")])])
def test_windows_of_a_series(phantoms, tmp_path: Path, habit: str, stated: list, frames: str) -> None:
    write_habit(phantoms("A")[1], tmp_path, Habit(windows=habit, frames=frames))
    assert windows(read_study(tmp_path).study) == windows(next(read_slabs(tmp_path)).volume.study) == stated


@pytest.mark.parametrize(("tags", "stated"), [
    ({"WindowCenterWidthExplanation": ["MEYER", "bone "]}, [(40, 400, ""), (500, 2000, "BONE")]),
    ({"WindowCenterWidthExplanation": "肺"}, [(40, 400, ""), (500, 2000, "")]),
    ({"WindowWidth": ["0", "2000"]}, [(500, 2000, "")]), ({"WindowWidth": "400"}, [(40, 400, "")]),
    ({"WindowCenter": ["4_0", "500"]}, []),
    ({"WindowWidth": None}, []), ({"WindowCenter": ["1" * 16 + "E"] * 2}, []), ({"WindowCenter": ["NAN", "INF"]}, []),
    ({"WindowCenter": ["40"] * 40, "WindowWidth": ["400"] * 40}, [(40, 400, "")] * 16)])
@pytest.mark.parametrize("name", ["TESTER^ANNA", "王^小明"])
def test_odd_windows(series: Path, tags: dict, stated: list, name: str, recwarn) -> None:
    """Free text is left out, and what is no window; whichever way the header is read."""
    def write(ds: pydicom.Dataset) -> None:
        ds.SpecificCharacterSet, ds.PatientName = "ISO_IR 192", name
        ds.WindowCenter, ds.WindowWidth = ["40", "500"], ["400", "2000"]
        for tag, value in tags.items():
            ds.add_new(tag, "LO" if "Explanation" in tag else "SH", value)  # a text: pydicom writes no damaged number
            ds[tag].VR = "LO"
    edit_all(series, write)
    assert (read_plain(by_height(series)[0]) is None) == (name != "TESTER^ANNA")
    assert windows(read_study(series).study) == stated


def test_other_slices_are_not_asked(series: Path) -> None:
    for path in by_height(series)[1:]:
        edit(path, with_tags(WindowCenter="1", WindowWidth="2"))
    assert windows(read_study(series).study) == [(40, 400, "")]
