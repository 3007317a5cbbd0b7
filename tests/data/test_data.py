"""What the model reads: slabs keep sides and scale, prompts keep what was not assessed, batches are a pure function."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from medomni.data import BatchPlan, Encoder, SlabSettings, chest_slabs, collate, fact_lines, load_cases, save_cases
from medomni.data.case import split_by_patient
from medomni.data.windows import windowed
from medomni.errors import MedomniError
from medomni.records import Coverage, Finding, Findings, Study
from medomni.volume import Label, Segmentation, Volume, reorient
from tests.cases import small_bundle, square_case, square_cases

pytestmark = pytest.mark.unit
STUDY = Study(study_key="k", modality="CT")


def chest() -> tuple[Volume, Segmentation]:
    """A body with two lungs; a bright cube in the patient's left lung near the head."""
    array = np.full((40, 100, 100), -1000, np.int16)
    array[:, 20:80, 10:90] = 40
    lungs = np.zeros(array.shape, np.uint8)
    lungs[5:35, 30:70, 15:45], lungs[5:35, 30:70, 55:85] = 1, 2
    array[lungs > 0] = -850
    array[28:33, 40:60, 60:80] = 2000
    affine = np.array([[0, 0, 3.5, -170], [0, 3.5, 0, -170], [6, 0, 0, 0], [0, 0, 0, 1]], float)
    return (Volume(array, affine, STUDY),
            Segmentation(lungs, {1: Label(1, "lung", "right"), 2: Label(2, "lung", "left")}, affine, "test"))


@pytest.mark.parametrize(("order", "flips"), [((0, 1, 2), (False, False, False)), ((0, 1, 2), (True, False, True)),
                                             ((2, 0, 1), (False, True, True)), ((1, 2, 0), (True, True, False))])
def test_slabs_do_not_depend_on_the_array(order, flips) -> None:
    volume, segmentation = chest()
    plain = chest_slabs(volume, segmentation, SlabSettings(slices=8, size=64))
    array, affine = reorient(volume.array, volume.affine, order, flips)
    labels, _ = reorient(segmentation.labels, volume.affine, order, flips)
    turned = chest_slabs(Volume(array, affine, STUDY), Segmentation(labels, segmentation.table, affine, "test"),
                         SlabSettings(slices=8, size=64))
    assert np.array_equal(plain.hu, turned.hu) and plain.pair_mm == pytest.approx(turned.pair_mm)
    assert plain.pair_mm == pytest.approx(2 * 30 * 6 / 8) and plain.source == "chest"
    bright = np.argwhere(plain.hu > 500).mean(axis=0)
    assert bright[0] > 4 and bright[2] > 32, "near the head, at the patient's left: later slab, larger column"


def test_without_lungs_the_whole_volume_is_shown() -> None:
    volume, segmentation = chest()
    empty = replace(segmentation, labels=np.zeros_like(segmentation.labels))
    assert chest_slabs(volume, empty, SlabSettings(slices=4, size=64)).source == "whole"


def test_windows() -> None:
    channels = windowed(torch.tensor([[[-1000, -750, 200, -600]]]))
    assert channels[0, 0, 0].tolist() == pytest.approx([-1, 0, 1, 0.6], abs=1e-5)
    assert channels.shape == (1, 3, 1, 4) and float(channels.abs().max()) <= 1


def test_facts_keep_what_was_not_assessed() -> None:
    coverage = (Coverage(finding_id="lung_mass", anatomy_id="lung", side="left", method="m", assessable=False,
                         reason="r"),)
    rows = (Finding(id="1", finding_id="lung_nodule", anatomy_id="lung", segment="upper_lobe", side="left",
                    longest_mm=11.6, measured_by="t"),
            Finding(id="2", finding_id="pneumothorax", anatomy_id="pleural_space", side="right", confidence=0.2,
                    measured_by="t"),
            Finding(id="3", finding_id="cardiomegaly", anatomy_id="heart", side="midline", measured_by="t"),
            Finding(id="4", finding_id="lung_nodule", anatomy_id="lung", side="right", longest_mm=8.0,
                    presence="uncertain", confidence=0.3, measured_by="t"))
    lines = fact_lines(Findings(study=STUDY, coverage=coverage, findings=rows))
    assert lines == ["lung nodule left upper lobe 12 mm", "cardiomegaly", "uncertain: lung nodule right 8 mm",
                     "not assessable: lung mass left"]


def test_facts_can_be_withheld_and_nothing_is_cut() -> None:
    bundle = small_bundle()
    encoder = Encoder(bundle.tokenizer, bundle.family)
    case = square_case(1)
    told, hidden = (encoder.prompt_text(case, facts=f) for f in (True, False))
    assert "pleural effusion right small" in told and "effusion" not in hidden and "withheld" in hidden
    assert str(case.findings.study.patient.age_years) in hidden
    with pytest.raises(MedomniError) as info:
        Encoder(bundle.tokenizer, bundle.family, context=20).encode(case, facts=True)
    assert info.value.code == "MED-M07"
    with pytest.raises(MedomniError) as info:
        encoder.encode(replace(case, hu=case.hu[:, :50, :50]), facts=True)
    assert info.value.code == "MED-M06"


def test_collate_pads_right_to_train_and_left_to_generate() -> None:
    bundle = small_bundle()
    encoder = Encoder(bundle.tokenizer, bundle.family)
    examples = [encoder.encode(square_case(k), facts=k == 0) for k in range(2)]
    right, left = collate(examples, encoder), collate(examples, encoder, left=True)
    assert right.attention_mask[1].tolist() == sorted(right.attention_mask[1].tolist(), reverse=True)
    assert left.attention_mask[1].tolist() == sorted(left.attention_mask[1].tolist())
    assert right.report_tokens == sum(len(e.ids) - e.prompt for e in examples)


def test_cases_round_trip_without_pickle(tmp_path: Path) -> None:
    cases = square_cases(3)
    loaded = load_cases(save_cases(cases, tmp_path / "c.npz"))
    assert all(np.array_equal(a.hu, b.hu) and a.findings == b.findings and a.report == b.report
               for a, b in zip(cases, loaded, strict=True))
    (tmp_path / "c.npz").write_bytes(b"not an archive")
    with pytest.raises(MedomniError) as info:
        load_cases(tmp_path / "c.npz")
    assert info.value.code == "MED-C07"
    with pytest.raises(MedomniError) as info:
        split_by_patient(cases, cases[:1])
    assert info.value.code == "MED-M09"


def test_batches_are_a_pure_function_and_cover_every_case() -> None:
    lengths = np.random.default_rng(0).integers(50, 200, 37)
    plan, again = (BatchPlan(lengths, 4, seed=3, window=3) for _ in range(2))
    epoch = [plan.step(k) for k in range(plan.per_epoch)]
    assert sorted(i for b in epoch for i in b) == list(range(37))
    assert [again.step(k) for k in (25, 3, 11)] == [plan.step(k) for k in (25, 3, 11)]
    spread = np.mean([np.ptp(lengths[b]) for b in epoch])
    loose = BatchPlan(lengths, 4, seed=3, window=1)
    assert spread < np.mean([np.ptp(lengths[loose.step(k)]) for k in range(loose.per_epoch)])
    assert plan.with_facts(5, 1.0) == [True] * 4 and not any(plan.with_facts(5, 0.0))
