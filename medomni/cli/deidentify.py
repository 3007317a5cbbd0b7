"""``medomni deidentify``: a study handed on without the patient."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from medomni.errors import MedomniError
from medomni.progress import counted

Dates = Annotated[Literal["shift", "remove"], typer.Option(help="Move all dates of a patient alike, or remove them.")]


def deidentify(source: Annotated[Path, typer.Argument(help="DICOM folder, zip or DICOMDIR; many patients too.")],
               out: Annotated[Path, typer.Option("--out", "-o", help="Output folder, apart from the originals.")],
               dates: Dates = "shift",
               retain_device: Annotated[bool, typer.Option(
                   "--retain-device", help="Keep names and serial numbers of devices.")] = False,
               retain_characteristics: Annotated[bool, typer.Option(
                   "--retain-characteristics", help="Keep sex, size, weight, and age up to 90.")] = False,
               clean_descriptors: Annotated[bool, typer.Option(
                   "--clean-descriptors", help="Keep the harmless words of descriptions.")] = False,
               deface: Annotated[bool, typer.Option(
                   "--deface", help="Cut the face off head CT and MR; other heads are refused.")] = False,
               keep_face: Annotated[bool, typer.Option(
                   "--keep-face", help="Write heads, and what may be one, as they are.")] = False,
               project_key_file: Annotated[Optional[Path], typer.Option(  # noqa: UP045
                   help="Key that several hospitals share, hexadecimal; the site's own by default.")] = None) -> None:
    """De-identify DICOM images by PS3.15 Annex E; a verifier withdraws what may still identify. Resumes."""
    from medomni.cli.faces import looked_again
    from medomni.dicom.deid import Options, keyed
    from medomni.dicom.deid import deidentify as run
    from medomni.dicom.deid.report import summary

    if deface and keep_face:
        raise MedomniError("MED-C03", "either --deface or --keep-face", where="medomni deidentify")
    options = Options(dates, retain_device, clean_descriptors, retain_characteristics, keep_face, deface)
    with counted("files, cleaned and verified", None) as advance:
        report = run(source, out, options, keyed(project_key_file), advance)
    again, left = looked_again(out) if deface else ([], [])
    for line in (*summary(report), *again):
        print(line)
    if left:
        raise MedomniError("MED-P09", ", ".join(str(f.relative_to(out)) for f in left), where=out)
    if report["files"]["withdrawn"]:
        raise MedomniError("MED-P05", f"{report['files']['withdrawn']} files", where=out / "deidentification.json")
    if not report["files"]["written"]:
        raise MedomniError("MED-P08", where=out / "deidentification.json")
    if report["files"]["refused"]:
        print(str(MedomniError("MED-P04", f"{report['files']['refused']} files")), file=sys.stderr)
    print(f"written: {out} ({report['files']['written']} files)")
