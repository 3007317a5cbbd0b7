"""One ``medomni`` command; each sub-command is a few lines over a room. Nothing heavy is imported before it is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from medomni import __version__
from medomni.cli import forget, scrub, segmenting, training
from medomni.cli.deidentify import deidentify
from medomni.cli.ingest import ingest
from medomni.cli.options import (
    Adapter,
    Format,
    Masks,
    MaskTable,
    Modality,
    ModelDir,
    OutDir,
    Prior,
    RecipeFile,
    Resample,
    SegmenterName,
    Series,
    Study,
    chosen_segmenter,
    in_words,
)
from medomni.cli.pacs import pacs
from medomni.cli.pictures import pictures
from medomni.cli.shown import finding_lines, organ_lines
from medomni.cli.slices import slices
from medomni.errors import MedomniError
from medomni.files import read_report, unwritable
from medomni.outputs import CHECK, CONTACT, IMAGES, LABELS_NIFTI, REPORT_PAGE, REPORT_TEXT, SEG, VOLUME_NIFTI
from medomni.progress import counted, stages

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Radiology reports from omni models, checked against the images. Research software, "
                       "not a medical device.")

app.add_typer(pacs, name="pacs")
app.add_typer(segmenting.group, name="segment")


def console() -> Any:
    """The console for tables and progress."""
    from rich.console import Console

    return Console()


app.command("inspect")(ingest)
app.command()(ingest)


@segmenting.group.command(segmenting.STUDY)
def segment(folder: Study, out: OutDir, series: Series = None, resample: Resample = False, modality: Modality = None,
            segmenter: SegmenterName = "builtin", masks: Masks = None, mask_table: MaskTable = None,
            dicom_seg: Annotated[bool, typer.Option("--dicom-seg", help="Write the mask as DICOM SEG too.")] = False,
            nifti: Annotated[bool, typer.Option("--nifti", help="Write volume and labels as NIfTI too.")] = False,
            ) -> None:
    """Pre-segment a chest CT: images.npz, a picture, and volumes by organ."""
    from dataclasses import replace

    from medomni.draw import contact_sheet
    from medomni.files import replacing
    from medomni.pipeline import measure_study
    from medomni.review.images import save_images

    with stages() as stage:
        study = measure_study(folder, series=series, resample=resample, modality=modality, stage=stage,
                              segmenter=chosen_segmenter(segmenter, masks, mask_table))
    save_images(out / IMAGES, study.volume, study.segmentation, study.measured.masks)
    with replacing(out / CONTACT) as beside:
        beside.write_bytes(contact_sheet(study.volume, outlines=study.segmentation))
    written = [out / IMAGES, out / CONTACT]
    if dicom_seg:
        from medomni.dicom.seg import write_segmentation

        written.append(write_segmentation(study.segmentation, study.volume, folder, out / SEG))
    if nifti:
        from medomni.dicom.masks import write_table

        labels = replace(study.volume, array=study.segmentation.labels.astype("int16"))
        for name, volume in ((VOLUME_NIFTI, study.volume), (LABELS_NIFTI, labels)):
            written.append(volume.to_nifti(out / name))
        written.append(write_table(study.segmentation.table, out / LABELS_NIFTI))
    for line in organ_lines(study.findings):
        print(line)
    print("written: " + ", ".join(str(path) for path in written))


app.command()(slices)
app.command()(pictures)


@app.command()
def measure(folder: Study, out: Annotated[Path, typer.Option("--out", "-o", help="findings.json to write.")],
            series: Series = None, resample: Resample = False, modality: Modality = None,
            segmenter: SegmenterName = "builtin", masks: Masks = None, mask_table: MaskTable = None,
            prior: Prior = None) -> None:
    """Measure findings in a chest CT and say what was not assessed."""
    from medomni.files import write_text
    from medomni.pipeline import measure_study

    with stages() as stage:
        study = measure_study(folder, series=series, resample=resample, modality=modality, stage=stage,
                              segmenter=chosen_segmenter(segmenter, masks, mask_table), prior=prior,
                              radiographs=True)
    write_text(out, study.findings.model_dump_json(indent=2))
    for line in organ_lines(study.findings):
        print(line)
    for line in finding_lines(study.findings):
        print(line)


@app.command()
def report(folder: Study, out: OutDir, series: Series = None, resample: Resample = False, modality: Modality = None,
           adapter: Adapter = None, model: ModelDir = None, config: RecipeFile = None,
           symptom: Annotated[str, typer.Option(help="History for the prompt; no names, no dates.")] = "",
           prior: Annotated[str, typer.Option(help="What an earlier study showed; no names, no dates.")] = "",
           prior_study: Prior = None,
           segmenter: SegmenterName = "builtin", masks: Masks = None, mask_table: MaskTable = None,
           dicom: Annotated[bool, typer.Option("--dicom", help="Masks, measurements, picture as DICOM too.")] = False,
           withhold_facts: Annotated[bool, typer.Option(help="Prompt without measured facts.")] = False) -> None:
    """The whole job for one study: findings, report, check, page."""
    from medomni.pipeline import report_study
    from medomni.records import History

    history = History(symptom=symptom, prior=in_words(prior, "--prior-study FOLDER"))
    with stages() as stage:
        done = report_study(folder, out, series=series, resample=resample, modality=modality, adapter=adapter,
                            model=model, config=config, stage=stage, facts=not withhold_facts, dicom=dicom,
                            segmenter=chosen_segmenter(segmenter, masks, mask_table), prior=prior_study,
                            history=history)
    print((out / REPORT_TEXT).read_text(encoding="utf-8"))
    print(", ".join(f"{k} {v} s" for k, v in done["seconds"].items()))
    print("written: " + ", ".join(done["paths"]))


@app.command()
def extract(text: Annotated[Optional[Path], typer.Argument(help="Report file; standard input without it.")] = None,  # noqa: UP045
            format: Annotated[Format, typer.Option(help="table, json, or jsonl (a stream).")] = "table") -> None:
    """Claims of a report: finding, side, presence, size, with spans."""
    from medomni.check import extract_claims, extract_jsonl

    if format == "jsonl":
        if text is not None and not text.is_file():
            raise MedomniError("MED-C08", where=text)
        for line in extract_jsonl(sys.stdin if text is None else read_report(text).splitlines(keepends=True)):
            print(line)
        return
    with _naming(text):
        claims, _, language, _ = extract_claims(read_report(text))
    if format == "json":
        import json

        print(json.dumps({"language": language, "claims": [c.model_dump(mode="json") for c in claims]}))
        return
    if not claims:
        print("no claim was found in this report", file=sys.stderr)
    for c in claims:
        sizes = " ".join(f"{m.value_mm:g} mm" for m in c.measurements)
        print(f"{c.span[0]:>5}-{c.span[1]:<5} {c.presence:<9} {c.finding_id:<22} {c.side:<11} {sizes} {c.text!r}")


@app.command()
def check(report: Annotated[Optional[Path], typer.Option(help="Report text file.")] = None,  # noqa: UP045
          study: Annotated[Optional[Path], typer.Option(help="DICOM folder to measure.")] = None,  # noqa: UP045
          findings: Annotated[Optional[Path], typer.Option(help="findings.json instead of a study.")] = None,  # noqa: UP045
          html: Annotated[Optional[Path], typer.Option(help="Page to write.")] = None,  # noqa: UP045
          out: Annotated[Optional[Path], typer.Option("--out", "-o", help="Folder for all files.")] = None,  # noqa: UP045
          format: Annotated[Format, typer.Option(help="table, json, or jsonl from standard input.")] = "table",
          prior: Annotated[str, typer.Option(help="What an earlier study showed, if there is one.")] = "",
          series: Series = None, resample: Resample = False, modality: Modality = None) -> None:
    """Hold a report against the images, or against measured findings."""
    from medomni.check import check_jsonl, check_report
    from medomni.records import Report

    if format == "jsonl":
        if report or study or findings:
            raise MedomniError("MED-C03", "--format jsonl reads reports from standard input alone")
        for line in check_jsonl(sys.stdin):
            print(line)
        return
    if study is not None and findings is not None:
        raise MedomniError("MED-C03", "--study and --findings: give one of them")
    in_words(prior, "medomni measure STUDY --prior FOLDER, then --findings")
    record = Report(text=read_report(report))
    if study is not None:
        from medomni.pipeline import check_study, measure_study, with_history, write_page, write_study
        from medomni.records import History

        with stages() as stage:
            measured = measure_study(study, series=series, resample=resample, modality=modality, stage=stage)
            measured = with_history(measured, History(prior=prior))
        with _naming(report):
            record, result = check_study(record.text, measured)
        folder = out or (None if html else Path("medomni-check"))
        if folder:
            write_study(folder, measured, record, result)
        if html:
            write_page(html, measured, record, result)
        print(f"page: {html or Path(str(folder)) / REPORT_PAGE}", file=sys.stderr)
    else:
        from medomni.pipeline import read_findings

        held = read_findings(findings) if findings else None
        with _naming(report):
            result = check_report(record, held)
        page = html or (out / REPORT_PAGE if out else None)
        if page:
            from medomni.files import write_text
            from medomni.review.page import render_page

            write_text(page, render_page(record, result, held))
            if out:
                write_text(out / CHECK, result.model_dump_json(indent=2))
            print(f"page: {page}", file=sys.stderr)
    if format == "json":
        print(result.model_dump_json(indent=2))
        return
    if not result.claims:
        print("no claim was found in this report: nothing was checked", file=sys.stderr)
    for claim in result.claims:
        c = claim.claim
        print(f"{claim.state:<15} {c.presence:<9} {c.finding_id:<22} {c.side:<11} {c.text!r}")
    for flag in result.flags:
        print(f"{flag.severity.upper():<9} {flag.code} {flag.message.en}")


@app.command()
def phantom(out: OutDir, seed: Annotated[int, typer.Option(min=0)] = 1, hospital: str = "A",
            count: Annotated[int, typer.Option(min=1)] = 1,
            style: Annotated[Optional[str], typer.Option(help="telegraphic, prose, impression_first.")] = None,  # noqa: UP045
            language: Annotated[str, typer.Option(help="en or zh.")] = "en") -> None:
    """Write synthetic chest CT patients as DICOM series with their truth, history and reference report."""
    from medomni.phantom import HOSPITALS, REPORT_STYLES, sample_patient, write_patient

    if hospital not in HOSPITALS:
        raise MedomniError("MED-C03", f"hospital {hospital}; there are {', '.join(HOSPITALS)}")
    if style not in (None, *REPORT_STYLES) or language not in ("en", "zh"):
        known = f"there are {', '.join(REPORT_STYLES)}; en, zh"
        raise MedomniError("MED-C03", f"style {style}, language {language}; {known}")
    with counted("phantoms", count) as advance:
        for k in range(count):
            patient = sample_patient(seed + k, hospital)
            write_patient(patient, out / f"{hospital}-{seed + k}", style, language)  # type: ignore[arg-type]
            advance(k + 1)
    print(f"written: {out} ({count} synthetic patients)")


for _training in (training.cases, training.pretrain, training.train):
    app.command()(_training)


@app.command()
def generate(folder: Study, adapter: Adapter = None, model: ModelDir = None, series: Series = None,
             resample: Resample = False, modality: Modality = None, config: RecipeFile = None,
             withhold_facts: Annotated[bool, typer.Option(help="Prompt without measured facts.")] = False) -> None:
    """The model's words for a study, before any check (for researchers)."""
    from medomni.generate import decode
    from medomni.generate.decode import CONTEXT
    from medomni.pipeline import case_of, load_model, load_recipe, measure_study, research_note
    from medomni.records import Provenance, Report

    recipe = load_recipe(config)
    with stages() as stage:
        study = measure_study(folder, series=series, resample=resample, modality=modality, stage=stage)
        bundle = load_model(model, adapter, recipe)
        case = case_of(study, slabs=recipe.data.slabs if recipe else None)
        text = decode(bundle, [case], facts=not withhold_facts, batch=1,
                      context=max(CONTEXT, recipe.data.context if recipe else 0))[0]
    print(text)
    origin = Provenance(model=bundle.name, code_version=__version__, demonstration=bundle.demonstration)
    print(f"Not checked. {research_note(Report(text=text, provenance=origin))}", file=sys.stderr)


