"""The records that pass between the rooms: frozen pydantic models, each with a schema version.

Lengths are millimetres, volumes millilitres, attenuations Hounsfield units, positions LPS millimetres (DICOM
PS3.3 C.7.6.2.1.1: x to the patient's left, y to the posterior, z to the head). Text spans are half-open
character offsets ``(start, end)`` into the text they belong to. ``side`` is always the patient's side.

Absent and *not assessed* are different states: a finding is absent only where a :class:`Coverage` with
``assessable=True`` names it and no present :class:`Finding` contradicts it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = "1"

Side = Literal["left", "right", "bilateral", "midline", "unspecified"]
Presence = Literal["present", "absent", "uncertain"]
Severity = Literal["trace", "small", "moderate", "large"]
FlagSeverity = Literal["critical", "major", "minor", "info"]
Category = Literal[  # the six error categories of ReXVal (Yu et al. 2023, Patterns 4(9):100802)
    "false_finding", "omitted_finding", "wrong_location", "wrong_severity",
    "comparison_not_in_reference", "omitted_change",
]
ClaimState = Literal["supported", "contradicted", "not_assessable"]
Span = tuple[int, int]
Point = tuple[float, float, float]


class Record(BaseModel):
    """Base of every record: frozen, refuses unknown keys, NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Warned(Record):
    """A recorded warning that reaches the clinician's page; ``code`` is a key of the error catalogue."""

    code: str
    detail: str = ""


class Patient(Record):
    """What the model may know of a patient. Age is capped at 90 (HIPAA 45 CFR 164.514(b)(2)(i)(C))."""

    sex: Literal["female", "male", "other", "unknown"] = "unknown"
    age_years: Annotated[int, Field(ge=0, le=90)] | None = None


class Window(Record):
    """A window that a file suggests: ``width`` about ``centre``, in the volume's unit; ``name`` is one of a few known
    words, such as ``LUNG``, or empty."""

    centre: float
    width: Annotated[float, Field(ge=1)]
    name: str = ""


class Acquisition(Record):
    """How images were taken, as far as all slices of a series state the same; None is *not stated*, and never a guess.

    Attributes:
        maker: of the scanner, one of a few known words, lower case (``siemens``); kernels are named by makers.
        kvp: tube voltage in kV (0018,0060). exposure_mas: Exposure (0018,1152).
        slice_thickness_mm: Slice Thickness (0018,0050), which differs from the step where slices overlap.
        ecg_gated: whether the heart's cycle chose the data, see :func:`medomni.dicom.acquired.gated`.
        derived: whether the images were computed from other images (Image Type, PS3.3 C.7.6.1.1.2).
        patient_position: Patient Position (0018,5100) where it is a defined term.
        view: View Position (0018,5101) of a radiograph where it is a defined term.
        side_known: of a radiograph, whether the patient's side at its edges is known; the affine carries it then.
        side_reason: where a radiograph's side is known from, or why it is not.
    """

    maker: str | None = None
    kvp: float | None = None
    exposure_mas: float | None = None
    slice_thickness_mm: float | None = None
    ecg_gated: bool | None = None
    derived: bool | None = None
    patient_position: str | None = None
    view: str | None = None
    side_known: bool | None = None
    side_reason: str = ""


class Study(Record):
    """One imaging study without names, dates or UIDs.

    ``study_key`` is a keyed hash of the StudyInstanceUID; the UIDs stay in the site's own store.
    ``spacing_mm`` is (between slices along the normal, between rows, between columns).
    ``orientation`` is the plane and slice order, e.g. ``axial``; ``source`` is ``dicom``, ``phantom`` or
    ``nifti``; ``synthetic`` marks phantoms wherever they are shown. ``windows`` are those of the first slice;
    ``acquisition`` is None in files from before and where nothing states it.
    """

    schema_version: Literal["1"] = "1"
    study_key: str
    modality: str
    body_part: str | None = None
    patient: Patient = Patient()
    spacing_mm: Point | None = None
    orientation: str | None = None
    kernel: str | None = None
    contrast: bool | None = None
    acquisition: Acquisition | None = None
    windows: tuple[Window, ...] = ()
    prior_available: bool = False
    source: str = "dicom"
    synthetic: bool = False
    warnings: tuple[Warned, ...] = ()


