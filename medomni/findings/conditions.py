"""What a quantitative measurement needs of the acquisition: the first condition that is not met, as a coded reason.

What a series does not state is not met: a score by guessed conditions would be compared with tables that do not hold
for it.
"""

from __future__ import annotations

import numpy as np

from medomni.findings.kernels import kernel_kind
from medomni.records import Acquisition, Study
from medomni.volume import Volume, axis_alignment

CODE = "MED-S20"
SPEAKS_KV, KV_TOLERANCE = 120.0, 1.0


def acquisition_of(study: Study) -> Acquisition:
    """The acquisition of a record; all unknown in files from before."""
    return study.acquisition or Acquisition()


def soft_kernel(study: Study) -> str | None:
    """Why the kernel is not known to be soft, or None."""
    kind = kernel_kind(acquisition_of(study).maker, study.kernel)
    if kind == "soft":
        return None
    if study.kernel is None:
        return f"{CODE}: the kernel is not stated"
    return f"{CODE}: kernel {study.kernel} is {'not known' if kind is None else kind}, a soft one is needed"


def at_120_kv(study: Study) -> str | None:
    """Why the tube voltage is not known to be 120 kV, or None."""
    kvp = acquisition_of(study).kvp
    if kvp is None:
        return f"{CODE}: the tube voltage is not stated"
    return None if abs(kvp - SPEAKS_KV) <= KV_TOLERANCE else f"{CODE}: tube voltage {kvp:g} kV, 120 kV is needed"


def no_contrast(study: Study) -> str | None:
    """Why the scan is not known to be without contrast agent, or None."""
    if study.contrast is None:
        return f"{CODE}: contrast agent is neither stated nor denied"
    return f"{CODE}: contrast agent was given" if study.contrast else None


def gated(study: Study) -> str | None:
    """Why the scan is not known to follow the heart's cycle, or None."""
    stated = acquisition_of(study).ecg_gated
    return None if stated else f"{CODE}: ECG gating is {'denied' if stated is False else 'not stated'}"


def step_mm(volume: Volume) -> float:
    """Millimetres from slice to slice, or along the body where that is more: a stack of axial slices that was stored
    anew as sagittal ones is no finer for it."""
    along_body = axis_alignment(volume.affine)[0][0]
    return max(volume.spacing_mm[0], float(np.linalg.norm(volume.affine[:3, along_body])))


def slices_within(volume: Volume, least_mm: float, most_mm: float) -> str | None:
    """Why slices are not within a range of millimetres, by their step and by their stated thickness, or None."""
    thick = acquisition_of(volume.study).slice_thickness_mm
    for mm, what in ((step_mm(volume), "slices lie"), (thick, "slices are")):
        if mm is not None and not least_mm - 0.01 <= mm <= most_mm + 0.01:
            wanted = f"at most {most_mm:g}" if least_mm == 0 else f"{least_mm:g} to {most_mm:g}"
            ends = "apart" if what == "slices lie" else "thick"
            return f"{CODE}: {what} {mm:.2f} mm {ends}, {wanted} mm are needed"
    return f"{CODE}: the slice thickness is not stated" if thick is None else None


def first(*reasons: str | None) -> str | None:
    """The first reason there is."""
    return next((r for r in reasons if r), None)
