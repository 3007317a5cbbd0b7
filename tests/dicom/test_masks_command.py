"""``--masks`` on the command line: measured with masks from elsewhere, nothing called absent by them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from medomni.cli import app
from medomni.dicom import read_study
from medomni.dicom.masks import read_table
from medomni.dicom.seg import write_segmentation
from medomni.errors import MedomniError
from medomni.phantom import render, sample_patient, write_series
from medomni.pipeline import mask_segmenter, measure_study
from medomni.segment import get_segmenter
from medomni.volume import Volume

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series with a pneumothorax on the left, and the built-in masks of it as SEG."""
    folder = tmp_path_factory.mktemp("masks")
    patient = sample_patient(5, "A")
    write_series(patient, render(patient, 96, 5.0), folder / "series")
    volume = read_study(folder / "series").axial()
    write_segmentation(get_segmenter().segment(volume), volume, folder / "series", folder / "seg.dcm")
    return folder


def test_masks_of_a_seg_are_measured_and_prove_no_absence(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "f.json"
    done = CliRunner().invoke(app, ["measure", str(study / "series"), "-o", str(out),
                                    "--masks", str(study / "seg.dcm")])
    assert done.exit_code == 0, done.output
    record = json.loads(out.read_text())
    assert not any(row["assessable"] for row in record["coverage"])
    assert any("untested class: lung by masks dicom-seg" in row["reason"] for row in record["coverage"])
    kinds = {(f["finding_id"], f["side"], f["presence"]) for f in record["findings"]}
    own = measure_study(study / "series").findings
    assert {(f.finding_id, f.side) for f in own.findings} == {k[:2] for k in kinds}
    assert {k[2] for k in kinds} <= {"uncertain"}


def test_options_that_contradict(study: Path, tmp_path: Path) -> None:
    base = ["segment", str(study / "series"), "-o", str(tmp_path / "o")]
    for more, code in ((["--masks", str(study / "seg.dcm"), "--segmenter", "lungmask"], "MED-C03"),
                       (["--mask-table", "totalsegmentator"], "MED-C03"),
                       (["--masks", str(study / "none.dcm")], "MED-C08"),
                       (["--masks", str(study / "none.nii"), "--mask-table", "nobody"], "MED-S11")):
        done = CliRunner().invoke(app, base + more)
        assert done.exit_code != 0 and code in str(done.exception), (more, done.output)


def test_a_table_names_anatomy_of_the_graph(study: Path, tmp_path: Path) -> None:
    volume = read_study(study / "series")
    mask = Volume(np.ones(volume.array.shape, np.int16), volume.affine, volume.study).to_nifti(tmp_path / "m.nii.gz")
    (tmp_path / "t.csv").write_text("value,anatomy_id,side\n1,body,\n2,unmapped,\n3,hemithorax,left\n")
    assert mask_segmenter(mask, str(tmp_path / "t.csv")).segment(volume).mask("body").all()
    (tmp_path / "t.csv").write_text("value,anatomy_id,side\n1,bodyy,\n")
    with pytest.raises(MedomniError, match=r"MED-S11.*the graph does not have"):
        mask_segmenter(mask, str(tmp_path / "t.csv"))


def test_labels_written_as_nifti_are_measured_again(study: Path, tmp_path: Path) -> None:
    """`segment --nifti` says what its labels are, and `--masks` takes them as they are."""
    out = tmp_path / "seg"
    done = CliRunner().invoke(app, ["segment", str(study / "series"), "-o", str(out), "--nifti"])
    assert done.exit_code == 0 and "labels.csv" in done.output, done.output
    own = measure_study(study / "series")
    assert read_table(out / "labels.csv") == own.segmentation.table
    done = CliRunner().invoke(app, ["measure", str(study / "series"), "-o", str(tmp_path / "f.json"),
                                    "--masks", str(out / "labels.nii.gz"), "--mask-table", str(out / "labels.csv")])
    assert done.exit_code == 0, (done.output, done.exception)
    record = json.loads((tmp_path / "f.json").read_text())
    assert {(f["finding_id"], f["side"]) for f in record["findings"]} == \
        {(f.finding_id, f.side) for f in own.findings.findings}
    volumes = {(o["anatomy_id"], o["side"]): o["volume_ml"] for o in record["organs"]}
    wanted = {(o.anatomy_id, o.side): o.volume_ml for o in own.findings.organs}
    assert wanted.items() <= volumes.items() and ("lung", "left") in wanted
    # without a table named, that beside the labels is read
    assert (mask_segmenter(out / "labels.nii.gz").segment(own.volume).labels == own.segmentation.labels).all()
