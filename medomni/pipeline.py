"""The story in one sitting: read, segment, measure, generate, check, write. Command line, notebook, server and demo
all call this module; torch is loaded only by the functions that need the model."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medomni.errors import MedomniError, why
from medomni.files import write_text
from medomni.outputs import CHECK, DICOM, FINDINGS, IMAGES, REPORT_JSON, REPORT_PAGE, REPORT_TEXT, removed
from medomni.records import CheckResult, Findings, History, Provenance, Report

if TYPE_CHECKING:
    from medomni.data import Case, SlabSettings
    from medomni.data.choice import Choice
    from medomni.findings import Measured
    from medomni.model import Bundle
    from medomni.segment import Segmenter
    from medomni.train import Recipe
    from medomni.volume import Segmentation, Volume

Stage = Callable[[str], Any]
_NONE_BEFORE = re.compile(r"\s*(?:no\b|none\b|nil\b|not\b|n/?a\b|without\b|first\b|unknown\b|"
                          r".*\b(?:not available|unavailable)\b|无|没有|未|首次)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class MeasuredStudy:
    """A study after reading, segmenting and measuring.

    Attributes:
        seconds: stage name to wall time.
        working: the label map that was measured, where the segmenter's own is not (see ``segment/working.py``).
    """

    volume: Volume
    segmentation: Segmentation
    measured: Measured
    seconds: dict[str, float] = field(default_factory=dict)
    working: Segmentation | None = None

    @property
    def labels(self) -> Segmentation:
        """The label map that was measured."""
        return self.working or self.segmentation

    @property
    def has_lungs(self) -> bool:
        """Whether lungs were segmented, without which neither findings nor the model's view are of a chest."""
        return "lung" not in self.labels.abstained and bool(self.labels.mask("lung").any())

    @property
    def findings(self) -> Findings:
        """The findings record."""
        return self.measured.findings


@contextmanager
def _timed(seconds: dict[str, float], name: str, stage: Stage | None) -> Iterator[None]:
    if stage:
        stage(name)
    begun = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - begun


def measure_volume(volume: Volume, *, segmenter: str | Segmenter = "builtin", stage: Stage | None = None,
                   where: object = None) -> MeasuredStudy:
    """Segment and measure a CT volume; of a chest radiograph measure what can be measured there.

    Args:
        segmenter: the name of one, or one.
        where: the folder or file that an error names.

    Raises:
        MedomniError: MED-D07 for another modality than CT and radiographs of the chest, MED-S05 for an unknown
            segmenter, MED-S02 and what else the segmenter says, MED-S04; MED-C07, MED-C08 for the file of
            MEDOMNI_SENSITIVITIES.
    """
    from medomni.findings import measure, with_lobes
    from medomni.findings.radiograph import chest_radiograph
    from medomni.findings.tested import read_tested
    from medomni.segment.lobes import find_lobes
    from medomni.segment.working import working_labels

    if chest_radiograph(volume):
        return _measured_radiograph(volume, stage)
    if volume.study.modality != "CT":
        raise MedomniError("MED-D07", f"modality {volume.study.modality}", where=where)
    seconds: dict[str, float] = {}
    with _timed(seconds, "segment", stage):
        chosen = segmenter_named(segmenter) if isinstance(segmenter, str) else segmenter
        segmentation = chosen.segment(volume)
        if segmentation.warnings:
            said = (*volume.study.warnings, *segmentation.warnings)
            volume = replace(volume, study=volume.study.model_copy(update={"warnings": said}))
        working = working_labels(volume, segmentation)
    with _timed(seconds, "measure", stage), ThreadPoolExecutor(1) as beside:
        lobes = beside.submit(find_lobes, volume, working)
        measured = with_lobes(measure(volume, segmentation, working=working, tested=read_tested()), volume,
                              lobes.result())
    return MeasuredStudy(volume, segmentation, measured, seconds, working)


def segmenter_named(name: str) -> Segmenter:
    """The segmenter of this name; the own network gets what outlines findings, which its room may not import.

    Raises:
        MedomniError: MED-S05 when no such name is installed.
    """
    from medomni.findings.outlines import outlines
    from medomni.segment import get_segmenter
    from medomni.segment.unet import UNetSegmenter

    made = get_segmenter(name)
    if isinstance(made, UNetSegmenter):
        made.outlines = outlines
    return made


