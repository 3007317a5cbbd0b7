"""A study against an earlier one: grown, gone, new and unchanged nodules; what cannot be compared says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from benchmarks.prior import DAYS, seen, times
from medomni.dicom.interval import interval_days
from medomni.errors import MedomniError
from medomni.findings.change import change_of
from medomni.findings.prior import Seen, compared
from medomni.findings.registration import motion_between
from medomni.phantom import sample_patient
from medomni.phantom.followup import laid, later
from medomni.records import Finding, SizeUncertainty

pytestmark = pytest.mark.unit
pytest.importorskip("SimpleITK")


def nodule(longest: float, **more: object) -> Finding:
    ml = np.pi / 6 * longest**3 / 1000
    fields = {"uncertainty_mm": 0.9, "uncertainty": SizeUncertainty(volume_ml=0.2 * ml), "volume_ml": ml, **more}
    return Finding(id="f1", finding_id="lung_nodule", anatomy_id="lung", side="left", measured_by="rule",
                   longest_mm=longest, **fields)  # type: ignore[arg-type]


def test_doubling_time_of_a_sphere() -> None:
    grown = change_of(nodule(10.0 * 2 ** (1 / 3)), nodule(10.0), 90)
    assert (grown.change, grown.doubling_days) == ("grown", pytest.approx(90, abs=0.2))
    shrunk = change_of(nodule(10.0), nodule(10.0 * 2 ** (1 / 3)), 90)
    assert (shrunk.change, shrunk.doubling_days) == ("smaller", pytest.approx(-90, abs=0.2))
    assert change_of(nodule(10.0 * 2 ** (1 / 3)), nodule(10.0), None).doubling_days is None


def test_what_lies_within_the_uncertainty_has_not_changed() -> None:
    assert change_of(nodule(10.4), nodule(10.0), 90).change == "unchanged"
    doubt = SizeUncertainty(volume_ml=9.0)
    large = change_of(nodule(12.6, uncertainty=doubt, uncertainty_mm=4.0), nodule(10.0), 90)
    assert (large.change, large.doubling_days) == ("unchanged", None)
    assert change_of(nodule(13.0, uncertainty=None, uncertainty_mm=None), nodule(10.0), 90).change == "unchanged"


@pytest.fixture(scope="module")
def studies() -> tuple[Seen, Seen, dict]:
    before, now, became = times(0, matrix=152, slice_mm=2.8, first=310_000)
    return seen(before), seen(now), became


def test_each_nodule_says_what_became_of_it(studies: tuple[Seen, Seen, dict]) -> None:
    before, now, became = studies
    found = compared(now, before, DAYS)
    assert found.comparison is not None and found.comparison.comparable
    assert found.comparison.interval_days == DAYS and found.comparison.turned_deg > 1
    for change in ("grown", "unchanged"):
        for truth, place in became[change]:
            said = [f for f in found.findings if np.linalg.norm(np.subtract(f.centroid_mm, place)) < truth.longest_mm]
            assert all(f.prior is not None and f.prior.change == change for f in said), (change, said)
    (gone, place), = became["resolved"]
    assert any(np.linalg.norm(np.subtract(f.centroid_mm, place)) < gone.longest_mm for f in found.comparison.resolved)
    assert all(f.prior is None or f.prior.change != "resolved" for f in found.findings)


def test_two_patients_are_not_comparable_and_nothing_is_said(studies: tuple[Seen, Seen, dict]) -> None:
    _, now, _ = studies
    other = seen(times(1, matrix=112, slice_mm=6.0, first=310_000)[0])
    found = compared(now, other, DAYS)
    assert found.comparison is not None and not found.comparison.comparable
    assert (found.comparison.reason or "").startswith("MED-S30")
    assert all(f.prior is None for f in found.findings) and not found.comparison.resolved


def test_a_known_motion_is_found(studies: tuple[Seen, Seen, dict]) -> None:
    before, _, _ = studies
    turned = laid(before.volume, (12.0, -7.0, 20.0), yaw_deg=5.0)
    motion = motion_between((turned, replace(before.labels, affine=turned.affine)), (before.volume, before.labels))
    corners = np.array([[0.0, 0, 0], [20, 60, 90], [40, 100, 30]])
    moved = motion.forth(turned.to_lps(corners)) - before.volume.to_lps(corners)
    assert np.linalg.norm(moved, axis=1).max() < 2.5
    assert np.allclose(motion.back(motion.forth(corners)), corners)


def test_later_is_the_same_patient() -> None:
    patient = sample_patient(300_001, "A")
    assert later(patient, {}).truth == patient.truth


@pytest.mark.parametrize(("change", "said"), [
    ({"StudyDate": "20010401"}, "later"), ({"PatientID": "SYN-OTHER"}, "two patients")])
def test_another_patient_and_a_later_study_are_refused(written_twice: tuple[Path, Path], change: dict, said: str
                                                       ) -> None:
    now, before = written_twice
    assert interval_days(now, before) == 31
    for path in before.iterdir():
        ds = pydicom.dcmread(path)
        for name, value in change.items():
            setattr(ds, name, value)
        ds.save_as(path)
    with pytest.raises(MedomniError, match=said) as caught:
        interval_days(now, before)
    assert caught.value.code == "MED-S31" and "SYN" not in str(caught.value)


def test_a_study_is_not_its_own_prior(written_twice: tuple[Path, Path]) -> None:
    with pytest.raises(MedomniError, match="same study"):
        interval_days(written_twice[0], written_twice[0])


@pytest.fixture
def written_twice(tmp_path: Path) -> tuple[Path, Path]:
    for name, day in (("now", "20010301"), ("before", "20010129")):
        ds = pydicom.Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = pydicom.uid.CTImageStorage, pydicom.uid.generate_uid()
        ds.StudyInstanceUID, ds.StudyDate, ds.PatientID, ds.Modality = pydicom.uid.generate_uid(), day, "SYN-1", "CT"
        (tmp_path / name).mkdir()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        ds.save_as(tmp_path / name / "one.dcm", enforce_file_format=True)
    return tmp_path / "now", tmp_path / "before"
