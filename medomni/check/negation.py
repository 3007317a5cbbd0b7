"""Presence of every mention in a row of tokens: forward and backward scopes in two linear passes.

A cue opens a scope; a finite verb behind the negated list followed by "and", a break word, an exception or
another statement closes it. Three values come out, and ``hypothetical`` for what is no claim about this
image.
"""

from __future__ import annotations

import re

from medomni.check.tokens import Token

__all__ = ["assign_presence"]

_OWN = frozenset({"sev", "side", "size", "temp", "art", "adj", "anat"})


def assign_presence(row: list[Token], text: str, end: int, chinese: bool) -> None:
    """Set ``presence`` (present, absent, uncertain, hypothetical, prior), ``confidence`` and
    ``negated_by``."""
    _join_participles(row)
    _orient(row, text, end, chinese)
    _forward(row, text, chinese)
    _backward(row, text)
    _unassessed(row, text, end)
    for token in row:
        if token.kind == "find" and not token.presence:
            token.presence = "present"


_NOT_ASSESSED = re.compile(
    r"(?:[:：]\s*not|\b(?:is|are|was|were)\s+not|\b(?:cannot|can not|could not)\s+be)\s*"
    r"(?:fully |reliably |adequately )?(?:assessable|assessed|evaluable|evaluated|interpretable)|"
    r"[:：]?\s*(?:未作评估|未评估|无法评估|不能评估|未能评估)",
    re.IGNORECASE,
)


def _unassessed(row: list[Token], text: str, end: int) -> None:
    """"The heart cannot be assessed" and "mass, left: not assessable" state nothing of a finding: what stands
    before such a predicate, back to the last stop, is no claim, and nor is the reason in brackets behind it. A
    mark in brackets behind a claim ("... [not assessable]") takes nothing back.
    """
    if not row:
        return
    for match in _NOT_ASSESSED.finditer(text, row[0].start, end):
        start = max((t.end for t in row if t.kind == "brk" and t.end <= match.start()), default=row[0].start)
        stop = min((t.start for t in row if t.kind == "brk" and t.start >= match.end()), default=end)
        for token in row:
            if token.kind == "find" and start <= token.start < stop:
                token.presence = "hypothetical"


def _join_participles(row: list[Token]) -> None:
    """``not ... seen`` negates what stands before it; ``cannot be excluded`` hedges; ``to exclude``
    supposes."""
    for i, token in enumerate(row):
        if token.kind == "not":
            token.kind = "no"
            for j in range(i + 1, min(i + 5, len(row))):
                nxt = row[j]
                if nxt.kind in ("find", "brk", "comma", "conj") or nxt.start - token.end > 45:
                    break
                if nxt.kind == "excl":
                    token.kind, nxt.kind = "uncb", "void"
                elif nxt.kind == "exclv":
                    token.kind, nxt.kind = "unc", "void"
                elif nxt.kind == "part":
                    token.kind, nxt.kind = "nob", "void"
                    token.temporality = "resolved" if token.value == "resolved" else token.temporality
                else:
                    continue
                token.end = nxt.end
                break
        elif token.kind == "excl":
            token.kind = "nob"
        elif token.kind == "exclv":
            token.kind = "hyp"


def _orient(row: list[Token], text: str, end: int, chinese: bool) -> None:
    """A forward cue with nothing to negate behind it works backward ("Effusion: no.", 均未见), and the
    reverse."""
    for i, token in enumerate(row):
        if token.kind not in ("no", "nob", "unc", "uncb"):
            continue
        before = after = False
        for j in range(i + 1, len(row)):
            kind = row[j].kind
            if kind in ("find", "abn") or (kind == "state"):
                after = True
                break
            if kind == "brk" or (kind == "comma" and (chinese or token.kind in ("nob", "uncb"))):
                break
            if kind in ("no", "nob") and j > i:
                break
        for j in range(i - 1, -1, -1):
            kind = row[j].kind
            if kind == "find":
                before = True
                break
            if kind == "brk":
                break
        if token.kind == "no" and not after and before and _nothing_follows(row, i, text, end, chinese):
            token.kind = "nob"
        elif token.kind == "unc" and not after and before:
            token.kind = "uncb"
        elif token.kind == "nob" and after and not before:
            token.kind = "no"
        elif token.kind == "uncb" and after and not before:
            token.kind = "unc"
        elif token.kind in ("nob", "uncb") and chinese and after and before and _adjacent(row, i):
            token.kind = "no" if token.kind == "nob" else "unc"