def _measured_radiograph(volume: Volume, stage: Stage | None) -> MeasuredStudy:
    """A radiograph has no organs in space: an empty label map that abstains from all of them."""
    import numpy as np

    from medomni.findings.radiograph import measure_radiograph
    from medomni.volume import Segmentation

    seconds: dict[str, float] = {}
    with _timed(seconds, "measure", stage):
        measured = measure_radiograph(volume)
    empty = Segmentation(np.zeros(volume.array.shape, np.uint8), {}, volume.affine, "none: radiograph",
                         abstained={"lung": "MED-S21: a radiograph is not segmented"})
    return MeasuredStudy(volume, empty, measured, seconds)


def mask_segmenter(path: Path | str, table: str | None = None) -> Segmenter:
    """Masks made elsewhere in the place of a segmenter.

    Args:
        path: a DICOM SEG of the study, or a NIfTI label map on its grid.
        table: for NIfTI, what the labels are: a CSV file (``value,anatomy_id,side``), or the name of a known table
            (``totalsegmentator``); without it the CSV file beside the mask.

    Raises:
        MedomniError: MED-S11 for a table that is not valid or names an anatomy that neither the graph nor the built-in
            segmenter has.
    """
    from medomni.dicom.masks import MaskSegmenter, read_table
    from medomni.dicom.names import shown_name
    from medomni.knowledge import load_graph
    from medomni.segment.classes import class_table, class_tables
    from medomni.segment.labels import TABLE
    from medomni.volume import UNMAPPED

    if table is None:
        return MaskSegmenter(path)
    if table in class_tables():
        return MaskSegmenter(path, class_table(table))
    rows = read_table(table)
    own = {row.anatomy_id for row in TABLE.values()} | {UNMAPPED}  # what `segment --nifti` writes beside its labels
    for row in rows.values():
        if row.anatomy_id not in own and row.anatomy_id not in load_graph():
            said = f"the value {row.value} names an anatomy that the graph does not have"
            raise MedomniError("MED-S11", f"{said}; known tables: {', '.join(class_tables())}",
                               where=shown_name(Path(table).name))
    return MaskSegmenter(path, rows)


def measure_study(
    folder: Path | str, *, series: int | None = None, resample: bool = False, modality: str | None = None,
    segmenter: str | Segmenter = "builtin", stage: Stage | None = None, prior: Path | str | None = None,
    radiographs: bool = False,
) -> MeasuredStudy:
    """Read a study and measure it; what is read, and errors, as ``read_study`` and :func:`measure_volume` say.

    Args:
        prior: folder of an earlier study of the same patient: findings carry their change then
            (:mod:`medomni.findings.prior`); MED-S31 for another patient's or a later one, MED-C06 without SimpleITK.
        radiographs: take a chest radiograph where there is no volume; else it is refused as before (MED-D09).
    """
    from medomni.dicom.cache import read_maybe_cached
    from medomni.dicom.interval import interval_days
    from medomni.findings.registration import simple_itk

    days = None
    if prior is not None:
        simple_itk()
        days = interval_days(folder, prior)

    seconds: dict[str, float] = {}
    with _timed(seconds, "read", stage):
        try:
            volume = read_maybe_cached(folder, series=series, resample=resample, modality=modality)
        except MedomniError as exc:
            from medomni.dicom.radiograph import or_radiograph

            if not radiographs:
                raise
            volume = or_radiograph(exc, folder)
    study = measure_volume(volume, segmenter=segmenter, stage=stage, where=folder)
    if prior is not None:
        with _timed(seconds, "compare", stage):
            study = with_prior(study, measure_study(prior, resample=resample, modality=modality), days)
    return replace(study, seconds={**seconds, **study.seconds})


def with_prior(study: MeasuredStudy, before: MeasuredStudy, interval_days: int | None = None) -> MeasuredStudy:
    """The study with each finding's change since an earlier one; its record says that there is one."""
    from medomni.findings.prior import Seen, compared

    findings = compared(Seen(study.volume, study.labels, study.findings),
                        Seen(before.volume, before.labels, before.findings), interval_days)
    record = findings.study.model_copy(update={"prior_available": True})
    return replace(study, volume=replace(study.volume, study=record),
                   measured=replace(study.measured, findings=findings.model_copy(update={"study": record})))


