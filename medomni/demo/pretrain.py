"""``medomni pretrain``: the tiny omni model from scratch on synthetic patients of the home hospital."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medomni.config import load_config
from medomni.demo.corpus import Progress, build_cases

if TYPE_CHECKING:
    from medomni.data import Case
    from medomni.records import Finding

TRAIN_SEEDS = 1_000_000
"""Seeds of pretraining patients start here; those of tests, demo and bars lie below, so no patient is shared."""


TRANSCRIPT_SEEDS = 3_000_000
"""Seeds of patients who exist as words only."""
NO_LOBE = 0.12
"""Share of the facts of a patient of words that do not name their lobe."""
SHUFFLES = 9
"""Further lists of facts a patient of words gets, drawn from all patients' facts."""


def transcripts(count: int, like: Sequence[Case], *, first_seed: int, hospital: str = "A") -> list[Case]:
    """Patients as facts, history and report, without images (the first of ``like`` lends the shape of its slabs).

    One in ten has the facts of a phantom. The others keep a phantom's age, sex and history and get facts drawn from
    those of all phantoms, kinds in the hospital's mix: such a list need not fit one chest, but its report fits it,
    and words that follow the facts is all that is learned from it. What was not assessable is taken from the measured
    cases ``like``, and as there some findings come without their lobe. Half of the reports are in a house style drawn
    from all: a model that never read a word of another hospital's prose cannot be adapted to it by a few matrices.
    """
    import numpy as np

    from medomni.data import Case
    from medomni.phantom import REPORT_STYLES, phantom_study, reference_report, sample_patient
    from medomni.records import Findings

    people = [sample_patient(seed, hospital) for seed in range(first_seed, first_seed + -(-count // (SHUFFLES + 1)))]
    pool: dict[str, list[Finding]] = {}
    for person in people:
        for finding in person.truth:
            pool.setdefault(finding.finding_id, []).append(finding)
    out, blank = [], np.zeros_like(like[0].hu)
    for number in range(count):
        person, rng = people[number % len(people)], np.random.default_rng([first_seed, number, 5])
        if number >= len(people):
            person = replace(person, seed=first_seed + number, truth=drawn_facts(pool, rng, hospital))
        told = tuple(f.model_copy(update={"segment": None}) if rng.random() < NO_LOBE else f for f in person.truth)
        person = replace(person, truth=told)
        dark = tuple(c for c in like[int(rng.integers(len(like)))].findings.coverage if not c.assessable)
        findings = Findings(study=phantom_study(person), findings=told, coverage=dark)
        style = None if rng.random() < 0.5 else str(rng.choice(list(REPORT_STYLES)))
        out.append(Case(blank, like[0].pair_mm, findings, person.history, reference_report(person, style=style),
                        None, f"words-{first_seed + number}", hospital))
    return out


def drawn_facts(pool: Mapping[str, Sequence[Finding]], rng: Any, hospital: str) -> tuple[Finding, ...]:
    """Facts of kinds in the hospital's mix, at most one of a kind and side; nodules up to three."""
    from medomni.phantom.patient import chosen_kinds

    facts: list[Finding] = []
    for kind in chosen_kinds(rng, hospital):
        rows = pool.get(kind)
        if not rows:
            continue
        for _ in range(int(rng.integers(1, 4)) if kind == "lung_nodule" else 1 + int(rng.random() < 0.25)):
            row = rows[int(rng.integers(len(rows)))]
            if kind == "lung_nodule" or not any((f.finding_id, f.side) == (kind, row.side) for f in facts):
                facts.append(row.model_copy(update={"id": f"f{len(facts) + 1}"}))
    return tuple(facts)


def recipe_schema() -> Any:
    """The recipe's schema: a training recipe plus the cohort of synthetic patients."""
    from pydantic import Field

    from medomni.config import Config
    from medomni.train import Recipe

    class Cohort(Config):
        """Synthetic patients: hospital name to number of patients; ``transcripts`` more that exist as words only."""

        hospitals: dict[str, int] = Field(min_length=1)
        first_seed: int = TRAIN_SEEDS
        transcripts: int = Field(0, ge=0)
        through_dicom: bool = False
        workers: int = 2

    class PretrainRecipe(Recipe):
        """A recipe whose cases are phantoms."""

        cohort: Cohort

    return PretrainRecipe


def pretrain(config: Path, out: Path, *, cases: Progress | None = None, steps: Any = None,
             install: bool = False) -> dict[str, Any]:
    """Build the cohort, train from scratch, write ``out/model``; a killed run resumes in both halves.

    With ``install`` the weights become the embedded model of this checkout.

    Raises:
        MedomniError: MED-C01..C03 for the recipe, else as :func:`medomni.train.train`.
    """
    from medomni.model.bundle import EMBEDDED
    from medomni.train.command import run_recipe

    recipe = load_config(config, recipe_schema())
    cohort = recipe.cohort
    loaded: list[Case] = []
    for name, count in cohort.hospitals.items():
        seeds = range(cohort.first_seed, cohort.first_seed + count)
        loaded += build_cases(name, seeds, recipe.data.slabs, out / "cases", through_dicom=cohort.through_dicom,
                              workers=cohort.workers, progress=cases)
    words = transcripts(recipe.cohort.transcripts, loaded, first_seed=TRANSCRIPT_SEEDS)
    bundle, result = run_recipe(recipe, loaded, out / "run", bundle=_fresh(recipe, [*loaded, *words]),
                                transcripts=words, progress=steps)
    model = out / "run" / "model"
    if install:
        shutil.copytree(model, EMBEDDED, dirs_exist_ok=True)
    return {"cases": len(loaded), "steps": result.steps, "resumed_from": result.resumed_from,
            "seconds": round(result.seconds, 1), "last_loss": result.losses[-1] if result.losses else None,
            "parameters": sum(p.numel() for p in bundle.model.parameters()), "model": str(model)}


def _fresh(recipe: Any, cases: Sequence[Case]) -> Any:
    """A model from scratch whose tokenizer has seen reports and prompts of the cohort."""
    from medomni.data import Encoder
    from medomni.model import build_bundle
    from medomni.model.family import FAMILIES

    family = FAMILIES[recipe.model.family]
    words = Encoder(_Ids(), family)
    corpus = [text for c in cases for text in (c.report or "", words.prompt_text(c, facts=True))]
    return build_bundle(recipe.model, corpus=corpus, seed=recipe.train.seed)


class _Ids:
    """Stands in for a tokenizer while only the words of prompts are wanted."""

    def convert_tokens_to_ids(self, _: str) -> int:
        return 0