@app.command()
def review(out: Annotated[Path, typer.Argument(help="Output folder of `medomni report` or of the demo.")],
           port: int = 8765, host: str = "127.0.0.1", reviewer: str = "reader") -> None:
    """Serve the study page on loopback: slices, flags with evidence, accept or reject with a reason."""
    from medomni.review.app import serve

    serve(out, host=host, port=port, reviewer=reviewer)


@app.command()
def demo(out: OutDir = Path("demo-out"),
         fast: Annotated[bool, typer.Option(help="A miniature with fewer patients.")] = False,
         federated: Annotated[bool, typer.Option(help="Run the federated rounds.")] = True) -> None:
    """Three synthetic hospitals through the whole story; ends with a table and a page."""
    from medomni.demo.story import run_demo

    run_demo(out, console(), fast=fast, federated=federated)


@app.command()
def doctor() -> None:
    """What this machine has: versions, decoders, extras, memory, disk."""
    from medomni.doctor import checks

    worst = 0
    for name, state, detail in checks():
        worst = max(worst, state == "error")
        print(f"{state:<8} {name:<22} {detail}")
    raise typer.Exit(int(worst))


app.command()(deidentify)


@app.command()
def version() -> None:
    """The version."""
    print(__version__)


app.command()(scrub.scrub)
app.command()(forget.forget)


