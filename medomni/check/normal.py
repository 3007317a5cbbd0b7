"""Normal statements: "heart size is normal" denies cardiomegaly; "lungs are clear" denies several at once.

What a statement denies, and how firmly, stands in the graph (``statements.csv``, edges ``excludes``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from medomni.check.tokens import Token
from medomni.knowledge import load_graph
from medomni.knowledge.source import rows

__all__ = ["Denial", "denials"]

_STOP = frozenset({"find", "brk", "norm", "no", "nob", "exc", "size"})


@dataclass(frozen=True)
class Denial:
    """A finding that a normal statement denies, with the words that say so."""

    finding_id: str
    anatomy_id: str
    side: str
    confidence: float
    start: int
    end: int


@cache
def _table() -> dict[str, tuple[tuple[str, ...], float]]:
    graph = load_graph()
    return {
        row["anatomy"]: (graph.targets(row["id"], "excludes"), float(row["strength"]))
        for row in rows("statements")
    }


def denials(row: list[Token], chinese: bool) -> list[Denial]:
    """The denials of a sentence."""
    found: list[Denial] = []
    for i, token in enumerate(row):
        if token.kind == "norm":
            if any(
                t.kind in ("no", "hyp", "unc", "not") and token.start - t.end < 12
                for t in row[max(0, i - 2) : i]
            ):
                continue
            organs = _before(row, i, chinese) or _after(row, i)
        elif token.kind == "abn":
            organs = _denied_organs(row, i)
        else:
            continue
        firm = 0.85 if token.kind == "abn" else 1.0
        for organ, side in organs:
            excluded, strength = _table().get(organ.value, ((), 0.0))
            for finding in excluded:
                found.append(
                    Denial(
                        finding,
                        organ.value,
                        side,
                        round(strength * firm, 3),
                        min(organ.start, token.start),
                        max(organ.end, token.end),
                    )
                )
    return found


def _side_of(row: list[Token], j: int) -> str:
    if row[j].side != "unspecified":
        return row[j].side
    for k in (j - 1, j + 1):
        if (
            0 <= k < len(row)
            and row[k].kind == "side"
            and abs(row[k].start - row[j].end) < 25 + len(row[k].value)
        ):
            return row[k].value
    return "unspecified"


def _before(row: list[Token], i: int, chinese: bool) -> list[tuple[Token, str]]:
    organs: list[tuple[Token, str]] = []
    joined = verb = False
    for j in range(i - 1, -1, -1):
        kind = row[j].kind
        if kind in _STOP:
            break
        if kind == "verb":
            if organs and joined:
                break
            verb = True
        elif kind in ("comma", "conj"):
            joined = joined or bool(organs)
            if kind == "comma" and (chinese or (not organs and not verb and j != i - 1)):
                break
        elif kind == "anat":
            organs.append((row[j], _side_of(row, j)))
    return organs


def _after(row: list[Token], i: int) -> list[tuple[Token, str]]:
    organs: list[tuple[Token, str]] = []
    for j in range(i + 1, min(i + 8, len(row))):
        kind = row[j].kind
        if kind in _STOP or kind in ("verb", "comma", "colon"):
            break
        if kind == "anat":
            organs.append((row[j], _side_of(row, j)))
    return organs


def _denied_organs(row: list[Token], i: int) -> list[tuple[Token, str]]:
    """ "No acute abnormality of the lungs": the organs around a denied general word."""
    opened = next((j for j in range(i - 1, -1, -1) if row[j].kind in ("no", "brk", "exc")), -1)
    if opened < 0 or row[opened].kind != "no":
        return []
    near = [(row[j], _side_of(row, j)) for j in range(opened + 1, i) if row[j].kind == "anat"]
    for j in range(i + 1, len(row)):
        if row[j].kind in ("brk", "verb", "find", "norm", "no", "exc"):
            break
        if row[j].kind == "anat":
            near.append((row[j], _side_of(row, j)))
    if not near:  # "Lungs: no abnormality."
        near = [(row[j], _side_of(row, j)) for j in range(opened) if row[j].kind == "anat"]
    return near
