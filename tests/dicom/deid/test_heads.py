"""What may be a head is asked for under every name; what was shown or stated to be none goes without a question."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from medomni.dicom.deid import Options
from medomni.dicom.deid.heads import face_in
from medomni.dicom.deid.refuse import refusal
from tests.dicom.deid.support import cleaned, ct_file, found

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("ignore:Invalid value")]
CT, SC, PHOTO, DX = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("2", "7", "77.1.4", "1.1"))


def image(modality: str = "CT", part: str = "", said: str = "", uid: str = CT) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality, ds.BodyPartExamined = uid, "1.2.3", modality, part
    ds.StudyDescription, ds.Rows, ds.PixelData = said, 4, b"\0" * 16
    if uid == CT:
        ds.ImagePositionPatient, ds.PixelSpacing, ds.Columns = [0, 0, 0], [200, 200], 4
    return ds


@pytest.mark.parametrize("part", [
    "SELLA", "NECK", "CSPINE", "TMJ", "Felsenbein", "NNH", "CAROTID", "", "HEADNECK", "CHEST NECK", "C-SPINE", "HWS",
    "THYROID", "SPINE", "WHOLEBODY", "头部", "颈椎", "颞骨", "CHEST HEAD", "ANON"])
@pytest.mark.parametrize("modality", ["CT", "MR", "PT", "", "OT"])
def test_other_names_of_a_head(modality: str, part: str) -> None:
    assert refusal(image(modality, part), Options()).startswith("head: ")


@pytest.mark.parametrize("said", ["Sella", "CT Thorax + Hals", "NNH nativ", "Felsenbein", "Carotis", "TMJ",
                                  "PET whole body"])
def test_a_description_tells_more_than_a_body_part(said: str) -> None:
    assert face_in(image(part="CHEST", said=said)) == face_in(image(said=said)) == "possible"


@pytest.mark.parametrize(("part", "said"), [
    ("CHEST", ""), ("Thorax", ""), ("THORAX/ABDOMEN", ""), ("ABDOMENPELVIS", ""), ("LEFT KNEE", ""), ("Hüfte", ""),
    ("胸部", ""), ("膝关节", ""), ("", "CT Thorax nativ"), ("", "SYNTHETIC CT chest"), ("", "胸部平扫"),
    ("HAND", "Dr. Foot")])
def test_what_has_no_head_is_not_asked_for(part: str, said: str) -> None:
    assert face_in(image(part=part, said=said)) == "none" and not refusal(image(part=part, said=said), Options())


@pytest.mark.parametrize(("modality", "uid", "part", "face"), [
    ("XC", PHOTO, "", "possible"), ("XC", SC, "", "possible"), ("OP", PHOTO, "EYE", "possible"),
    ("ES", PHOTO, "", "possible"), ("XC", PHOTO, "HAND", "none"), ("US", PHOTO, "", "possible"),
    ("DX", CT, "", "possible"), ("DX", DX, "SKULL", "none"), ("OT", SC, "", "open"), ("CT", SC, "", "open"),
    ("OT", SC, "HEAD", "possible"),
    ("OT", SC, "MEYER", "possible")])
def test_photographs_captures_and_radiographs(modality: str, uid: str, part: str, face: str) -> None:
    assert face_in(image(modality, part, uid=uid)) == face


@pytest.mark.parametrize(("part", "meaning", "face"), [
    ("", "Thorax", "none"), ("", "Entire body", "possible"), ("CHEST", "Neck", "possible"), ("", "Head", "possible")])
@pytest.mark.parametrize("group", ["", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"])
def test_the_anatomic_region_says_it_too(group: str, part: str, meaning: str, face: str) -> None:
    ds, holder, code, region = image(part=part), Dataset(), Dataset(), Dataset()
    code.CodeMeaning = meaning
    region.AnatomicRegionSequence = [code]
    if group:
        holder.FrameAnatomySequence = [region]
        setattr(ds, group, [Dataset(), holder])
    else:
        ds.AnatomicRegionSequence = [code]
    assert face_in(ds) == face


def test_no_face_is_claimed_only_where_that_is_known(tmp_path: Path) -> None:
    def sella(ds: Dataset) -> None:
        ds.BodyPartExamined = "SELLA"

    path = ct_file(tmp_path / "a", sella)
    _, out, ds = cleaned(path, Options(keep_face=True))
    assert ds.RecognizableVisualFeatures == "YES" and found(path, out) == ["head with its face"]
    ds.RecognizableVisualFeatures = "NO"
    ds.save_as(out)
    assert len(found(path, out)) == 2
    _, out, ds = cleaned(ct_file(tmp_path / "b"))
    assert ds.RecognizableVisualFeatures == "NO" and found(tmp_path / "b", out) == []
    assert pydicom.dcmread(out).BodyPartExamined == "CHEST"
