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
from medomni.findings.registration import Motion, motion_between
from medomni.phantom import sample_patient
from medomni.phantom.followup import laid, later
from medomni.records import Comparison, Coverage, Finding, Findings, SizeUncertainty, Study

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


SHIFTED = Motion(np.array([[1.0, 0, 0, 40.0], [0, 1, 0, 0], [0, 0, 1, -30.0], [0, 0, 0, 1]]), 50.0, 0.0, 0.9, 0.9)


def one(n: int, name: str, anatomy: str, side: str, at: tuple[float, float, float] | None, **more: object) -> Finding:
    return Finding(id=f"f{n}", finding_id=name, anatomy_id=anatomy, side=side, centroid_mm=at,  # type: ignore[arg-type]
                   measured_by="rule", **more)  # type: ignore[arg-type]


def held(now: list[Finding], before: list[Finding], monkeypatch: pytest.MonkeyPatch, rows: tuple[Coverage, ...] = ()
         ) -> tuple[dict[str, tuple[str, float | None] | None], Comparison]:
    """What is said of each later finding (change, what was measured before), and the comparison."""
    monkeypatch.setattr("medomni.findings.prior.motion_between", lambda now, before: SHIFTED)
    found = compared(*(Seen(None, None, Findings(  # type: ignore[arg-type]
        study=Study(study_key="0" * 16, modality="CT"), coverage=rows, findings=tuple(f))) for f in (now, before)))
    assert found.comparison is not None
    return {f.id: (f.prior.change, f.prior.longest_mm or f.prior.volume_ml) if f.prior else None
            for f in found.findings}, found.comparison


def looked(name: str, anatomy: str, side: str = "bilateral") -> Coverage:
    return Coverage(finding_id=name, anatomy_id=anatomy, side=side, method="rule")  # type: ignore[arg-type]


def test_parts_of_the_aorta_are_not_taken_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "aortic_aneurysm"
    sizes = {"longest_mm": 50.0, "uncertainty_mm": 1.0}
    up = one(1, name, "ascending_aorta", "midline", (0, 0, 0), **sizes)
    down = one(2, name, "descending_aorta", "midline", (0, 60, 0), **{**sizes, "longest_mm": 40.0})
    before = [one(1, name, "descending_aorta", "midline", (40, 60, 90), longest_mm=39.0, uncertainty_mm=1.0),
              one(2, name, "ascending_aorta", "midline", (40, 0, -30), longest_mm=45.0, uncertainty_mm=1.0)]
    said, _ = held([up, down], before, monkeypatch)
    assert said == {"f1": ("grown", 45.0), "f2": ("unchanged", 39.0)}, "the widest place may lie elsewhere"
    said, comparison = held([up], before[:1], monkeypatch, (looked(name, "aorta"),))
    assert said == {"f1": ("new", None)} and [f.anatomy_id for f in comparison.resolved] == ["descending_aorta"]
    said, comparison = held([up], before[:1], monkeypatch, (looked(name, "descending_aorta"),))
    assert said == {"f1": None} and comparison.open == ((name, "midline", "not assessed in the earlier study"),)


def test_bones_are_paired_one_to_one_by_place(monkeypatch: pytest.MonkeyPatch) -> None:
    spine = [one(k, "vertebral_fracture", "vertebra", "midline", (0, 0, 25.0 * k), ratio=0.3) for k in (1, 2, 3)]
    before = [one(9, "vertebral_fracture", "vertebra", "midline", (42, 3, 50 - 30), ratio=0.2)]
    said, _ = held(spine, before, monkeypatch)
    assert [k for k, v in said.items() if v] == ["f2"] and said["f2"][0] == "grown"  # type: ignore[index]
    near, far = (one(1, "rib_fracture", "rib", "left", (80, 0, z)) for z in (0.0, 60.0))
    old = one(1, "rib_fracture", "rib", "left", (120, 0, -28))
    assert held([near], [old], monkeypatch, (looked("rib_fracture", "rib"),))[0]["f1"] == ("unchanged", None)
    said, comparison = held([far], [old], monkeypatch, (looked("rib_fracture", "rib"),))
    assert said == {"f1": None} and not comparison.resolved, "the rule shows one a study"
    assert all("plainest" in why for _, _, why in comparison.open) and len(comparison.open) == 2


def test_several_of_one_side_are_paired_by_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def dense(n: int, z: float | None, ml: float) -> Finding:
        return one(n, "consolidation", "lung", "left", None if z is None else (60, 0, z), volume_ml=ml)

    before = [replace_at(dense(1, 0.0, 60.0)), replace_at(dense(2, 150.0, 300.0))]
    rows = (looked("consolidation", "lung", "left"),)
    said, comparison = held([dense(1, 155.0, 310.0), dense(2, 4.0, 200.0)], before, monkeypatch, rows)
    assert said == {"f1": ("unchanged", 300.0), "f2": ("grown", 60.0)} and not comparison.resolved
    said, comparison = held([dense(1, 155.0, 310.0)], before, monkeypatch, rows)
    assert said == {"f1": ("unchanged", 300.0)} and [f.volume_ml for f in comparison.resolved] == [60.0]
    said, comparison = held([dense(1, None, 310.0)], before, monkeypatch, rows)
    assert said == {"f1": None} and not comparison.resolved and len(comparison.open) == 3
    assert all("a place is missing" in why for _, _, why in comparison.open)
    assert held([dense(1, None, 310.0)], before[1:], monkeypatch, rows)[0]["f1"] == ("unchanged", 300.0)


def replace_at(f: Finding) -> Finding:
    """The finding where the earlier study has it."""
    return f.model_copy(update={"centroid_mm": tuple(float(v) for v in SHIFTED.forth(np.array(f.centroid_mm)))})


def test_pools_of_a_side_are_one_effusion(monkeypatch: pytest.MonkeyPatch) -> None:
    def pool(n: int, ml: float, side: str = "right") -> Finding:
        return one(n, "pleural_effusion", "pleural_space", side, (-60, 0, 100.0 * n), volume_ml=ml)

    said, comparison = held([pool(1, 240.0), pool(2, 180.0)], [pool(1, 400.0), pool(2, 90.0, "left")], monkeypatch,
                            (looked("pleural_effusion", "pleural_space"),))
    assert said == {"f1": ("unchanged", 400.0), "f2": ("unchanged", 400.0)}
    assert [f.side for f in comparison.resolved] == ["left"]
    said, comparison = held([pool(1, 100.0)], [pool(1, 240.0), pool(2, 180.0)], monkeypatch)
    assert said == {"f1": ("smaller", 420.0)} and not comparison.resolved and not comparison.open


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
