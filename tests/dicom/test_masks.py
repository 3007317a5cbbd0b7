"""Masks made elsewhere: every voxel at its own millimetres, no side and no organ guessed, another geometry refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes

from medomni.dicom import read_study
from medomni.dicom.concepts import ANATOMY
from medomni.dicom.mask_sides import sides_of
from medomni.dicom.masks import MaskSegmenter, read_table
from medomni.dicom.seg import write_segmentation
from medomni.dicom.segment_codes import known_codes, segment_label
from medomni.dicom.source import source_images
from medomni.errors import MedomniError
from medomni.knowledge import load_graph
from medomni.phantom import Habit, write_habit
from medomni.segment import Segmenter
from medomni.segment.classes import class_table
from medomni.volume import UNMAPPED, Label, Segmentation, Volume
from tests.dicom.conftest import edit
from tests.dicom.test_seg import marked
from tests.volumes import turned

pytestmark = pytest.mark.unit
ORDERS = [((0, 1, 2), (False, False, False)), ((0, 1, 2), (True, False, True)), ((2, 0, 1), (False, True, False))]


@pytest.mark.parametrize(("order", "flips"), ORDERS, ids=["as read", "flipped", "sagittal"])
def test_our_own_seg_comes_back_on_any_axis_order(series: Path, tmp_path: Path, order: tuple, flips: tuple) -> None:
    volume = read_study(series)
    mine = marked(volume)
    path = write_segmentation(mine, volume, series, tmp_path / "seg.dcm")
    other = turned(volume, order, flips)
    segmenter = MaskSegmenter(path)
    assert isinstance(segmenter, Segmenter)
    found = segmenter.segment(other)
    assert found.matches(other) and found.produced_by == "masks dicom-seg"
    assert {(r.anatomy_id, r.side) for r in found.table.values()} == {
        ("lung", "right"), ("lung", "left"), ("odd_part", "unspecified")}
    expected = turned(Volume(mine.labels.astype(np.int16), volume.affine, volume.study), order, flips)
    for name, side, value in (("lung", "right", 1), ("lung", "left", 2), ("odd_part", None, 3)):
        assert np.array_equal(found.mask(name, side), expected.array == value), (name, side)
    assert found.untested == {"lung", "odd_part"}


@pytest.mark.parametrize("habit", [Habit(frames="enhanced"), Habit(plane="sagittal", position="FFP")],
                         ids=["enhanced", "sagittal, feet first, prone"])
def test_seg_of_other_acquisitions(phantoms, tmp_path: Path, habit: Habit) -> None:
    write_habit(phantoms("A")[1], tmp_path / "series", habit)
    volume = read_study(tmp_path / "series")
    mine = marked(volume)
    found = MaskSegmenter(write_segmentation(mine, volume, tmp_path / "series", tmp_path / "s.dcm")).segment(volume)
    assert np.array_equal(found.mask("lung", "left"), mine.labels == 2)


def test_other_segmenters_classes_go_out_and_come_back(series: Path, tmp_path: Path) -> None:
    """Levels, sides, anatomy without a code of our own, and a class without an anatomy, which keeps its name."""
    volume = read_study(series)
    table = {v: class_table("totalsegmentator")[v] for v in (1, 3, 37, 98, 117)}
    table[120] = Label(120, UNMAPPED, name="odd")
    labels = np.zeros(volume.array.shape, np.uint8)
    for k, value in enumerate(table):
        labels[2, 5 + 4 * k:8 + 4 * k, 6:12] = value
    mine = Segmentation(labels, table, volume.affine, "totalsegmentator-3mm 2.18.0")
    found = MaskSegmenter(write_segmentation(mine, volume, series, tmp_path / "s.dcm")).segment(volume)
    rows = {row.name: row for row in found.table.values()}
    assert [(r.anatomy_id, r.side, r.level) for r in rows.values()] == [
        (table[v].anatomy_id, table[v].side if table[v].side != "midline" else "unspecified", table[v].level)
        for v in table]
    assert list(rows)[-1] == "odd" and rows["thoracic vertebra T7"].level == "T7"
    assert np.array_equal(found.labels > 0, labels > 0)


def foreign(volume: Volume, series: Path, path: Path, kind: str, pixels: np.ndarray) -> Path:
    """A SEG as another program writes it: a right lung and tissue without an organ."""
    images = source_images(volume, series)
    described = [hd.seg.SegmentDescription(
        n, label, codes.SCT.AnatomicalStructure if n == 1 else codes.SCT.Tissue, code, "MANUAL")
        for n, label, code in ((1, "R lung", hd.sr.CodedConcept("3341006", "SCT", "Right lung")),
                               (2, "something", codes.SCT.Tissue))]
    more = {"fractional_type": "PROBABILITY", "max_fractional_value": 200} if kind == "FRACTIONAL" else {}
    hd.seg.Segmentation(images, pixels, kind, described, hd.UID(), 9, hd.UID(), 1, "x", "y", "1", "0",
                        **more).save_as(path)
    return path


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_three_kinds_of_seg(series: Path, tmp_path: Path, kind: str) -> None:
    volume = read_study(series)
    truth = np.zeros(volume.array.shape, np.uint8)
    truth[2:5, 3:9, 4:20], truth[3:7, 20:30, 30:41] = 1, 2
    pixels: np.ndarray = truth
    if kind == "FRACTIONAL":
        share = np.stack([(pixels == 1) * 0.9, (pixels == 2) * 0.8], axis=-1)
        share[0, 0, 0, 0] = 0.4  # below the half
        pixels = share
    six = [float(v) for v in source_images(volume, series)[0].ImageOrientationPatient]
    assert np.allclose(volume.affine[:3, 2] / np.linalg.norm(volume.affine[:3, 2]), six[:3]), "rows as filed"
    found = MaskSegmenter(foreign(volume, series, tmp_path / "f.dcm", kind, pixels)).segment(volume)
    assert np.array_equal(found.mask("lung", "right"), truth == 1)
    assert [r.name for r in found.table.values() if r.anatomy_id == UNMAPPED] == ["something"]
    assert any("1 classes have no anatomy here: they are neither measured nor listed" in w.detail
               and w.code == "MED-S12" for w in found.warnings)
    assert UNMAPPED not in found.untested


def test_another_geometry_or_study_is_refused(series: Path, tmp_path: Path) -> None:
    volume = read_study(series)
    path = write_segmentation(marked(volume), volume, series, tmp_path / "seg.dcm")
    shift = np.eye(4)
    shift[0, 3] = 0.05 * volume.spacing_mm[2]
    scaled = volume.affine @ np.diag([1.0, 1.0, 1.1, 1.0])
    short = replace(volume, array=np.ascontiguousarray(volume.array[4:]), slice_uids=volume.slice_uids[4:],
                    affine=volume.affine @ np.array([[1.0, 0, 0, 4], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
    for other, said in ((replace(volume, affine=shift @ volume.affine), "0.05 voxels off"),
                        (replace(volume, affine=scaled), "off|another size"), (short, "outside the volume"),
                        (replace(volume, slice_uids=("1.2.3",) * len(volume.slice_uids),
                                 study=volume.study.model_copy(update={"study_key": "f" * 16})), "another study")):
        with pytest.raises(MedomniError, match=f"MED-S02.*({said})"):
            MaskSegmenter(path).segment(other)
    with pytest.raises(MedomniError, match="MED-S11"):
        MaskSegmenter(next(series.iterdir())).segment(volume)
    (tmp_path / "torn.dcm").write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(MedomniError, match="MED-"):
        MaskSegmenter(tmp_path / "torn.dcm").segment(volume)
    with pytest.raises(MedomniError, match="MED-C08"):
        MaskSegmenter(tmp_path / "none.dcm").segment(volume)


def test_slices_that_the_seg_leaves_out_are_empty_and_coarser_ones_refused(series: Path, tmp_path: Path) -> None:
    volume = read_study(series)
    path = write_segmentation(marked(volume), volume, series, tmp_path / "seg.dcm")
    ds = pydicom.dcmread(path)
    assert len(ds.PerFrameFunctionalGroupsSequence) < 3 * len(volume.array), "empty frames are left out"
    found = MaskSegmenter(path).segment(volume)
    assert not found.labels[8:].any()

    def widen(ds: pydicom.Dataset) -> None:
        ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices = volume.spacing_mm[0] * 2

    with pytest.raises(MedomniError, match=r"MED-S02.*apart"):
        MaskSegmenter(edit(path, widen, tmp_path / "wide.dcm")).segment(volume)


@pytest.mark.parametrize(("order", "flips"), ORDERS, ids=["as read", "flipped", "sagittal"])
def test_nifti_label_maps_lie_by_their_affine(series: Path, tmp_path: Path, order: tuple, flips: tuple) -> None:
    volume = read_study(series)
    mine = marked(volume)
    labels = Volume(mine.labels.astype(np.int16), volume.affine, volume.study)
    path = turned(labels, order, flips).to_nifti(tmp_path / "m.nii.gz")
    (tmp_path / "m.csv").write_text("value,anatomy_id,side\n1,lung,right\n2,lung,left\n")
    found = MaskSegmenter(path).segment(volume)
    assert np.array_equal(found.labels, mine.labels) and found.produced_by == "masks nifti"
    assert found.table[3].anatomy_id == UNMAPPED and found.table[3].name == "label 3"
    whole = MaskSegmenter(path, class_table("totalsegmentator")).segment(volume)
    assert [whole.table[v].name for v in (1, 2, 3)] == ["spleen", "kidney_right", "kidney_left"]
    (tmp_path / "m.csv").unlink()
    with pytest.raises(MedomniError, match=r"MED-S11.*no table"):
        MaskSegmenter(path).segment(volume)
    part = Volume(labels.array[1:], volume.affine, volume.study).to_nifti(tmp_path / "p.nii")
    with pytest.raises(MedomniError, match="MED-S02"):
        MaskSegmenter(part, {}).segment(volume)
    odd = replace(labels, array=labels.array.astype(np.float32) + 0.5).to_nifti(tmp_path / "f.nii")
    with pytest.raises(MedomniError, match=r"MED-S11.*whole numbers"):
        MaskSegmenter(odd, {}).segment(volume)


@pytest.mark.parametrize("text", ["value,anatomy_id\nx,lung\n", "value,anatomy_id,side\n1,Lung of Doe,left\n",
                                  "value,anatomy_id,side\n1,lung,starboard\n", "value,anatomy_id\n1,lung\n1,heart\n"])
def test_tables_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(MedomniError, match=r"MED-S11.*line \d") as info:
        read_table(tmp_path / "t.csv")
    assert "Doe" not in str(info.value)


def test_sides_only_where_the_affine_leaves_no_doubt(series: Path) -> None:
    volume = read_study(series)
    mask = np.zeros(volume.array.shape, bool)
    mask[2:6, 10:30, 6:16] = mask[2:6, 10:30, 28:40] = mask[8, 10, 8] = True
    sides = sides_of(mask, volume)
    x = [volume.to_lps(np.argwhere(sides == k))[:, 0] for k in (1, 2)]
    assert x[0].max() < x[1].min() and sides[8, 10, 8] in (1, 2)
    mirrored = replace(volume, affine=np.diag([-1.0, 1, 1, 1]) @ volume.affine)
    assert np.array_equal(sides_of(mask, mirrored) == 1, sides == 2), "the affine decides, never the array"
    one, stacked = np.zeros_like(mask), np.zeros_like(mask)
    one[2:6, 10:30, 6:40] = stacked[1:3, 10:30, 6:16] = stacked[6:8, 10:30, 8:18] = True
    assert sides_of(one, volume) is None and sides_of(stacked, volume) is None


def test_an_unsided_lung_in_a_file(series: Path, tmp_path: Path) -> None:
    volume = read_study(series)
    labels = np.zeros(volume.array.shape, np.uint8)
    labels[2:6, 10:30, 6:16] = labels[2:6, 10:30, 28:40] = 1
    path = Volume(labels.astype(np.int16), volume.affine, volume.study).to_nifti(tmp_path / "m.nii")
    found = MaskSegmenter(path, {1: Label(1, "lung")}).segment(volume)
    x = {s: volume.to_lps(np.argwhere(found.mask("lung", s)))[:, 0].mean() for s in ("right", "left")}
    assert x["right"] < x["left"] and "taken from where" in found.warnings[0].detail
    labels[2:6, 10:30, 16:28] = 1
    path = Volume(labels.astype(np.int16), volume.affine, volume.study).to_nifti(tmp_path / "m.nii")
    found = MaskSegmenter(path, {1: Label(1, "lung")}).segment(volume)
    assert {r.side for r in found.table.values()} == {"unspecified"} and "stays open" in found.warnings[0].detail


def test_masks_that_exchange_left_and_right_are_refused(series: Path, tmp_path: Path) -> None:
    volume = read_study(series)
    mine = marked(volume)
    wrong = {**mine.table, 1: Label(1, "lung", "left"), 2: Label(2, "lung", "right")}
    path = write_segmentation(replace(mine, table=wrong), volume, series, tmp_path / "seg.dcm")
    with pytest.raises(MedomniError, match=r"MED-S11.*seg\.dcm.*exchanged: lung\."):
        MaskSegmenter(path).segment(volume)
    nifti = Volume(mine.labels.astype(np.int16), volume.affine, volume.study).to_nifti(tmp_path / "m.nii")
    kidneys = {1: Label(1, "kidney", "left"), 2: Label(2, "kidney", "right")}
    with pytest.raises(MedomniError, match=r"MED-S11.*exchanged: kidney\."):
        MaskSegmenter(nifti, kidneys).segment(volume)
    mirrored = {1: Label(1, "spleen", "left"), 2: Label(2, "liver", "right"), 3: Label(3, "stomach", "left")}
    assert MaskSegmenter(nifti, mirrored).segment(volume).mask("liver").any(), "situs inversus has no pairs"


def test_masks_say_what_the_field_of_view_cuts(series: Path, tmp_path: Path) -> None:
    volume = read_study(series)
    mine = marked(volume)
    path = write_segmentation(mine, volume, series, tmp_path / "seg.dcm")
    found = MaskSegmenter(path).segment(volume)
    assert [found.table[v].anatomy_id for v in found.truncated] == ["odd_part"], "it lies in the first slice"


def test_codes_are_graph_ids_and_carry_sides() -> None:
    graph = load_graph()
    assert all(name in graph and side in ("", "left", "right") for name, side, _ in known_codes().values())
    assert all(known_codes()[code][0] == name for name, (code, _) in ANATOMY.items())

    def row(label: str, code: str, scheme: str = "SCT", modifier: str = "") -> Label:
        item, kind = pydicom.Dataset(), pydicom.Dataset()
        kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning = code, scheme, label
        if modifier:
            side = pydicom.Dataset()
            side.CodeValue, side.CodingSchemeDesignator = modifier, "SCT"
            kind.SegmentedPropertyTypeModifierCodeSequence = [side]
        item.SegmentLabel, item.SegmentedPropertyTypeCodeSequence = label, [kind]
        return segment_label(item, 7)

    for made, wanted in ((row("x", "44029006"), ("lung", "left", "")),
                         (row("x", "39607008"), ("lung", "unspecified", "")),
                         (row("x", "39607008", modifier="24028007"), ("lung", "right", "")),
                         (row("left lung", "39607008", modifier="24028007"), ("lung", "unspecified", "")),
                         (row("Left lung", "39607008"), ("lung", "left", "")),
                         (row("Liver", "T-62000", "SRT"), ("liver", "unspecified", "")),
                         (row("x", "62487009"), ("thoracic_vertebra", "unspecified", "T7")),
                         (row("liver", "12345"), (UNMAPPED, "unspecified", "")),
                         (row("hemithorax", "HEMITHORAX", "99MEDOMNI"), ("hemithorax", "unspecified", ""))):
        assert (made.anatomy_id, made.side, made.level) == wanted
    written = [row(r.name, code) for code, r in (("62487009", class_table("totalsegmentator")[37]),)]
    assert written[0].level == class_table("totalsegmentator")[37].level


def test_real_seg_and_label_maps(real_dicom: Path) -> None:
    """Figures of SOURCES.md: voxels of the SEGs, millilitres of the NIfTI reference."""
    folder = real_dicom / "seg_reference_ct3slice"
    volume = read_study(folder)
    liver = MaskSegmenter(folder / "liver.dcm").segment(volume)
    assert int(liver.mask("liver").sum()) == 107098 and not liver.warnings
    several = MaskSegmenter(folder / "partial_overlaps.dcm").segment(volume)
    assert {r.anatomy_id for r in several.table.values()} == {UNMAPPED} and len(several.warnings) == 2
    assert int((several.labels > 0).sum()) == 43639 - 3134
    folder = real_dicom / "abdomen_ct_20slices_with_reference_seg"
    volume = read_study(folder)
    organs = MaskSegmenter(folder / "example_seg_dicom.nii.gz", class_table("totalsegmentator")).segment(volume)
    x = {n: volume.to_lps(np.argwhere(organs.mask(n)))[:, 0].mean() for n in ("liver", "spleen")}
    assert x["liver"] < -50 and x["spleen"] > 50, "in the patient's right and left"
    assert 40 < volume.array[organs.mask("liver")].mean() < 150
