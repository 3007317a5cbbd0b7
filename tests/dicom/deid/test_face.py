"""Faces of synthetic CT heads: cut off in every habit, the brain kept; in doubt nothing is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.defacing import measured, turn_of, write_head
from medomni.dicom.deid import deidentify
from medomni.dicom.deid.face_proof import still_shown
from medomni.phantom.habits import Habit
from tests.dicom.conftest import edit_all
from tests.dicom.deid.faces import DEFACE, defaced, face_is_gone, height
from tests.dicom.deid.support import KEYS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("habit", [
    Habit(), Habit(plane="sagittal", syntax="rle"), Habit(tilt_deg=18.5, position="FFP"),
    Habit(frames="enhanced", rescale="per_slice")], ids=["axial", "sagittal", "tilted", "enhanced"])
def test_a_face_is_cut_off_and_the_brain_kept(habit: Habit, tmp_path: Path) -> None:
    face_is_gone(measured(301, habit, tmp_path), 0.9995)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("head")
    write_head(302, folder, Habit(), turn_of(302))
    return folder


@pytest.fixture(scope="module")
def pairs(head: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path]]:
    """(original, output), from the feet up."""
    return defaced(head, tmp_path_factory.mktemp("cut"))


def reasons(folder: Path, out: Path) -> list[str]:
    report = deidentify(folder, out, DEFACE, KEYS)
    assert report["files"]["written"] == 0
    return [row["reason"] for row in [*report["refused"], *report["withdrawn"]]]


def test_files_say_what_was_done(head: Path, pairs: list[tuple[Path, Path]], tmp_path: Path) -> None:
    files = sorted(output for _, output in pairs)
    assert len(files) == len(list(head.iterdir()))
    ds = pydicom.dcmread(files[0])
    assert ds.RecognizableVisualFeatures == "NO"
    assert "113102" in {c.CodeValue for c in ds.DeidentificationMethodCodeSequence}
    again = deidentify(head, tmp_path / "second", DEFACE, KEYS)
    assert again["faces"]["cut_off"] == len(files)
    assert [p.read_bytes() for p in files] == [p.read_bytes() for p in sorted((tmp_path / "second").rglob("*.dcm"))]


@pytest.mark.parametrize("yaw", [90.0, 180.0, -90.0])
def test_a_head_that_faces_elsewhere_than_its_header_says_is_refused(yaw: float, tmp_path: Path) -> None:
    turn = Rotation.from_euler("z", yaw, degrees=True).as_matrix()
    write_head(303, tmp_path / "in", Habit(frames="enhanced"), turn)
    (reason,) = reasons(tmp_path / "in", tmp_path / "out")
    assert "front" in reason


def test_upside_down_is_refused(tmp_path: Path) -> None:
    write_head(303, tmp_path / "in", Habit(), Rotation.from_euler("y", 180, degrees=True).as_matrix())
    assert reasons(tmp_path / "in", tmp_path / "out")


def test_what_is_refused(head: Path, tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for path in sorted(head.iterdir())[:5]:
        (few / path.name).write_bytes(path.read_bytes())
    assert "too few" in reasons(few, tmp_path / "1")[0] or "no volume" in reasons(few, tmp_path / "1b")[0]
    other = tmp_path / "pet"
    other.mkdir()
    for path in sorted(head.iterdir())[:3]:
        (other / path.name).write_bytes(path.read_bytes())
    edit_all(other, lambda ds: setattr(ds, "Modality", "PT"))
    assert "CT and MR alone" in reasons(other, tmp_path / "2")[0]


def test_a_slice_missing_from_the_middle_is_still_cut(head: Path, tmp_path: Path) -> None:
    """A gap is bridged to find the planes, which hold for every slice that is there."""
    part = tmp_path / "part"
    part.mkdir()
    for k, path in enumerate(sorted(head.iterdir(), key=height)):
        if k != 80:
            (part / path.name).write_bytes(path.read_bytes())
    report = deidentify(part, tmp_path / "out", DEFACE, KEYS)
    assert report["faces"]["cut_off"] == len(list(part.iterdir()))


def test_the_second_pair_of_eyes(pairs: list[tuple[Path, Path]], tmp_path: Path) -> None:
    """It passes what was cut, and neither what was not, nor half a job, nor other changes."""
    assert still_shown(pairs) == ""
    assert "still there" in still_shown([(a, a) for a, _ in pairs])
    assert "still there" in still_shown([(a, a if 60 <= k < 90 else b) for k, (a, b) in enumerate(pairs)])
    assert "too little" in still_shown(pairs[-40:]) or "bone" in still_shown(pairs[-40:])
    damaged = pydicom.dcmread(pairs[100][1])
    values = damaged.pixel_array.copy()
    values[70, 70] += 40
    damaged.PixelData = values.tobytes()
    damaged.save_as(tmp_path / "damaged")
    assert "else than air" in still_shown([*pairs[:100], (pairs[100][0], tmp_path / "damaged"), *pairs[101:]])
    assert "cannot be excluded" in still_shown([(pairs[0][0], tmp_path / "none")])


def test_a_series_whose_face_may_show_is_withdrawn_whole(head: Path, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """Planes that lie wrong: what the first pair of eyes believes the second does not."""
    from medomni.dicom.deid import face_planes

    shear_of = face_planes.shear_of
    monkeypatch.setattr(face_planes, "shear_of", lambda brain, origin: shear_of(brain, origin - (0, 60, 0)))
    report = deidentify(head, tmp_path / "out", DEFACE, KEYS)
    assert report["files"]["written"] == 0 and report["files"]["withdrawn"] == len(list(head.iterdir()))
    assert not list((tmp_path / "out").rglob("*.dcm")), "nothing is left there"
    assert np.all([row["reason"] == "a face is still there" for row in report["withdrawn"]])
