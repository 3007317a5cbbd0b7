"""Arrays with geometry: :class:`Volume` and :class:`Segmentation`, valid once constructed.

Index order is ``(slice, row, column)``. The affine maps homogeneous indices to LPS millimetres, the DICOM
patient frame (PS3.3 C.7.6.2.1.1): +x is the patient's left, +y posterior, +z head.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medomni.files import replacing
from medomni.records import Study, Warned

if TYPE_CHECKING:
    from collections.abc import Mapping

UNMAPPED = "unmapped"
LOBES = ("upper_lobe", "middle_lobe", "lower_lobe", "lingula", "lung_apex", "lung_base")
PAIRED = ("lung", *LOBES, "kidney", "adrenal_gland", "breast", "rib", "clavicle", "scapula", "humerus", "hip_bone",
          "femur", "gluteus_maximus", "gluteus_medius", "gluteus_minimus", "iliopsoas", "back_muscle")
"""Of each there is one on either side of everybody, mirrored or not; vessels, which networks confuse, are left out."""
LEAST_ML, ASIDE_MM = 1.0, 30.0
"""Of both parts of a pair, to tell that they are exchanged; of a lone lobe, from the middle of the lungs."""
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def _checked_affine(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    a = np.asarray(affine, dtype=np.float64)
    if a.shape != (4, 4) or not np.isfinite(a).all() or not np.allclose(a[3], [0, 0, 0, 1]):
        raise ValueError(f"affine must be a finite 4x4 homogeneous matrix, got shape {a.shape}")
    if abs(np.linalg.det(a[:3, :3])) < 1e-9:
        raise ValueError("affine is singular: its three axes do not span space")
    a = a.copy()
    a.flags.writeable = False
    return a


@dataclass(frozen=True, eq=False)
class Volume:
    """A scalar volume.

    Attributes:
        array: (slices, rows, columns), int16 or float32, in the modality's unit (HU for CT).
        affine: 4x4, ``(slice, row, column, 1)`` to LPS millimetres; may be sheared (gantry tilt).
        study: the study's record.
        slice_uids: SOPInstanceUID per slice as the site's own store needs them; never written to records.

    Raises:
        ValueError: when the array is not 3-D, empty, of another dtype, or the affine is singular.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    study: Study
    slice_uids: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.array.ndim != 3 or 0 in self.array.shape:
            raise ValueError(f"array must be a non-empty (slices, rows, columns), got {self.array.shape}")
        if self.array.dtype not in (np.dtype(np.int16), np.dtype(np.float32)):
            raise ValueError(f"array must be int16 or float32, got {self.array.dtype}")
        object.__setattr__(self, "affine", _checked_affine(self.affine))

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Spacing in millimetres: between slice planes along their normal, between rows, between columns."""
        s, r, c = self.affine[:3, 0], self.affine[:3, 1], self.affine[:3, 2]
        n = np.cross(c, r)
        n = n / np.linalg.norm(n)
        return float(abs(s @ n)), float(np.linalg.norm(r)), float(np.linalg.norm(c))

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000.0)

    def to_lps(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """LPS millimetres, shape (..., 3), of (slice, row, column) indices, shape (..., 3)."""
        return np.asarray(index, dtype=np.float64) @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index(self, lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fractional (slice, row, column) indices, shape (..., 3), of LPS millimetres, shape (..., 3)."""
        offset: NDArray[np.float64] = np.asarray(lps, dtype=np.float64) - self.affine[:3, 3]
        moved: NDArray[np.float64] = np.matmul(offset, np.linalg.inv(self.affine[:3, :3]).T)
        return moved

    def axial(self) -> Volume:
        """The same voxels with axes turned so that slices run to the head, rows to the back, columns to the left.

        Only permutes and flips; no voxel value changes. An oblique volume keeps its obliquity.
        Array column 0 is then the patient's right side.
        """
        order, flips = axis_alignment(self.affine)
        array, affine = reorient(self.array, self.affine, order, flips)
        uids = self.slice_uids
        if uids:
            uids = () if order[0] != 0 else (uids[::-1] if flips[0] else uids)
        return replace(self, array=array, affine=affine, slice_uids=uids)

    def to_monai(self) -> Any:
        """A channel-first MONAI ``MetaTensor`` (1, columns, rows, slices) with a RAS affine (extra ``segment``)."""
        try:
            import torch
            from monai.data import MetaTensor
        except ImportError as exc:
            from medomni.errors import MedomniError

            raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="Volume.to_monai") from exc
        data = torch.as_tensor(np.ascontiguousarray(self.array.transpose(2, 1, 0)[None]))
        return MetaTensor(data, affine=torch.as_tensor(self._ras_columns_first()))

    def to_nifti(self, path: Path | str) -> Path:
        """Write a NIfTI-1 file with the RAS affine in millimetres, array order (column, row, slice) (extra
        ``segment``); compressed where the name ends in ``.gz``. Errors of writing as :func:`medomni.files.replacing`.
        """
        try:
            import nibabel
        except ImportError as exc:
            from medomni.errors import MedomniError

            raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="Volume.to_nifti") from exc
        image = nibabel.Nifti1Image(self.array.transpose(2, 1, 0), self._ras_columns_first())
        image.header.set_xyzt_units("mm")
        path = Path(path)
        data = image.to_bytes()
        with replacing(path) as beside:
            beside.write_bytes(gzip.compress(data, compresslevel=1, mtime=0) if path.suffix == ".gz" else data)
        return path

    def _ras_columns_first(self) -> NDArray[np.float64]:
        return LPS_TO_RAS @ self.affine[:, [2, 1, 0, 3]]


