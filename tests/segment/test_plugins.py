"""Segmenters of other packages: found by name, weights never fetched, geometry right.

Neither package nor weights are here: stand-ins with the functions' own signatures (lungmask 0.2.22, TotalSegmentator
2.18) take their place. Where ``lungmask`` is installed, it is run for real on random weights.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
import types
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medomni.errors import MedomniError
from medomni.phantom import render, sample_patient
from medomni.segment import Segmenter, get_segmenter, segmenter_names
from medomni.segment.lungmask_net import LungmaskSegmenter
from medomni.segment.protocol import OWN
from medomni.segment.totalsegmentator_net import TotalSegmentatorSegmenter
from medomni.volume import Volume
from tests.volumes import turned

pytestmark = pytest.mark.unit
ORDERS = [((0, 1, 2), (False, False, False)), ((0, 1, 2), (True, False, True)), ((2, 0, 1), (False, True, False))]
NAMES = ("totalsegmentator", "lungmask", "monai-bundle")
VARIABLES = ("TOTALSEG_WEIGHTS_PATH", "MEDOMNI_LUNGMASK_WEIGHTS", "MEDOMNI_MONAI_BUNDLE")


@pytest.fixture(scope="module")
def volume() -> Volume:
    return render(sample_patient(5, "A"), 40, 14.0)


@pytest.fixture
def lungmask(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A stand-in for lungmask 0.2.22: dense voxels of the upright array's first columns are the right lung."""
    class LMInferer:
        classes = 3

        def __init__(self, modelname: str = "R231", modelpath: str | None = None, fillmodel: str | None = None,
                     fillmodel_path: str | None = None, force_cpu: bool = False, batch_size: int = 20,
                     volume_postprocessing: bool = True, tqdm_disable: bool = False) -> None:
            assert modelpath is not None, "without a path the package fetches weights"
            last = [0.0] * self.classes
            self.model = types.SimpleNamespace(state_dict=lambda: {"last.bias": last})

        def apply(self, image: np.ndarray) -> np.ndarray:
            assert image.dtype == np.int16 and image.ndim == 3
            left = np.arange(image.shape[2])[None, None, :] >= image.shape[2] // 2
            return np.where(image < -500, 1 + left, 0).astype(np.uint8)

    module = types.ModuleType("lungmask")
    module.LMInferer = LMInferer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lungmask", module)
    return module


