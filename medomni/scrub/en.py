"""Names of persons in English text: by title, field or role, by the census lists, and whatever is no known word."""

from __future__ import annotations

from collections.abc import Sequence

from medomni.scrub.beside_en import TITLES
from medomni.scrub.fields_en import (
    LABEL,
    initials_and_dicom,
    mark_before_credentials,
    words_after_title,
    words_of_field,
)
from medomni.scrub.frames_en import words_of_frames
from medomni.scrub.grow_en import grow, name_spans
from medomni.scrub.seeds_en import name_rule
from medomni.scrub.spans import Span
from medomni.scrub.tokens import latin_words


def english_names(text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Span]:
    """Spans of names; ``taken`` are spans of other kinds, whose words are not looked at again."""
    gone = {at for a, b in taken for at in range(a, b)}
    words = [w for w in latin_words(text) if gone.isdisjoint(range(w.start, w.end))]
    rules: dict[int, str] = {}
    for k, word in enumerate(words):
        rule = name_rule(text, words, k)
        if rule:
            rules[k] = rule
        if (word.small in TITLES and word.shape != "upper") or word.text in ("DR", "MR", "MRS", "MS"):
            for j in words_after_title(text, words, k):
                rules.setdefault(j, "title")
    for match in LABEL.finditer(text):
        for k in words_of_field(text, words, match.end()):
            rules.setdefault(k, "field")
    for k, rule in words_of_frames(text, words):
        rules.setdefault(k, rule)
    mark_before_credentials(text, words, rules)
    grow(text, words, rules)
    return [*name_spans(text, words, rules), *initials_and_dicom(text)]
