"""The same synthetic patient at a later time: nodules grown or gone, another breath, another place on the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from medomni.phantom.anatomy import Anatomy
from medomni.phantom.lesions import Nodule, measured_truth
from medomni.phantom.patient import PhantomPatient
from medomni.phantom.shapes import rotation
from medomni.volume import Volume


def later(patient: PhantomPatient, factors: Mapping[int, float], breath_mm: float = 0.0) -> PhantomPatient:
    """The patient with some nodules' diameters multiplied, and the diaphragm lower or higher.

    Args:
        factors: number of the nodule to the factor of its diameter; with 0 it is gone.
        breath_mm: by how much the domes lie lower (deeper breath); what is in the lungs goes with them, the less the
            nearer it is to the apex.
    """
    anatomy = replace(patient.anatomy, dome_right=patient.anatomy.dome_right - breath_mm,
                      dome_left=patient.anatomy.dome_left - breath_mm)
    nodules = tuple(_grown(anatomy, nodule, factors.get(i, 1.0), breath_mm)
                    for i, nodule in enumerate(patient.lesions.nodules) if factors.get(i, 1.0) > 0)
    lesions = replace(patient.lesions, nodules=nodules)
    return replace(patient, anatomy=anatomy, lesions=lesions, truth=measured_truth(anatomy, lesions))


def _grown(anatomy: Anatomy, nodule: Nodule, factor: float, breath_mm: float) -> Nodule:
    x, y, z = nodule.centre
    share = float(np.clip((anatomy.apex_z - z) / (anatomy.apex_z - anatomy.dome_right * anatomy.height), 0.0, 1.0))
    semi = tuple(s * factor for s in nodule.semi)
    return replace(nodule, centre=(x, y, z - breath_mm * share), semi=semi)  # type: ignore[arg-type]


def laid(volume: Volume, shift_mm: tuple[float, float, float], yaw_deg: float = 0.0, pitch_deg: float = 0.0) -> Volume:
    """The volume of a patient who lies shifted (LPS) and turned on the table; no voxel changes, the affine does."""
    turn = np.eye(4)
    turn[:3, :3] = rotation(yaw_deg, pitch_deg).T
    turn[:3, 3] = shift_mm
    return replace(volume, affine=turn @ volume.affine)
