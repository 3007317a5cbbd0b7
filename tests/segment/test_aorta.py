"""The aorta and the spleen without weights: place, width, and nothing where there is none (bar C2, short)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import bar_c2
from benchmarks.aorta_width import with_wide_aorta
from medomni.dicom import read_study
from medomni.findings import measure
from medomni.findings.aorta import DILATED_MM, aorta_coverage, calibres, dilated
from medomni.phantom import render, sample_patient
from medomni.phantom.masks import true_masks
from medomni.records import Calibre
from medomni.segment import get_segmenter
from medomni.segment.disks import followed, matched
from medomni.volume import Segmentation, Volume

pytestmark = pytest.mark.unit
WIDE_MM = 18.0


@pytest.fixture(scope="module")
def chest() -> tuple[Volume, Segmentation, dict[str, np.ndarray]]:
    """A phantom whose aorta is dilated, 160 x 160 pixels, slices of 4 mm."""
    patient = with_wide_aorta(sample_patient(300_004, "A"), WIDE_MM)
    volume = render(patient, matrix=160, slice_mm=4.0)
    return volume, get_segmenter().segment(volume), true_masks(patient, volume)


def test_most_of_what_is_called_aorta_is_aorta(chest: tuple) -> None:
    volume, found, true = chest
    mask = found.mask("aorta")
    assert (mask & true["aorta"]).sum() > 0.85 * mask.sum()
    assert (mask & true["aorta"]).sum() > 0.45 * true["aorta"].sum()
    spleen = found.mask("spleen")
    assert 2 * (spleen & true["spleen"]).sum() > 0.6 * (spleen.sum() + true["spleen"].sum())


def test_a_dilated_aorta_is_a_finding_with_its_width(chest: tuple) -> None:
    volume, found, _ = chest
    record = measure(volume, found).findings
    said = [f for f in record.findings if f.finding_id == "aortic_aneurysm" and f.presence == "present"]
    assert said and {f.anatomy_id for f in said} <= set(DILATED_MM)
    down = next(c for o in record.organs for c in o.calibres if c.anatomy_id == "descending_aorta")
    assert down.diameter_mm == pytest.approx(2 * WIDE_MM, abs=3 * down.uncertainty_mm)
    assert record.state("aortic_aneurysm") == "present"


def test_near_the_limit_nothing_is_called_absent_or_present() -> None:
    segmentation = Segmentation(np.zeros((1, 1, 1), np.uint8), {}, np.eye(4), "t")

    def seen(down: float, up: float, length: float = 120.0) -> tuple[Calibre, ...]:
        return tuple(Calibre(anatomy_id=n, diameter_mm=d, uncertainty_mm=2.0, centroid_mm=(0, 0, 0), length_mm=length)
                     for n, d in (("descending_aorta", down), ("ascending_aorta", up)))

    assert aorta_coverage(seen(24, 33), segmentation).assessable
    assert not aorta_coverage(seen(29, 33), segmentation).assessable
    assert not aorta_coverage(seen(24, 33, 9.0), segmentation).assessable
    assert not aorta_coverage((), segmentation).assessable
    assert [h.confidence >= 0.5 for h in dilated(seen(31, 44))] == [False, True]
    assert not dilated(seen(24, 33))


def test_without_a_round_vessel_the_label_is_left_out(chest: tuple) -> None:
    """The tissue left of and before the spine made uniform: coded reason, no voxel, not assessable."""
    volume, found, true = chest
    array = volume.array.copy()
    columns = np.flatnonzero(true["spine"].any(axis=(0, 1)))
    rows = np.flatnonzero(true["spine"].any(axis=(0, 2)))
    array[:, rows[0] - 40 : rows[-1], columns[0] - 25 : columns[-1] + 45] = 40
    again = get_segmenter().segment(replace(volume, array=array))
    record = measure(replace(volume, array=array), again).findings
    assert not again.mask("aorta").any()
    assert again.abstained["aorta"].startswith("MED-S")
    assert record.state("aortic_aneurysm") == "not_assessable"
    assert "aorta" not in {o.anatomy_id for o in record.organs}


def test_a_disk_is_followed_past_a_gap() -> None:
    y, x = np.mgrid[0:60, 0:60]
    full = np.stack([(np.hypot(y - 30 - k, x - 30) < 6).astype(np.float32) for k in range(8)])
    full[3] = 0
    path = followed(*matched(full, 2.0, (9.0, 12.0, 15.0)), (5.0, 2.0, 2.0))
    assert np.abs(path.rows - (30 + np.arange(8))).max() <= 2 and np.abs(path.columns - 30).max() <= 1
    assert np.median(path.radii) == 12.0


def test_real_aorta_and_kernels(real_dicom: Path) -> None:
    """Left of and before the vertebra, of a plausible width; the lungs of both kernels are alike."""
    volume = read_study(real_dicom / bar_c2.CHESTS["A0002"][0])
    found = get_segmenter().segment(volume)
    parts = {name: met for name, met, _ in bar_c2.organs("A0002", volume, found, measure(volume, found).findings)}
    assert parts["A0002 lungs"] and parts["A0002 airway"] and parts["A0002 aorta"]
    assert all(met for _, met, _ in bar_c2.kernels(real_dicom))
    assert calibres(volume, found)
