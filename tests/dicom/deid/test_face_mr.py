"""Faces of synthetic MR heads: cut off in every contrast and plane, the brain kept; in doubt nothing is written.

The heads are not made from the template that is laid over them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from scipy.spatial.transform import Rotation

from benchmarks.defacing import turn_of
from benchmarks.defacing_mr import Scan, measured_mr, write_mr
from medomni.dicom.deid import deidentify, face_planes, mr_template
from medomni.dicom.deid.face_planes import planes_of
from medomni.dicom.deid.face_proof import still_shown
from medomni.dicom.deid.mr_head import MrHead
from medomni.dicom.deid.shear import GRID_MM
from medomni.dicom.faults import UnreadableError
from medomni.errors import MedomniError
from medomni.phantom.habits import Habit
from medomni.phantom.head_mr import MrHabit
from tests.dicom.conftest import edit_all
from tests.dicom.deid.faces import DEFACE, defaced, face_is_gone, height
from tests.dicom.deid.support import KEYS

pytestmark = pytest.mark.unit
SCAN = Scan(MrHabit("T1", (3.0, 2.5, 2.5)))


@pytest.mark.parametrize("scan", [
    Scan(MrHabit("T2", (5.0, 1.5, 1.5), (-112.0, -146.0, -90.0), (112.0, 124.0, 110.0))),
    Scan(MrHabit("FLAIR", (2.0, 2.0, 3.0), ghost=0.03), Habit(plane="sagittal", rescale="per_slice", syntax="rle"),
         rescaled=True),
    Scan(MrHabit("T1", (3.0, 2.0, 2.0)), Habit(frames="enhanced", oblique_deg=12.0), rescaled=True)],
    ids=["T2 axial", "FLAIR sagittal", "T1 enhanced, oblique"])
def test_a_face_is_cut_off_and_the_brain_kept(scan: Scan, tmp_path: Path) -> None:
    face_is_gone(measured_mr(305, scan, tmp_path), 0.997)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("head")
    write_mr(306, folder, SCAN, turn_of(306))
    return folder


@pytest.fixture(scope="module")
def pairs(head: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path]]:
    return defaced(head, tmp_path_factory.mktemp("out"))


def test_files_say_what_was_done(pairs: list[tuple[Path, Path]]) -> None:
    ds = pydicom.dcmread(pairs[0][1])
    assert ds.Modality == "MR" and ds.RecognizableVisualFeatures == "NO"
    assert "113102" in {c.CodeValue for c in ds.DeidentificationMethodCodeSequence}


def test_the_second_pair_of_eyes(pairs: list[tuple[Path, Path]], tmp_path: Path) -> None:
    """It passes what was cut, and neither what was not, nor half a job, nor other changes."""
    assert still_shown(pairs) == ""
    assert "still there" in still_shown([(a, a) for a, _ in pairs])
    count = len(pairs)
    half = [(a, a if count // 4 <= k < count // 2 else b) for k, (a, b) in enumerate(pairs)]
    assert "still there" in still_shown(half)
    assert "too little" in still_shown(pairs[-count // 4:])
    damaged = pydicom.dcmread(pairs[count // 2][1])
    values = damaged.pixel_array.copy()
    values[40, 40] += 400
    damaged.PixelData = values.tobytes()
    damaged.save_as(tmp_path / "damaged")
    changed = [(a, tmp_path / "damaged" if k == count // 2 else b) for k, (a, b) in enumerate(pairs)]
    assert "else than air" in still_shown(changed)


@pytest.mark.parametrize(("axis", "degrees"), [("z", 90.0), ("z", 180.0), ("y", 180.0)])
def test_a_head_that_faces_elsewhere_than_its_header_says_is_refused(axis: str, degrees: float, tmp_path: Path) -> None:
    write_mr(306, tmp_path / "in", SCAN, Rotation.from_euler(axis, degrees, degrees=True).as_matrix())
    with pytest.raises(UnreadableError, match="front|above|does not fit"):
        planes_of(list((tmp_path / "in").iterdir()))


@pytest.mark.parametrize(("mr", "reason"), [
    (MrHabit("T1", (4.0, 3.0, 3.0), low=(-110.0, -84.0, -150.0), wrap_mm=40.0), "in front"),
    (MrHabit("T2", (4.0, 3.0, 3.0), high=(110.0, 130.0, 60.0)), "above"),
    (MrHabit("T2", (3.0, 3.0, 3.0), low=(-60.0, -140.0, -150.0), high=(60.0, 130.0, 115.0)), "side"),
    (MrHabit("T1", (9.0, 3.0, 3.0)), "too far apart")], ids=["wrapped", "without top", "without sides", "gaps"])
def test_a_head_that_is_not_whole_is_refused(mr: MrHabit, reason: str, tmp_path: Path) -> None:
    write_mr(306, tmp_path / "in", replace(SCAN, mr=mr), turn_of(306))
    with pytest.raises(UnreadableError, match=reason):
        planes_of(list((tmp_path / "in").iterdir()))


def test_where_only_noise_is_nothing_is_found(tmp_path: Path) -> None:
    write_mr(306, tmp_path / "in", replace(SCAN, mr=MrHabit("T1", (4.0, 3.0, 3.0), noise=2000.0)), turn_of(306))
    with pytest.raises(UnreadableError):
        planes_of(list((tmp_path / "in").iterdir()))


def _as_map(ds: FileDataset) -> None:
    ds.ImageType = ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]


def _as_diffusion(ds: FileDataset) -> None:
    ds.DiffusionBValue = 1000.0


def _as_echoes(ds: FileDataset) -> None:
    ds.EchoTime = "20" if _odd(ds) else "80"


def _as_negative(ds: FileDataset) -> None:
    ds.PhotometricInterpretation = "MONOCHROME1"


def _as_pet(ds: FileDataset) -> None:
    ds.Modality = "PT"


def _odd(ds: FileDataset) -> bool:
    return int(ds.InstanceNumber) % 2 == 1


@pytest.mark.parametrize(("change", "reason"), [
    (_as_map, "a map"), (_as_diffusion, "diffusion"), (_as_echoes, "2 volumes"), (_as_negative, "dark"),
    (_as_pet, "CT and MR alone")], ids=["map", "diffusion", "echoes", "negative", "PET"])
def test_what_is_refused(change: Callable[[FileDataset], None], reason: str, head: Path, tmp_path: Path) -> None:
    other = tmp_path / "in"
    other.mkdir()
    for path in head.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    edit_all(other, change)
    report = deidentify(other, tmp_path / "out", DEFACE, KEYS)
    assert report["files"]["written"] == 0
    assert all(reason in row["reason"] for row in report["refused"]), report["refused"]


def test_few_slices_are_refused(head: Path) -> None:
    with pytest.raises(UnreadableError, match="too few"):
        planes_of(sorted(head.iterdir(), key=height)[40:47])


def test_a_series_whose_face_may_show_is_withdrawn_whole(head: Path, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """A brain that is believed too far in front: what the first pair of eyes believes the second does not."""
    monkeypatch.setattr(face_planes, "brain_in_mr", _too_far_in_front)
    report = deidentify(head, tmp_path / "out", DEFACE, KEYS)
    assert report["files"]["written"] == 0 and report["files"]["withdrawn"] == len(list(head.iterdir()))
    assert not list((tmp_path / "out").rglob("*.dcm")), "nothing is left there"
    assert {row["reason"] for row in report["withdrawn"]} == {"a face is still there"}


def _too_far_in_front(head: MrHead) -> NDArray[np.bool_]:
    brain = np.zeros_like(head.mask)
    z, y, x = (np.argwhere(head.mask).min(axis=0) + (0, 20 / GRID_MM, 80 / GRID_MM)).astype(int)
    brain[head.top - 80:head.top - 5, y:y + 50, x - 20:x + 20] = True
    return brain


def test_without_the_template_the_message_says_what_to_install(head: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mr_template.template.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MedomniError, match="MED-C06"):
        planes_of(list(head.iterdir()))


@pytest.mark.data
@pytest.mark.parametrize("folder", ["enhanced_multiframe", "compressed_multiframe_mr"])
def test_small_real_heads_are_refused(folder: str, real_dicom: Path, tmp_path: Path) -> None:
    """A part of a head, or what may be one: it is not written."""
    report = deidentify(real_dicom / folder, tmp_path / "out", DEFACE, KEYS)
    reasons = [row["reason"] for row in report["refused"]]
    assert report["faces"]["cut_off"] == 0 and reasons, report
