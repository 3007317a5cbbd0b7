"""Word lists: what is an ordinary word, a medical one, an eponym, a given name or a surname."""

from __future__ import annotations

from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
_BRITISH = (("isation", "ization"), ("ise", "ize"), ("ising", "izing"), ("ised", "ized"), ("yse", "yze"),
            ("our", "or"), ("aem", "em"), ("aes", "es"), ("oed", "ed"), ("oes", "es"), ("centre", "center"),
            ("metre", "meter"), ("ogue", "og"), ("lled", "led"), ("lling", "ling"))
_ENDS = (("ies", "y"), ("es", ""), ("s", ""), ("ly", ""), ("ally", ""), ("ed", ""), ("ed", "e"), ("ing", ""),
         ("ing", "e"))
_FRONTS = ("non", "un", "re", "pre", "post", "sub", "inter", "intra", "peri", "anti", "hyper", "hypo", "para",
           "multi", "micro", "macro", "extra", "supra", "infra", "trans", "over", "under", "bi", "semi", "poly",
           "hemi", "neuro", "cardio", "broncho", "pneumo", "osteo", "gastro", "hepato", "nephro", "uro", "fibro",
           "radio")
_MEDICAL_ENDS = ("cardic", "pneic", "pnoeic", "aemic", "emic", "uric", "iform", "genous", "atous",
                 "itis", "osis", "ectomy", "otomy", "ostomy", "aemia", "emia", "pathy", "graphy", "scopy", "plasty",
                 "genic", "ology", "ologist", "azole", "cillin", "mycin", "statin", "umab", "ximab", "zumab",
                 "tinib", "parin", "pril", "olol", "sartan", "oma", "omas", "uria", "algia", "plegia", "megaly",
                 "cele", "esis", "cytosis", "penia", "trophy", "thorax", "lysis", "oid", "ectasis", "gram", "grams",
                 "xaban", "gliptin", "gliflozin", "dipine", "floxacin", "cycline", "oxetine", "azepam", "tidine",
                 "thiazide")


def lines(name: str) -> list[str]:
    """The lines of ``data/<name>`` but its head, which names source and licence."""
    return (DATA / name).read_text(encoding="utf-8").splitlines()[1:]


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for line in lines(name) for word in line.split())


@cache
def ordinary_words() -> frozenset[str]:
    """English words in every form, in small letters."""
    return frozenset(lines("en_words.txt"))


@cache
def medical_words() -> frozenset[str]:
    """English words of medicine: a list of this room and every word of the knowledge graph's names."""
    from medomni.knowledge import load_graph

    terms = (term for node in load_graph().nodes.values() for term in node.terms("en"))
    return _words("en_medical.txt") | {word for term in terms for word in term.lower().replace("-", " ").split()}


@cache
def eponyms() -> frozenset[str]:
    """Names that medicine uses for diseases, signs and instruments."""
    return _words("en_eponyms.txt")


@cache
def kept_words() -> frozenset[str]:
    """Capitalised words that are nobody's name: scores, makers, peoples, days."""
    return _words("en_kept.txt")


@cache
def abbreviations() -> frozenset[str]:
    """Abbreviations in capitals."""
    return frozenset(word for line in lines("en_abbreviations.txt") for word in line.split())


@cache
def context_words(name: str) -> frozenset[str]:
    """A set of ``data/en_context.tsv``: titles, roles, street words."""
    sets = dict(line.split("\t") for line in lines("en_context.tsv"))
    return frozenset(sets[name].split())


@cache
def pattern_text(name: str) -> str:
    """A pattern of ``data/en_patterns.tsv``, not compiled."""
    return dict(line.split("\t") for line in lines("en_patterns.tsv"))[name]


@cache
def given_names() -> dict[str, int]:
    """English given names and their rank, 0 the most frequent of its list."""
    return {name: k for k, name in enumerate(lines("en_first_names.txt"))}


@cache
def surnames() -> dict[str, int]:
    """Surnames of the United States and their rank."""
    return {name: k for k, name in enumerate(lines("en_surnames.txt"))}


def is_listed(word: str) -> bool:
    """True where the word is given as it is in the ordinary or the medical list."""
    return word in ordinary_words() or word in medical_words()


@cache
def is_known(word: str) -> bool:
    """True for an English word of the lists, inflected, in British spelling, with a common prefix or hyphenated."""
    if is_listed(word):
        return True
    if "-" in word or "'" in word or "’" in word:
        parts = [p for p in word.replace("’", "-").replace("'", "-").split("-") if p]
        return all(len(p) < 3 or p in _FRONTS or is_known(p) or p in kept_words() or p in eponyms() for p in parts)
    return any(is_listed(form) for form in _spellings(word)) or any(
        form in medical_words() or (form != word and len(form) >= 6 and is_listed(form)) for form in _forms(word)
    )


def looks_medical(word: str) -> bool:
    """True for an unknown word of seven letters or more with an ending of medicine, which no common name has."""
    return len(word) >= 7 and word.endswith(_MEDICAL_ENDS) and word not in given_names() and word not in surnames()


def _spellings(word: str) -> set[str]:
    """The word as an American may write it."""
    forms = {word}
    for british, american in _BRITISH:
        forms |= {f.replace(british, american) for f in list(forms) if british in f}
    if len(word) > 6 and ("ae" in word or "oe" in word):
        forms.add(word.replace("ae", "e").replace("oe", "e"))
    return forms


def _forms(word: str) -> set[str]:
    """The word without endings and prefixes; the ordinary list has inflected forms itself, the medical one has not."""
    forms = _spellings(word)
    for form in list(forms):
        forms |= {
            form[: -len(end)] + instead for end, instead in _ENDS if form.endswith(end) and len(form) - len(end) >= 4
        }
    for form in list(forms):
        forms |= {form[len(front) :] for front in _FRONTS if form.startswith(front) and len(form) - len(front) >= 4}
    return forms
