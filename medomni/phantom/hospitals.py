"""Three synthetic hospitals: how they scan, what their patients have, how they write."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Hospital:
    """A hospital's habits.

    Attributes:
        name: one letter. number: enters the seeds. position: DICOM PatientPosition (PS3.3 C.7.3.1.1.2).
        scanner: name of a :class:`medomni.phantom.scanner.Scanner`. contrast: iodine in the vessels.
        mix: chance of each finding in a patient who is not normal. normal: share of normal patients.
        style: report style of :func:`medomni.phantom.reference_report`.
    """

    name: str
    number: int
    position: str
    scanner: str
    contrast: bool
    mix: MappingProxyType[str, float]
    normal: float
    style: str

    @property
    def prone(self) -> bool:
        """The patient lies on the belly."""
        return self.position.endswith("P")


def _mix(
    effusion: float,
    heart: float,
    air: float,
    consolidation: float,
    nodule: float,
    mass: float,
    fracture: float,
) -> MappingProxyType[str, float]:
    return MappingProxyType(
        {
            "pleural_effusion": effusion,
            "cardiomegaly": heart,
            "pneumothorax": air,
            "consolidation": consolidation,
            "lung_nodule": nodule,
            "lung_mass": mass,
            "rib_fracture": fracture,
        }
    )


HOSPITALS: MappingProxyType[str, Hospital] = MappingProxyType(
    {
        "A": Hospital(
            "A", 1, "HFS", "soft", False, _mix(0.46, 0.42, 0.26, 0.36, 0.35, 0.08, 0.09), 0.27, "telegraphic"
        ),
        "B": Hospital(
            "B", 2, "FFP", "sharp", False, _mix(0.32, 0.28, 0.44, 0.46, 0.36, 0.08, 0.09), 0.27, "prose"
        ),
        "C": Hospital(
            "C",
            3,
            "HFS",
            "medium",
            True,
            _mix(0.32, 0.28, 0.28, 0.42, 0.48, 0.10, 0.09),
            0.27,
            "impression_first",
        ),
    }
)
