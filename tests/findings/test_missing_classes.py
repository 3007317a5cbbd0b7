"""What the segmenter does not give, or was never measured, is not assessable and never absent (bar C4, short)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import bar_c4
from medomni.errors import MedomniError
from medomni.findings import measure
from medomni.findings.needs import needed
from medomni.findings.sensitivity import METHODS
from medomni.findings.tested import COLUMNS, read_tested
from medomni.phantom import render, sample_patient
from medomni.segment import get_segmenter
from medomni.volume import Segmentation, Volume

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def chest() -> tuple[Volume, Segmentation]:
    """Effusion on the right, pneumothorax on the left."""
    volume = render(sample_patient(5, "A"))
    return volume, get_segmenter().segment(volume)


@pytest.mark.parametrize(("seed", "hospital", "names", "way"), [
    (5, "A", ("lung", "heart", "spine"), "silent"), (89, "A", ("hemithorax", "rib"), "silent"),
    (1, "B", ("mediastinum", "hemithorax"), "named")])
def test_no_removed_class_makes_anything_absent(seed: int, hospital: str, names: tuple, way: str) -> None:
    count = bar_c4.wronged(seed, hospital, names, (way,))
    assert count["studies"] >= 3 and count["diseased"]
    assert not sum(count[k] for k in ("record", "lost", "template", "denier")), count


def test_the_bar_sees_an_absence(chest: tuple[Volume, Segmentation]) -> None:
    """With the coverage of the whole labels the same record is counted against the bar."""
    found = measure(*chest).findings
    count = bar_c4.judged(found, "lung", "right", {("cardiomegaly", "midline")})
    assert count["record"] and count["template"] and count["denier"]


def test_every_measured_finding_says_what_it_needs() -> None:
    for name in METHODS:
        assert any(n == "lung" for n, _ in needed(name, "left"))
    assert set(bar_c4.DEPENDS["heart"]) == {"cardiomegaly"}


def test_organs_without_a_voxel_are_left_out_and_reasons_are_told(chest: tuple[Volume, Segmentation]) -> None:
    volume, found = chest
    value = next(v for v, row in found.table.items() if row.anatomy_id == "heart")
    record = measure(volume, bar_c4.without(found, value, "silent")).findings
    assert "heart" not in {o.anatomy_id for o in record.organs}
    row = next(c for c in record.coverage if c.finding_id == "cardiomegaly")
    assert row.reason == "MED-S03: the heart was not segmented"
    named = measure(volume, bar_c4.without(found, value, "named")).findings
    assert next(c for c in named.coverage if c.finding_id == "cardiomegaly").reason == \
        "MED-S03: the heart was taken out"


def test_untested_classes_state_no_absence_and_nothing_certain(
        chest: tuple[Volume, Segmentation], tmp_path: Path) -> None:
    volume, found = chest
    network = replace(found, produced_by="net 1", untested=frozenset({"lung"}))
    record = measure(volume, network).findings
    assert record.organs and not any(c.assessable for c in record.coverage)
    assert {c.reason for c in record.coverage if c.finding_id == "pneumothorax"} == {
        "MED-S03: untested class: lung by net 1"}
    assert {f.presence for f in record.findings} == {"uncertain"}
    file = tmp_path / "s.csv"
    file.write_text(",".join(COLUMNS) + "\nnet 1,lung,pneumothorax,0.91,120 studies of this site\n")
    record = measure(volume, network, tested=read_tested(file)).findings
    rows = {c.side: c for c in record.coverage if c.finding_id == "pneumothorax"}
    assert all(rows[s].assessable and rows[s].sensitivity == 0.91 for s in ("left", "right"))
    assert record.state("pneumothorax", "left") == "present" and record.state("pneumothorax", "right") == "absent"
    assert record.state("pleural_effusion", "left") == "not_assessable"


def test_a_file_of_sensitivities_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("a,b\n1,2\n", ",".join(COLUMNS) + "\nnet 1,lung,pneumothorax,1.4,here\n",
                 ",".join(COLUMNS) + "\nnet 1,lung,pneumothorax,0.4,\n"):
        (tmp_path / "s.csv").write_text(text)
        with pytest.raises(MedomniError, match="MED-C07"):
            read_tested(tmp_path / "s.csv")
    monkeypatch.setenv("MEDOMNI_SENSITIVITIES", str(tmp_path / "none.csv"))
    with pytest.raises(MedomniError, match="MED-C08"):
        read_tested()
    monkeypatch.delenv("MEDOMNI_SENSITIVITIES")
    assert not read_tested().rows


def test_one_lung_alone_is_measured_on_its_side(chest: tuple[Volume, Segmentation]) -> None:
    volume, found = chest
    labels = found.labels.copy()
    labels[found.mask("lung", "right")] = 0
    record = measure(volume, replace(found, labels=labels)).findings
    assert record.state("pneumothorax", "left") == "present"
    assert all(record.state(name, "right") == "not_assessable" for name in ("pneumothorax", "consolidation"))
    assert not np.isnan([f.confidence for f in record.findings]).any()
