"""The report of a run: counts, reasons, options, and the hash of the table; no value of any header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from medomni import __version__
from medomni.dicom.deid.one import Cleaned
from medomni.dicom.deid.options import Options
from medomni.dicom.deid.table import EDITION, profile, profile_digest
from medomni.records import Warned


def report_of(files: Sequence[Cleaned], withdrawn: Mapping[int, Sequence[str]], options: Options,
              left: Sequence[str] = (), notes: Sequence[Warned] = ()) -> dict[str, Any]:
    """The report as JSON holds it.

    Args:
        files: one for each input file, in the order of their names; refused ones have a reason.
        withdrawn: number of the file, from 1, to what the verifier found.
        left: files in the output, by their keyed names, whose sources are no longer in the input.
        notes: what there is to say of how the files were found: folders that could not be opened, files beside a
            DICOMDIR.
    """
    written = [f for k, f in enumerate(files, 1) if f.name and not f.reason and k not in withdrawn]
    counts: Counter[tuple[str, str]] = Counter()
    attributes: Counter[tuple[str, str]] = Counter()
    for f in written:
        counts.update(f.counts)
        attributes.update(f.attributes)
    searched = [f for f in written if f.pixels == "searched"]
    return {
        "tool": f"medomni {__version__}",
        "profile": {"table": f"PS3.15 {EDITION} E.1-1", "rows": len(profile()), "sha256": profile_digest()},
        "options": asdict(options), "codes_cid_7050": [list(c) for c in options.codes(
            looked=bool(searched), defaced=any(f.defaced for f in written), private=any(f.private for f in written))],
        "files": {"read": len(files), "written": len(written), "refused": sum(bool(f.reason) for f in files),
                  "withdrawn": len(withdrawn)},
        "left_from_earlier_runs": list(left),
        "input_notes": [f"{note.code} {note.detail}" for note in notes],
        "refused": _numbered({k: [f.reason] for k, f in enumerate(files, 1) if f.reason}),
        "withdrawn": _numbered(withdrawn),
        "elements": [{"done": what, "rule": rule, "count": n} for (what, rule), n in sorted(counts.items())],
        "attributes": [{"attribute": name, "done": what, "count": n} for (what, name), n in sorted(
            attributes.items(), key=lambda row: row[0][::-1])],
        "pixels": {"searched_for_text": len(searched), "not_searched": len(written) - len(searched),
                   "with_text_blackened": sum(f.boxes > 0 for f in searched), "boxes": sum(f.boxes for f in searched),
                   "mean_share_blackened": round(sum(f.share for f in searched) / max(len(searched), 1), 5)},
        "faces": {"cut_off": sum(f.defaced for f in written), "other_heads": (
            "kept as they are" if options.keep_face else "refused")},
    }


def _numbered(reasons: Mapping[int, Sequence[str]]) -> list[dict[str, Any]]:
    """Reason to the numbers of the files, in the order of the input's sorted names."""
    by_reason: dict[str, list[int]] = {}
    for number, found in sorted(reasons.items()):
        for reason in found:
            by_reason.setdefault(reason, []).append(number)
    return [{"reason": reason, "files": numbers} for reason, numbers in sorted(by_reason.items())]


def summary(report: Mapping[str, Any]) -> list[str]:
    """The report in a few lines."""
    files, pixels = report["files"], report["pixels"]
    done: Counter[str] = Counter()
    for row in report["elements"]:
        done[row["done"]] += row["count"]
    lines = [f"{files['read']} files: {files['written']} written, {files['refused']} refused, "
             f"{files['withdrawn']} withdrawn by the verifier",
             "elements: " + ", ".join(f"{done[w]} {said}" for w, said in (
                 ("remove", "removed"), ("empty", "emptied"), ("dummy", "replaced"), ("uid", "UIDs mapped"),
                 ("move", "dates moved"), ("describe", "descriptions cleaned"), ("keep", "kept")) if done[w]),
             f"pixels: {pixels['searched_for_text']} files searched for text, {pixels['with_text_blackened']} with "
             f"text blackened, {pixels['not_searched']} not searched (slices as the scanner made them)"]
    if report["left_from_earlier_runs"]:
        lines.append(f"left, {len(report['left_from_earlier_runs'])}: of an earlier run, whose sources are no longer "
                     "in the input; the report names them, delete what is not to be handed on")
    if report["faces"]["cut_off"]:
        lines.append(f"faces: cut off in {report['faces']['cut_off']} files")
    lines += [f"input: {note}" for note in report["input_notes"]]
    lines += [f"refused, {len(row['files'])}: {row['reason']}" for row in report["refused"]]
    lines += [f"withdrawn, {len(row['files'])}: {row['reason']}" for row in report["withdrawn"]]
    return lines
