"""``medomni segment train`` in seconds: a kill at any instant, the same steps, the same weights; loaded and applied."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from medomni.cli import app
from medomni.demo import chest_samples
from medomni.demo import segmenter as made
from medomni.errors import MedomniError
from medomni.phantom import render, sample_patient
from medomni.segment import get_segmenter
from medomni.segment.unet import UNetSegmenter
from medomni.segment.unet.classes import NAMES, TABLE
from medomni.segment.unet.coarse import Plan, coarse_hu, upright_labels
from medomni.volume import Volume, cut_by_view, from_upright
from tests.volumes import turned

ROOT = Path(__file__).resolve().parents[2]
RECIPE = """
name: test
hospitals: {A: 1, B: 1}
validation: 1
workers: 0
train:
  network: {in_plane_mm: 12.0, slice_mm: 16.0, features: [4, 4, 4, 8, 8, 4], crop: [16, 32, 32]}
  steps: %d
  threads: 1
  precision: float32
  checkpoint_seconds: 0
"""
ORDERS = [((0, 1, 2), (True, False, True)), ((2, 0, 1), (False, True, False))]


def recipe(folder: Path, steps: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text(RECIPE % steps)
    return folder / "recipe.yaml"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of twenty-five steps: too short to learn, long enough for every step of the way."""
    folder = tmp_path_factory.mktemp("unet")
    made.train_segmenter(folder / "out", recipe(folder, 25))
    return folder / "out"


@pytest.fixture(scope="module")
def volume() -> Volume:
    return render(sample_patient(5, "A"), 40, 14.0)


@pytest.mark.unit
def test_true_masks_are_painted_as_the_networks_table_names_them() -> None:
    for kind, value in chest_samples.VALUES.items():
        organ, _, side = kind.partition("/")
        row = TABLE[value]
        assert row.name.replace(" ", "_") == (f"{side}_{organ}" if side else organ)
        assert not side or (row.anatomy_id, row.side) == (organ, side)
    assert set(chest_samples.PAINTED) == set(chest_samples.VALUES) and len(NAMES) == len(TABLE) + 1


@pytest.mark.unit
@pytest.mark.parametrize(("order", "flips"), ORDERS)
def test_the_network_sees_the_patient_upright_and_labels_go_back(volume: Volume, order: tuple, flips: tuple) -> None:
    other, plan = turned(volume, order, flips), Plan()
    assert np.array_equal(coarse_hu(other, plan), coarse_hu(volume, plan))
    upright = np.arange(volume.array.size, dtype=np.int64).reshape(volume.array.shape) % 251
    back = from_upright(upright, other)
    assert back.shape == other.array.shape
    at = tuple(np.array(volume.array.shape) // 3)
    moved = np.rint(other.to_index(volume.to_lps(np.array([at])))).astype(int)[0]
    assert back[tuple(moved)] == upright[at]


@pytest.mark.unit
def test_borders_lie_between_the_coarse_voxels() -> None:
    import torch

    scores = torch.zeros(2, 4, 4, 4)
    scores[1, :, :, 2:] = 1.0
    scores[0, :, :, :2] = 1.0
    labels = upright_labels(scores, (8, 16, 16))
    assert np.array_equal(labels, np.broadcast_to(np.arange(16) >= 8, labels.shape))


@pytest.mark.flow
def test_killed_and_given_again_it_ends_with_the_same_weights(weights: Path, tmp_path: Path) -> None:
    """Short form of bar C5: kill -9 in the midst of training, twice."""
    path, out = recipe(tmp_path, 25), tmp_path / "out"
    command = [sys.executable, "-c", "from medomni.cli import main; main()", "segment", "train", "-o", str(out),
               "--config", str(path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    begun = time.monotonic()
    while not list((out / "checkpoints").glob("step-00000[3-9]")) and time.monotonic() - begun < 60:
        assert child.poll() is None
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (out / "unet.json").exists()
    card = made.train_segmenter(out, path)
    assert card["resumed_from"] >= 3 and card["steps"] == 25
    assert card["sha256"] == json.loads((weights / "unet.json").read_text())["sha256"]
    assert [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()] == list(range(1, 26))
    assert not list(out.rglob("*.part")) and not (out / "checkpoints").exists()


@pytest.mark.flow
def test_finished_weights_are_not_trained_again_nor_overwritten(weights: Path, tmp_path: Path) -> None:
    before = (weights / "unet.safetensors").stat().st_mtime_ns
    ran = CliRunner().invoke(app, ["segment", "train", "-o", str(weights), "--config", str(recipe(tmp_path, 25))])
    assert ran.exit_code == 0 and "25 steps on 2 synthetic chests" in ran.output
    assert (weights / "unet.safetensors").stat().st_mtime_ns == before
    with pytest.raises(MedomniError, match="MED-M03"):
        made.train_segmenter(weights, recipe(tmp_path, 26))


@pytest.mark.flow
def test_labels_lie_on_any_order_of_the_axes(weights: Path, volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDOMNI_UNET_WEIGHTS", str(weights))
    found = get_segmenter("unet").segment(volume)
    assert found.matches(volume) and found.produced_by.startswith("unet-")
    assert found.untested == {"lung", "airway", "heart", "aorta", "liver", "spleen"}
    assert found.truncated == cut_by_view(found.labels, found.table, volume.affine)
    for order, flips in ORDERS:
        other = turned(volume, order, flips)
        again = UNetSegmenter(weights / "unet.safetensors").segment(other)
        assert again.matches(other)
        assert np.array_equal(from_upright(found.labels, other), again.labels)


@pytest.mark.flow
def test_a_card_of_other_weights_is_refused(weights: Path, volume: Volume, tmp_path: Path) -> None:
    for name in ("unet.safetensors", "unet.json"):
        (tmp_path / name).write_bytes((weights / name).read_bytes())
    with pytest.raises(MedomniError, match=r"MED-S10"):
        UNetSegmenter(tmp_path / "nowhere").segment(volume)
    data = bytearray((tmp_path / "unet.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "unet.safetensors").write_bytes(data)
    with pytest.raises(MedomniError, match=r"MED-S13"):
        UNetSegmenter(tmp_path).segment(volume)
    (tmp_path / "unet.json").unlink()
    with pytest.raises(MedomniError, match=r"MED-S10.*medomni segment train"):
        UNetSegmenter(tmp_path).segment(volume)


@pytest.mark.unit
def test_without_weights_the_error_names_the_training(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDOMNI_UNET_WEIGHTS", raising=False)
    with pytest.raises(MedomniError, match=r"MED-S10.*medomni segment train.*then set MEDOMNI_UNET_WEIGHTS"):
        get_segmenter("unet").segment(volume)