class History(Record):
    """What the request says of the patient; free of names, dates and numbers that identify."""

    symptom: str = ""
    prior: str = ""
    language: Literal["en", "zh"] = "en"


class Coverage(Record):
    """What was looked for. ``assessable=False`` carries the reason; such a finding is *not assessable*.

    ``side`` limits the statement (``bilateral`` = both sides looked at). ``z_range_mm`` is the LPS z range that
    was looked at, where the field of view is partial. ``sensitivity`` is measured on phantoms, else null.
    """

    finding_id: str
    anatomy_id: str
    side: Side = "bilateral"
    method: str
    assessable: bool = True
    reason: str | None = None
    min_size_mm: float | None = None
    sensitivity: float | None = None
    z_range_mm: tuple[float, float] | None = None


class Calibre(Record):
    """The greatest diameter of a part of a vessel at right angles to its course, and where it is; ``length_mm`` is the
    way along the body over which that part was measured."""

    anatomy_id: str
    diameter_mm: float
    uncertainty_mm: float
    centroid_mm: Point
    length_mm: float


class Organ(Record):
    """A segmented organ; ``level`` of a vertebra (``T7``) or rib (``5``); ``truncated`` where the view cuts it;
    ``approximate`` where rules part it by thickness and place alone; ``calibres`` of a vessel's parts, as far as they
    were measured."""

    label: int
    anatomy_id: str
    side: Side = "unspecified"
    level: str | None = None
    present: bool = True
    volume_ml: float | None = None
    hu_mean: float | None = None
    hu_sd: float | None = None
    truncated: bool = False
    approximate: bool = False
    calibres: tuple[Calibre, ...] = ()


class PriorChange(Record):
    """Comparison of a finding with an earlier study; ``longest_mm`` and ``volume_ml`` are what it had there.

    ``doubling_days`` is negative where the volume halves in that time, None where it did not change by more than the
    measurements are uncertain by, or the interval is not known.
    """

    change: Literal["new", "unchanged", "grown", "smaller", "resolved"]
    interval_days: int | None = None
    longest_mm: float | None = None
    volume_ml: float | None = None
    doubling_days: float | None = None


class SizeUncertainty(Record):
    """Half the width of an interval that is to hold the true value in nine of ten, for sizes beside the longest."""

    short_mm: float | None = None
    longest_3d_mm: float | None = None
    short_3d_mm: float | None = None
    volume_ml: float | None = None
    pleura_mm: float | None = None


class Finding(Record):
    """One measured finding. Sizes are RECIST-like: longest in-plane diameter and its perpendicular.

    ``longest_3d_mm`` and ``short_3d_mm`` are the greatest and smallest caliper distance in space; ``pleura_mm`` is the
    distance in space to the chest wall or the diaphragm, not to the mediastinum, None where none of these is within
    40 mm, where fluid or free air lies before it, or nothing was measured. ``uncertainty_mm`` is of ``longest_mm``,
    ``uncertainty`` of the others.
    """

    id: str
    finding_id: str
    anatomy_id: str
    segment: str | None = None
    side: Side = "unspecified"
    presence: Presence = "present"
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    attenuation: Literal["solid", "ground_glass", "part_solid", "calcified", "fluid", "gas"] | None = None
    count: int | None = None
    longest_mm: float | None = None
    short_mm: float | None = None
    longest_3d_mm: float | None = None
    short_3d_mm: float | None = None
    pleura_mm: float | None = None
    volume_ml: float | None = None
    hu_mean: float | None = None
    hu_sd: float | None = None
    ratio: float | None = None
    centroid_mm: Point | None = None
    bbox: tuple[int, int, int, int, int, int] | None = None
    mask_ref: str | None = None
    severity: Severity | None = None
    prior: PriorChange | None = None
    measured_by: str
    uncertainty_mm: float | None = None
    uncertainty: SizeUncertainty | None = None


