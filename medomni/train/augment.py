"""Augmentation that keeps truth: what flips the image flips the words and the labels with it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import torch

from medomni.data.case import Case
from medomni.data.places import mirrored_places
from medomni.data.slabs import AIR_HU
from medomni.records import Findings

_SWAP = {"left": "right", "right": "left"}
_SIDES = re.compile(r"\b(left|right)(?=\b|-)", re.IGNORECASE)
_NOT_MIRRORED = re.compile(r"middle[ _]lobe|lingul|\b[rl](?:[uml]l|t)?\b|(?:left|right)(?:s|wards?)\b|[\u3000-\uffef]",
                           re.IGNORECASE)
"""The middle lobe and the lingula; RLL, Lt, L, leftward; Chinese."""


def augmented(case: Case, generator: torch.Generator, *, noise_hu: float, shift_px: int, mirror: float) -> Case:
    """Noise, a small in-plane shift, and for a share of cases a mirror image with its words exchanged."""
    if mirror and float(torch.rand((), generator=generator)) < mirror:
        case = mirrored(case)
    hu, places = torch.from_numpy(np.ascontiguousarray(case.hu)).float(), case.places
    if noise_hu:
        level = float(torch.rand((), generator=generator)) * noise_hu
        hu = hu + level * torch.randn(hu.shape, generator=generator)
    if shift_px:
        dy, dx = (int(torch.randint(0, 2 * shift_px + 1, (), generator=generator)) for _ in range(2))
        padded = torch.nn.functional.pad(hu, (shift_px,) * 4, value=float(AIR_HU))
        hu = padded[:, dy:dy + hu.shape[1], dx:dx + hu.shape[2]]
        if places is not None:
            edge = ((0, 0), (shift_px, shift_px), (shift_px, shift_px))
            places = np.pad(places, edge)[:, dy:dy + hu.shape[1], dx:dx + hu.shape[2]]
    return replace(case, hu=hu.round().clamp(-32768, 32767).to(torch.int16).numpy(), places=places)


def mirrored(case: Case) -> Case:
    """The case with columns reversed and left and right exchanged in history, report, findings and truth.

    A case whose words cannot be exchanged whole comes back as it is: anatomy that one lung only has (the middle lobe,
    the lingula), sides that are written in another way than ``left`` and ``right``, other languages than English.
    """
    words = [case.report or "", case.history.symptom or "", case.history.prior or ""]
    segments = [str(f.segment) for record in (case.findings, case.truth) if record for f in record.findings]
    if any(_NOT_MIRRORED.search(text) for text in (*words, *segments)):
        return case
    history = case.history.model_copy(update={
        name: swapped(value) for name in ("symptom", "prior") if (value := getattr(case.history, name))})
    return replace(
        case, hu=case.hu[:, :, ::-1], findings=_other_side(case.findings), history=history,
        report=None if case.report is None else swapped(case.report),
        truth=None if case.truth is None else _other_side(case.truth),
        places=None if case.places is None else mirrored_places(case.places))


def swapped(text: str) -> str:
    """The text with left and right exchanged, capitals kept."""

    def other(match: re.Match) -> str:
        word = match.group(0)
        new = _SWAP[word.lower()]
        return new.upper() if word.isupper() else new.capitalize() if word[0].isupper() else new

    return _SIDES.sub(other, text)


def _other_side(record: Findings) -> Findings:
    return record.model_copy(update={
        name: tuple(row.model_copy(update={"side": _SWAP.get(row.side, row.side)}) for row in getattr(record, name))
        for name in ("findings", "coverage", "organs")})
