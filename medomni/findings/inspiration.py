"""Was the scan taken at full inspiration? By the lungs' volume and the shape of the trachea; else it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull

from medomni.records import Study

Mask = NDArray[np.bool_]
LEAST_L = {"male": 4.2, "female": 2.8}
"""Least volume of both lungs (litres) that is called full inspiration, of an unstated sex the men's.

Total lung capacity is 7.99 H - 7.08 l in men and 6.60 H - 5.79 l in women of H metres, SD 0.70 and 0.60 (Quanjer 1993,
Eur Respir J 6 suppl 16:5); for a small person (1.62 and 1.50 m) less 1.64 SD that is 4.7 and 3.1 l; lying on a CT table
takes about a tenth of it. Height is not known here, so a small healthy person, or stiff lungs, may be refused.
"""
LEAST_SOLID, LEAST_DEEP = 0.92, 0.62
"""Of the trachea: area over that of its convex outline, and front-to-back over side-to-side. On expiration the back
wall bows inwards and the lumen becomes a crescent (Boiselle 2009, Radiology 252:255)."""
LEAST_SLICES_MM = 20.0
FINER = 4


@dataclass(frozen=True)
class Breath:
    """What speaks for the state of breathing: litres of both lungs; shares of the trachea, None where none was seen."""

    litres: float
    solid: float | None
    deep: float | None

    def refused(self, study: Study) -> str | None:
        """Why full inspiration cannot be stated, or None."""
        least = LEAST_L.get(study.patient.sex, LEAST_L["male"])
        if self.litres < least:
            return f"MED-S20: full inspiration is not certain: the lungs hold {self.litres:.1f} l, at least {least} l"
        if self.solid is None or self.deep is None:
            return "MED-S20: full inspiration is not certain: the trachea's shape was not seen"
        if self.solid < LEAST_SOLID or self.deep < LEAST_DEEP:
            return ("MED-S20: the trachea is bowed inwards as on expiration: "
                    f"depth {self.deep:.2f} of its width, {self.solid:.2f} of its outline filled")
        return None


def breath_of(hu: NDArray[np.float32], lungs: Mask, airway: Mask, spacing: tuple[float, float, float]) -> Breath:
    """The state of breathing of an axial volume.

    Args:
        hu: (slices, rows, columns), slices to the head, rows to the back, columns to the left. lungs, airway: of the
            same shape. spacing: millimetres between slices, rows, columns.
    """
    litres = float(np.count_nonzero(lungs)) * spacing[0] * spacing[1] * spacing[2] / 1e6
    solid, deep = [], []
    for k in np.flatnonzero(airway.any(axis=(1, 2))):
        rows, columns = np.nonzero(airway[k])
        pad = max(2, round(3.0 / spacing[1]))
        box = (slice(max(0, rows.min() - pad), rows.max() + pad + 1),
               slice(max(0, columns.min() - pad), columns.max() + pad + 1))
        fine = ndimage.zoom(hu[k][box], FINER, order=1)  # the outline of few pixels is ragged
        labels, n = ndimage.label(fine < -500.0)
        mm2 = np.bincount(labels.ravel(), minlength=n + 1)[1:] * spacing[1] * spacing[2] / FINER**2
        lumen = np.flatnonzero((mm2 >= 60.0) & (mm2 <= 700.0))
        if lumen.size != 1:  # below the carina there are two, and lung may stand beside them
            continue
        y, x = np.nonzero(labels == lumen[0] + 1)
        corners = np.concatenate([np.stack([y + dy, x + dx], axis=1) for dy in (0, 1) for dx in (0, 1)])
        solid.append(y.size / ConvexHull(corners).volume)  # of a plane figure ``volume`` is the area
        deep.append((np.ptp(y) + 1) * spacing[1] / ((np.ptp(x) + 1) * spacing[2]))
    if len(solid) * spacing[0] < LEAST_SLICES_MM:
        return Breath(litres, None, None)
    return Breath(litres, float(np.median(solid)), float(np.median(deep)))
