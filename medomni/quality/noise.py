"""Noise in Hounsfield units: the spread of soft tissue that has no structure, and of the air around the patient.

The standard deviation in a small window that slides over soft tissue, and of its histogram one figure for the whole
examination, is the way of Christianson, Winslow, Frush and Samei, "Automated Technique to Measure Noise in Clinical CT
Examinations" (AJR 2015): they take the histogram's peak, this module the median, slice by slice and then over the
slices, which needs no width of a bin. It is measured at the resolution at which findings are (about 1.5 mm in the
slice), not in single pixels: a sharp kernel's grain averages out there, and the same threshold serves all kernels.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.quality.view import View

WINDOW = 5
"""Voxels along the side of the sliding window."""
LEAST_VOXELS = 100


def soft_tissue_noise(view: View) -> float | None:
    """Median over the slices of each slice's median standard deviation in soft tissue (HU); None with too little."""
    mean = ndimage.uniform_filter(view.hu, (0, WINDOW, WINDOW))
    square = ndimage.uniform_filter(np.square(view.hu), (0, WINDOW, WINDOW))
    spread = np.sqrt(np.maximum(square - np.square(mean), 0))
    each = [float(np.median(plane[at])) for plane, at in zip(spread, view.soft, strict=True)
            if np.count_nonzero(at) >= LEAST_VOXELS]
    return float(np.median(each)) if len(each) >= 3 else None


def air_noise(view: View) -> float | None:
    """Robust standard deviation (1.4826 x the median absolute deviation) of the air around the patient (HU).

    None where there is too little air that was scanned: what lies outside the reconstructed circle is one value.
    """
    air = ~ndimage.binary_dilation(view.body, np.ones((1, 5, 5))) & (view.hu < -900)
    values = view.hu[air]
    if values.size < 10 * LEAST_VOXELS:
        return None
    same = np.bincount(np.rint(values + 1024).astype(np.int64)).max() / values.size
    if same > 0.9:
        return None
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