def _nothing_follows(row: list[Token], i: int, text: str, end: int, chinese: bool) -> bool:
    """Whether the clause ends with this cue; an English "no" before words that nobody knows still looks
    forward."""
    stop = next((t.start for t in row[i + 1 :] if t.kind in ("comma", "brk", "close")), end)
    rest = text[row[i].end : stop].strip(" .!?)]*'\"")
    return len(rest) <= 4 if chinese and not rest.isascii() else not rest


def _adjacent(row: list[Token], i: int) -> bool:
    """In Chinese a cue glued to what follows and cut off by a comma from what precedes looks forward."""
    return (
        i + 1 < len(row)
        and row[i + 1].start - row[i].end <= 1
        and (i == 0 or row[i - 1].kind in ("comma", "brk"))
    )


def _forward(row: list[Token], text: str, chinese: bool) -> None:
    neg = -1
    hedge = ""
    supposed = prior = False
    finds_since = 0
    verb_after = False
    doubt = 1.0
    for i, token in enumerate(row):
        kind = token.kind
        if kind == "no":
            neg, finds_since, verb_after, doubt, supposed = i, 0, False, 1.0, False
            hedge = ""
        elif kind == "nob":
            neg, hedge = -1, ""
        elif kind == "brk":
            neg, hedge, supposed = -1, "", False
        elif kind == "exc":
            neg = -1
        elif kind in ("unc", "adj"):
            if neg < 0 or (verb_after and finds_since):
                neg, hedge = -1, kind
        elif kind == "hyp":
            supposed = True
        elif kind == "prior":
            prior = True
        elif kind == "now":
            prior = False
        elif kind == "verb":
            if neg >= 0 and finds_since:
                verb_after = True
                if chinese and token.end - token.start <= 4 and _cjk(text[token.start]):
                    neg = -1
            if hedge == "adj":
                hedge = ""
        elif kind in ("comma", "conj", "colon"):
            neg, doubt = _at_joint(row, i, neg, finds_since, verb_after, doubt, chinese)
            if kind == "comma" or token.value in ("and", "with"):
                hedge = "" if hedge == "adj" and _next_own(row, i) else hedge
            if kind == "comma" and supposed and _statement(row, i, chinese):
                supposed = False
            if kind == "comma" and chinese and hedge and _statement(row, i, chinese):
                hedge = ""
        elif kind == "find":
            finds_since += 1
            token.confidence *= doubt
            if supposed:
                token.presence = "hypothetical"
            elif prior:
                token.presence = "prior"
            if neg >= 0:
                if token.presence != "hypothetical":
                    token.presence = "absent"
                token.negated_by = neg
                token.temporality = token.temporality or row[neg].temporality
            elif hedge and not token.presence:
                token.presence = "uncertain"


def _cjk(char: str) -> bool:
    return "一" <= char <= "鿿"


def _piece(row: list[Token], i: int) -> list[Token]:
    """The tokens after a joint up to the next comma, joint or break."""
    piece = []
    for token in row[i + 1 :]:
        if token.kind in ("comma", "conj", "brk", "colon"):
            break
        piece.append(token)
    return piece


def _next_own(row: list[Token], i: int) -> bool:
    piece = _piece(row, i)
    return bool(piece) and piece[0].kind in _OWN


def _statement(row: list[Token], i: int, chinese: bool) -> bool:
    """Whether a finding with a verb, side or size of its own stands between this comma and the next."""
    piece = _piece(row, i)
    has = {t.kind for t in piece}
    return "find" in has and bool(has & ({"verb", "side", "size", "sev", "anat"} if chinese else {"verb"}))


