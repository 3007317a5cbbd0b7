"""Real chest CTs of the shared folder: volumes, abstaining, and the side of both tumours (bar A3)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from medomni.dicom import read_study
from medomni.findings import Measured, measure
from medomni.segment import get_segmenter
from medomni.volume import Volume

pytestmark = pytest.mark.unit


@cache
def _measured(folder: Path) -> tuple[Volume, Measured]:
    volume = read_study(folder)
    return volume, measure(volume, get_segmenter().segment(volume))


@pytest.mark.parametrize(("folder", "side", "levels"), [
    ("chest_ct_a0001_lung5mm", "left", (-244.0, -174.0)), ("chest_ct_a0002_b40f8mm", "right", (166.0, 258.0))])
def test_the_tumours_side_is_never_called_normal(
    real_dicom: Path, folder: str, side: str, levels: tuple[float, float]
) -> None:
    findings = _measured(real_dicom / folder)[1].findings
    lungs = {o.side: o for o in findings.organs if o.anatomy_id == "lung"}
    assert all(800 < (lungs[s].volume_ml or 0) < 4500 for s in ("right", "left"))
    assert findings.state("lung_mass", side) != "absent"
    opacities = [f for f in findings.findings if f.finding_id in ("lung_mass", "consolidation") and f.side == side]
    assert any(f.centroid_mm and levels[0] - 10 <= f.centroid_mm[2] <= levels[1] + 10 for f in opacities)
    assert findings.state("pneumothorax") == "absent"
    assert findings.state("cardiomegaly") == "absent"


@pytest.mark.parametrize("folder", ["chest_ct_a0002_b70f_4slices", "abdomen_ct_20slices_with_reference_seg"])
def test_no_lungs_without_a_chest(real_dicom: Path, folder: str) -> None:
    findings = _measured(real_dicom / folder)[1].findings
    assert not findings.findings
    assert not [o for o in findings.organs if o.anatomy_id in ("lung", "airway", "heart")]
    assert findings.state("pleural_effusion") == "not_assessable"
    assert all(c.reason for c in findings.coverage)


def _boxes(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """SOP Instance UID to (first column, first row, last column, last row) of the radiologists' box."""
    out = {}
    for path in folder.glob("*.xml"):
        box = ElementTree.parse(path).getroot().find(".//bndbox")
        assert box is not None
        out[path.stem] = tuple(int(float(box.findtext(k) or 0)) for k in ("xmin", "ymin", "xmax", "ymax"))
    return out  # type: ignore[return-value]


@pytest.mark.parametrize(("folder", "side"), [("chest_ct_a0001_lung5mm", "left"), ("chest_ct_a0002_b40f8mm", "right")])
def test_what_is_outlined_lies_in_the_tumour(real_dicom: Path, folder: str, side: str) -> None:
    """Most of the airless lung lies in the boxes: great vessels, hilum, heart and diaphragm are not outlined."""
    boxes = _boxes(real_dicom / "chest_ct_lesion_boxes" / folder.split("_")[2].upper())
    volume, measured = _measured(real_dicom / folder)
    opacities = [n for n, f in enumerate(measured.findings.findings, start=1)
                 if f.finding_id in ("lung_mass", "consolidation")]
    outlined = np.isin(measured.masks.labels, opacities)
    assert outlined.any()
    inside = 0
    for k, uid in enumerate(volume.slice_uids):
        if uid in boxes:
            x0, y0, x1, y1 = boxes[uid]
            inside += int(outlined[k, y0 : y1 + 1, x0 : x1 + 1].sum())
    assert inside / outlined.sum() > 0.6
    assert {f.side for f in measured.findings.findings if f.finding_id == "consolidation"} <= {side}


@pytest.mark.parametrize(("folder", "side"), [("chest_ct_a0001_lung5mm", "left"), ("chest_ct_a0002_b40f8mm", "right")])
def test_a_mass_at_the_hilum_is_no_larger_than_the_radiologists_box(real_dicom: Path, folder: str, side: str) -> None:
    """A border of the heart or a vessel of the hilum is no part of it, and where its border is not seen it says so."""
    boxes = _boxes(real_dicom / "chest_ct_lesion_boxes" / folder.split("_")[2].upper())
    volume, measured = _measured(real_dicom / folder)
    width = max(max(x1 - x0, y1 - y0) + 1 for uid, (x0, y0, x1, y1) in boxes.items() if uid in volume.slice_uids)
    mass = next(f for f in measured.findings.findings if f.finding_id == "lung_mass" and f.side == side)
    assert mass.longest_mm and mass.uncertainty_mm
    assert 0.5 * width * volume.spacing_mm[2] < mass.longest_mm < 1.1 * width * volume.spacing_mm[2]
    assert mass.uncertainty_mm >= 10.0


@pytest.mark.flow
@pytest.mark.usefixtures("real_dicom")
def test_short_form_of_c3(capsys: pytest.CaptureFixture[str]) -> None:
    """The real series, resampled to few voxels, goes through the command; each peer has a ratio or says why not."""
    from benchmarks import bar_c3, segment

    met, figure = bar_c3.run((64, 256, 256))
    assert met, figure
    assert figure.startswith("64 slices of 256 x 256 in ")
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith(segment.PEERS)]
    assert len(said) == len(segment.PEERS) and all("of it is ours" in x or "MED-S" in x for x in said), said