@contextmanager
def _naming(path: Path | None) -> Iterator[None]:
    """An error of the report's text names the file it came from."""
    try:
        yield
    except MedomniError as exc:
        if exc.where is not None:
            raise
        raise MedomniError(exc.code, exc.detail, where=path or "standard input") from exc


def _plugins() -> None:
    """Add commands of other wheels: entry point group ``medomni.commands``, each a typer app."""
    found = {e.name: e for e in entry_points(group="medomni.commands")}
    if "federated" in found and "federated" in sys.argv[1:2]:
        app.add_typer(found["federated"].load(), name="federated", help="Federated rounds (medomni-federated).")
        return

    @app.command("federated", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def federated() -> None:
        """Federated rounds (from the wheel medomni-federated)."""
        if "federated" not in found:
            raise MedomniError("MED-F01")


def main() -> None:
    """Entry point: coded errors go to standard error with exit code 2, Ctrl-C with 130."""
    _plugins()
    try:
        code = app(standalone_mode=False)  # click returns the code of an Exit here and raises nothing
    except MedomniError as exc:
        print(str(exc), file=sys.stderr)
        sys.exit(130 if exc.code == "MED-C05" else 2)
    except (KeyboardInterrupt, typer.Abort):
        print(str(MedomniError("MED-C05", "nothing was left half-written")), file=sys.stderr)
        sys.exit(130)
    except OSError as exc:
        plain = unwritable(exc)
        if plain is None:
            raise
        closed = Path(plain.filename or "").is_file() and not os.access(plain.filename, os.R_OK)
        print(str(MedomniError("MED-C09" if closed else "MED-C04", plain.strerror or "", where=plain.filename)),
              file=sys.stderr)
        sys.exit(2)
    except Exception as exc:
        if hasattr(exc, "exit_code") and hasattr(exc, "show"):  # click usage errors
            exc.show()
            sys.exit(exc.exit_code)
        raise
    if code == 130:  # typer turns Ctrl-C into this code and says nothing
        print(str(MedomniError("MED-C05", "nothing was left half-written")), file=sys.stderr)
    if isinstance(code, int):
        sys.exit(code)
