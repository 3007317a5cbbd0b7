"""What is no chest: a body CT that comes as NIfTI and holds only the lung bases, a head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medomni.dicom import read_study
from medomni.records import Patient, Study
from medomni.segment import get_segmenter
from medomni.volume import LPS_TO_RAS, Volume

pytestmark = pytest.mark.unit


def test_lung_bases_alone_are_not_lungs(real_dicom: Path) -> None:
    """Reference labels: left 40 ml, right 69 ml; gas in the bowel must not be called lung."""
    import nibabel

    image = nibabel.load(real_dicom / "body_ct_with_reference_seg" / "example_ct.nii.gz")
    affine = LPS_TO_RAS @ image.affine[:, [2, 1, 0, 3]]
    array = np.ascontiguousarray(np.asarray(image.dataobj).transpose(2, 1, 0)).astype(np.int16)
    volume = Volume(array, affine, Study(study_key="0" * 16, modality="CT", patient=Patient()))
    found = get_segmenter("builtin").segment(volume)
    lungs = found.mask("lung").sum() * volume.voxel_ml
    assert "lung" in found.abstained or lungs < 150, lungs


def test_the_base_of_a_skull_is_no_vertebral_column(real_dicom: Path) -> None:
    found = get_segmenter("builtin").segment(read_study(real_dicom / "head_ct_tilt_plus_localizer_philips"))
    assert not found.mask("spine").any() and found.mask("skeleton").any()
    assert found.abstained["spine"].startswith("MED-D17")