@dataclass(frozen=True)
class Label:
    """One row of a label table.

    Attributes:
        anatomy_id: of the knowledge graph (a finding's id where the class is one, as a cyst); :data:`UNMAPPED` where
            the source's class has none.
        side: the patient's. level: vertebra (``T7``) or number of a rib (``5``), empty where there is none.
        name: what the source calls the class, empty for the built-in segmenter's.
    """

    value: int
    anatomy_id: str
    side: str = "unspecified"
    level: str = ""
    name: str = ""


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A label map on the grid of a volume.

    Attributes:
        labels: (slices, rows, columns), uint8 or uint16; 0 is background.
        table: label value to :class:`Label`.
        affine: as :class:`Volume`.
        produced_by: segmenter name and version.
        truncated: label values that the field of view cuts.
        abstained: anatomy id to the reason why it was not segmented; such anatomy is *not assessable*.
        untested: anatomy ids whose accuracy was never measured here (a network's, or masks made elsewhere): they may
            be shown, and nothing is called absent by them.
        warnings: what the study's record is to say of them.

    Raises:
        ValueError: on another dtype, a label without a row, or a non-3-D array.
    """

    labels: NDArray[Any]
    table: Mapping[int, Label]
    affine: NDArray[np.float64]
    produced_by: str
    truncated: frozenset[int] = frozenset()
    abstained: Mapping[str, str] = field(default_factory=dict)
    untested: frozenset[str] = frozenset()
    warnings: tuple[Warned, ...] = ()

    def __post_init__(self) -> None:
        if self.labels.ndim != 3 or self.labels.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
            raise ValueError(f"labels must be 3-D uint8 or uint16, got {self.labels.dtype} {self.labels.shape}")
        seen = np.zeros(np.iinfo(self.labels.dtype).max + 1, bool)
        seen[self.labels] = True  # sorting them takes longer
        missing = set(np.flatnonzero(seen).tolist()) - {0} - set(self.table)
        if missing:
            raise ValueError(f"labels without a row in the table: {sorted(missing)}")
        object.__setattr__(self, "affine", _checked_affine(self.affine))

    def matches(self, volume: Volume) -> bool:
        """True where shape and affine (to 1e-3) are those of ``volume``."""
        return self.labels.shape == volume.array.shape and np.allclose(self.affine, volume.affine, atol=1e-3)

    @property
    def situs_inversus(self) -> bool:
        """Whether the label map says that the liver lies on the left."""
        return any(row.anatomy_id == "liver" and row.side == "left" for row in self.table.values())

    def mask(self, anatomy_id: str, side: str | None = None) -> NDArray[np.bool_]:
        """Boolean mask of an anatomy (one side or all); all False where it was not found."""
        values = [v for v, row in self.table.items() if row.anatomy_id == anatomy_id and side in (None, row.side)]
        return among(self.labels, values)


LEAST_ROUND = 0.97
"""Of the field that holds values and the circle around it, what both share, so that it is taken for one."""


def thinning(spacing_mm: tuple[float, float, float], in_plane_mm: float, slice_mm: float) -> tuple[int, int, int]:
    """Voxels per block along slices, rows, columns, so that a block comes closest to the wanted size (at least one)."""
    sz, sy, sx = spacing_mm
    return max(1, round(slice_mm / sz)), max(1, round(in_plane_mm / sy)), max(1, round(in_plane_mm / sx))


SLAB = 16
"""Blocks along the slices that are averaged at a time: an image of 300 slices is not copied whole as floats."""


def block_means(array: NDArray[Any], steps: tuple[int, int, int], limits: tuple[float, float] | None = None,
                ) -> NDArray[np.float32]:
    """Means over blocks of ``steps`` voxels; the last block along an axis may be smaller.

    Args:
        array: (slices, rows, columns), any real dtype. limits: the values are clipped to these before.
    """
    many = SLAB * steps[0]
    parts = []
    for first in range(0, max(1, len(array)), many):
        part = array[first : first + many].astype(np.float32)
        parts.append(_block_means(part if limits is None else np.clip(part, *limits, out=part), steps))
    return np.concatenate(parts)


def _block_means(out: NDArray[np.float32], steps: tuple[int, int, int]) -> NDArray[np.float32]:
    for axis, step in enumerate(steps):
        if step > 1:  # sums of every step-th plane: ``np.add.reduceat`` takes six times as long
            along = np.moveaxis(out, axis, 0)
            total = along[::step].copy()
            for first in range(1, step):
                more = along[first::step]
                total[: len(more)] += more
            counts = np.diff(np.append(np.arange(0, len(along), step), len(along))).astype(np.float32)
            total /= counts[:, None, None]
            out = np.moveaxis(total, 0, axis)
    return out


def reconstructed(hu: NDArray[Any]) -> NDArray[np.bool_]:
    """(rows, columns) of (slices, rows, columns) that was reconstructed: all, or the circle outside which every slice
    holds one value throughout, as scanners write it (DICOM PS3.3 C.7.6.1.1.2: pixel padding). Also a circle that lies
    off the middle of a cropped picture, as long as it reaches into no corner.
    """
    whole = np.ones(hu.shape[1:], bool)
    if len(hu) < 2 or min(whole.shape) < 16:
        return whole
    inside = np.zeros_like(whole)
    for plane in hu:
        inside |= plane != plane[0, 0]
    corners = inside[[0, 0, -1, -1], [0, -1, 0, -1]]
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if corners.any() or not rows.size:
        return whole
    r = max(rows[-1] - rows[0], columns[-1] - columns[0]) / 2 + 0.5
    y, x = np.ogrid[: whole.shape[0], : whole.shape[1]]
    disc = np.hypot(y - (rows[0] + rows[-1]) / 2, x - (columns[0] + columns[-1]) / 2) <= r
    return disc if (disc & inside).sum() > LEAST_ROUND * (disc | inside).sum() else whole


def carried_on(mask: NDArray[np.bool_], valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask (slices, rows, columns) that beyond what was reconstructed (rows, columns) goes on as at its edge."""
    from scipy import ndimage

    if valid.all():
        return mask
    rows, columns = ndimage.distance_transform_edt(~valid, return_distances=False, return_indices=True)
    out: NDArray[np.bool_] = mask[:, rows, columns]
    return out


def among(labels: NDArray[Any], values: Iterable[int]) -> NDArray[np.bool_]:
    """Where a label is one of ``values``: ``np.isin``, in a fifth of its time for the few values of an anatomy.

    Args:
        labels: any shape, integers.
    """
    out: NDArray[np.bool_] | None = None
    for value in values:
        here = labels == value
        out = here if out is None else np.logical_or(out, here, out=out)
    return np.zeros(labels.shape, bool) if out is None else out


def exchanged(segmentation: Segmentation) -> tuple[str, ...]:
    """Anatomies whose parts named left and right lie on the patient's other side by the affine.

    A pair is exchanged where three quarters of its left part lie to the right of three quarters of its right part; a
    lobe that only one side has, where its middle lies 30 mm beyond the middle of both lungs. What nearly hangs together
    across the middle, or is smaller than 1 ml, is left.
    """
    a = segmentation.affine
    steps = [max(1, round(3.0 / float(n))) for n in np.linalg.norm(a[:3, :3], axis=0)]
    thin = segmentation.labels[:: steps[0], :: steps[1], :: steps[2]]
    least = LEAST_ML * 1000.0 / abs(float(np.linalg.det(a[:3, :3] * steps)))
    found: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    for v, row in segmentation.table.items():
        side = "right" if row.anatomy_id == "middle_lobe" and row.side == "unspecified" else row.side
        if row.anatomy_id in PAIRED and side in ("left", "right"):
            x = np.argwhere(thin == v) @ (a[0, :3] * steps) + a[0, 3]
            for name in {row.anatomy_id, "lung" if row.anatomy_id in LOBES else row.anatomy_id}:
                found.setdefault((name, side), []).append(x)
    places = {key: x for key, parts in found.items() if len(x := np.concatenate(parts)) > 0}
    lungs = [x for (name, _), x in places.items() if name == "lung"]
    middle = float(np.percentile(np.concatenate(lungs), [2, 98]).mean()) if len(lungs) == 2 else None
    out = set()
    for (name, side), x in places.items():
        other = places.get((name, "left" if side == "right" else "right"))
        if other is not None:
            if side == "left" and min(len(x), len(other)) >= least and np.percentile(x, 75) < np.percentile(other, 25):
                out.add(name)
        elif name in LOBES and middle is not None and len(x) >= least:
            beyond = (float(np.median(x)) - middle) * (1 if side == "right" else -1)
            out |= {name} if beyond > ASIDE_MM else set()
    return tuple(sorted(out))


LUNG_ENDS, LUNG_FACE_MM2 = (0.15, 0.05), 40.0
"""Share of the lungs' greatest area in the lowest and in the highest slice, and area in a face sideways, from which on
the field of view cuts a lung, as the built-in rules have it."""


def cut_by_view(labels: NDArray[Any], table: Mapping[int, Label], affine: NDArray[np.float64]) -> frozenset[int]:
    """Labels that the field of view cuts: those in the first or last slice or in a face sideways.

    A lung, and its lobes, may show a tip in the last slice (:data:`LUNG_ENDS`).

    Args:
        labels: (slices, rows, columns), any axis order. affine: as :class:`Volume`.
    """
    (body, *_), (to_foot, *_) = axis_alignment(affine)
    lungs = {v: row.side for v, row in table.items() if row.anatomy_id == "lung" or row.anatomy_id in LOBES}
    in_face: dict[tuple[int, int], dict[int, int]] = {}
    for axis in range(3):
        for end in (0, -1):
            values, counts = np.unique(np.take(labels, end, axis), return_counts=True)
            in_face[axis, end] = dict(zip(values.tolist(), counts.tolist(), strict=True))
    out = {v for face in in_face.values() for v in face if v and v not in lungs}
    across = [np.linalg.norm(np.cross(affine[:3, (k + 1) % 3], affine[:3, (k + 2) % 3])) for k in range(3)]
    for v in lungs:
        area = sum(face.get(v, 0) * across[axis] for (axis, _), face in in_face.items() if axis != body)
        out |= {v} if area > LUNG_FACE_MM2 else set()
    ends = (-1, 0) if to_foot else (0, -1)  # lowest, highest
    others = tuple(axis for axis in range(3) if axis != body)
    areas = {side: np.count_nonzero(among(labels, [v for v in lungs if lungs[v] == side]), axis=others)
             for side in set(lungs.values())}
    whole = sum(areas.values(), np.zeros(labels.shape[body], int))
    if not any(whole[end] > share * whole.max() for end, share in zip(ends, LUNG_ENDS, strict=True)):
        return frozenset(out)
    for side, area in areas.items():
        for end, share in zip(ends, (LUNG_ENDS[0], 0.0), strict=True):
            if area[end] > share * area.max():
                out |= {v for v in in_face[body, end] if lungs.get(v) == side}
    return frozenset(out)


def axis_alignment(affine: NDArray[np.float64]) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Which array axis runs along z, y and x of LPS, and whether it must be flipped to run head, back, left."""
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    best: tuple[float, tuple[int, int, int]] | None = None
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        score = sum(abs(directions[lps, axis]) for lps, axis in zip((2, 1, 0), order, strict=True))
        if best is None or score > best[0] + 1e-9:
            best = (float(score), order)
    assert best is not None
    order = best[1]
    flips = tuple(bool(directions[lps, axis] < 0) for lps, axis in zip((2, 1, 0), order, strict=True))
    return order, flips  # type: ignore[return-value]


def reorient(
    array: NDArray[Any], affine: NDArray[np.float64], order: tuple[int, int, int], flips: tuple[bool, bool, bool]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Permute and flip an array with its affine; voxel values keep their place in space."""
    out = array.transpose(order)
    a = affine[:, [*order, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            a[:3, 3] += a[:3, axis] * (out.shape[axis] - 1)
            a[:3, axis] *= -1
            out = np.flip(out, axis)
    return np.ascontiguousarray(out), a


def from_upright(labels: NDArray[Any], volume: Volume) -> NDArray[Any]:
    """The inverse of :meth:`Volume.axial` for an array of the upright shape (slices to the head, rows to the back,
    columns to the left); no value changes."""
    order, flips = axis_alignment(volume.affine)
    for axis, flip in enumerate(flips):
        if flip:
            labels = np.flip(labels, axis)
    return np.ascontiguousarray(labels.transpose(np.argsort(order)))