class Comparison(Record):
    """Comparison of a study with an earlier one of the same patient.

    ``comparable=False`` carries the reason; then nothing is said of any finding's change. A finding that is present and
    carries no ``prior`` could not be compared. ``resolved`` holds what the earlier study showed and this one does not,
    as it was measured then. ``open`` names what could not be compared, (finding, side, reason).
    """

    comparable: bool
    reason: str | None = None
    interval_days: int | None = None
    method: str = ""
    moved_mm: float | None = None
    turned_deg: float | None = None
    resolved: tuple[Finding, ...] = ()
    open: tuple[tuple[str, str, str], ...] = ()


class Score(Record):
    """A quantity that is measured whether or not it is called a finding, such as an emphysema index.

    Attributes:
        score_id: a measure of the graph. level: a vertebra's name (``T12``) where it is known.
        value: in ``unit``. uncertainty: half the width of an interval that held the true value in 95 % of synthetic
            patients, in ``unit``; None where that was not measured.
        centroid_mm: where it was measured. measured_by: method and version. source: whose definition it is.
    """

    score_id: str
    anatomy_id: str
    side: Side = "unspecified"
    level: str | None = None
    value: float
    unit: str = ""
    uncertainty: float | None = None
    centroid_mm: Point | None = None
    measured_by: str
    source: str = ""


class QualityItem(Record):
    """One thing that makes images worse, as measured; ``reason`` begins with its code of the error catalogue.

    ``value`` and ``threshold`` are in ``unit``; the state is worse than ``ok`` on the wrong side of the threshold, and
    ``not_assessed`` where nothing could be measured. ``noise_air`` is measured and has no threshold. ``side`` is that
    of the lung which ``field_of_view`` says is cut.
    """

    kind: Literal["values", "slice_distance", "slice_count", "noise", "noise_air", "motion", "field_of_view", "apex",
                  "base", "metal"]
    state: Literal["ok", "degraded", "unusable", "not_assessed"]
    value: float | None = None
    unit: str = ""
    threshold: float | None = None
    code: str | None = None
    reason: str = ""
    side: Literal["right", "left", "bilateral"] | None = None


class Quality(Record):
    """How good the images are. ``weight`` is the smallest of its items' weights, see :mod:`medomni.quality.limits`: it
    multiplies the confidence of findings and, in training, the loss of the case."""

    items: tuple[QualityItem, ...]
    weight: Annotated[float, Field(gt=0, le=1)] = 1.0
    measured_by: str

    @property
    def faults(self) -> tuple[QualityItem, ...]:
        """The items that are degraded or unusable."""
        return tuple(i for i in self.items if i.state in ("degraded", "unusable"))


class Findings(Record):
    """All that was measured in one study, and all that was looked for; ``quality`` is None and ``scores`` are
    empty in files from before, ``comparison`` is None where no earlier study was given."""

    schema_version: Literal["1"] = "1"
    study: Study
    coverage: tuple[Coverage, ...] = ()
    organs: tuple[Organ, ...] = ()
    findings: tuple[Finding, ...] = ()
    quality: Quality | None = None
    comparison: Comparison | None = None
    scores: tuple[Score, ...] = ()

    def state(self, finding_id: str, side: Side = "unspecified") -> Literal["present", "absent", "not_assessable"]:
        """What the images say of a finding: never ``absent`` without coverage of every side asked for, nor where an
        uncertain detection lies on one of them."""
        sides = {"left", "right"} if side in ("bilateral", "unspecified") else {side}
        mine = [f for f in self.findings if f.finding_id == finding_id]
        here = [f for f in mine if side == "unspecified" or f.side in (side, "bilateral", "unspecified")]
        if any(f.presence == "present" for f in here):
            return "present"
        doubtful = mine if side == "bilateral" else here  # one uncertain side is enough to leave both open
        if any(f.presence == "uncertain" for f in doubtful):
            return "not_assessable"
        covered: set[str] = set()
        for c in self.coverage:
            if c.finding_id == finding_id and c.assessable:
                covered |= {"left", "right", "midline"} if c.side in ("bilateral", "unspecified") else {c.side}
        return "absent" if sides <= covered else "not_assessable"


class Section(Record):
    """A section of a report; ``name`` is history, technique, comparison, findings, impression or other."""

    name: str
    span: Span


