"""Technical attributes keep technical words: a name typed there goes, and what a scanner writes stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from medomni.dicom.deid.evidence import foreign
from medomni.dicom.deid.technical import cut_name, technical
from tests.dicom.deid.support import cleaned, ct_file, found

pytestmark = pytest.mark.unit
SCANNERS = {
    "ConvolutionKernel": ["B40f", "Br38f", "STANDARD", "LUNG", "FC51", "STD+", "BONEPLUS", "UB", "3"],
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI", "MPR", "RCBF", "M_FFE", "PHASE MAP", "E2", "DIS2D"],
    "ScanOptions": ["HELICAL MODE", "AXIAL MODE", "HELIX", "SAT_GEMS", "FS"], "ScanningSequence": ["SE", "GR", "RM"],
    "Manufacturer": ["GE MEDICAL SYSTEMS", "SIEMENS", "Philips", "Canon Medical Systems", "UIH", "FUJIFILM"],
    "ManufacturerModelName": ["LightSpeed16", "Biograph40_mCT 4R", "Ingenuity CT", "SOMATOM Definition AS+", "TrioTim"],
    "SequenceName": ["*se2d1", "*tfl3d1_16ns", "epfid2d1_64", "ep_b1000#12"], "PulseSequenceName": ["T1TFE", "MPRAGE"],
    "SoftwareVersions": ["LightSpeedApps303.1_H3M4", "syngo CT 2006G", "2.6.3.6", "VG80B"], "StackID": ["1"],
    "RescaleType": ["HU", "US", "Houndsfield Unit", "normalized"], "FilterType": ["BODY FILTER", "0.1Cu 1Al", "FLAT"],
    "WindowCenterWidthExplanation": ["WINDOW1", "LUNG", "SOFT TISSUE", "NORMAL"], "AcquisitionType": ["SEQUENCED"],
    "ReceiveCoilName": ["HEA;HEP", "SENSE-Head-8", "Q-Body"], "PositionReferenceIndicator": ["SN", "OM"],
    "ExposureModulationType": ["XYZ_EC", "NONE"], "FilterMaterial": ["COPPER"], "ImageFilter": ["ASIR 40"],
    "AlgorithmName": ["nnUNet 2"],
}
TYPED = ["Obermoser", "fuer Dr Obermoser", "W.Quastenfl B30", "Quastenflos", "OBERMOSER3", "Kim", "Besprechung 4711"]


@pytest.mark.parametrize("keyword", SCANNERS)
def test_what_scanners_write_is_known_to_both_rules_and_names_to_none(keyword: str) -> None:
    for text in SCANNERS[keyword]:
        assert technical(keyword, text) and not foreign(text), text
    for text in TYPED:
        assert not technical(keyword, text) and foreign(text), text


@pytest.mark.parametrize(("keyword", "typed", "left"), [
    ("WindowCenterWidthExplanation", "Besprechung Frau Obermoser 4711", None),
    ("WindowCenterWidthExplanation", "Lung Obermoser 4711", "Lung"), ("SequenceName", "Obermoser", None),
    ("PulseSequenceName", "fuer Dr Obermoser", "ANON"), ("ConvolutionKernel", "W.Quastenfl B30", None),
    ("Manufacturer", "Philips Obermoser 12", "Philips"), ("Manufacturer", "Obermoser", "ANON"),
    ("ManufacturerModelName", "Obermoser", "ANON"), ("SoftwareVersions", "VA10 Obermoser", None),
    ("ImageFilter", "Obermoser", None), ("AlgorithmName", "Obermoser", "ANON"), ("FilterType", "OBERMOSER", "UNKNOWN"),
    ("ReceiveCoilName", "Obermoser", "ANON"), ("PositionReferenceIndicator", "Obermoser", ""),
    ("ImageType", ["ORIGINAL", "PRIMARY", "AXIAL", "OBERMOSER"], ["ORIGINAL", "PRIMARY", "AXIAL", "OTHER"]),
    ("ScanOptions", ["HELIX", "OBERMOSER"], "HELIX"), ("ScanningSequence", "OBERMOSER", "RM"),
    ("AcquisitionType", "OBERMOSER", "UNKNOWN"), ("ExposureModulationType", "OBERMOSER", None),
    ("FilterMaterial", "OBERMOSER", None), ("RescaleType", "Obermoser", "US"),
    ("DetectorType", "QUASTENFLO", None), ("CollimatorType", "QUASTENFLO", None),
], ids=str)
def test_names_typed_there_go_and_are_found_where_they_stay(tmp_path: Path, keyword: str, typed: str | list[str],
                                                            left: str | list[str] | None) -> None:
    def edit(ds: Dataset) -> None:
        ds.PatientName = "Quastenflosser^Wilhelmine"
        setattr(ds, keyword, typed)

    path = ct_file(tmp_path / "a", edit)
    _, out, ds = cleaned(path)
    assert ds.get(keyword) == left and found(path, out) == []
    setattr(ds, keyword, typed)
    ds.save_as(out)
    assert any(keyword in said for said in found(path, out))


def test_stacks_stay_apart(tmp_path: Path) -> None:
    ids = []
    for k, name in enumerate(("Quastenflos", "Obermoser", "Obermoser")):
        _, _, ds = cleaned(ct_file(tmp_path / str(k), lambda ds, name=name: setattr(ds, "StackID", name)))
        ids.append(ds.StackID)
    assert ids[0] != ids[1] == ids[2] and all(i.isdigit() and len(i) <= 5 for i in ids)


def test_a_name_cut_in_its_middle() -> None:
    names = frozenset(("quastenflosser", "standarte"))
    assert cut_name("B30 Quastenfl", names) and cut_name("Quastenschmidt", names)
    assert not cut_name("QUASTENSCHMIDT", names, code=True) and cut_name("QUASTENFLO", names, code=True)
    assert not cut_name("STANDARD Quast", names)
