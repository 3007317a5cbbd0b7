"""Networks' classes joined to what is measured: lobes to lungs, vertebrae to the spine, the rest by the rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medomni.errors import MedomniError
from medomni.findings import measure
from medomni.findings.sensitivity import METHODS
from medomni.phantom import render, sample_patient
from medomni.segment import get_segmenter
from medomni.segment.working import working_labels
from medomni.volume import Label, Segmentation, Volume

pytestmark = pytest.mark.unit
TABLE = {1: Label(1, "upper_lobe", "right"), 2: Label(2, "middle_lobe"), 3: Label(3, "lower_lobe", "right"),
         4: Label(4, "upper_lobe", "left"), 5: Label(5, "lower_lobe", "left"),
         6: Label(6, "thoracic_vertebra", level="T1"), 7: Label(7, "thoracic_vertebra", level="T7"),
         8: Label(8, "liver"), 9: Label(9, "trachea", "midline")}


@pytest.fixture(scope="module")
def chest() -> tuple[Volume, Segmentation]:
    volume = render(sample_patient(5, "A"))
    return volume, get_segmenter().segment(volume)


@pytest.fixture(scope="module")
def lobes(chest: tuple[Volume, Segmentation]) -> Segmentation:
    """As a network would give it: lobes by height, two vertebrae, liver without a side, no hemithorax, no heart."""
    volume, found = chest
    labels = np.zeros(found.labels.shape, np.uint8)
    z = np.arange(labels.shape[0])[:, None, None]
    thirds = np.quantile(np.flatnonzero(found.mask("lung").any(axis=(1, 2))), [1 / 3, 2 / 3])
    right, left, spine = found.mask("lung", "right"), found.mask("lung", "left"), found.mask("spine")
    for mask, value in ((right & (z > thirds[1]), 1), (right & (z <= thirds[1]), 2), (right & (z <= thirds[0]), 3),
                        (left & (z > thirds[1]), 4), (left & (z <= thirds[1]), 5), (spine, 6),
                        (spine & (z < thirds[0]), 7), (found.mask("liver"), 8), (found.mask("airway"), 9)):
        labels[mask] = value
    return Segmentation(labels, TABLE, volume.affine, "net 1", frozenset({3}),
                        untested=frozenset(row.anatomy_id for row in TABLE.values()))


def test_lobes_become_lungs_and_rules_give_the_rest(
        chest: tuple[Volume, Segmentation], lobes: Segmentation) -> None:
    volume, found = chest
    joined = working_labels(volume, lobes)
    for name, side in (("lung", "right"), ("lung", "left"), ("spine", "midline"), ("liver", "right"),
                       ("hemithorax", "right"), ("hemithorax", "left"), ("heart", "midline"), ("rib", "left")):
        assert np.array_equal(joined.mask(name, side), found.mask(name, side)), (name, side)
    assert joined.produced_by == "net 1" and joined.untested >= {"lung", "spine", "liver", "airway"}
    assert "heart" not in joined.untested
    assert [joined.table[v].side for v in joined.truncated if joined.table[v].anatomy_id == "lung"] == ["right"]
    assert working_labels(volume, found) is found


def test_what_a_smaller_lung_leaves_stays_inside_the_ribs(
        chest: tuple[Volume, Segmentation], lobes: Segmentation) -> None:
    """A network that leaves the left lower lobe out, as one with airless lung in it: it becomes hemithorax, left."""
    volume, found = chest
    labels = np.where(lobes.labels == 5, 0, lobes.labels).astype(np.uint8)
    joined = working_labels(volume, replace(lobes, labels=labels))
    assert joined.mask("hemithorax", "left")[lobes.labels == 5].all()
    assert not joined.mask("lung", "left")[lobes.labels == 5].any()
    inside = ("lung", "airway", "heart", "mediastinum", "liver", "hemithorax")
    whole, now = (np.isin(s.labels, [v for v, r in s.table.items() if r.anatomy_id in inside]) for s in (found, joined))
    assert np.array_equal(whole, now)


def test_measured_as_uncertain_and_organs_with_their_levels(
        chest: tuple[Volume, Segmentation], lobes: Segmentation) -> None:
    volume, _ = chest
    record = measure(volume, lobes, working=working_labels(volume, lobes)).findings
    assert not any(c.assessable for c in record.coverage)
    assert {("pneumothorax", "left", "uncertain")} <= {(f.finding_id, f.side, f.presence) for f in record.findings}
    assert {o.level for o in record.organs if o.anatomy_id == "thoracic_vertebra"} == {"T1", "T7"}
    assert {o.anatomy_id for o in record.organs} >= {"upper_lobe", "middle_lobe", "liver"}


def test_without_both_lungs_nothing_is_judged(chest: tuple[Volume, Segmentation], lobes: Segmentation) -> None:
    volume, _ = chest
    cases = [({4: 0, 5: 0}, TABLE, "no left lung"),
             ({}, {**TABLE, 4: Label(4, "lung"), 5: Label(5, "lung")}, "do not say which lung")]
    for gone, table, said in cases:
        labels = lobes.labels.copy()
        for value, to in gone.items():
            labels[labels == value] = to
        joined = working_labels(volume, replace(lobes, labels=labels, table=table))
        assert said in joined.abstained["lung"]
        record = measure(volume, replace(lobes, labels=labels, table=table), working=joined).findings
        assert not record.findings and not any(c.assessable for c in record.coverage)
        assert all(said in (c.reason or "") for c in record.coverage if c.finding_id in METHODS)
        assert all(c.reason for c in record.coverage)  # emphysema and the like name their own unmet conditions


def test_where_the_rules_abstain_so_does_what_needs_them(
        chest: tuple[Volume, Segmentation], lobes: Segmentation) -> None:
    volume, _ = chest
    low = slice(0, 14)
    short = replace(volume, array=np.ascontiguousarray(volume.array[low]))
    cut = replace(lobes, labels=np.ascontiguousarray(lobes.labels[low]))
    if (cut.labels == 4).any() or not (cut.labels == 5).any():
        pytest.fail("the phantom has changed")
    assert working_labels(short, cut).abstained["lung"].startswith("MED-")
    with pytest.raises(MedomniError, match="MED-S02"):
        working_labels(volume, cut)


def test_a_network_that_exchanges_left_and_right_is_refused(
        chest: tuple[Volume, Segmentation], lobes: Segmentation) -> None:
    volume, found = chest
    other = {"left": "right", "right": "left"}
    table = {v: replace(row, side=other.get(row.side, row.side)) for v, row in TABLE.items()}
    with pytest.raises(MedomniError, match=r"MED-S13.*net 1.*exchanged: lower_lobe, upper_lobe"):
        working_labels(volume, replace(lobes, table=table))
    masks = replace(found, produced_by="masks dicom-seg")  # which parts the chest already, and is not joined
    assert working_labels(volume, masks) is masks
    table = {v: replace(row, side=other.get(row.side, row.side)) for v, row in found.table.items()}
    with pytest.raises(MedomniError, match=r"MED-S13.*masks dicom-seg.*exchanged: .*lung, rib"):
        working_labels(volume, replace(masks, table=table))
