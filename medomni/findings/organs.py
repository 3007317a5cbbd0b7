"""Organ volumes and densities from a label map, on the volume's own voxels."""

from __future__ import annotations

import numpy as np

from medomni.records import Calibre, Organ
from medomni.volume import Segmentation, Volume

REPORTED = ("lung", "airway", "heart", "liver", "spine", "rib", "aorta", "mediastinum", "spleen",
            "upper_lobe", "middle_lobe", "lower_lobe")

APPROXIMATE = ("heart", "mediastinum", "liver", "spleen")
"""What the built-in segmenter parts by thickness and place alone."""
SLICES = 16
"""So many are read at a time, to spare memory."""


def organs_of(volume: Volume, segmentation: Segmentation, calibres: tuple[Calibre, ...] = ()) -> tuple[Organ, ...]:
    """One row per reported label: volume (ml), mean and SD (HU).

    Abstained organs and those without a voxel are left out, never given as 0 ml: not to be segmented is not to be
    absent. Of segmenters from elsewhere every class that has an anatomy is listed.
    """
    values = sorted(v for v, row in segmentation.table.items()
                    if (row.anatomy_id in REPORTED or row.anatomy_id in segmentation.untested)
                    and row.anatomy_id not in segmentation.abstained)
    if not values:
        return ()
    n = max(segmentation.table) + 1
    wanted = np.zeros(n, bool)
    wanted[values] = True
    count, total, square = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
    for first in range(0, len(volume.array), SLICES):
        part = segmentation.labels[first : first + SLICES]
        here = wanted[part]  # most voxels are none of them
        flat, hu = part[here], volume.array[first : first + SLICES][here].astype(np.float64)
        count += np.bincount(flat, minlength=n)
        total += np.bincount(flat, weights=hu, minlength=n)
        square += np.bincount(flat, weights=hu**2, minlength=n)
    out = []
    for v in values:
        row, k = segmentation.table[v], int(count[v])
        if k == 0:
            continue
        mean = total[v] / k
        out.append(Organ(
            label=v, anatomy_id=row.anatomy_id, side=row.side, level=row.level or None,  # type: ignore[arg-type]
            volume_ml=round(k * volume.voxel_ml, 1), hu_mean=round(float(mean), 1),
            hu_sd=round(float(np.sqrt(max(0.0, square[v] / k - mean * mean))), 1),
            truncated=v in segmentation.truncated,
            approximate=segmentation.produced_by.startswith("builtin ") and row.anatomy_id in APPROXIMATE,
            calibres=calibres if row.anatomy_id == "aorta" else (),
        ))
    return tuple(out)
