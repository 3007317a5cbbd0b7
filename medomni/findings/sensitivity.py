"""How sensitive each measurement is, measured on phantoms, and the method's name that every coverage states.

Each figure is the lower end of the 95 % interval (Wilson) of the recall where the coverage calls a side assessable, on
1,720 synthetic patients of three hospitals from seed 200,000 on; rules and weights were fitted on other patients.
Nodules count from 8 mm. ``python -m benchmarks.sensitivity`` counts again. Of real images nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """One measurement as its coverage states it.

    Attributes:
        anatomy_id: where it looks. method: name and version.
        min_size_mm: smallest size that the sensitivity holds for. sensitivity: recall on phantoms, None if unmeasured.
    """

    anatomy_id: str
    method: str
    min_size_mm: float | None
    sensitivity: float | None


CONSOLIDATION_BESIDE_FLUID = 0.85
"""Sensitivity for consolidation on a side with an effusion: 109 of 119 where the side was judged."""

NODULES_IN_THICK = (8.0, 0.58)
"""Least size in mm and sensitivity for nodules in slices of more than 3 mm: 396 of 641."""

METHODS: dict[str, Method] = {
    "pleural_effusion": Method("pleural_space", "rules:fluid-against-the-wall 1", None, 0.98),  # 694 of 697
    "pneumothorax": Method("pleural_space", "rules:empty-gas-against-the-wall 1", None, 0.98),  # 379 of 381
    "consolidation": Method("lung", "rules:airless-lung 2", 30.0, 0.94),  # 502 of 519
    "lung_nodule": Method("lung", "rules:blob 3", 6.0, 0.90),
    "lung_mass": Method("lung", "rules:airless-lung 2", 30.0, 0.95),  # 85 of 85
    "cardiomegaly": Method("heart", "rules:cardiothoracic-ratio 1", None, 0.99),  # 474 of 474
    "rib_fracture": Method("rib", "rules:rib-step 2", 4.0, 0.51),  # 62 of 102
}
AORTA = Method("aorta", "rules:matched-disk 1", 32.0, 0.75)  # 12 of 12 judged, 8 dilated ones not judged
"""A dilated aorta; apart from the others, for it is measured on the label map and not in the chest.

``python -m benchmarks.aorta_width``, 36 synthetic patients from seed 400,000 on: 0 of 16 normal ones called dilated,
after two of these same patients had shown that a short descending course gives no width."""
