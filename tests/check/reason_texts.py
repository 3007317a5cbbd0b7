"""Every sentence that the measuring rooms can give as a reason, read from their source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import medomni
from medomni.check.reasons import _PAIRS

ROOMS = ("segment", "findings", "quality")
REASONS_OF_ERRORS = {"MED-S30"}
"""Errors whose text a record carries; the text of others goes to the command line alone."""
SAMPLES = ("7.5", "descending", "left", "sharp", "lung")
FILLED = {"the field of view cuts the {} over {} mm": ("left lung", "7.5"),
          "{}: {} {} mm {}, {} mm are needed": ("MED-S20", "slices lie", "7.5", "apart", "at most 3"),
          "MED-S06: {} mm of the {} could be measured": ("7.5", "ascending aorta"),
          "MED-D17: {} slices over {} mm; {}": ("7", "7.5", "10 slices and 150 mm are needed"),
          "not found in this study, where tissue of {} mm lies at its place ({})": ("7.5", "grown")}
"""Texts whose parts are more than a number or a word."""
NO_REASONS = re.compile(
    r"pip install .*|.*https?://.*|.*on (?:a|this) machine.*|.*\d{4}, .*:\d+"  # how to install, whose definition
    r"|(?:left|right) (?:upper|middle|lower) lobe|given is unknown|volume \{\}, labels \{\}"
    r"|\{\} slices and \{\} mm are needed")  # a part of another text
CODES = sorted({code for en, _ in _PAIRS for code in re.findall(r"MED-\w\d\d", en)})


def sentences() -> Iterator[tuple[str, str]]:
    """(file:line, text) of each literal of three words or more; ``{}`` stands for what is filled in."""
    root = Path(medomni.__file__).parent
    for path in (p for room in ROOMS for p in sorted((root / room).rglob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        skip = {id(n) for node in ast.walk(tree) for n in _apart(node)}
        for node in ast.walk(tree):
            text = _text(node) if id(node) not in skip else ""
            if re.search(r"[a-z]+ \S+ \S*[a-z]", re.sub(r"^.{0,9}: ", "", text)) and not NO_REASONS.fullmatch(text):
                yield f"{path.relative_to(root)}:{node.lineno}", text  # type: ignore[attr-defined]


def ways(text: str) -> Iterator[str]:
    """The text as it may be shown: with a code before it, and words and numbers filled in."""
    for filled in [FILLED[text]] if text in FILLED else product(SAMPLES, repeat=text.count("{}")):
        said = re.sub(r"\{\}", lambda _, it=iter(filled): next(it), text)  # type: ignore[misc]
        yield said
        yield from (f"{code}: {said.removeprefix('{}: ')}" for code in CODES)
    if text.startswith("{}: ") and text not in FILLED:
        yield from ways(text.removeprefix("{}: "))


def _apart(node: ast.AST) -> Iterator[ast.AST]:
    """What is no reason: docstrings, parts of an f-string, texts of errors, warnings of a series, keys."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from (v for v in ast.walk(node) if v is not node)
    elif isinstance(node, ast.Call) and _name(node.func) == "Warned":  # shown by its code
        yield from ast.walk(node)
    elif isinstance(node, ast.Call) and _name(node.func) == "MedomniError":
        code = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
        if code not in REASONS_OF_ERRORS:
            yield from ast.walk(node)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