class Provenance(Record):
    """Where a report's words come from; hashes are SHA-256 in hexadecimal."""

    model: str
    adapter_sha256: str | None = None
    prompt_sha256: str | None = None
    seed: int | None = None
    code_version: str
    demonstration: bool = False


class Revision(Record):
    """One change that the generate-check-revise step made; ``before`` or ``after`` may be empty."""

    rule: str
    before: str
    after: str
    reason: str


class Report(Record):
    """A report text with its sections and where it came from."""

    schema_version: Literal["1"] = "1"
    text: str
    sections: tuple[Section, ...] = ()
    language: Literal["en", "zh"] = "en"
    provenance: Provenance | None = None
    revisions: tuple[Revision, ...] = ()


class Measurement(Record):
    """A measurement in a sentence; only ``size`` and ``largest-of`` compare with a measured diameter."""

    value_mm: float
    role: Literal["size", "largest-of", "bound", "distance", "calibre"] = "size"
    span: Span | None = None


class Claim(Record):
    """One statement about one finding, parsed from a report."""

    span: Span
    section: str = "findings"
    text: str = ""
    finding_id: str
    anatomy_id: str | None = None
    side: Side = "unspecified"
    presence: Presence = "present"
    temporality: Literal["current", "prior", "new", "unchanged", "increased", "decreased", "resolved"] = "current"
    measurements: tuple[Measurement, ...] = ()
    severity: Severity | None = None
    count: int | None = None
    parse_confidence: Annotated[float, Field(ge=0, le=1)] = 1.0


class Evidence(Record):
    """What a flag rests on: measured findings, a mask, a path in the graph, the coverage that was used."""

    finding_ids: tuple[str, ...] = ()
    mask_ref: str | None = None
    graph_path: tuple[str, ...] = ()
    coverage: str | None = None
    measured: str | None = None


class Message(Record):
    """A sentence for clinicians in both languages."""

    en: str
    zh: str


class Flag(Record):
    """A disagreement (or a thing that cannot be judged) with its evidence. ``code`` is E01..E15."""

    id: str
    code: Annotated[str, Field(pattern=r"^E(0[1-9]|1[0-5])$")]
    category: Category
    severity: FlagSeverity
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    span: Span | None = None
    claim: int | None = None
    evidence: Evidence = Evidence()
    rule: str
    message: Message
    suggestion: str | None = None


class CheckedClaim(Record):
    """A claim and what the images say of it."""

    claim: Claim
    state: ClaimState
    reason: str = ""
    evidence: Evidence = Evidence()


class CoverageSummary(Record):
    """How much of a report could be judged, and what was not looked at."""

    assessable_claims: int
    not_assessable_claims: int
    not_assessed: tuple[str, ...] = ()


class CheckResult(Record):
    """The outcome of holding a report against findings."""

    schema_version: Literal["1"] = "1"
    claims: tuple[CheckedClaim, ...] = ()
    omissions: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    coverage: CoverageSummary
    graph_version: str


class Verdict(Record):
    """A reader's decision on a flag. Append-only: each line carries the hash of the one before."""

    schema_version: Literal["1"] = "1"
    study_key: str
    flag_id: str
    decision: Literal["accept", "reject", "edit", "undo"]
    reason: str = ""
    reviewer: str
    time: str
    previous_sha256: str


_GRADES_ML: tuple[tuple[float, Severity], ...] = ((50.0, "trace"), (300.0, "small"), (1000.0, "moderate"))


def volume_grade(volume_ml: float) -> Severity:
    """Grade of pleural fluid or air by volume: trace < 50 ml, small < 300 ml, moderate < 1000 ml, else large.

    The cut-offs are this project's own, one scale for effusion and pneumothorax; they follow the usual reading
    of CT volumes (blunted angle ~200 ml on radiographs, white-out above a litre) and are not a guideline.
    """
    for limit, grade in _GRADES_ML:
        if volume_ml < limit:
            return grade
    return "large"


TOP_LEVEL = (Study, Findings, Report, CheckResult, Verdict)


def export_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schema of each top-level record to ``folder``; returns the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for cls in TOP_LEVEL:
        path = folder / f"{cls.__name__.lower()}.schema.json"
        path.write_text(json.dumps(cls.model_json_schema(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
        written.append(path)
    return written