def _at_joint(
    row: list[Token], i: int, neg: int, finds: int, verb_after: bool, doubt: float, chinese: bool
) -> tuple[int, float]:
    """Whether a comma, "and" or "with" closes an open negation; a guess lowers the confidence."""
    if neg < 0 or not finds:
        return neg, doubt
    token = row[i]
    piece = _piece(row, i)
    own = [t for t in piece if t.kind in _OWN]
    head = piece[0].kind if piece else ""
    if token.kind == "conj" and token.value in ("or", "list"):
        return neg, doubt
    if chinese and token.kind == "comma":
        if head == "conj" or not piece or (i + 1 < len(row) and row[i + 1].kind == "conj"):
            return neg, doubt
        stated = any(t.kind in ("verb", "side", "sev", "size", "anat", "temp", "unc") for t in piece)
        return (-1, 1.0) if stated else (neg, 0.9)
    if verb_after:
        return -1, 1.0
    if token.kind == "conj" and token.value == "with":
        return (-1, 1.0) if own and any(t.kind == "find" for t in piece) else (neg, doubt)
    if token.kind == "conj":
        if head in ("art", "temp") or any(t.kind == "size" for t in piece):
            return -1, 1.0
        return neg, doubt
    # A comma in English: a list goes on where an "or" is still to come; an adjective of its own starts a
    # new item.
    if any(t.kind in ("no", "nob") for t in piece):
        return neg, doubt
    later = _rest(row, i)
    if any(t.kind == "conj" and t.value == "or" for t in later):
        return neg, doubt
    if (
        any(t.kind == "verb" for t in piece)
        and any(t.kind == "find" for t in piece)
        and not any(t.kind == "nob" for t in later)
    ):
        return -1, 1.0
    if any(t.kind == "find" for t in piece) and (
        any(t.kind in ("size", "temp") for t in piece)
        or (
            {"sev", "adj"} & {t.kind for t in piece}
            and not any(t.kind == "conj" and t.value == "and" for t in later)
        )
    ):
        return -1, 0.7
    return neg, doubt


def _rest(row: list[Token], i: int) -> list[Token]:
    rest = []
    for token in row[i + 1 :]:
        if token.kind in ("brk", "no", "exc"):
            break
        rest.append(token)
    return rest


def _backward(row: list[Token], text: str) -> None:
    for i, token in enumerate(row):
        if token.kind not in ("nob", "uncb"):
            continue
        marked = joined = False
        j = i - 1
        while j >= 0 and row[j].kind in ("verb", "temp", "void", "side", "sev", "part", "now"):
            if row[j].kind == "verb" and row[j].value == "" and token.kind == "nob" and i - j > 3:
                break
            j -= 1
        crossed: list[Token] = []
        while j >= 0:
            here = row[j]
            if here.kind == "open" and token.kind == "uncb":
                break
            if here.kind in ("brk", "no", "nob", "exc", "uncb", "colon") and here is not token:
                if here.kind == "colon" and not marked:
                    j -= 1
                    continue
                break
            if here.kind in ("verb", "size", "temp") and marked and joined:
                break
            if here.kind in ("comma", "conj"):
                if here.kind == "comma" and marked and _closed_item(row, j):
                    break
                joined = joined or marked
            if here.kind == "find":
                marked = True
                crossed.append(here)
                _mark(here, token)
            j -= 1
        if len(crossed) > 1:
            for here in crossed:
                here.confidence *= 0.95


def _closed_item(row: list[Token], j: int) -> bool:
    """A list item before this comma that has a grade or size of its own is a statement, not a list of
    negated things."""
    for token in reversed(row[:j]):
        if token.kind in ("comma", "brk", "conj"):
            return False
        if token.kind in ("size", "sev", "verb"):
            return True
    return False


def _mark(find: Token, cue: Token) -> None:
    if find.presence in ("absent", "hypothetical"):
        return
    if cue.kind == "uncb":
        find.presence = "uncertain"
        return
    find.presence = "absent"
    find.temporality = cue.temporality or ("resolved" if cue.value == "resolved" else find.temporality)
