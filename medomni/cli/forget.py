"""``medomni forget``: one study removed from everything that medomni keeps, with a proof."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from medomni.errors import MedomniError


def forget(study: Annotated[str, typer.Argument(help="Study key, StudyInstanceUID, or the study's DICOM folder.")],
           places: Annotated[list[Path], typer.Option("--in", help="Folder to search; repeat it.")] = [],  # noqa: B006
           proof: Annotated[Optional[Path], typer.Option(help="Proof; in the first place by default.")] = None,  # noqa: UP045
           dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would go; change nothing.")] = False,
           ) -> None:
    """Remove a study from outputs, cases, verdicts, stores and the cache, and prove it.

    Ends with 0 where nothing is left, with 1 where something is, with 2 where a place could not be changed.
    """
    from medomni.forget import forget as run
    from medomni.forget import forgotten_hash, held, subject_of
    from medomni.progress import stages

    if not places:
        raise MedomniError("MED-C03", "give the folders to search with --in")
    subject = subject_of(study)
    if dry_run:
        faults: list[MedomniError] = []
        found = held(subject, places, faults)
        for one in found:
            print(f"{one.what:<20} {one.count:>4}  {one.path}")
        print(f"dry run: {len(found)} files hold something of the study; nothing was changed")
        for unread in faults or ([] if any(one.what != "leftover" for one in found) else [MedomniError("MED-P15")]):
            print(str(unread), file=sys.stderr)
        if faults:
            raise typer.Exit(2)
        return
    first = places[0] if places[0].is_dir() else places[0].parent
    path = proof or first / f"forgotten-{forgotten_hash(subject.key)}.json"
    with stages() as stage:
        done = run(subject, places, path, stage=stage)
    if done.earlier:
        print(f"an earlier run removed {done.earlier} files or parts of them: see the proof")
    for gone in done.removed[done.earlier:]:
        print(f"removed: {gone['what']:<20} {gone['count']:>4}  {gone['path']}")
    for used in done.runs:
        print(f"not changed: weights of {used['record']} were trained with it; only retraining without it helps")
    for kind in ("traces", "unread"):
        for place in done.searched[kind]:
            print(f"{'trace left' if kind == 'traces' else 'could not be read'}: {place}")
    for copy in done.copies:
        print(f"left: {copy['files']} de-identified copies in {copy['path']}: delete that folder if they are to go too"
              if copy["files"] else
              f"not known: {copy['path']} holds de-identified files, perhaps of this study, under another key")
    for left in done.nameless:
        print(f"not known: {left['files']} NIfTI files in {left['path']} name no study: perhaps they are of this one")
    if not done.found:
        print("nothing of the study was found: this proof says only that nothing is there")
    seen, copies = done.searched, sum(copy["files"] or 0 for copy in done.copies)
    print(f"searched again: {seen['files']} files, {seen['bytes']} bytes, {len(seen['traces'])} traces left"
          f"{f', {copies} de-identified copies left' if copies else ''}")
    print(f"proof: {path}")
    if not done.found:
        print(str(MedomniError("MED-P15")), file=sys.stderr)
    for fault in done.failed:
        print(str(MedomniError(fault["code"], fault["detail"], where=fault["path"])), file=sys.stderr)
    if done.failed:
        raise typer.Exit(2)
    if not done.complete:
        raise typer.Exit(1)
