"""The two lung fields of a frontal radiograph, and what can be read off their borders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]
Image = NDArray[np.float32]
HEIGHT = 256
LOWER = (1.0, 0.92, 0.85, 0.78, 0.7)
INTO_LUNG, INTO_SOFT = 16, 3
"""Pixels to both sides of a border by threshold in which its steepest place is looked for: half of a round heart's
shadow is reached far inside its edge, the edge itself is where the shadow begins."""
LEAST_AREA, LEAST_TALL = 0.03, 0.3
"""Of the picture: a lung field below either is not taken for one."""
CUT = 0.1
ALIKE = 0.45
"""The smaller field has at least this share of the larger one's height."""


@dataclass(frozen=True, eq=False)
class Fields:
    """Lung fields on a grid of about 256 rows; rows to the feet, columns to the patient's left.

    Attributes:
        image: 0 for the darkest, 1 for the brightest of the trunk. right, left: the patient's lungs, as far as they are
            dark. threshold: between lung and soft tissue. midline: column of the spine. aspect: height of a pixel over
            its width.
    """

    image: Image
    right: Mask
    left: Mask
    threshold: float
    midline: float
    aspect: float = 1.0

    def side(self, name: str) -> Mask:
        """The field of ``right`` or ``left``."""
        return self.right if name == "right" else self.left


def lung_fields(image: Image, aspect: float = 1.0) -> Fields | str:
    """Lung fields, or why they are not told.

    Args:
        image: (rows, columns), bright where dense; rows to the feet, columns to the patient's left.
        aspect: height of a pixel over its width.
    """
    factor = HEIGHT / image.shape[0]
    small = ndimage.zoom(ndimage.uniform_filter(image, max(1, int(1 / factor))), (factor, factor / aspect), order=1)
    low, high = np.quantile(small, (0.02, 0.98))
    if high - low < 1e-6:
        return "the picture is empty"
    plain = np.clip((small - low) / (high - low), 0, 1).astype(np.float32)
    smooth = ndimage.gaussian_filter(plain, 2.0)
    trunk = ndimage.binary_fill_holes(ndimage.binary_opening(smooth > 0.12, iterations=2))
    values = smooth[trunk]
    if values.size < 0.2 * smooth.size:
        return "no trunk is seen"
    threshold = otsu(values)
    for share in LOWER:  # where the chest wall is thin it is as dark as lung, and a lower threshold parts them
        found = _parted(smooth, trunk, float(np.quantile(values, 0.02)) * (1 - share) + threshold * share)
        if found is not None:
            return Fields(plain, *found[:2], found[2], found[3])
    return "two lung fields are not told from each other and from the chest wall"


def _parted(smooth: Image, trunk: Mask, threshold: float) -> tuple[Mask, Mask, float, float] | None:
    """Right and left field, the threshold and the midline, None where they are not both there."""
    dark = (smooth < threshold) & trunk
    labels, n = ndimage.label(ndimage.binary_opening(dark, iterations=2))
    outside = set(np.unique(np.concatenate([labels[:, 0], labels[:, -1], labels[0], labels[-1]])).tolist())
    shell = ndimage.binary_dilation(~trunk, iterations=2)
    sizes = np.bincount(labels.ravel(), minlength=n + 1)
    rim = np.bincount(labels[shell].ravel(), minlength=n + 1)
    kept = [i for i in range(1, n + 1) if i not in outside and sizes[i] > 0.003 * smooth.size
            and rim[i] < 0.02 * sizes[i]]
    if not kept:
        return None
    lungs = np.isin(labels, kept)
    midline = _midline(smooth, lungs)
    columns = np.arange(smooth.shape[1])[None, :]
    shares = [float((labels == i)[:, : round(midline)].sum() / sizes[i]) for i in kept]
    if any(CUT < share < 1 - CUT for share in shares):  # one field taken for two
        return None
    right, left = lungs & (columns < midline), lungs & (columns >= midline)
    tall = [np.ptp(np.flatnonzero(m.any(axis=1))) + 1 if m.any() else 0 for m in (right, left)]
    if min(right.sum(), left.sum()) < LEAST_AREA * smooth.size or min(tall) < LEAST_TALL * HEIGHT \
            or min(tall) < ALIKE * max(tall):
        return None
    return right, left, threshold, midline


