"""Bar C7's short form: a patient mirrored, cut in another plane and turned has the same findings, each on its side."""

from __future__ import annotations

import pytest

from benchmarks.bar_c7 import cases, differences
from medomni.records import Finding, Findings, Study

pytestmark = pytest.mark.flow


def test_one_patient_three_ways() -> None:
    said = cases(1, matrix=112, slice_mm=6.0)
    assert [line for lines, _ in said.values() for line in lines] == []
    assert set(said) == {"mirrored", "rotated", "fed"}
    assert all(findings > 0 for _, findings in said.values())


def test_a_wrong_side_and_a_wrong_size_are_seen() -> None:
    study = Study(study_key="k", modality="CT")
    one = Finding(id="f1", finding_id="lung_nodule", anatomy_id="lung", side="left", measured_by="rule", longest_mm=9.0,
                  uncertainty_mm=1.0, centroid_mm=(40.0, 0.0, 0.0))
    plain = Findings(study=study, findings=(one,))

    def with_(**change: object) -> Findings:
        return Findings(study=study, findings=(one.model_copy(update=change),))

    assert differences(plain, plain) == []
    assert differences(plain, with_(side="right", centroid_mm=(-40.0, 0.0, 0.0)), mirror=True) == []
    for wrong in (with_(side="right"), with_(longest_mm=10.2), with_(centroid_mm=(50.0, 0.0, 0.0)),
                  with_(presence="uncertain"), Findings(study=study)):
        assert differences(plain, wrong)
    assert differences(plain, plain, mirror=True)
