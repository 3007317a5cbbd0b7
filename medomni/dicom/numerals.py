"""Numbers as headers write them: the characters of VR DS and IS (PS3.5 6.2) and no others.

Python takes more for a number, underscores between digits and the digits of other scripts among them: ``1_0`` would be
read as 10, where the scanner wrote something that nobody knows.
"""

from __future__ import annotations

import re

_WHOLE = re.compile(r" *[+-]?[0-9]+ *")
_DECIMAL = re.compile(r" *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)? *")


def decimal(text: str) -> float:
    """The value of a decimal string; ValueError where it is none."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError("no decimal string")
    return float(text)


def whole(text: str) -> int:
    """The value of an integer string; ValueError where it is none."""
    if not _WHOLE.fullmatch(text):
        raise ValueError("no integer string")
    return int(text)
