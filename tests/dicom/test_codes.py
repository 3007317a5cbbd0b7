"""What of a header may stand in a record: codes; a name that was typed into such a field does not pass."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from medomni.dicom import codes, read_study
from medomni.dicom.headers import read_headers
from tests.dicom.conftest import edit

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("tag", "value", "shown"), [
    ("BodyPartExamined", "CHEST", "CHEST"), ("BodyPartExamined", "chest", "CHEST"),
    ("BodyPartExamined", "MEYER ANNA", None), ("BodyPartExamined", "MEYER", None),
    ("ConvolutionKernel", "B40f", "B40f"), ("ConvolutionKernel", "Br40d/3", "Br40d/3"),
    ("ConvolutionKernel", "Meyer, Anna 1951", None), ("ConvolutionKernel", "Meyer", None),
    ("Modality", "CT", "CT"), ("Modality", "ct scan of Anna", None),
])
def test_codes_pass_and_names_do_not(tmp_path: Path, written: Path, tag: str, value: str, shown: str | None) -> None:
    source = next(p for p in sorted(written.rglob("*")) if p.is_file())
    ds = pydicom.dcmread(source)
    ds.PatientName = "MEYER^ANNA"
    setattr(ds, tag, value)
    ds.save_as(tmp_path / "x.dcm")
    (header,) = read_headers(tmp_path / "x.dcm")
    read = {"BodyPartExamined": codes.body_part, "ConvolutionKernel": codes.kernel, "Modality": codes.modality}[tag]
    assert read(header) == shown


@pytest.mark.parametrize(("agent", "given"), [
    ("OMNIPAQUE 350", True), ("APPLIED", True), ("NONE", False), ("no contrast ", False), ("", None)])
def test_contrast_is_given_withheld_or_not_stated(series: Path, agent: str, given: bool | None) -> None:
    for path in series.iterdir():
        edit(path, lambda ds: setattr(ds, "ContrastBolusAgent", agent))
    assert read_study(series).study.contrast is given