def otsu(values: Image) -> float:
    """The threshold that parts values into two classes best (Otsu 1979, IEEE Trans Syst Man Cybern 9:62)."""
    counts, edges = np.histogram(values, 128)
    centre = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    sums = np.cumsum(counts * centre)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(centre[int(np.nanargmax(np.where(above > 0, between, np.nan)))])


def _midline(smooth: Image, lungs: Mask) -> float:
    """Column of the spine: the brightest strip between the fields' outer borders, over their upper half."""
    rows = np.flatnonzero(lungs.any(axis=1))
    columns = np.flatnonzero(lungs.any(axis=0))
    upper = smooth[rows[0] : rows[0] + max(4, len(rows) // 2)]
    profile = ndimage.gaussian_filter1d(upper.mean(axis=0), 3.0)
    middle = (columns[0] + columns[-1]) / 2
    near = np.abs(np.arange(profile.size) - middle) < 0.18 * (columns[-1] - columns[0])
    return float(np.where(near, profile, -np.inf).argmax())


def cardiothoracic(fields: Fields) -> tuple[float, float] | None:
    """(ratio, share of the heart's rows at which both borders were seen), or None where they were not.

    Danzer 1919 (Am J Med Sci 157:513): the greatest distances of the right and the left border of the heart from the
    midline, together, over the greatest inner width of the chest.
    """
    right, left, middle = fields.right, fields.left, fields.midline
    both = np.flatnonzero(right.any(axis=1) & left.any(axis=1))
    if both.size < 30:
        return None
    slope = ndimage.gaussian_filter1d(ndimage.gaussian_filter1d(fields.image, 1.5, axis=0), 1.5, axis=1, order=1)
    outer = [_steepest(slope[r], _outer(left[r], 1), 1, INTO_SOFT) - _steepest(slope[r], _outer(right[r], -1), -1,
                                                                               INTO_SOFT) for r in both]
    width = float(np.quantile(outer, 0.99))
    domes = _dome(right, -1), _dome(left, 1)
    upper = both[0] + 0.42 * (min(domes) - both[0])
    on_right, on_left = (both[(both > upper) & _above_diaphragm(lung, side, both)]
                         for lung, side in ((right, -1), (left, 1)))
    if min(on_right.size, on_left.size) < 12:
        return None
    to_right = np.array([middle - _steepest(slope[r], _inner(right[r], -1), 1, INTO_LUNG) for r in on_right])
    to_left = np.array([_steepest(slope[r], _inner(left[r], 1), -1, INTO_LUNG) - middle for r in on_left])
    for border in (to_right, to_left):
        border[:] = ndimage.median_filter(border, 7, mode="nearest")
    seen = float(min((to_right > 0).mean(), (to_left > 0).mean()))
    heart = max(0.0, float(to_right.max())) + max(0.0, float(to_left.max()))
    return heart / width, seen


def _inner(row: Mask, side: int) -> float:
    at = np.flatnonzero(row)
    return float(at[-1] + 1 if side < 0 else at[0])


def _outer(row: Mask, side: int) -> float:
    at = np.flatnonzero(row)
    return float(at[0] if side < 0 else at[-1] + 1)


def _steepest(slope: Image, at: float, rising: int, into_lung: int) -> float:
    """Where a row passes fastest from lung into soft tissue near a column; ``rising`` +1 where that is to the left."""
    lung, soft = int(at) - rising * into_lung, int(at) + rising * (INTO_SOFT if into_lung > INTO_SOFT else 8)
    first, last = max(0, min(lung, soft)), min(slope.size, max(lung, soft) + 1)
    if last - first < 3:
        return at
    return float(first + int((rising * slope[first:last]).argmax()))


def _dome(lung: Mask, side: int) -> float:
    """Row of the diaphragm's top under a lung: the highest lower border over its lateral part without the angle."""
    columns = np.flatnonzero(lung.any(axis=0))
    first, last = columns[0], columns[-1]
    lateral, medial = (first, last) if side < 0 else (last, first)
    at = np.round(lateral + (medial - lateral) * np.linspace(0.25, 0.7, 20)).astype(int)
    bottoms = [np.flatnonzero(lung[:, c])[-1] for c in at if lung[:, c].any()]
    return float(min(bottoms)) if bottoms else 0.0


def excess(fields: Fields) -> dict[str, float]:
    """Side to the share of its expected field that is denser than the other side's at the mirrored place.

    Expected is the outline of both fields mirrored upon each other, without what lies near the heart and below the
    higher diaphragm; denser by a fifth of the step from lung to soft tissue.
    """
    image, middle = ndimage.gaussian_filter(fields.image, 3.0), int(round(fields.midline))
    reach = min(middle, image.shape[1] - middle - 1)
    halves = {"right": image[:, middle - reach : middle][:, ::-1], "left": image[:, middle + 1 : middle + 1 + reach]}
    dark = {"right": fields.right[:, middle - reach : middle][:, ::-1],
            "left": fields.left[:, middle + 1 : middle + 1 + reach]}
    expected = _filled(dark["right"]) | _filled(dark["left"])
    width = np.flatnonzero(expected.any(axis=0))
    rows = np.flatnonzero(expected.any(axis=1))
    floor = _floor(fields, rows)
    part = expected.copy()
    part[: rows[0] + round(0.08 * rows.size)] = False
    part[int(floor) - round(0.05 * rows.size):] = False
    part[:, : width[0] + round(0.3 * width.size)] = False
    reached = _heart_reach(fields, rows, middle)
    part[rows[0] + round(0.35 * rows.size):, : reached + HEART_MARGIN] = False
    part &= ndimage.binary_erosion(expected, iterations=WALL)
    if part.sum() < 200:
        return {"right": 0.0, "left": 0.0}
    lung = float(np.median(image[fields.right | fields.left]))
    soft = float(np.quantile(image, 0.9))
    step = (soft - lung) * STEP
    off = halves["right"] - halves["left"]
    return {"right": float((off[part] > step).mean()), "left": float((off[part] < -step).mean())}


STEP, HEART_MARGIN = 0.2, 12
CLEAR_OF_DIAPHRAGM, WALL = 4, 7


def _above_diaphragm(lung: Mask, side: int, rows: NDArray[np.int64]) -> Mask:
    """Rows whose inner border is the heart's: it lies above the diaphragm, whose lower border under the lateral half of
    the lung is carried on inwards as a parabola."""
    columns = np.flatnonzero(lung.any(axis=0))
    lateral, medial = (columns[0], columns[-1]) if side < 0 else (columns[-1], columns[0])
    at = np.unique(np.round(lateral + (medial - lateral) * np.linspace(0.08, 0.5, 40)).astype(int))
    bottoms = np.array([np.flatnonzero(lung[:, c])[-1] for c in at], float)
    line = np.polynomial.Polynomial.fit(at, bottoms, 2)
    inner = np.array([_inner(lung[r], side) for r in rows])
    return rows < line(inner) - CLEAR_OF_DIAPHRAGM


def _floor(fields: Fields, rows: NDArray[np.int64]) -> float:
    """Row of the higher diaphragm; where one base is hidden and its field ends far above, that of the other side."""
    domes = _dome(fields.right, -1), _dome(fields.left, 1)
    hidden = max(domes) - min(domes) > 0.15 * rows.size
    return min(float(rows[-1]), max(domes) if hidden else min(domes))


def _heart_reach(fields: Fields, rows: NDArray[np.int64], middle: int) -> int:
    """Pixels from the midline that the dense middle reaches on the side where it reaches less, in the lower half."""
    lower = rows[rows > rows[0] + 0.45 * rows.size]
    floor = _floor(fields, rows)
    out = []
    for side in (-1, 1):
        lung = fields.right if side < 0 else fields.left
        at = [abs(_inner(lung[r], side) - middle) for r in lower if r < floor and lung[r].any()]
        out.append(float(np.quantile(at, 0.8)) if at else 0.0)
    return int(max(out))


def _filled(half: Mask) -> Mask:
    """From the first to the last dark pixel of each column and of each row."""
    down = np.maximum.accumulate(half, axis=0) & np.maximum.accumulate(half[::-1], axis=0)[::-1]
    across = np.maximum.accumulate(half, axis=1) & np.maximum.accumulate(half[:, ::-1], axis=1)[:, ::-1]
    return down | across
