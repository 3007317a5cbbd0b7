"""The study page as PDF: what the page says, in both languages, and nobody's name."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from medomni.dicom.document import write_document
from medomni.errors import MedomniError
from medomni.pipeline import MeasuredStudy, check_study, measure_study, write_study
from medomni.records import Comparison, Finding, PriorChange
from medomni.review.document import study_pdf

pytestmark = pytest.mark.unit
TEXT = "There is a large left pleural effusion. No pneumothorax. The liver is normal."


@pytest.fixture(scope="module")
def study(written: Path) -> MeasuredStudy:
    return measure_study(written)


@pytest.fixture(scope="module")
def finished(study: MeasuredStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished")
    write_study(out, study, *check_study(TEXT, study))
    return out


def test_it_says_what_the_page_says(finished: Path, study: MeasuredStudy) -> None:
    text = _words(study_pdf(finished))
    assert "Research use only" in text and "仅供研究" in text and "Synthetic patient" in text
    for sentence in TEXT.split(". "):
        assert re.sub(r"\W", "", sentence) in re.sub(r"\W", "", text)
    for coverage in study.findings.coverage:
        assert coverage.finding_id.replace("_", " ") in text
    assert "not assessable" in text and study.findings.study.study_key in text


def test_it_says_how_far_was_looked(study: MeasuredStudy, tmp_path: Path) -> None:
    first, *rest = (c for c in study.findings.coverage if c.assessable)
    part = study.findings.model_copy(update={"coverage": (
        first.model_copy(update={"z_range_mm": (-77.4, 33.3)}),
        *(c.model_copy(update={"z_range_mm": None}) for c in rest))})
    write_study(tmp_path, replace(study, measured=replace(study.measured, findings=part)), *check_study(TEXT, study))
    text = re.sub(r"\s", "", _words(study_pdf(tmp_path)))
    assert text.count("onlyfromz-77to33mm") == 1 and text.count("仅评估z-77至33mm") == 1


def test_it_says_what_was_compared(study: MeasuredStudy, tmp_path: Path) -> None:
    heart = Finding(id="f1", finding_id="cardiomegaly", anatomy_id="heart", side="midline", ratio=0.58, measured_by="x",
                    prior=PriorChange(change="grown"))
    nodule = Finding(id="f2", finding_id="lung_nodule", anatomy_id="lung", side="left", longest_mm=12.0,
                     measured_by="x", prior=PriorChange(change="smaller", longest_mm=19.0))
    new = nodule.model_copy(update={"id": "f3", "prior": None})
    gone = nodule.model_copy(update={"side": "right", "prior": PriorChange(change="resolved", longest_mm=7.0)})
    held = Comparison(comparable=True, interval_days=91, resolved=(gone,),
                      open=(("pneumothorax", "left", "not assessed in this study"),))
    changed = study.findings.model_copy(update={"findings": (heart, nodule, new), "comparison": held})
    write_study(tmp_path, replace(study, measured=replace(study.measured, findings=changed)),
                *check_study(TEXT, study))
    text = re.sub(r"\s", "", _words(study_pdf(tmp_path)))
    for words in ("Sincetheearlierstudy与既往检查比较:91d", "right右;resolved已消失(7mm)", "ratio比值0.58",
                  "smaller缩小(19mm)", "grown增大", "(notassessedinthisstudy本次检查中未作评估)"):
        assert words in text, words
    assert text.count("changenotassessable变化无法评估") == 2


def test_the_same_study_gives_the_same_bytes(finished: Path) -> None:
    assert study_pdf(finished) == study_pdf(finished)


def test_it_is_refused_without_records(tmp_path: Path) -> None:
    with pytest.raises(MedomniError, match="MED-R03"):
        study_pdf(tmp_path)


def test_it_lies_in_the_images_study(finished: Path, study: MeasuredStudy, written: Path, tmp_path: Path) -> None:
    pdf = study_pdf(finished)
    ds = pydicom.dcmread(write_document(pdf, study.volume, written, tmp_path / "report.dcm"))
    image = pydicom.dcmread(next(p for p in sorted(written.iterdir()) if p.is_file()), stop_before_pixels=True)
    assert ds.StudyInstanceUID == image.StudyInstanceUID and ds.SeriesInstanceUID != image.SeriesInstanceUID
    assert ds.EncapsulatedDocument[:ds.EncapsulatedDocumentLength] == pdf and ds.Modality == "DOC"
    assert [i.ReferencedSOPInstanceUID for i in ds.SourceInstanceSequence] == list(study.volume.slice_uids)
    with pytest.raises(MedomniError, match="MED-D20"):
        write_document(b"<html>", study.volume, written, tmp_path / "other.dcm")


def _words(pdf: bytes) -> str:
    """The text of a PDF, by poppler."""
    if shutil.which("pdftotext") is None:
        pytest.skip("this machine lacks poppler-utils")
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode())
