"""Another segmenter through the whole measuring: what is recorded, and what a report may not say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medomni.check.closing import not_assessed_section
from medomni.phantom import render, sample_patient
from medomni.pipeline import measure_volume, report_case
from medomni.records import Warned
from medomni.segment import get_segmenter
from medomni.volume import Label, Segmentation, Volume

pytestmark = pytest.mark.flow


class Network:
    """Lungs of the rules under other names, as a network gives them; ``sides`` are those that it finds."""

    name = "net"
    version = "1"

    def __init__(self, *sides: str) -> None:
        self.sides = sides

    def segment(self, volume: Volume) -> Segmentation:
        found = get_segmenter().segment(volume)
        labels = np.zeros(found.labels.shape, np.uint8)
        for value, side in enumerate(("right", "left"), start=1):
            if side in self.sides:
                labels[found.mask("lung", side)] = value
        table = {1: Label(1, "lung", "right"), 2: Label(2, "lung", "left")}
        return Segmentation(labels, table, volume.affine, "net 1", untested=frozenset({"lung"}),
                            warnings=(Warned(code="MED-S12", detail="a note"),))


@pytest.fixture(scope="module")
def volume() -> Volume:
    return render(sample_patient(5, "A"), 96, 5.0)


def test_findings_are_uncertain_and_the_note_is_recorded(volume: Volume) -> None:
    study = measure_volume(volume, segmenter=Network("right", "left"))
    assert study.has_lungs and study.labels.mask("hemithorax", "left").any()
    assert {o.anatomy_id for o in study.findings.organs} == {"lung"}
    assert {w.code for w in study.findings.study.warnings} >= {"MED-S12"}
    own = measure_volume(volume).findings
    assert [(f.finding_id, f.side) for f in study.findings.findings] == [(f.finding_id, f.side) for f in own.findings]
    assert {f.presence for f in study.findings.findings} == {"uncertain"}
    assert "untested class: lung by net 1" in not_assessed_section(study.findings)
    assert "未经验证" in not_assessed_section(study.findings, "zh")


@pytest.mark.parametrize("sides", [(), ("left",)])
def test_without_both_lungs_no_model_is_asked(volume: Volume, sides: tuple[str, ...]) -> None:
    study = measure_volume(volume, segmenter=Network(*sides))
    assert not study.has_lungs and not any(c.assessable for c in study.findings.coverage)
    report, check = report_case(None, study)  # type: ignore[arg-type]
    assert "were not assessed" in report.text and "No " not in report.text
    assert not [f for f in check.flags if f.severity in ("critical", "major")]


def test_labels_erased_without_a_word_are_no_lungs(volume: Volume) -> None:
    study = measure_volume(volume)
    empty = replace(study.segmentation, labels=np.zeros_like(study.segmentation.labels))
    assert not replace(study, segmentation=empty, working=None).has_lungs
