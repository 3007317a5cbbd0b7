"""Comparison with an earlier study: findings paired, nodules looked for again where one study alone shows them.

The rules find small nodules in one study and miss them in the next. What only one of the two studies shows is therefore
called new or resolved only where the other, at the same place, holds no tissue of that thickness; where it does, that
is measured and compared. Where the other study was not assessed for it there, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.errors import MedomniError
from medomni.findings.change import change_of
from medomni.findings.chest import Chest, chest_of
from medomni.findings.floor import diaphragm
from medomni.findings.hit import Hit
from medomni.findings.pairs import APART_MM, PLACED, pairs_of
from medomni.findings.registration import Motion, motion_between
from medomni.findings.sizes import size_fields
from medomni.knowledge import load_graph
from medomni.records import Comparison, Coverage, Finding, Findings, PriorChange
from medomni.volume import Segmentation, Volume

METHOD = "simpleitk:rigid-affine 1"
UNTOLD = "which of several it is cannot be told: a place is missing"
ONE_A_STUDY = ("rib_fracture",)
"""The rule shows the plainest one alone: where it shows one, it has not looked for others."""
SAME_SHARE, LEAST_ROUND = 0.6, 0.45
"""Of a nodule's smallest diameter, and of its own longest: tissue as thick as that at its place is the nodule, not a
vessel."""
DENSE_HU = -450.0


@dataclass(frozen=True, eq=False)
class Seen:
    """A measured study: its volume, the labels that were measured, its findings."""

    volume: Volume
    labels: Segmentation
    findings: Findings


def compared(now: Seen, before: Seen, interval_days: int | None = None) -> Findings:
    """The later study's findings, each with its change, and the comparison.

    Where the studies cannot be laid on one another the comparison carries MED-S30 and no finding a change.

    Args:
        interval_days: from the earlier study to the later one, None where it is not known.

    Raises:
        MedomniError: MED-C06 without SimpleITK.
    """
    try:
        motion = motion_between((now.volume, now.labels), (before.volume, before.labels))
    except MedomniError as exc:
        if exc.code != "MED-S30":
            raise
        why = Comparison(comparable=False, reason=f"MED-S30: {exc.detail}", interval_days=interval_days, method=METHOD)
        return now.findings.model_copy(update={"comparison": why})
    return _Pairing(now, before, motion, interval_days).result()


class _Pairing:
    """Findings of two studies, being matched."""

    def __init__(self, now: Seen, before: Seen, motion: Motion, days: int | None) -> None:
        self.now, self.before, self.motion, self.days = now, before, motion, days
        self.pairs = pairs_of(now.findings.findings, before.findings.findings, motion)
        self.open: list[tuple[str, str, str]] = []
        self._chests: dict[int, tuple[Chest, NDArray[np.float32]]] = {}

    def result(self) -> Findings:
        """The later findings with their changes."""
        pairs = self.pairs
        findings = []
        for f in self.now.findings.findings:
            change = change_of(*pairs.compared[f.id], self.days) if f.id in pairs.compared else self._new(f)
            findings.append(f.model_copy(update={"prior": change}) if change else f)
        resolved = []
        for f in self.before.findings.findings:
            if f.presence != "present" or f.id in pairs.known:
                continue
            gone = self._gone(f)
            if gone is not None:
                resolved.append(f.model_copy(update={"prior": gone, "mask_ref": None}))
        motion = self.motion
        return self.now.findings.model_copy(update={"findings": tuple(findings), "comparison": Comparison(
            comparable=True, interval_days=self.days, method=METHOD, moved_mm=round(motion.moved_mm, 1),
            turned_deg=round(motion.turned_deg, 1), resolved=tuple(resolved), open=tuple(self.open))})

    def _new(self, f: Finding) -> PriorChange | None:
        """That it is new, its change against what lies at its place in the earlier study, or None with the reason."""
        if f.finding_id in PLACED and f.centroid_mm is not None:
            there = self.motion.forth(np.array(f.centroid_mm))
            found = self._looked_again(self.before, there, f)
            if isinstance(found, Finding):
                return change_of(f, found, self.days)
            if isinstance(found, str):
                self.open.append((f.finding_id, f.side, found))
                return None
            return PriorChange(change="new", interval_days=self.days)
        if f.presence != "present":
            return None
        why = UNTOLD if f.id in self.pairs.open_now else _unseen(self.before.findings, f, now=False)
        if why:
            self.open.append((f.finding_id, f.side, why))
            return None
        return PriorChange(change="new", interval_days=self.days)

    def _gone(self, f: Finding) -> PriorChange | None:
        """That it is resolved; None with the reason, or where this study still holds tissue at its place."""
        if f.finding_id in PLACED and f.centroid_mm is not None:
            found = self._looked_again(self.now, self.motion.back(np.array(f.centroid_mm)), f)
            if isinstance(found, Finding):
                seen = change_of(found, f, self.days)
                self.open.append((f.finding_id, f.side, f"not found in this study, where tissue of "
                                                        f"{found.longest_mm:.0f} mm lies at its place ({seen.change})"))
                return None
            if isinstance(found, str):
                self.open.append((f.finding_id, f.side, found))
                return None
        else:
            why = UNTOLD if f.id in self.pairs.open_before else _unseen(self.now.findings, f, now=True)
            doubtful = any(g.presence == "uncertain" or g.side != f.side for g in self.now.findings.findings
                           if g.id not in self.pairs.compared and _overlap(g, f))
            if why or doubtful:
                self.open.append((f.finding_id, f.side, why or "not certain in this study"))
                return None
        return PriorChange(change="resolved", interval_days=self.days, longest_mm=f.longest_mm, volume_ml=f.volume_ml)

    def _looked_again(self, seen: Seen, lps: NDArray[np.float64], f: Finding) -> Finding | str | None:
        """What lies at a nodule's place in the other study: a measured thing, nothing, or why that cannot be told."""
        chest, floor = self._chest(seen)
        axial = seen.volume.axial()
        at = (axial.to_index(lps) - chest.origin - (np.array(chest.steps) - 1) / 2) / chest.steps
        inside = np.rint(at).astype(int)
        if (inside < 0).any() or (inside >= chest.hu.shape).any():
            return "outside the field of view of the other study"
        if not chest.cage[tuple(inside)] or not _aerated(chest, inside):
            return "what lies at its place in the other study is no aerated lung"
        row = next((c for c in seen.findings.coverage
                    if c.finding_id == f.finding_id and c.side in (f.side, "bilateral")), None)
        if chest.spacing[0] > 0.8 * (f.longest_mm or 0.0) or (row is not None and row.reason and "MED-Q" in row.reason):
            return "the slices of the other study are too thick or too poor for its size"
        reach = APART_MM / 2 + 0.4 * (f.longest_mm or 0.0)
        hit = _dense_at(chest, at, reach, f)
        if hit is None:
            return None
        fields: dict[str, Any] = size_fields(axial, chest, hit, floor, np.zeros(chest.hu.shape, bool))
        thick = fields.get("short_3d_mm")
        long = fields.get("longest_3d_mm")
        if thick is None or thick < max(SAME_SHARE * (f.short_3d_mm or f.short_mm or 0.0), LEAST_ROUND * (long or 0.0)):
            return None
        measured: dict[str, Any] = {k: round(v, 3) if isinstance(v, float) else v for k, v in fields.items()}
        return Finding(id="again", finding_id=f.finding_id, anatomy_id="lung", side=f.side, measured_by=METHOD,
                       **measured)

    def _chest(self, seen: Seen) -> tuple[Chest, NDArray[np.float32]]:
        if id(seen) not in self._chests:
            chest = chest_of(seen.volume, seen.labels)
            self._chests[id(seen)] = (chest, diaphragm(chest))
        return self._chests[id(seen)]


