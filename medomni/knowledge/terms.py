"""Written forms: plurals, hyphens and shared heads of English terms, and side-carrying abbreviations."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from medomni.knowledge.source import rows

if TYPE_CHECKING:
    from medomni.knowledge.graph import Node

__all__ = ["Surface", "normal_form", "plural", "surfaces"]

_SPACES = re.compile(r"[\s\-‐-―]+")
_COORDINATED_HEADS = {
    "effusion",
    "effusions",
    "fluid",
    "thickening",
    "lymphadenopathy",
    "adenopathy",
    "fracture",
    "fractures",
    "calcification",
    "calcifications",
    "emphysema",
    "edema",
    "nodularity",
}


@dataclass(frozen=True)
class Surface:
    """One meaning of a written form; ``side`` where the form carries one ("RUL", 双肺)."""

    kind: str
    node_id: str
    side: str = "unspecified"


def normal_form(term: str) -> str:
    """Lower case, with every run of spaces and hyphens as one space: the key of the lexicon."""
    return _SPACES.sub(" ", term.lower()).strip()


def plural(term: str) -> str:
    """The regular English plural of the last word."""
    if term.endswith(("thorax",)):
        return term[:-2] + "aces"
    if term.endswith(("sis", "xis")):
        return term[:-2] + "es"
    if term.endswith("y") and term[-2:-1] not in "aeiou":
        return term[:-1] + "ies"
    if term.endswith(("s", "x", "ch", "sh")):
        return term + "es"
    return term + "s"


def _english(term: str) -> set[str]:
    base = normal_form(term)
    forms = {base}
    # An abbreviation or a word that ends in a plural already gets no second one.
    if not base.endswith(("s", "ae", "al", "ar", "ic", "i")) or base.endswith(
        ("mass", "axis", "abscess", "sis")
    ):
        forms.add(plural(base))
    forms |= {re.sub(r"edema\b", "oedema", f) for f in forms if "edema" in f and "oedema" not in f}
    return forms


def _coordinated(nodes: tuple[Node, ...]) -> dict[str, set[str]]:
    """ "pleural or pericardial effusion" means both; written forms of such pairs with the ids they stand
    for."""
    heads: dict[str, dict[str, str]] = defaultdict(dict)
    for node in nodes:
        for term in node.terms("en"):
            for form in _english(term):
                words = form.split(" ")
                if len(words) == 2 and words[1] in _COORDINATED_HEADS:
                    heads[words[1]].setdefault(words[0], node.id)
    found: dict[str, set[str]] = defaultdict(set)
    for head, modifiers in heads.items():
        for a, b in permutations(modifiers, 2):
            if modifiers[a] != modifiers[b]:
                for link in (" or ", " and ", "/", " and/or "):
                    found[f"{a}{link}{b} {head}"] |= {modifiers[a], modifiers[b]}
    fluid = {"pleural_effusion", "pericardial_effusion"}
    thick = {"pleural_thickening", "pericardial_thickening"}
    for pre in ("pleuro pericardial", "pleuropericardial"):
        found[f"{pre} effusion"] |= fluid
        found[f"{pre} fluid"] |= fluid
        found[f"{pre} thickening"] |= thick
        found[f"{pre} fluid or thickening"] |= fluid | thick
        found[f"{pre} effusion or thickening"] |= fluid | thick
        found[f"{pre} fluid or nodularity"] |= fluid | {"pleural_nodularity", "pericardial_nodularity"}
    return found


def surfaces(nodes: tuple[Node, ...], language: str) -> dict[str, tuple[Surface, ...]]:
    """The lexicon of a language: normalised written form to its meanings (several for shared heads)."""
    found: dict[str, dict[Surface, None]] = defaultdict(dict)
    for node in nodes:
        for term in node.terms(language):
            for form in _english(term) if language == "en" else {term.lower()}:
                found[form][Surface(node.kind, node.id)] = None
    if language == "en":
        for form, ids in _coordinated(tuple(n for n in nodes if n.kind == "finding")).items():
            if form not in found:
                for node_id in sorted(ids):
                    found[form][Surface("finding", node_id)] = None
    else:
        for form in (
            "胸腔及心包积液",
            "胸腔和心包积液",
            "胸腔或心包积液",
            "胸腔、心包积液",
            "心包及胸腔积液",
            "心包或胸腔积液",
            "心包和胸腔积液",
            "胸腔与心包积液",
            "胸、心包积液",
        ):
            found[form] = {
                Surface("finding", "pleural_effusion"): None,
                Surface("finding", "pericardial_effusion"): None,
            }
    for row in rows("sided_terms"):
        if row["lang"] == language:
            key = normal_form(row["term"])
            found[key] = {Surface("anatomy", row["id"], row["side"]): None}
    return {form: tuple(meanings) for form, meanings in found.items()}
