"""Synthetic patients: everything that is drawn from a seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from medomni.phantom.anatomy import Anatomy
from medomni.phantom.disease import sampled_lesions, with_nodules
from medomni.phantom.history import sampled_history
from medomni.phantom.hospitals import HOSPITALS
from medomni.phantom.lesions import Lesions, measured_truth
from medomni.phantom.scanner import SCANNERS
from medomni.phantom.trees import Tree, airway_tree, vessel_tree
from medomni.phantom.tubes import Tubes
from medomni.records import Coverage, Finding, Findings, History, Patient, Study
from medomni.volume import Volume

PHANTOM_FINDINGS: tuple[str, ...] = (
    "lung_nodule",
    "lung_mass",
    "pleural_effusion",
    "pneumothorax",
    "consolidation",
    "cardiomegaly",
    "rib_fracture",
)
_ANATOMY = {
    "lung_nodule": "lung",
    "lung_mass": "lung",
    "pleural_effusion": "pleural_space",
    "pneumothorax": "pleural_space",
    "consolidation": "lung",
    "cardiomegaly": "heart",
    "rib_fracture": "rib",
}


class Extra(Protocol):
    """Something that a builder adds to a patient: it paints itself over the finished chest, before blur and noise."""

    def paint(self, canvas: Any, patient: PhantomPatient) -> None:
        """Change ``canvas.hu`` in place."""
        ...


@dataclass(frozen=True, eq=False)
class PhantomPatient:
    """A synthetic patient. Everything follows from ``seed`` and ``hospital``; no person stands behind it.

    Attributes:
        patient: sex and age. history: symptom and prior sentence, without the facts.
        truth: the findings that are there, measured from their masks; every id of ``PHANTOM_FINDINGS`` that
        is not
            named is truly absent.
        anatomy, lesions: the parameters that are rendered.
        fluid_hu, consolidation_hu, bone_hu: HU of effusions, consolidations and vertebral marrow.
        scars, granulomas: sides (-1 right, +1 left) with confounders that are no finding.
        extras: what builders such as :mod:`medomni.phantom.emphysema` add; painted last. gated: whether the scan is
            said to follow the heart's cycle.
    """

    seed: int
    hospital: str
    patient: Patient
    history: History
    truth: tuple[Finding, ...]
    anatomy: Anatomy
    lesions: Lesions
    fluid_hu: float = 12.0
    consolidation_hu: float = 30.0
    bone_hu: float = 170.0
    scars: tuple[int, ...] = ()
    granulomas: tuple[int, ...] = ()
    vessels: tuple[Tree, Tree] = field(repr=False, default=())  # type: ignore[assignment]
    extras: tuple[Extra, ...] = ()
    gated: bool | None = None

    @cached_property
    def _airways(self) -> tuple[Tree, Tree]:
        rng = np.random.default_rng([self.seed, HOSPITALS[self.hospital].number, 21])
        return airway_tree(self.anatomy, -1, rng), airway_tree(self.anatomy, 1, rng)

    def vessel_tubes(self) -> Tubes:
        """The pulmonary vessels of both lungs."""
        return _tubes(self.vessels, self.anatomy.blood_hu + 5, None)

    def airway_tubes(self) -> Tubes:
        """The intrapulmonary airways of both lungs, lumen with a wall."""
        return _tubes(self._airways, -970.0, -150.0)


def _tubes(trees: tuple[Tree, ...], hu: float, wall: float | None) -> Tubes:
    t = Tubes()
    for tree in trees:
        child = np.flatnonzero(tree.parent >= 0)
        up = tree.parent[child]
        r0 = np.minimum(tree.radius[up], tree.radius[child] * 1.25)
        grow = 1.0 if wall is None else 1.45
        t.a.extend(tree.nodes[up])
        t.b.extend(tree.nodes[child])
        t.ra.extend(r0 * grow)
        t.rb.extend(tree.radius[child] * grow)
        n = len(child)
        t.tall.extend([1.0] * n)
        t.hu.extend([hu] * n)
        t.rim_hu.extend([hu if wall is None else wall] * n)
        t.core.extend([1.0 if wall is None else 1 / grow] * n)
    return t


def _anatomy(rng: np.random.Generator, hospital: str, sex: str, big_heart: bool) -> Anatomy:
    h = HOSPITALS[hospital]
    s = 1.0 if sex == "male" else 0.93
    contrast = float(rng.uniform(150, 220))
    arms = bool(rng.random() < 0.1)
    width = float(s * rng.uniform(0.94, 1.06))
    fat = float(rng.uniform(7, 24)) + (4.0 if sex == "female" else 0.0)
    fov = 2 * (168 * width + fat) + float(rng.uniform(14, 34)) + (60.0 if arms else 0.0)
    breathing = float(rng.uniform(-8, 10))
    return Anatomy(
        width=width,
        depth=float(s * rng.uniform(0.94, 1.08)),
        height=float(s * rng.uniform(0.93, 1.05)),
        fat=fat,
        breast=float(rng.uniform(28, 52)) if sex == "female" else 0.0,
        dome_right=-80 - breathing + float(rng.uniform(-5, 5)),
        dome_left=-95 - breathing + float(rng.uniform(-5, 5)),
        heart_ratio=float(rng.uniform(0.54, 0.63) if big_heart else rng.uniform(0.38, 0.455)),
        heart_yaw=float(rng.uniform(-44, -30)),
        heart_pitch=float(rng.uniform(18, 32)),
        mediastinum=float(rng.uniform(24, 29)),
        aorta_radius=float(rng.uniform(11, 14.5)),
        lung_hu=float(rng.uniform(-885, -850)),
        blood_hu=contrast if h.contrast else float(rng.uniform(36, 46)),
        liver_hu=float(rng.uniform(95, 120) if h.contrast else rng.uniform(50, 64)),
        dependent=-1 if h.prone else 1,
        arms=arms,
        fov=max(340.0, fov),
        table=bool(rng.random() < 0.95),
    )


def sample_patient(seed: int, hospital: str = "A") -> PhantomPatient:
    """The patient of a seed at a hospital (``A``, ``B`` or ``C``); the same call gives the same patient."""
    h = HOSPITALS[hospital]
    body, disease, words, trees = (
        np.random.default_rng(s) for s in np.random.SeedSequence([seed, h.number]).spawn(4)
    )
    sex = "female" if body.random() < 0.48 else "male"
    age = int(np.clip(body.normal(61, 16), 19, 90))
    kinds = chosen_kinds(disease, hospital)
    anatomy = _anatomy(body, hospital, sex, "cardiomegaly" in kinds)
    vessels = (vessel_tree(anatomy, -1, trees), vessel_tree(anatomy, 1, trees))
    lesions = sampled_lesions(anatomy, kinds, vessels, disease)
    truth = measured_truth(anatomy, lesions)
    patient = Patient(sex=sex, age_years=age)  # type: ignore[arg-type]
    return PhantomPatient(
        seed=seed,
        hospital=hospital,
        patient=patient,
        history=sampled_history(truth, words),
        truth=truth,
        anatomy=anatomy,
        lesions=lesions,
        fluid_hu=float(body.uniform(5, 20)),
        consolidation_hu=float(body.uniform(20, 40) + (25 if h.contrast else 0)),
        bone_hu=float(body.uniform(120, 230)),
        scars=tuple(s for s in (-1, 1) if body.random() < 0.2),
        granulomas=tuple(s for s in (-1, 1) if body.random() < 0.1),
        vessels=vessels,
    )


def with_more_nodules(patient: PhantomPatient, sizes: list[float], rng: np.random.Generator) -> PhantomPatient:
    """The same patient with further solid nodules of these longest diameters (mm), as far as there is room for them."""
    lesions = with_nodules(patient.anatomy, patient.lesions, patient.vessels, sizes, rng)
    return replace(patient, lesions=lesions, truth=measured_truth(patient.anatomy, lesions))


def with_ground_glass(patient: PhantomPatient, sizes: list[float], rng: np.random.Generator) -> PhantomPatient:
    """The same patient with ground-glass nodules of these longest diameters (mm) and -700 to -450 HU, as far as there
    is room for them. No sampled patient has any."""
    before = len(patient.lesions.nodules)
    lesions = with_nodules(patient.anatomy, patient.lesions, patient.vessels, sizes, rng)
    glass = tuple(replace(n, hu=float(rng.uniform(-700, -450))) for n in lesions.nodules[before:])
    lesions = replace(lesions, nodules=(*lesions.nodules[:before], *glass))
    return replace(patient, lesions=lesions, truth=measured_truth(patient.anatomy, lesions))


def chosen_kinds(rng: np.random.Generator, hospital: str) -> tuple[str, ...]:
    """The ids of the findings that a patient will have, drawn from the hospital's mix;
    empty for a normal patient.
    """
    h = HOSPITALS[hospital]
    if rng.random() < h.normal:
        return ()
    kinds = tuple(k for k, p in h.mix.items() if rng.random() < p)
    if kinds:
        return kinds
    weights = np.array(list(h.mix.values()))
    return (list(h.mix)[int(rng.choice(len(weights), p=weights / weights.sum()))],)


def phantom_study(patient: PhantomPatient) -> Study:
    """The study record of a patient, marked synthetic."""
    h = HOSPITALS[patient.hospital]
    key = hashlib.sha256(f"phantom/{patient.hospital}/{patient.seed}".encode()).hexdigest()[:32]
    return Study(
        study_key=key,
        modality="CT",
        body_part="CHEST",
        patient=patient.patient,
        orientation="axial",
        kernel=SCANNERS[h.scanner].kernel,
        contrast=h.contrast,
        prior_available=False,
        source="phantom",
        synthetic=True,
    )


def phantom_findings(patient: PhantomPatient, volume: Volume | None = None) -> Findings:
    """The truth as a record: every finding,
    and coverage of both sides for each id of ``PHANTOM_FINDINGS``.
    """
    cover = tuple(
        Coverage(
            finding_id=k, anatomy_id=_ANATOMY[k], side="bilateral", method="phantom truth", sensitivity=1.0
        )
        for k in PHANTOM_FINDINGS
    )
    study = phantom_study(patient) if volume is None else volume.study
    return Findings(study=study, coverage=cover, findings=patient.truth)
