"""How sensitive each measurement is, measured on phantoms, and the method's name that every coverage states.

The figures are the recall, where the coverage calls a side assessable, on 660 phantoms of the three synthetic hospitals
(matrix 128, 6 mm slices, nodules from 10 mm); they are figures of *synthetic* images.
``tests/findings/phantom_figures.py`` measures and prints them again.
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


CONSOLIDATION_BESIDE_FLUID = 0.87
"""Sensitivity for consolidation on a side with an effusion: 34 of 39 phantoms with version 1, 16 of 16 with version 2
where it called the side assessable; the lower figure stands. Elsewhere 60 of 61 where the side was assessable."""

METHODS: dict[str, Method] = {
    "pleural_effusion": Method("pleural_space", "rules:fluid-against-the-wall 1", None, 0.99),
    "pneumothorax": Method("pleural_space", "rules:empty-gas-against-the-wall 1", None, 0.98),
    "consolidation": Method("lung", "rules:airless-lung 2", 30.0, 0.98),
    "lung_nodule": Method("lung", "rules:blob 2", 8.0, 0.76),
    "lung_mass": Method("lung", "rules:airless-lung 2", 30.0, 0.97),
    "cardiomegaly": Method("heart", "rules:cardiothoracic-ratio 1", None, 0.99),
    "rib_fracture": Method("rib", "rules:rib-step 2", 4.0, 0.55),
}