def _unseen(study: Findings, f: Finding, *, now: bool) -> str | None:
    """Why a study that does not show a finding cannot deny it, None where it can."""
    if f.finding_id in ONE_A_STUDY and any(g.finding_id == f.finding_id for g in study.findings):
        return "of several only the plainest is looked for, which lies elsewhere in this study" if now else \
            "of several only the plainest is looked for, which lay elsewhere in the earlier study"
    if _assessed(study.coverage, f):
        return None
    return "not assessed in this study" if now else "not assessed in the earlier study"


def _assessed(coverage: Sequence[Coverage], f: Finding) -> bool:
    """Whether a finding was looked for where it lies; what is said of its own anatomy goes before a larger one."""
    graph = load_graph()
    rows = [c for c in coverage if c.finding_id == f.finding_id and c.side in (f.side, "bilateral", "unspecified")]
    own = [c for c in rows if c.anatomy_id == f.anatomy_id]
    return any(c.assessable for c in own or rows if own or graph.within(f.anatomy_id, c.anatomy_id))


def _overlap(g: Finding, f: Finding) -> bool:
    """Whether two findings are of one kind, and their sides and anatomies not apart."""
    graph = load_graph()
    parts = graph.within(f.anatomy_id, g.anatomy_id) or graph.within(g.anatomy_id, f.anatomy_id)
    return parts and g.finding_id == f.finding_id and g.side in (f.side, "bilateral", "unspecified")


def _aerated(chest: Chest, at: NDArray[Any]) -> bool:
    """Whether lung is there or next to it (within about 15 mm)."""
    box = tuple(slice(max(0, int(v) - round(15 / s)), int(v) + round(15 / s) + 1)
                for v, s in zip(at, chest.spacing, strict=True))
    return bool(chest.lung[box].mean() > 0.2)


def _dense_at(chest: Chest, at: NDArray[np.float64], reach_mm: float, f: Finding) -> Hit | None:
    """The thickest dense tissue inside the ribs within a reach of a place, as a hit; None where there is none."""
    axes = [(np.arange(n) - v) * s for n, v, s in zip(chest.hu.shape, at, chest.spacing, strict=True)]
    lo = [int(np.searchsorted(a, -reach_mm)) for a in axes]
    hi = [int(np.searchsorted(a, reach_mm, side="right")) for a in axes]
    box = tuple(slice(a, b) for a, b in zip(lo, hi, strict=True))
    z, y, x = (a[b] for a, b in zip(axes, box, strict=True))
    ball = z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2 <= reach_mm**2
    dense = (chest.hu[box] > DENSE_HU) & ball & chest.cage[box] & ~chest.masks["heart"][box]
    dense &= ~chest.masks["mediastinum"][box]
    if not dense.any():
        return None
    depth = ndimage.distance_transform_edt(np.pad(dense, 1), sampling=chest.spacing)[1:-1, 1:-1, 1:-1]
    labels, _ = ndimage.label(dense)
    part = labels == labels[np.unravel_index(int(depth.argmax()), depth.shape)]
    mask = np.zeros(chest.hu.shape, bool)
    mask[box] = part
    return Hit(f.finding_id, "lung", f.side, mask, 0.5, METHOD, {})
