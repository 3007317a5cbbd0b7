"""A sentence as a row of tokens: terms, cues, marks and sizes in the order they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from medomni.check.lexicon import Lexicon
from medomni.check.sizes import Size, find_sizes
from medomni.knowledge import load_graph

__all__ = ["Token", "tokenise"]

_SIGNS = {"(-)": "nob", "(+)": "verb", "(?)": "uncb", "?": "uncb"}
_LETTER = re.compile(r"(?<![^ (><=\n])[LR](?=[ ><):=]|$|\. )")
_PRENOMINAL = frozenset(
    {"enlarged", "dilated", "tortuous", "blunted", "elevated", "collapsed", "widened", "thickened"}
)


@dataclass
class Token:
    """One unit of a sentence.

    ``kind`` is a cue kind of :mod:`medomni.check.cues_en`, or ``find``, ``anat``, ``size``, ``comma``,
    ``colon``,
    ``open``, ``close``; ``value`` its value or node id; the rest is filled in while reading.
    """

    kind: str
    value: str
    start: int
    end: int
    side: str = "unspecified"
    size: Size | None = None
    also: tuple[str, ...] = ()
    presence: str = ""
    temporality: str = ""
    confidence: float = 1.0
    negated_by: int = -1
    target: int = -1
    anatomies: list[Token] = field(default_factory=list)


def _mark(found: str) -> str:
    return {",": "comma", ":": "colon", ";": "brk", "(": "open", ")": "close"}.get(found, "comma")


def tokenise(
    text: str,
    start: int,
    end: int,
    lexicon: Lexicon,
    original: str,
    targets: tuple[tuple[int, int, int], ...] = (),
) -> list[Token]:
    """The tokens of ``text[start:end]``.

    Args:
        original: the text before lower-casing where both agree in length, else ``""``; only it can tell
            the side letters L and R from other single letters.
        targets: (start, end, number) of concepts asked for; each becomes one finding token, whatever it says.
    """
    row: list[Token] = []
    for m in lexicon.scan.finditer(text, start, end):
        if any(a < m.end() and m.start() < b for a, b, _ in targets):
            continue
        found = m.group()
        meanings = lexicon.meanings(found)
        if not meanings:
            if found in _SIGNS:
                row.append(Token(_SIGNS[found], "", m.start(), m.end()))
            else:
                row.append(Token(_mark(found), found, m.start(), m.end()))
            continue
        first = meanings[0]
        if first.kind == "skip":
            continue
        also = (
            tuple(x.value for x in meanings[1:] if x.kind == "find")
            if first.kind == "find"
            else tuple(x.kind for x in meanings[1:])
        )
        row.append(Token(first.kind, first.value, m.start(), m.end(), first.side, also=also))
    for a, b, number in targets:
        if start <= a < end:
            row.append(Token("find", _known(text[a:b], lexicon), a, b, target=number))
    if any(c.isdigit() for c in text[start:end]):
        for s in find_sizes(text, start, end):
            if not any(a < s.end and s.start < b for a, b, _ in targets):
                row = [t for t in row if not (s.start < t.end and t.start < s.end and t.kind != "find")]
                row.append(Token("size", "", s.start, s.end, size=s))
    if original:
        row += _side_letters(start, end, original, row)
    row.sort(key=lambda t: t.start)
    return _composed(row)


def _known(words: str, lexicon: Lexicon) -> str:
    for m in lexicon.meanings(words.strip()) if words.strip() else ():
        if m.kind == "find":
            return m.value
    return "unlisted"


def _side_letters(start: int, end: int, original: str, row: list[Token]) -> list[Token]:
    found = []
    for m in _LETTER.finditer(original, start, end):
        i = m.start()
        if not any(t.start <= i < t.end for t in row):
            found.append(Token("side", "left" if m.group() == "L" else "right", i, i + 1))
    return found


def _composed(row: list[Token]) -> list[Token]:
    """Organ and state become a finding ("heart ... is enlarged"): the table of composites decides."""
    if not any(t.kind in ("state", "temp") for t in row):
        return row
    graph = load_graph()
    gone: set[int] = set()
    for i, token in enumerate(row):
        grown = token.kind == "temp" and token.value == "increased"
        if token.kind != "state" and not grown:
            continue
        state = "enlarged" if grown else token.value
        organ = _organ(row, i)
        finding = None
        if organ is not None:
            for anatomy in (row[organ].value, *sorted(graph.ancestors(row[organ].value))):
                finding = finding or graph.composites.get((anatomy, state))
        if finding is None or organ is None:
            if not grown:
                gone.add(i)
            continue
        row[i] = Token("find", finding, token.start, token.end, anatomies=[row[organ]])
    return [t for i, t in enumerate(row) if i not in gone]


def _organ(row: list[Token], i: int) -> int | None:
    for j in range(i - 1, -1, -1):
        kind = row[j].kind
        if kind == "anat":
            # An organ named just behind an adjective belongs to it: "lungs clear, enlarged heart".
            if (
                row[i].value in _PRENOMINAL
                and i + 1 < len(row)
                and row[i + 1].kind == "anat"
                and any(row[k].kind in ("comma", "conj", "norm") for k in range(j, i))
            ):
                return i + 1
            return j
        if kind in ("brk", "find", "norm") or (
            kind == "comma"
            and not any(row[k].kind == "anat" and row[k].end <= row[j].start for k in range(j))
        ):
            break
    if i + 1 < len(row) and row[i + 1].kind == "anat":
        return i + 1
    return None
