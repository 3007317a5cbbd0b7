"""Measurements and pictures out as DICOM: what was found, what was not, what was not assessed; validators agree."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes

from benchmarks.orthanc import Orthanc, free_port, missing
from medomni.dicom import concepts, sr
from medomni.dicom.capture import write_capture
from medomni.dicom.pacs.peer import Peer
from medomni.dicom.pacs.query import Wanted, find_studies
from medomni.dicom.pacs.send import send_files
from medomni.dicom.seg import write_segmentation
from medomni.dicom.sr import write_measurements
from medomni.errors import MedomniError
from medomni.export import export_dicom
from medomni.phantom import Habit, write_habit
from medomni.pipeline import MeasuredStudy, check_study, measure_study, write_study
from medomni.records import Comparison, Coverage, Finding, PriorChange, Score, SizeUncertainty
from medomni.volume import Label, Segmentation
from tests.dicom.conftest import edit_all

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def study(written: Path) -> MeasuredStudy:
    return measure_study(written)


def groups(path: Path) -> list[tuple]:
    """(finding, side, presence, {measurement: value}, has a segment) of each group, read by pydicom alone."""
    out = []
    root = pydicom.dcmread(path).ContentSequence
    (measured,) = [i for i in root if _name(i) == "Imaging Measurements"]
    for group in measured.ContentSequence:
        items = {_name(i): i for i in group.ContentSequence}
        site = items["Finding Site"]
        sides = [i.ConceptCodeSequence[0].CodeMeaning for i in site.get("ContentSequence", [])]
        numbers = {_name(i).lower(): float(i.MeasuredValueSequence[0].NumericValue) for i in group.ContentSequence
                   if i.ValueType == "NUM"}
        out.append((items["Finding"].ConceptCodeSequence[0].CodeMeaning.lower(), sides,
                    items["presence"].ConceptCodeSequence[0].CodeMeaning if "presence" in items else "", numbers,
                    "Referenced Segment" in items))
    return out


def _name(item: pydicom.Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)


def test_every_finding_and_everything_looked_for_is_said(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    findings = study.findings
    masks = write_segmentation(study.measured.masks, study.volume, written, tmp_path / "masks.dcm", findings.findings)
    labels = [s.SegmentLabel for s in pydicom.dcmread(masks).SegmentSequence]
    assert labels == [f"{f.side} {f.finding_id}".replace("_", " ") if f.side in ("left", "right")
                      else f.finding_id.replace("_", " ") for f in findings.findings]
    said = groups(write_measurements(findings, study.volume, written, tmp_path / "sr.dcm", masks))
    found = said[:len(findings.findings)]
    assert findings.findings, "the phantom has findings"
    for f, (_, sides, presence, numbers, segment) in zip(findings.findings, found, strict=True):
        assert presence == ("Undetermined" if f.presence == "uncertain" else "Present") and segment
        assert sides == ([f.side.capitalize()] if f.side in ("left", "right") else [])
        for name, value in (("long axis", f.longest_mm), ("volume", f.volume_ml)):
            assert numbers.get(name) == (pytest.approx(value) if value is not None else None)
    rest = said[len(found):]
    assert sum(p == "Undetermined" for _, _, p, _, _ in rest) == sum(not c.assessable for c in findings.coverage)
    assert all(numbers.keys() <= {"looked from z", "looked to z"} and not segment for *_, numbers, segment in rest)
    assert {p for _, _, p, _, _ in rest} <= {"Absent", "Undetermined"}


@pytest.mark.parametrize(("found", "looked", "absent"), [
    ("left", "bilateral", ["right"]), ("midline", "bilateral", []), ("bilateral", "left", []),
    ("right", "left", ["left"]), (None, "bilateral", ["bilateral"]), ("left", "left", []),
])
def test_nothing_is_present_and_absent(study: MeasuredStudy, found: str | None, looked: str, absent: list[str]) -> None:
    one = Finding(id="f1", finding_id="rib_fracture", anatomy_id="rib", side=found or "left", measured_by="x")  # type: ignore[arg-type]
    coverage = Coverage(finding_id="rib_fracture", anatomy_id="rib", side=looked, method="x")  # type: ignore[arg-type]
    findings = study.findings.model_copy(update={"findings": (one,) if found else (), "coverage": (coverage,)})
    assert [row[2] for row in sr._states(findings) if row[3] == "absent"] == absent


def test_a_range_along_the_body_is_said(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    rows = (Coverage(finding_id="rib_fracture", anatomy_id="rib", method="x", z_range_mm=(-120.5, 60.0)),
            Coverage(finding_id="pneumothorax", anatomy_id="pleural_space", side="left", method="x"))
    findings = study.findings.model_copy(update={"findings": (), "scores": (), "coverage": rows})
    said = groups(write_measurements(findings, study.volume, written, tmp_path / "sr.dcm"))
    assert [numbers for *_, numbers, _ in said] == [{"looked from z": -120.5, "looked to z": 60.0}, {}]


@pytest.mark.parametrize(("looked", "said"), [("bilateral", ["right"]), ("left", ["left"]), ("unspecified", ["right"])])
def test_a_range_is_said_beside_what_was_found(study: MeasuredStudy, written: Path, tmp_path: Path, looked: str,
                                               said: list[str]) -> None:
    one = Finding(id="f1", finding_id="rib_fracture", anatomy_id="rib", side="left", measured_by="x")
    row = Coverage(finding_id="rib_fracture", anatomy_id="rib", side=looked, method="x", z_range_mm=(-120.5, 60.0))  # type: ignore[arg-type]
    findings = study.findings.model_copy(update={"findings": (one,), "scores": (), "coverage": (row,)})
    assert [r[2] for r in sr._states(findings) if r[5]] == said
    told = groups(write_measurements(findings, study.volume, written, tmp_path / "sr.dcm"))
    assert [n for *_, n, _ in told if n] == [{"looked from z": -120.5, "looked to z": 60.0}]
    assert sum(presence == "Present" for _, _, presence, _, _ in told) == 1


NODULE = Finding(
    id="f1", finding_id="lung_nodule", anatomy_id="lung", side="left", longest_mm=12.0, short_mm=9.5, volume_ml=0.61,
    uncertainty_mm=1.25, uncertainty=SizeUncertainty(short_mm=0.75, volume_ml=0.125), measured_by="x",
    prior=PriorChange(change="grown", interval_days=90, longest_mm=9.0, volume_ml=0.31, doubling_days=92.5))
COMPARED = Comparison(
    comparable=True, interval_days=90, method="x", moved_mm=12.5, turned_deg=3.0,
    resolved=(NODULE.model_copy(update={"side": "right", "prior": PriorChange(change="resolved", longest_mm=7.0)}),),
    open=(("pleural_effusion", "left", "not assessed in the earlier study"),))


def test_what_was_compared_with_an_earlier_study_is_said(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    findings = study.findings.model_copy(update={"findings": (NODULE,), "scores": (), "coverage": (),
                                                 "comparison": COMPARED})
    path = write_measurements(findings, study.volume, written, tmp_path / "sr.dcm")
    (measured,) = [i for i in pydicom.dcmread(path).ContentSequence if _name(i) == "Imaging Measurements"]
    said = [{_name(i).lower(): i for i in group.ContentSequence} for group in measured.ContentSequence]
    changes = [(g["finding"].ConceptCodeSequence[0].CodeMeaning.lower(), g["change"].ConceptCodeSequence[0].CodeMeaning,
                "presence" in g) for g in said]
    assert changes == [("nodule", "Increased size", True), ("comparison", "comparable", False),
                       ("nodule", "Problem resolved", False), ("pleural effusion", "Undetermined", False)]
    numbers = [{name: float(i.MeasuredValueSequence[0].NumericValue) for name, i in g.items() if i.ValueType == "NUM"}
               for g in said]
    assert numbers[0]["longest earlier"] == 9.0 and numbers[0]["doubling time"] == 92.5
    assert numbers[1] == {"interval": 90.0, "moved": 12.5, "turned": 3.0} and numbers[2] == {"longest earlier": 7.0}
    assert said[3]["reason"].TextValue == "not assessed in the earlier study"
    no = Comparison(comparable=False, reason="MED-S30: no lungs", method="x")
    refused = findings.model_copy(update={"comparison": no})
    path_no = write_measurements(refused, study.volume, written, tmp_path / "no.dcm")
    assert b"MED-S30: no lungs" in path_no.read_bytes()
    if shutil.which("dciodvfy"):
        lines = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True).stderr.splitlines()
        assert not [line for line in lines if line.startswith("Error")]


def test_each_number_carries_its_uncertainty_in_its_unit(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    score = Score(score_id="laa_950", anatomy_id="lung", value=12.5, unit="%", uncertainty=0.5, measured_by="x")
    findings = study.findings.model_copy(update={"findings": (NODULE,), "scores": (score,), "coverage": ()})
    said = _doubts(write_measurements(findings, study.volume, written, tmp_path / "sr.dcm"))
    assert said == {"Long axis": [(1.25, "mm")] * 2, "Short axis": [(0.75, "mm")] * 2, "Volume": [(0.125, "cm3")] * 2,
                    "laa 950": [(0.5, "%")] * 2, "longest earlier": [], "volume earlier": [], "doubling time": []}


def test_a_lost_uncertainty_and_a_lost_change_are_seen(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    findings = study.findings.model_copy(update={"findings": (NODULE,), "comparison": COMPARED})
    said = sr._told(write_measurements(findings, study.volume, written, tmp_path / "sr.dcm"))
    assert said == sr._wanted(findings)
    for lost in ({"uncertainty_mm": None}, {"prior": None}, {"uncertainty": None}):
        assert said != sr._wanted(findings.model_copy(update={"findings": (NODULE.model_copy(update=lost),)}))
    assert said != sr._wanted(findings.model_copy(update={"comparison": None}))


def _doubts(path: Path) -> dict[str, list[tuple[float, str]]]:
    """Name of each number to its uncertainties, upper and lower, with their units, read by pydicom alone."""
    out: dict[str, list[tuple[float, str]]] = {}
    (measured,) = [i for i in pydicom.dcmread(path).ContentSequence if _name(i) == "Imaging Measurements"]
    for item in (i for group in measured.ContentSequence for i in group.ContentSequence if i.ValueType == "NUM"):
        held = [i.MeasuredValueSequence[0] for i in item.get("ContentSequence", []) if "uncertainty" in _name(i)]
        out[_name(item)] = [(float(h.NumericValue), str(h.MeasurementUnitsCodeSequence[0].CodeValue)) for h in held]
    return out


def test_scores_are_said_with_unit_and_place(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    findings = study.findings.model_copy(update={"scores": (
        Score(score_id="laa_950", anatomy_id="lung", side="bilateral", value=12.34, unit="%",
              measured_by="rules:laa 1"),
        Score(score_id="vertebral_density_hu", anatomy_id="vertebra", level="L1", value=148.0, unit="HU",
              measured_by="rules:bone 1"))})
    path = write_measurements(findings, study.volume, written, tmp_path / "sr.dcm")
    said = {name: (value, unit) for name, value, unit in _numbers(path)}
    assert said["laa 950"] == (12.34, "%") and said["vertebral density hu"] == (148.0, "[hnsf'U]")


def _numbers(path: Path) -> list[tuple[str, float, str]]:
    """(name, value, unit's code) of every number of an SR, read by pydicom alone."""
    out, todo = [], list(pydicom.dcmread(path).ContentSequence)
    while todo:
        item = todo.pop()
        todo += list(item.get("ContentSequence", []))
        if item.ValueType == "NUM":
            held = item.MeasuredValueSequence[0]
            out.append((_name(item), float(held.NumericValue), str(held.MeasurementUnitsCodeSequence[0].CodeValue)))
    return out


def test_a_label_without_a_voxel_shifts_no_segment(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    """Segments are numbered by what is there; the report finds them by their tracking identifier."""
    labels = np.zeros(study.volume.array.shape, np.uint8)
    labels[1:4, 5:9, 5:30] = 2
    table = {1: Label(1, "lung", "left"), 2: Label(2, "lung", "right")}
    masks = Segmentation(labels, table, study.volume.affine, "x 1")
    two = (Finding(id="f1", finding_id="consolidation", anatomy_id="lung", side="left", mask_ref="finding:1",
                   measured_by="x"),
           Finding(id="f2", finding_id="lung_nodule", anatomy_id="lung", side="right", mask_ref="finding:2",
                   measured_by="x"))
    findings = study.findings.model_copy(update={"findings": two, "coverage": ()})
    seg = write_segmentation(masks, study.volume, written, tmp_path / "masks.dcm", two)
    said = groups(write_measurements(findings, study.volume, written, tmp_path / "sr.dcm", seg))
    assert sorted((name, segment) for name, *_, segment in said) == [("consolidation", False), ("nodule", True)]
    (segment,) = pydicom.dcmread(seg).SegmentSequence
    assert segment.SegmentLabel == "right lung nodule" and segment.TrackingID == "label:2"
    assert segment.AnatomicRegionSequence[0].CodeMeaning == "Lung"


def test_a_report_that_says_otherwise_is_not_kept(study: MeasuredStudy, written: Path, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sr, "side_concept", lambda side: concepts.side_concept("left"))
    monkeypatch.setattr(sr, "_wanted", lambda findings: ["as it should be"])
    with pytest.raises(MedomniError, match=r"MED-D20.*differ after writing"):
        write_measurements(study.findings, study.volume, written, tmp_path / "sr.dcm")
    assert not list(tmp_path.iterdir())


def test_one_segment_alone_is_read_back(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    """A single segment's number is shared by all frames and not repeated in each."""
    labels = np.zeros(study.volume.array.shape, np.uint8)
    labels[1:4, 5:9, 5:30] = 1
    one = Segmentation(labels, {1: Label(1, "lung", "left")}, study.volume.affine, "builtin 0.1")
    ds = pydicom.dcmread(write_segmentation(one, study.volume, written, tmp_path / "seg.dcm"))
    assert len(ds.SegmentSequence) == 1


def test_codes_are_those_of_the_standard() -> None:
    known = {getattr(codes.SCT, name).value for name in codes.SCT.dir()}
    used = {code for table in (concepts.ANATOMY, concepts.FINDINGS, concepts.SIDES) for code, _ in table.values()}
    assert used - known <= {"91381003", "72704001", "38266002", "72410000", "421060004", "113192009"}


def test_no_name_is_printed(series: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """highdicom warns of a name in one piece, and quotes it."""
    edit_all(series, lambda ds: setattr(ds, "PatientName", "Krasnodebski"))
    measured = measure_study(series)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        export_dicom(measured, series, tmp_path / "out")
    printed = capfd.readouterr()
    assert "Krasnodebski" not in printed.out + printed.err


def test_a_picture_is_kept_pixel_by_pixel(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    ds = pydicom.dcmread(write_capture(picture, study.volume, written, tmp_path / "picture.dcm"))
    assert (ds.pixel_array == picture).all() and ds.Modality == "OT" and "Research only" in ds.ImageComments


def test_a_volume_without_images_of_its_own_is_refused(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    with pytest.raises(MedomniError, match="MED-D20"):
        write_measurements(study.findings, replace(study.volume, slice_uids=()), written, tmp_path / "sr.dcm")


def test_objects_of_an_earlier_run_go_and_no_others(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = [p.name for p in export_dicom(study, written, out)]
    assert "findings.dcm" in first
    (out / ".organs.dcm.1.part").write_bytes((out / "organs.dcm").read_bytes()[:400])
    (out / "notes.txt").write_text("mine")
    nothing = replace(study.measured.masks, labels=np.zeros_like(study.measured.masks.labels))
    bare = study.findings.model_copy(update={"findings": ()})
    other = replace(study, measured=replace(study.measured, masks=nothing, findings=bare))
    assert [p.name for p in export_dicom(other, written, out)] == [n for n in first if n != "findings.dcm"]
    kept = {".organs.dcm.1.part", "notes.txt", "organs.dcm", "measurements.dcm", "picture.dcm"}
    assert {p.name for p in out.iterdir()} == kept, "no outline of the earlier study beside the new measurements"

    image = next(p for p in written.iterdir() if p.is_file())
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    for name in ("findings.dcm", "report.dcm", "1.dcm", "IM0001"):
        shutil.copy(image, out / name)
        with pytest.raises(MedomniError, match=r"MED-C10.*of such files 1 were"):
            export_dicom(study, written, out)
        assert (out / name).read_bytes() == image.read_bytes(), "another's file is neither replaced nor removed"
        (out / name).unlink()
    (out / "report.dcm").symlink_to(out / "organs.dcm")
    with pytest.raises(MedomniError, match="MED-C10"):
        export_dicom(study, written, out)
    (out / "report.dcm").unlink()
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_a_report_leaves_no_objects_of_an_earlier_one(study: MeasuredStudy, written: Path, tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """Without new ones too, and before the first new file; a run that fails leaves the earlier one whole."""
    from medomni import pipeline

    old = {p.name for p in export_dicom(study, written, tmp_path / "dicom")}
    told = check_study("No pneumothorax.", study)
    there: list[set[str]] = []

    def write(out: Path, *_: object) -> list[Path]:
        there.append({p.name for p in (out / "dicom").iterdir()})
        return []

    monkeypatch.setattr(pipeline, "load_model", lambda *_: None)
    monkeypatch.setattr(pipeline, "report_case", lambda *_, **__: told)
    monkeypatch.setattr(pipeline, "write_study", write)
    monkeypatch.setattr(pipeline, "measure_study", lambda *_, **__: (_ for _ in ()).throw(MedomniError("MED-D01")))
    with pytest.raises(MedomniError, match="MED-D01"):
        pipeline.report_study(written, tmp_path)
    assert {p.name for p in (tmp_path / "dicom").iterdir()} == old
    image = next(p for p in written.iterdir() if p.is_file())
    shutil.copy(image, tmp_path / "dicom" / "1.dcm")
    with pytest.raises(MedomniError, match="MED-C10"):  # before anything is measured
        pipeline.report_study(written, tmp_path, dicom=True)
    monkeypatch.setattr(pipeline, "measure_study", lambda *_, **__: study)
    pipeline.report_study(written, tmp_path)
    assert there == [{"1.dcm"}], "gone before the first new file, and another's file is left"


@pytest.mark.system
def test_frames_of_one_file_are_images_enough(phantoms, tmp_path: Path) -> None:
    """An enhanced multi-frame study goes out as the same objects, and the validator finds nothing in them."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("this machine lacks dciodvfy (dicom3tools)")
    write_habit(phantoms("A")[1], tmp_path / "series", Habit(frames="enhanced"))
    paths = export_dicom(measure_study(tmp_path / "series"), tmp_path / "series", tmp_path / "out")
    assert {"organs.dcm", "measurements.dcm", "picture.dcm"} <= {p.name for p in paths}
    for path in paths:
        said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True).stderr
        assert not [line for line in said.splitlines() if line.startswith("Error")], path.name


@pytest.mark.system
def test_validators_and_orthanc_accept_all_of_it(study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    lacking = missing() or ("dciodvfy (dicom3tools)" if shutil.which("dciodvfy") is None else "")
    if lacking:
        pytest.skip(f"this machine lacks {lacking}")
    write_study(tmp_path / "finished", study, *check_study("No pleural effusion.", study))
    paths = export_dicom(study, written, tmp_path / "out", document=tmp_path / "finished")
    assert [p.name for p in paths] == ["organs.dcm", "findings.dcm", "measurements.dcm", "picture.dcm", "report.dcm"]
    for path in paths:
        said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True).stderr
        errors = [line for line in said.splitlines() if line.startswith("Error")]
        assert not errors, f"{path.name}: {errors}"
    assert subprocess.run(["dsrdump", str(paths[2])], capture_output=True).returncode == 0
    with Orthanc(tmp_path / "orthanc", {"MEDOMNI": free_port()}) as archive:
        images = sorted(p for p in written.iterdir() if p.is_file())
        assert send_files(Peer.parse(archive.peer), [*images, *paths]) == len(images) + 5
        (found,) = find_studies(Peer.parse(archive.peer), Wanted(modality="SR"))
        assert found.instances == len(images) + 5, "one study: that of the images"
