"""The language of a report: English or Chinese; everything else is refused, never half read."""

from __future__ import annotations

import re
from typing import Literal

from medomni.errors import MedomniError

__all__ = ["Language", "detect_language"]

Language = Literal["en", "zh"]

_WORD = re.compile(r"[a-zà-öø-ÿāăąćčďđēėęěğīįıķļłńňőœŕřśşšťūůűųźżž']+")
# Short words that only stand in one of the languages; the foreign ones are what a report there cannot avoid.
_COMMON_ENGLISH = """
    the of is no are and with there seen in right left normal effusion lung lungs heart size evidence
    without to a chest
    for within was not or has been limits unremarkable clear at small large which this nodule mass pleural
    absent present
    upper lower lobe acute fracture ribs cm mm findings impression on
"""
_ENGLISH = frozenset(_COMMON_ENGLISH.split())
_OTHER_LANGUAGES = """
    kein keine keinen keiner und der das mit ohne nicht ist sind links rechts lunge beidseits nachweis
    befund bei im von
    zum zur eine einen herz geen het een niet beide longen zijn met zonder
    pas de la le les des et sans droit droite gauche poumon poumons une épanchement pulmonaire avec
    sin el los las del derecho derecha izquierdo izquierda pulmón derrame un una sem não direito esquerdo
    pulmão da à il
    di non polmone destro sinistro versamento nel della
    ve yok sağ sol akciğer izlenmedi olağan bir nie bez po stronie prawej lewej płuc ingen och høyre
    venstre höger
    vänster hos ikke på
"""
_FOREIGN = frozenset(_OTHER_LANGUAGES.split()) - _ENGLISH


def _script(text: str) -> str:
    """``zh`` or ``latin`` by the letters; any other script is refused."""
    cjk = sum(1 for c in text if "一" <= c <= "鿿")
    kana = sum(1 for c in text if "\u3040" <= c <= "\u30ff" or "\uac00" <= c <= "\ud7a3")
    latin = sum(1 for c in text if c.isascii() and c.isalpha())
    other = sum(1 for c in text if c.isalpha() and ord(c) >= 0x0370) - cjk
    if kana > 2 and kana > 0.1 * (cjk + kana):
        raise MedomniError("MED-K01", "Japanese or Korean script")
    if other > 0.3 * (latin + cjk + other):
        raise MedomniError("MED-K01", "a script other than Latin and Chinese")
    return "zh" if cjk and cjk * 6 >= latin else "latin"


def detect_language(text: str) -> Language:
    """``en`` or ``zh`` of a lower-case text; mixed Chinese and English counts as Chinese.

    Raises:
        MedomniError: MED-K01 for any other script or language.
    """
    if not text.isascii() and _script(text) == "zh":
        return "zh"
    words = _WORD.findall(text)
    english = sum(1 for w in words if w in _ENGLISH)
    foreign = sum(1 for w in words if w in _FOREIGN)
    # A letter that English does not use counts as one more sign.
    foreign += sum(1 for w in words if not w.isascii())
    if foreign > english and (foreign >= 2 or foreign >= 0.2 * len(words)):
        raise MedomniError("MED-K01", "the words are of another language than English")
    return "en"
