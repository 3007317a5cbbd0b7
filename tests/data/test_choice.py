"""Slices and crops under a token budget: kept, even, with every finding, and the same places however the study lies."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image

from medomni.data.choice import WINDOWS, Choice, choose, picture_tokens, pictures
from medomni.data.crops import Chest
from medomni.errors import MedomniError
from medomni.findings import Measured, measure
from medomni.model.family import FAMILIES, QWEN2_5_OMNI, QWEN3_OMNI
from medomni.model.patches import patchify, token_count
from medomni.phantom import render, sample_patient
from medomni.pipeline import choice_sheet
from medomni.records import Finding
from medomni.segment import get_segmenter
from medomni.volume import Segmentation, Volume, reorient

pytestmark = pytest.mark.unit
TURNS = {"mirrored": ((0, 1, 2), (False, False, True)), "feet first": ((0, 1, 2), (True, False, True)),
         "upside down": ((0, 1, 2), (True, False, False)), "sagittal": ((2, 0, 1), (False, True, False)),
         "prone": ((0, 1, 2), (False, True, True))}


@cache
def _study() -> tuple[Volume, Segmentation, Measured]:
    """Effusion on the right, pneumothorax on the left."""
    volume = render(sample_patient(5, "A"))
    segmentation = get_segmenter().segment(volume)
    return volume, segmentation, measure(volume, segmentation)


def _choice(budget: int, size: int = 96) -> Choice:
    volume, segmentation, measured = _study()
    return choose(volume, segmentation, measured.findings, family=QWEN3_OMNI, budget=budget, size=size)


@pytest.mark.parametrize("family", list(FAMILIES.values()), ids=list(FAMILIES))
def test_tokens_are_counted_as_the_model_does(family) -> None:  # type: ignore[no-untyped-def]
    import torch

    size = 4 * family.patch * family.merge
    _, grid = patchify(torch.zeros(1, 3, size, size), family)
    assert picture_tokens(size, family) == token_count(grid, family) == 16


@pytest.mark.parametrize("budget", [9, 10, 17, 18, 27, 36, 45, 63, 80, 99, 144, 200, 288, 576, 1000, 5000])
def test_the_budget_is_kept_and_used(budget: int) -> None:
    choice = _choice(budget)
    assert choice.tokens == 9 * len(choice.picks) <= budget
    if budget <= 288:  # a larger one holds more pictures than there are slices to cover
        assert choice.tokens > budget - 9


@pytest.mark.parametrize("budget", [27, 36, 45, 90, 144, 288])
def test_every_third_of_the_lungs_is_covered(budget: int) -> None:
    volume, segmentation, _ = _study()
    chest = Chest(volume, segmentation)
    even = [p for p in _choice(budget).picks if p.finding is None and p.window == "lung"]
    low, high = (chest.levels[k] for k in chest.slices)
    thirds = {int(np.clip((chest.levels[p.slice] - low) / (high - low) * 3, 0, 2)) for p in even}
    assert thirds == {0, 1, 2}
    lungs = Volume(segmentation.mask("lung").astype(np.int16), volume.affine, volume.study).axial().array
    assert all(lungs[p.slice].any() for p in even)


def test_every_finding_has_its_slice() -> None:
    volume, _, measured = _study()
    shown = [f for f in measured.findings.findings if f.presence != "absent" and f.centroid_mm]
    assert shown
    picks = {p.finding: p for p in _choice(9 * (len(shown) + 3)).picks if p.finding}
    assert picks.keys() == {f.id for f in shown}
    for f in shown:
        pick = picks[f.id]
        assert f.centroid_mm and f.id in pick.reason
        assert abs(pick.z_mm - f.centroid_mm[2]) <= volume.spacing_mm[0] / 2 + 0.1
        assert pick.x_mm[0] < f.centroid_mm[0] < pick.x_mm[1] and pick.y_mm[0] < f.centroid_mm[1] < pick.y_mm[1]


def test_a_nodule_is_shown_large() -> None:
    volume, segmentation, measured = _study()
    centre = (60.0, -20.0, round(float(Chest(volume, segmentation).levels[25]), 1))
    nodules = tuple(Finding(id=f"f{n}", finding_id="lung_nodule", anatomy_id="lung", side="left", longest_mm=mm,
                            confidence=confidence, centroid_mm=centre, measured_by="t")
                    for n, (mm, confidence) in enumerate(((12.0, 0.6), (45.0, 0.9))))
    record = measured.findings.model_copy(update={"findings": nodules})
    picks = [p for p in choose(volume, segmentation, record, family=QWEN3_OMNI, budget=36, size=96).picks if p.finding]
    assert [p.finding for p in picks] == ["f1"], "with one picture to spare the most certain is shown"
    picks = [p for p in choose(volume, segmentation, record, family=QWEN3_OMNI, budget=45, size=96).picks if p.finding]
    widths = {p.finding: round(p.x_mm[1] - p.x_mm[0], 1) for p in picks}
    assert widths == {"f0": 60.0, "f1": 90.0}
    assert all(p.slice == 25 and p.crop == "finding" and p.window == "lung" for p in picks)


def test_even_pictures_have_windows_and_reasons() -> None:
    picks = [p for p in _choice(288).picks if p.finding is None]
    assert {p.window for p in picks} == set(WINDOWS)
    for name in WINDOWS:
        own = [p for p in picks if p.window == name]
        assert [p.reason for p in own] == [f"even cover {k + 1}/{len(own)}" for k in range(len(own))]
        assert len({p.slice for p in own}) == len(own)
    assert {p.crop for p in picks if p.window == "bone"} == {"body"}


@pytest.mark.parametrize("turn", list(TURNS))
def test_the_same_places_however_the_study_lies(turn: str) -> None:
    volume, segmentation, measured = _study()
    array, affine = reorient(volume.array, volume.affine, *TURNS[turn])  # type: ignore[arg-type]
    labels, _ = reorient(segmentation.labels, volume.affine, *TURNS[turn])  # type: ignore[arg-type]
    other = replace(volume, array=array, affine=affine)
    choice = choose(other, replace(segmentation, labels=labels, affine=affine), measured.findings, family=QWEN3_OMNI,
                    budget=288, size=96)
    assert choice == _choice(288)
    assert (pictures(other, choice) == pictures(volume, choice)).all()


def test_a_kept_choice_gives_the_same_pictures() -> None:
    volume = _study()[0]
    choice = _choice(144)
    again = Choice.model_validate_json(choice.model_dump_json())
    cut = pictures(volume, again)
    assert again == choice == _choice(144)
    assert cut.shape == (len(choice.picks), 96, 96) and cut.dtype == np.int16
    lungs = [k for k, p in enumerate(choice.picks) if p.window == "lung" and p.crop == "lungs"]
    assert all((cut[k] < -700).mean() > 0.1 for k in lungs)


def test_no_findings_and_no_lungs() -> None:
    volume, segmentation, _ = _study()
    bare = Segmentation(np.zeros_like(segmentation.labels), segmentation.table, volume.affine, "t")
    choice = choose(volume, bare, None, family=QWEN2_5_OMNI, budget=81, size=84)
    assert not choice.lungs and len(choice.picks) == 9
    assert all("no lungs" in p.reason for p in choice.picks)


def test_what_cannot_be_chosen() -> None:
    volume, segmentation, _ = _study()
    for budget, size, code in ((8, 96, "MED-C03"), (100, 90, "MED-M06")):
        with pytest.raises(MedomniError, match=code):
            choose(volume, segmentation, None, family=QWEN3_OMNI, budget=budget, size=size)
    with pytest.raises(MedomniError, match="MED-S02"):
        choose(replace(volume, array=volume.array[:-1]), segmentation, None, family=QWEN3_OMNI, budget=9, size=96)


def test_the_sheet_shows_every_picture() -> None:
    choice = _choice(72)
    sheet = Image.open(io.BytesIO(choice_sheet(_study()[0], choice)))
    assert sheet.size == (6 * 220, 2 * (220 + 30))
    lines = np.asarray(sheet)[220:250, :220]
    assert (lines > 150).any(), "no words under the first picture"
