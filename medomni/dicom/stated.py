"""What whoever reads a picture states of it: its side and its millimetres, which never replace what the file says."""

from __future__ import annotations

import math
from collections.abc import Iterable

from medomni.dicom.headers import SPACING_MM
from medomni.errors import MedomniError
from medomni.picture import STATED

NOT_SIDEWAYS = "the rows do not run from side to side"
SAME = 0.01
"""Two spacings that differ by less of their length are one, rounded."""
Side = tuple[str | None, str]
Spacing = tuple[tuple[float, float] | None, str]


def side_stated(found: Side, stated: str | None, name: str) -> Side:
    """The patient's side at column 0 as the file tells it, else as it was stated.

    Args:
        found: the side and where it is known from, or None and why not.
        stated: ``left``, ``right``, or None where nothing was stated. name: of the file, as messages may show it.

    Raises:
        MedomniError: MED-C03 where it is another word, or the file says otherwise.
    """
    if stated is None:
        return found
    if stated not in ("left", "right"):
        raise MedomniError("MED-C03", "left_edge is left or right: the patient's side at column 0", where=name)
    if found[0] not in (None, stated):
        raise MedomniError("MED-C03", f"the edge at column 0 was stated as the patient's {stated}; it is the "
                           f"{found[0]} by the {found[1]}", where=name)
    if found[1] == NOT_SIDEWAYS:
        raise MedomniError("MED-C03", f"a side was stated, but {NOT_SIDEWAYS} by the Patient Orientation", where=name)
    return found if found[0] else (stated, STATED)


def spacing_stated(found: Spacing, stated: tuple[float, float] | None, others: Iterable[tuple[float, float]],
                   name: str) -> Spacing:
    """Millimetres between rows and between columns as the file tells them, else as they were stated.

    Args:
        found: the spacing and an empty text, or None and why there is none.
        stated: None where nothing was stated.
        others: where ``found`` is None because the file states several spacings: one of them may be stated, none else.
        name: of the file, as messages may show it.

    Raises:
        MedomniError: MED-C03 where they are no two lengths, or the file says otherwise.
    """
    if stated is None:
        return found
    try:
        rows, columns = (float(v) for v in stated)
    except (TypeError, ValueError):
        rows = columns = math.nan
    if not all(SPACING_MM[0] <= v <= SPACING_MM[1] for v in (rows, columns)):
        raise MedomniError("MED-C03", "spacing_mm is two numbers, the millimetres between rows and between columns, "
                           f"from {SPACING_MM[0]:g} to {SPACING_MM[1]:g}", where=name)
    known = [found[0]] if found[0] else [o for o in others if all(SPACING_MM[0] <= v <= SPACING_MM[1] for v in o)]
    if known and not any(math.isclose(rows, r, rel_tol=SAME) and math.isclose(columns, c, rel_tol=SAME)
                         for r, c in known):
        told = " or ".join(f"{r:g} x {c:g}" for r, c in known)
        raise MedomniError("MED-C03", f"{rows:g} x {columns:g} mm a pixel was stated; the file says {told}", where=name)
    return found if found[0] else ((rows, columns), STATED)
