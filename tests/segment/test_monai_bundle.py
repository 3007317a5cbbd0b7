"""A MONAI bundle run for real: its labels lie where the network saw them, on any axis order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medomni.errors import MedomniError
from medomni.phantom import render, sample_patient
from medomni.segment import Segmenter, get_segmenter
from medomni.segment.channels import channel_table, named_row
from medomni.segment.monai_bundle import MonaiBundleSegmenter
from medomni.volume import UNMAPPED, Volume
from tests.segment.bundles import write_bundle
from tests.volumes import turned

pytestmark = pytest.mark.unit
SHARP = {"_target_": "torch.nn.Conv3d", "in_channels": 1, "out_channels": 3, "kernel_size": 1}
PLAIN = {"_target_": "Compose", "transforms": [
    {"_target_": "LoadImaged", "keys": "image"},
    {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS", "labels": None}]}


@pytest.fixture(scope="module")
def volume() -> Volume:
    return render(sample_patient(5, "A"), 40, 14.0)


def by_density(folder: Path) -> Path:
    """A bundle whose network calls air 'odd blob', bone 'left lung' and the rest background."""
    import torch
    from safetensors.torch import save_file

    made = write_bundle(folder, SHARP, preprocessing=PLAIN)
    weight, bias = torch.tensor([0.0, 1.0, -1.0]).reshape(3, 1, 1, 1, 1), torch.tensor([0.0, -200.0, -500.0])
    save_file({"weight": weight, "bias": bias}, made / "models" / "model.safetensors")
    return made


@pytest.mark.parametrize(("order", "flips"), [
    ((0, 1, 2), (False, False, False)), ((0, 1, 2), (True, False, True)), ((2, 0, 1), (False, True, False))],
    ids=["as rendered", "axially flipped", "sagittal"])
def test_every_voxel_where_the_network_saw_it(volume: Volume, tmp_path: Path, order: tuple, flips: tuple) -> None:
    other = turned(volume, order, flips)
    segmenter = MonaiBundleSegmenter(by_density(tmp_path / "dens"))
    assert isinstance(segmenter, Segmenter)
    found = segmenter.segment(other)
    assert found.matches(other) and found.produced_by == "monai-bundle/dens 0.1.0"
    assert np.array_equal(found.labels == 1, other.array > 200)
    assert np.array_equal(found.labels == 2, other.array < -500)
    assert found.untested == {"lung"} and found.table[2].anatomy_id == UNMAPPED
    assert 2 in found.truncated, "the air around the patient"


@pytest.mark.parametrize("weights", ["safetensors", "pt"])
def test_a_small_unet_with_resampling_gives_the_same_place_on_any_order(
        volume: Volume, tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDOMNI_MONAI_BUNDLE", str(write_bundle(tmp_path / "tiny", weights=weights)))
    segmenter = get_segmenter("monai-bundle")
    found = segmenter.segment(volume)
    assert len(np.unique(found.labels)) > 1, "random weights part the phantom"
    again = segmenter.segment(turned(volume, (2, 0, 1), (True, False, True)))
    expected = turned(Volume(found.labels.astype(np.int16), volume.affine, volume.study), (2, 0, 1),
                      (True, False, True))
    assert (again.labels == expected.array).mean() > 0.99  # resampled twice, by another order of the same axes


def test_what_is_missing_or_wrong_is_coded(volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDOMNI_MONAI_BUNDLE", raising=False)
    with pytest.raises(MedomniError, match=r"MED-S10.*monai\.bundle download.*MEDOMNI_MONAI_BUNDLE"):
        get_segmenter("monai-bundle").segment(volume)
    with pytest.raises(MedomniError, match=r"MED-S10.*nothing lies there"):
        MonaiBundleSegmenter(tmp_path / "none").segment(volume)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MedomniError, match=r"MED-S10.*inference\.json"):
        MonaiBundleSegmenter(tmp_path / "empty").segment(volume)
    with pytest.raises(MedomniError, match=r"MED-S10.*model\.safetensors"):
        MonaiBundleSegmenter(write_bundle(tmp_path / "bare", weights="")).segment(volume)
    few = write_bundle(tmp_path / "few", channels={"0": "background", "1": "liver"})
    with pytest.raises(MedomniError, match=r"MED-S13.*channel"):
        MonaiBundleSegmenter(few).segment(volume)
    other = write_bundle(tmp_path / "other")
    (other / "models" / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(MedomniError, match="MED-S13"):
        MonaiBundleSegmenter(other).segment(volume)


def test_channels_are_mapped_by_exact_names() -> None:
    def table(**names: str) -> dict:
        return {"network_data_format": {"outputs": {"pred": {"channel_def": names}}}}

    for name, wanted in (("lung_upper_lobe_left", ("upper_lobe", "left", "")), ("Left lung", ("lung", "left", "")),
                         ("right kidney", ("kidney", "right", "")), ("spleen", ("spleen", "unspecified", "")),
                         ("vertebrae_T7", ("thoracic_vertebra", "midline", "T7")),
                         ("rib_left_5", ("rib", "left", "5")),
                         ("liver tumor", (UNMAPPED, "unspecified", "")), ("aorta", ("aorta", "unspecified", ""))):
        row = named_row(4, name)
        assert (row.anatomy_id, row.side, row.level) == wanted, name
        assert row.name == name
    rows, channels = channel_table(table(**{"0": "background", "1": "spleen"}), "x")
    assert rows[1].anatomy_id == "spleen" and channels == 2
    assert channel_table(table(**{"0": "liver"}), "x")[0][1].anatomy_id == "liver"
    for bad in ({}, table(**{"0": "background", "2": "spleen"}), table(**{"0": "tumor core", "1": "whole tumor"})):
        with pytest.raises(MedomniError, match="MED-S13"):
            channel_table(bad, "x")