def case_of(study: MeasuredStudy, *, history: History | None = None, slabs: SlabSettings | None = None,
            report: str | None = None, truth: Findings | None = None, patient_key: str = "", site: str = "") -> Case:
    """The case that the model reads, from a measured study."""
    from medomni.data import Case, SlabSettings, chest_slabs, finding_places

    settings = slabs or SlabSettings()
    view = chest_slabs(study.volume, study.labels, settings)
    places = finding_places(study.volume, study.labels, study.findings.findings, study.measured.masks, settings)
    weight = study.findings.quality.weight if study.findings.quality else 1.0
    return Case(view.hu, view.pair_mm, study.findings, history or History(), report, truth, patient_key, site, places,
                weight)


def choice_sheet(volume: Volume, choice: Choice) -> bytes:
    """PNG of a choice: every picture with side letters and a scale bar; below it window, level and reason."""
    from medomni.data.choice import WINDOWS
    from medomni.data.crops import crop_edges
    from medomni.draw import Tile, png, tiles_image

    axial = volume.axial()
    return png(tiles_image(volume, [
        Tile(p.slice, WINDOWS[p.window], (f"{p.window} window, {p.crop}, z {p.z_mm:.0f} mm", p.reason),
             crop_edges(axial, p.slice, p.x_mm, p.y_mm)) for p in choice.picks]))


def load_model(model: str | None = None, adapter: Path | str | None = None, recipe: Recipe | None = None) -> Bundle:
    """A recipe's base model, the model in a folder, or else the embedded one, with an adapter where one is given."""
    from medomni.model import base_bundle, load_adapter, load_bundle

    bundle = base_bundle(recipe.model, model) if recipe else load_bundle(model)
    return load_adapter(bundle, adapter) if adapter else bundle


def load_recipe(config: Path | str | None) -> Recipe | None:
    """The recipe whose view of the images and whose base are to be used; None where no file is given."""
    if config is None:
        return None
    from medomni.config import load_config
    from medomni.train import Recipe

    return load_config(config, Recipe)


def report_case(bundle: Bundle, study: MeasuredStudy, *, history: History | None = None, facts: bool = True,
                recipe: Recipe | None = None) -> tuple[Report, CheckResult]:
    """Report and check of a measured study; with a ``recipe``, in its view and context.

    Where no lungs were segmented the model is not asked: a sentence about organs that were not
    looked at would be a guess. The report then says what was not assessed. What could not be assessed is added
    to every report as a section of its own.
    """
    from medomni.check import check_report, extract_claims
    from medomni.check.closing import not_assessed_section
    from medomni.check.projection import radiograph_text
    from medomni.generate import generate_report

    study = with_history(study, history)
    if study.volume.study.orientation == "projection":
        report = Report(text=radiograph_text(study.findings), provenance=_template_origin("radiograph"))
    elif not study.has_lungs:
        report = Report(text="FINDINGS:\nThe lungs, the pleura and the heart were not assessed.",
                        provenance=_template_origin())
    else:
        case = case_of(study, history=history, slabs=recipe.data.slabs if recipe else None)
        report, _ = generate_report(bundle, case, facts=facts, context=recipe.data.context if recipe else None)
    text = report.text + not_assessed_section(study.findings, report.language)
    report = report.model_copy(update={"text": text, "sections": tuple(extract_claims(text).sections)})
    return report, check_report(report, study.findings)


def with_history(study: MeasuredStudy, history: History | None) -> MeasuredStudy:
    """The study, whose record says that an earlier one is known where the history tells of it."""
    record = study.findings.study
    if history is None or not history.prior.strip() or _NONE_BEFORE.match(history.prior) or record.prior_available:
        return study
    record = record.model_copy(update={"prior_available": True})
    return replace(study, volume=replace(study.volume, study=record), measured=replace(
        study.measured, findings=study.findings.model_copy(update={"study": record})))


def _template_origin(why: str = "the field of view holds no chest") -> Provenance:
    import medomni

    return Provenance(model=f"none (template: {why})", code_version=medomni.__version__)


