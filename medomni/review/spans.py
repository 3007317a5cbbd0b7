"""A report's text cut into pieces for the page: plain, or carrying the state of a claim and the flags on it."""

from __future__ import annotations

from dataclasses import dataclass

from medomni.records import CheckResult

RANK = {"contradicted": 0, "not_assessable": 1, "supported": 2}


@dataclass(frozen=True)
class Piece:
    """A run of text.

    Attributes:
        state: ``supported``, ``contradicted``, ``not_assessable``, ``flagged`` (a flag without a claim) or empty.
        flags: ids of the flags whose span covers the run.
    """

    text: str
    state: str = ""
    flags: tuple[str, ...] = ()


def pieces(text: str, result: CheckResult) -> list[Piece]:
    """Cut at every border of a claim or flag; where claims overlap, the worst state shows."""
    claims = [(c.claim.span, c.state) for c in result.claims]
    flags = [(f.span, f.id) for f in result.flags if f.span is not None]
    borders = {0, len(text)}
    for (start, end), _ in [*claims, *flags]:
        borders |= {max(0, min(start, len(text))), max(0, min(end, len(text)))}
    cuts = sorted(borders)
    out: list[Piece] = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        states = [s for (a, b), s in claims if a <= start and end <= b]
        ids = tuple(i for (a, b), i in flags if a <= start and end <= b)
        state = min(states, key=RANK.__getitem__) if states else "flagged" if ids else ""
        out.append(Piece(text[start:end], state, ids))
    return out
