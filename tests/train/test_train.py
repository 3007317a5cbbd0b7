"""Stages open what they say, resume is exact, a kill loses nothing, the loss is on report tokens only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from medomni.data import Encoder, collate, save_cases
from medomni.errors import MedomniError
from medomni.generate.decode import decode
from medomni.model import AdapterSettings, TargetGroup, attach_adapter
from medomni.model.inputs import model_inputs
from medomni.train import Blocks, Recipe, StageSettings, TrainSettings, train
from medomni.train.log import read_log
from medomni.train.loop import trained_tensors
from medomni.train.loss import report_loss
from medomni.train.stages import opened
from tests.cases import small_bundle, square_cases

ADAPTER = AdapterSettings(rank=4, targets=(
    TargetGroup(part="text", kind="attention"), TargetGroup(part="text", kind="mlp"),
    TargetGroup(part="vision", kind="attention")))


def recipe(steps: int = 6, **train_keys: object) -> Recipe:
    stages = (
        StageSettings(name="top", open=(Blocks(part="text", start="top", count=1),), steps=steps, lr=2e-3, warmup=2),
        StageSettings(name="more", open=(Blocks(part="text", count=2), Blocks(part="vision", rate=0.3)), steps=steps,
                      lr=1e-3, warmup=2))
    return Recipe(name="t", adapter=ADAPTER, train=TrainSettings(
        stages=stages, batch=4, checkpoint_every=2, threads=1, noise_hu=5, shift_px=1, **train_keys))  # type: ignore[arg-type]


def adapted():
    return attach_adapter(small_bundle(), ADAPTER)


@pytest.mark.unit
def test_blocks_from_top_and_from_shallow() -> None:
    model = adapted().model
    def layers(**line):
        stage = StageSettings(name="s", open=(Blocks(part="text", **line),), steps=1, lr=1e-3)
        return {n.split("layers.")[1].split(".")[0] for n in opened(model, stage, adapters=True)}
    assert layers(start="top", count=1) == {"2"}
    assert layers(start="shallow", count=2) == {"0", "1"}
    assert layers() == {"0", "1", "2"}
    with pytest.raises(MedomniError) as info:
        opened(model, StageSettings(name="s", open=(Blocks(part="audio"),), steps=1, lr=1e-3), adapters=True)
    assert info.value.code == "MED-C03"


@pytest.mark.unit
def test_each_stage_changes_what_it_opens_and_nothing_else(tmp_path: Path) -> None:
    bundle = adapted()
    result = train(bundle, square_cases(12), recipe(), tmp_path)
    assert result.proofs["top"]["frozen_changed"] == result.proofs["more"]["frozen_changed"] == 0
    assert result.proofs["top"]["opened_changed"] == 2 * 7 and result.proofs["top"]["opened_unchanged"] == 0
    assert result.proofs["more"]["opened_unchanged"] == 0
    assert (tmp_path / "loss.png").stat().st_size > 500
    rows = read_log(tmp_path / "log.jsonl")
    assert [r["step"] for r in rows] == list(range(1, 13)) and {r["stage"] for r in rows} == {"top", "more"}


@pytest.mark.unit
def test_loss_is_the_mean_over_report_tokens() -> None:
    bundle = small_bundle()
    encoder = Encoder(bundle.tokenizer, bundle.family)
    batch = collate([encoder.encode(c, facts=k % 2 == 0) for k, c in enumerate(square_cases(3))], encoder)
    inputs, _ = model_inputs(bundle, batch.input_ids, batch.attention_mask, batch.images, batch.pair_mm)
    with torch.no_grad():
        logits = bundle.thinker(**inputs, use_cache=False).logits[:, :-1]
        expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.labels[:, 1:].flatten(),
                                                     ignore_index=-100)
        assert float(report_loss(bundle, batch)) == pytest.approx(float(expected), abs=1e-5)
    said = bundle.tokenizer.decode(batch.labels[0][batch.labels[0] != -100])
    assert "effusion" in said and "Facts" not in said


@pytest.mark.unit
def test_resume_in_either_stage_is_exact(tmp_path: Path) -> None:
    whole = adapted()
    train(whole, square_cases(12), recipe(), tmp_path / "whole")

    class KilledError(Exception):
        pass

    for stop in (3, 6, 9):
        def kill(step: int, stop: int = stop) -> None:
            if step == stop:
                raise KilledError

        folder = tmp_path / f"stop-{stop}"
        with pytest.raises(KilledError):
            train(adapted(), square_cases(12), recipe(), folder, after_step=kill)
        again = adapted()
        result = train(again, square_cases(12), recipe(), folder)
        assert result.resumed_from == stop - stop % 2
        for name, tensor in trained_tensors(again.model).items():
            assert torch.equal(tensor, trained_tensors(whole.model)[name]), name
        assert [r["step"] for r in read_log(folder / "log.jsonl")] == list(range(1, 13))


@pytest.mark.unit
def test_ctrl_c_within_a_step_leaves_a_checkpoint_of_one_moment(tmp_path: Path, monkeypatch) -> None:
    """SIGINT between the update of the weights and the count of the step: the run ends after the step, exactly."""
    whole, before = adapted(), signal.getsignal(signal.SIGINT)  # a background job ignores it, and shall go on to
    train(whole, square_cases(8), recipe(), tmp_path / "whole")
    step, count = torch.optim.AdamW.step, [0]

    def interrupted(self, *args, **kwargs):
        out = step(self, *args, **kwargs)
        count[0] += 1
        if count[0] == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return out

    monkeypatch.setattr(torch.optim.AdamW, "step", interrupted)
    with pytest.raises(MedomniError) as info:
        train(adapted(), square_cases(8), recipe(), tmp_path / "cut")
    assert info.value.code == "MED-C05" and "after step 3" in str(info.value)
    assert signal.getsignal(signal.SIGINT) == before
    again = adapted()
    assert train(again, square_cases(8), recipe(), tmp_path / "cut").resumed_from == 3
    ours, theirs = trained_tensors(again.model), trained_tensors(whole.model)
    assert all(torch.equal(ours[n], theirs[n]) for n in theirs)


@pytest.mark.unit
def test_another_plan_is_refused(tmp_path: Path) -> None:
    train(adapted(), square_cases(8), recipe(2), tmp_path)
    with pytest.raises(MedomniError) as info:
        train(adapted(), square_cases(8), recipe(2, weight_decay=0.5), tmp_path)
    assert info.value.code == "MED-M03"


@pytest.mark.unit
def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    bundle = adapted()

    def poison(step: int) -> None:
        if step == 4:
            with torch.no_grad():
                bundle.thinker.lm_head.weight.fill_(float("nan"))

    with pytest.raises(MedomniError) as info:
        train(bundle, square_cases(8), recipe(), tmp_path, after_step=poison)
    assert info.value.code == "MED-M04"
    assert (tmp_path / "step-000004" / "state.json").is_file()


@pytest.mark.unit
def test_a_full_disk_is_a_coded_error_and_old_checkpoints_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import medomni.train.checkpoint as checkpoint

    real, calls = checkpoint.save_file, []

    def full(tensors, path, **kwargs):
        calls.append(path)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        return real(tensors, path, **kwargs)

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(MedomniError) as info:
        train(adapted(), square_cases(8), recipe(), tmp_path)
    assert info.value.code == "MED-C04"
    assert sorted(p.name for p in tmp_path.glob("step-*")) == ["step-000002"]
    assert not list(tmp_path.glob(".writing-*"))


@pytest.mark.unit
def test_learns_to_see_the_side() -> None:
    """The whole path works: images alone decide the words, on unseen cases."""
    bundle = small_bundle()
    plan = Recipe(name="see", train=TrainSettings(batch=8, threads=1, stages=(
        StageSettings(name="all", open=(Blocks(part="all"),), steps=120, lr=4e-3, warmup=10),)))
    plan = plan.model_copy(update={"data": plan.data.model_copy(update={"facts": 0.2})})
    train(bundle, square_cases(64), plan)
    cases = square_cases(20, first=1000)
    texts = decode(bundle, cases, facts=False)
    right = sum(t == c.report for t, c in zip(texts, cases, strict=True))
    assert right >= 18, texts[:4]
    assert decode(bundle, cases[:1], facts=False) == texts[:1], "batching must not change the words"


SCRIPT = """
import sys
from pathlib import Path
from medomni.train.command import train_command
train_command(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
"""


@pytest.mark.system
def test_kill_nine_at_random_moments_loses_nothing(tmp_path: Path) -> None:
    """Short form of bar A8: three kills of a real process, then weights equal to the uninterrupted run's."""
    from safetensors.torch import load_file

    from medomni.model import save_bundle

    save_bundle(small_bundle(), tmp_path / "model")
    save_cases(square_cases(16), tmp_path / "cases.npz")
    plan = recipe(30).model_dump(mode="json", exclude_unset=True)
    plan["model"] = {"source": str(tmp_path / "model")}
    (tmp_path / "recipe.yaml").write_text(json.dumps(plan))  # JSON is YAML

    def start(out: Path) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / "recipe.yaml"),
                                 str(tmp_path / "cases.npz"), str(out)], stderr=subprocess.DEVNULL)

    assert start(tmp_path / "whole").wait(300) == 0
    kills = 0
    for wait_for in (5, 20, 41):
        process = start(tmp_path / "killed")
        log, deadline = tmp_path / "killed" / "log.jsonl", time.monotonic() + 240
        while process.poll() is None and time.monotonic() < deadline:
            if log.is_file() and len(log.read_text().splitlines()) >= wait_for:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.005)
        process.wait()
    assert kills == 3
    assert start(tmp_path / "killed").wait(300) == 0
    one, other = (load_file(str(tmp_path / n / "adapter" / "adapter_model.safetensors")) for n in ("whole", "killed"))
    assert max(float((one[k] - other[k]).abs().max()) for k in one) <= 1e-6
