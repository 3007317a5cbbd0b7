"""A body CT that comes as NIfTI and holds only the lung bases: the segmenter abstains or stays small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
