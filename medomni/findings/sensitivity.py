"""How sensitive each measurement is, measured on phantoms, and the method's name that every coverage states.

Each figure is the lower end of the 95 % interval (Wilson) of the recall where the coverage calls a side assessable, on
320 synthetic patients of three hospitals, slices of 6 mm, from seed 220,000 on; rules and weights were fitted on other
patients. ``python -m benchmarks.sensitivity`` counts again. Of real images nothing is known.
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


CONSOLIDATION_BESIDE_FLUID = 0.79
"""Sensitivity for consolidation on a side with an effusion: 15 of 15 where the side was judged."""

NODULES_IN_THICK = (8.0, 0.50)
"""Least size in mm and sensitivity for nodules in slices of more than 3 mm: 70 of 117."""

METHODS: dict[str, Method] = {
    "pleural_effusion": Method("pleural_space", "rules:fluid-against-the-wall 2", None, 0.96),  # 116 of 116
    "pneumothorax": Method("pleural_space", "rules:empty-gas-against-the-wall 2", None, 0.94),  # 69 of 69
    "consolidation": Method("lung", "rules:airless-lung 3", 30.0, 0.91),  # 96 of 99
    "lung_nodule": Method("lung", "rules:blob 3", 6.0, 0.90),  # slices up to 3 mm: 0.96 by cross-validation, 41 studies
    "lung_mass": Method("lung", "rules:airless-lung 3", 30.0, 0.78),  # 14 of 14
    "cardiomegaly": Method("heart", "rules:cardiothoracic-ratio 1", None, 0.96),  # 101 of 101
    "rib_fracture": Method("rib", "rules:rib-step 2", 4.0, 0.52),  # 11 of 14
}
GROUND_GLASS = Method("lung", "rules:dense-patch 1", 12.0, 0.26)  # 19 of 50 in slices up to 3 mm; 5 false in 24 studies
AORTA = Method("aorta", "rules:matched-disk 1", 32.0, 0.75)  # 12 of 12 judged, 8 dilated ones not judged
"""A dilated aorta; apart from the others, for it is measured on the label map and not in the chest.

``python -m benchmarks.aorta_width``, 36 synthetic patients from seed 400,000 on: 0 of 16 normal ones called dilated,
after two of these same patients had shown that a short descending course gives no width."""