def report_study(
    folder: Path | str, out: Path | str, *, history: History | None = None, model: str | None = None,
    adapter: Path | str | None = None, config: Path | str | None = None, facts: bool = True,
    series: int | None = None, resample: bool = False, modality: str | None = None, dicom: bool = False,
    segmenter: str | Segmenter = "builtin", stage: Stage | None = None, prior: Path | str | None = None,
) -> dict[str, Any]:
    """``medomni report``: the whole job for one study, compared with an earlier one where ``prior`` names its folder.

    With ``config`` (a recipe) the model, its view of the images and its context are the recipe's; with ``dicom`` the
    folder ``out/dicom`` gets what :func:`medomni.export.export_dicom` writes.

    Writes ``findings.json, report.json, report.txt, check.json, images.npz, report.html`` to ``out``; an earlier run's
    DICOM objects go before.

    Returns:
        Seconds by stage and the paths written.

    Raises:
        MedomniError: as :func:`measure_study`, :func:`medomni.export.export_dicom`; MED-C04.
    """
    from medomni.export import earlier_objects, export_dicom

    earlier_objects(objects := Path(out) / DICOM, alone=dicom)  # refused before the work begins
    recipe = load_recipe(config)
    study = with_history(measure_study(folder, series=series, resample=resample, modality=modality,
                                       segmenter=segmenter, stage=stage, prior=prior, radiographs=not dicom), history)
    seconds = dict(study.seconds)
    with _timed(seconds, "load model", stage):
        bundle = load_model(model, adapter, recipe)
    with _timed(seconds, "generate and check", stage):
        report, check = report_case(bundle, study, history=history, facts=facts, recipe=recipe)
    with _timed(seconds, "write", stage):
        removed(earlier_objects(objects, alone=dicom))
        paths = write_study(Path(out), study, report, check)
        if dicom:
            paths += export_dicom(study, folder, objects, document=Path(out))
    return {"seconds": {k: round(v, 2) for k, v in seconds.items()}, "paths": [str(p) for p in paths]}


def check_study(text: str, study: MeasuredStudy) -> tuple[Report, CheckResult]:
    """``medomni check``: hold a given report against a measured study; errors MED-K01, MED-K02, MED-K04."""
    from medomni.check import check_report

    report = Report(text=text)
    return report, check_report(report, study.findings)


def write_study(out: Path, study: MeasuredStudy, report: Report, check: CheckResult) -> list[Path]:
    """Write a finished study's files; each is written beside and renamed; error MED-C04."""
    from medomni.review.images import save_images
    from medomni.review.page import study_page

    paths = [
        write_text(out / FINDINGS, study.findings.model_dump_json(indent=2)),
        write_text(out / REPORT_JSON, report.model_dump_json(indent=2)),
        write_text(out / REPORT_TEXT, f"{report.text}\n\n{research_note(report)}\n"),
        write_text(out / CHECK, check.model_dump_json(indent=2)),
        save_images(out / IMAGES, study.volume, study.segmentation, study.measured.masks),
    ]
    return [*paths, write_text(out / REPORT_PAGE, study_page(out))]


def write_page(html: Path, study: MeasuredStudy, report: Report, check: CheckResult) -> Path:
    """The study's page alone, whole in one file; what else lies in its folder stays as it is."""
    with tempfile.TemporaryDirectory(prefix="medomni-") as folder:
        write_study(Path(folder), study, report, check)
        page = (Path(folder) / REPORT_PAGE).read_text(encoding="utf-8")
    return write_text(html, page)


def research_note(report: Report) -> str:
    """The lines that go with every exported report text, in English and Chinese."""
    lines = ["Research use only; not a medical device, not a diagnosis. 仅供研究，非医疗器械，不作诊断。"]
    if report.provenance and report.provenance.demonstration:
        lines.append("Written by a demonstration model that was trained on synthetic patients only. "
                     "本报告由仅用合成病例训练的演示模型生成。")
    return "\n".join(lines)


def read_findings(path: Path) -> Findings:
    """A findings record from JSON; errors MED-C08, MED-C07."""
    if not path.is_file():
        raise MedomniError("MED-C08", where=path)
    try:
        return Findings.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as exc:
        raise MedomniError("MED-C07", why(exc), where=path) from exc