@pytest.fixture
def totalseg(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A stand-in for totalsegmentator.python_api 2.18; what it was called with is returned."""
    import nibabel

    seen: dict[str, Any] = {}

    def totalsegmentator(input: Any, output: Any = None, ml: bool = False, nr_thr_resamp: int = 1,
                         nr_thr_saving: int = 6, fast: bool = False, nora_tag: str = "None", preview: bool = False,
                         task: str = "total", quiet: bool = False, device: str = "gpu", **_: Any) -> Any:
        home = Path(os.environ["TOTALSEG_HOME_DIR"]) / "config.json"
        seen.update(fast=fast, task=task, device=device, config=json.loads(home.read_text()), home=home,
                    weights=os.environ["TOTALSEG_WEIGHTS_PATH"])
        data = np.asarray(input.dataobj)
        x = nibabel.affines.apply_affine(input.affine, np.moveaxis(np.indices(data.shape), 0, -1))[..., 0]
        labels = np.where(data < -500, np.where(x > 0, 14, 11), 0).astype(np.uint8)  # RAS x grows to the right
        return nibabel.Nifti1Image(labels, input.affine)

    package, api = types.ModuleType("totalsegmentator"), types.ModuleType("totalsegmentator.python_api")
    api.totalsegmentator = totalsegmentator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "totalsegmentator", package)
    monkeypatch.setitem(sys.modules, "totalsegmentator.python_api", api)
    return seen


def with_datasets(folder: Path, *numbers: int) -> Path:
    for n in numbers:
        fold = folder / f"Dataset{n}_TotalSegmentator_x" / "trainer__plans__3d_fullres" / "fold_0"
        fold.mkdir(parents=True)
        (fold / "checkpoint_final.pth").write_bytes(b"weights")
    return folder


@pytest.mark.parametrize(("order", "flips"), ORDERS, ids=["as rendered", "flipped", "sagittal"])
def test_lungmask_gets_upright_slices_and_its_sides_are_the_patients(
        volume: Volume, tmp_path: Path, lungmask: types.ModuleType, order: tuple, flips: tuple) -> None:
    (tmp_path / "unet_r231.pth").write_bytes(b"weights")
    other = turned(volume, order, flips)
    found = LungmaskSegmenter(tmp_path / "unet_r231.pth").segment(other)
    assert found.matches(other) and found.untested == {"lung"}
    assert found.produced_by.startswith("lungmask-unet_r231 ")
    assert np.array_equal(found.labels > 0, other.array < -500)
    assert found.truncated == {1, 2}, "the stand-in takes the air around the patient too"
    x = {side: other.to_lps(np.argwhere(found.mask("lung", side)))[:, 0] for side in ("right", "left")}
    assert x["right"].max() < x["left"].min(), "LPS x grows to the patient's left"


def test_lungmask_with_lobes_and_with_what_it_never_gives(
        volume: Volume, tmp_path: Path, lungmask: types.ModuleType) -> None:
    (tmp_path / "w.pth").write_bytes(b"weights")
    lungmask.LMInferer.classes = 6
    lobes = LungmaskSegmenter(tmp_path / "w.pth").segment(volume)
    assert lobes.untested == {"upper_lobe", "middle_lobe", "lower_lobe"}
    lungmask.LMInferer.classes = 4
    with pytest.raises(MedomniError, match=r"MED-S13.*4 classes"):
        LungmaskSegmenter(tmp_path / "w.pth").segment(volume)


@pytest.mark.parametrize(("order", "flips"), ORDERS, ids=["as rendered", "flipped", "sagittal"])
def test_totalsegmentator_by_its_affine_and_without_statistics(
        volume: Volume, tmp_path: Path, totalseg: dict[str, Any], order: tuple, flips: tuple) -> None:
    other = turned(volume, order, flips)
    found = TotalSegmentatorSegmenter(with_datasets(tmp_path, 297)).segment(other)
    assert found.matches(other) and len(found.table) == 117
    x = {side: other.to_lps(np.argwhere(found.mask("lower_lobe", side)))[:, 0] for side in ("right", "left")}
    assert x["right"].max() <= x["left"].min()
    assert totalseg["fast"] and totalseg["task"] == "total" and totalseg["weights"] == str(tmp_path)
    assert totalseg["config"]["send_usage_stats"] is False and not totalseg["home"].exists()
    assert "TOTALSEG_HOME_DIR" not in os.environ and "nnUNet_results" not in os.environ
    assert found.truncated == {11, 14}, "the stand-in takes the air around the patient too"
    assert "lower_lobe" in found.untested and "totalsegmentator-3mm" in found.produced_by


def test_totalsegmentator_runs_only_where_all_its_weights_are(
        volume: Volume, tmp_path: Path, totalseg: dict[str, Any]) -> None:
    some = with_datasets(tmp_path / "some", 291, 292, 293)
    for segmenter in (TotalSegmentatorSegmenter(some), TotalSegmentatorSegmenter(
            with_datasets(tmp_path / "slow", 291, 292, 293, 294, 295), fast=True)):
        with pytest.raises(MedomniError, match=r"MED-S10.*totalseg_download_weights -t total"):
            segmenter.segment(volume)
    assert not totalseg, "the package fetches what it misses: it must not be called"
    both = with_datasets(tmp_path / "both", 291, 292, 293, 294, 295, 297)
    TotalSegmentatorSegmenter(both).segment(volume)
    assert totalseg["fast"] is False


def test_entry_points_are_the_names_that_a_source_tree_knows() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["medomni.segmenters"] == OWN


def test_names_are_known_without_an_installation() -> None:
    assert set(NAMES) < set(segmenter_names())
    for name in NAMES:
        made = get_segmenter(name)
        assert isinstance(made, Segmenter) and made.name == name and made.version


@pytest.mark.parametrize("name", NAMES)
def test_missing_weights_name_the_download_step(
        name: str, volume: Volume, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(MedomniError, match=r"MED-S10.*(download).*then set") as info:
        get_segmenter(name).segment(volume)
    variable = next(v for v in VARIABLES if v in str(info.value))
    monkeypatch.setenv(variable, str(tmp_path / "nowhere"))
    with pytest.raises(MedomniError, match=r"MED-S10.*nothing lies there"):
        get_segmenter(name).segment(volume)


@pytest.mark.parametrize(("name", "package"), [("lungmask", "lungmask"), ("totalsegmentator", "totalsegmentator")])
def test_a_missing_package_names_the_install_line(
        name: str, package: str, volume: Volume, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "w.pth").write_bytes(b"weights")
    monkeypatch.setenv("MEDOMNI_LUNGMASK_WEIGHTS", str(tmp_path / "w.pth"))
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(with_datasets(tmp_path, 297)))
    with pytest.raises(MedomniError, match=r"MED-S05.*pip install (lungmask|TotalSegmentator)"):
        get_segmenter(name).segment(volume)


def test_what_a_package_says_in_its_error_stays_inside(
        volume: Volume, tmp_path: Path, lungmask: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def apply(self: Any, image: np.ndarray) -> np.ndarray:
        raise RuntimeError("Doe^Jane")

    monkeypatch.setattr(lungmask.LMInferer, "apply", apply)
    (tmp_path / "w.pth").write_bytes(b"weights")
    with pytest.raises(MedomniError, match=r"MED-S13.*RuntimeError") as info:
        LungmaskSegmenter(tmp_path / "w.pth").segment(volume)
    assert "Doe" not in str(info.value)


def test_the_real_lungmask_where_it_is_installed(volume: Volume, tmp_path: Path) -> None:
    """Random weights of its own U-Net: nothing is known of the labels but that they lie on the grid."""
    if find_spec("lungmask") is None:
        return
    import torch
    from lungmask.resunet import UNet

    torch.manual_seed(0)
    net = UNet(n_classes=3, padding=True, depth=5, up_mode="upsample", batch_norm=True, residual=False)
    torch.save(net.state_dict(), tmp_path / "random.pth")
    other = turned(volume, (2, 0, 1), (False, True, False))
    found = LungmaskSegmenter(tmp_path / "random.pth").segment(other)
    assert found.matches(other) and set(np.unique(found.labels)) <= {0, 1, 2}
