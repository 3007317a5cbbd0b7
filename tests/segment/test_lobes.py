"""Lobes where fissures are seen, and no lobe where they are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medomni.dicom import read_study
from medomni.findings import measure, with_lobes
from medomni.findings.lobes import lobe_at
from medomni.phantom import render, sample_patient
from medomni.phantom.masks import grid_of
from medomni.records import Finding
from medomni.review.words import placed
from medomni.segment import get_segmenter
from medomni.segment.lobes import find_lobes
from medomni.volume import Segmentation, Volume

pytestmark = pytest.mark.unit
SIGN = {"right": -1, "left": 1}


@pytest.fixture(scope="module")
def thin() -> tuple[Volume, Segmentation, dict[tuple[str, str], np.ndarray], np.ndarray]:
    """A phantom in slices of 2.5 mm with its true lobes, and the voxels within 4 mm of a fissure."""
    patient = sample_patient(300_000, "A")
    volume = render(patient, matrix=192, slice_mm=2.5)
    found, a = get_segmenter().segment(volume), patient.anatomy
    x, y, z = grid_of(volume).axes(grid_of(volume).whole())
    level = a.horizontal_fissure(x, y, z)
    true, near = {}, np.zeros(volume.array.shape, bool)
    for side, sign in SIGN.items():
        oblique, lung = a.oblique_fissure(x, y, z, sign), found.mask("lung", side)
        middle = (oblique >= 0) & (level < 0) if sign < 0 else np.zeros(volume.array.shape, bool)
        true[side, "lower_lobe"], true[side, "middle_lobe"] = (oblique < 0) & lung, middle & lung
        true[side, "upper_lobe"] = (oblique >= 0) & ~middle & lung
        near |= lung & ((np.abs(oblique) < 4) | (np.abs(level) < 4))
    return volume, found, true, near


def test_lobes_are_those_of_the_phantom(thin: tuple) -> None:
    volume, found, true, _ = thin
    lobes = find_lobes(volume, found)
    assert not lobes.abstained
    for row in lobes.table.values():
        a, b = lobes.mask(row.anatomy_id, row.side), true[row.side, row.anatomy_id]
        assert 2 * (a & b).sum() > 0.97 * (a.sum() + b.sum()), row
    assert lobe_at(lobes, true["left", "lower_lobe"], "left") == "lower_lobe"
    assert lobe_at(lobes, ~found.mask("lung"), "left") is None
    record = with_lobes(measure(volume, found), volume, lobes).findings
    assert {(o.anatomy_id, o.side) for o in record.organs} >= {("middle_lobe", "right"), ("lower_lobe", "left")}


def test_without_fissures_no_lobe_is_named(thin: tuple) -> None:
    """The same lungs with the fissures rubbed out, vessels and noise left elsewhere."""
    volume, found, _, near = thin
    array, rng = volume.array.copy(), np.random.default_rng(5)
    array[near] = rng.normal(-865, 25, int(near.sum()))
    lobes = find_lobes(replace(volume, array=array), found)
    assert {k: v[:7] for k, v in lobes.abstained.items()} == {
        f"{name}/{side}": "MED-S07" for side in SIGN for name in ("upper_lobe", "lower_lobe", "middle_lobe")
        if (name, side) != ("middle_lobe", "left")}
    assert not lobes.labels.any()


def test_a_lobe_that_was_not_traced_is_called_an_estimate(thin: tuple) -> None:
    volume, found, *_ = thin
    lobes = find_lobes(volume, found)
    plain = measure(volume, found)
    nodule = Finding(id="f1", finding_id="lung_nodule", anatomy_id="lung", side="left", segment="lower_lobe",
                     measured_by="x")
    plain = replace(plain, findings=plain.findings.model_copy(update={"findings": (nodule,)}))
    traced = with_lobes(plain, volume, lobes).findings
    assert "about" not in placed(nodule, traced) and not traced.study.warnings
    why = {f"{name}/left": "MED-S07: the oblique fissure is not seen" for name in ("upper_lobe", "lower_lobe")}
    gone = np.where(lobes.mask("upper_lobe", "left") | lobes.mask("lower_lobe", "left"), 0, lobes.labels)
    record = with_lobes(plain, volume, replace(lobes, labels=gone.astype(np.uint8), abstained=why)).findings
    assert [(w.code, w.detail) for w in record.study.warnings] == [
        ("MED-S07", "left: the oblique fissure is not seen; a lobe named there is an estimate by place")]
    assert "about the lower lobe" in placed(nodule, record) and "约在下叶" in placed(nodule, record)


def test_thick_slices_show_none(real_dicom: Path) -> None:
    volume = read_study(real_dicom / "chest_ct_a0002_b40f8mm")
    empty = Segmentation(np.zeros(volume.array.shape, np.uint8), {}, volume.affine, "t")
    assert set(find_lobes(volume, empty).abstained.values()) == {"MED-S07: slices of 8.0 mm"}
