"""The training of the segmenter's U-Net: steps that are pure functions of seed and number, kept every few seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from medomni.config import Config
from medomni.errors import MedomniError
from medomni.segment.unet.classes import NAMES
from medomni.segment.unet.coarse import Plan, channels, scores_of
from medomni.segment.unet.given import with_prior
from medomni.segment.unet.network import built
from medomni.train.checkpoint import Checkpoint, latest_checkpoint, save_checkpoint
from medomni.train.interrupts import Interrupts
from medomni.train.log import StepLog
from medomni.train.stages import optimizer_tensors, restore_optimizer

Steps = Callable[[int, int, float, str], None]


class NetworkPlan(Config):
    """As :class:`medomni.segment.unet.coarse.Plan`."""

    in_plane_mm: Annotated[float, Field(gt=0)] = 4.0
    slice_mm: Annotated[float, Field(gt=0)] = 5.0
    features: Annotated[tuple[int, ...], Field(min_length=6, max_length=6)] = (16, 16, 32, 64, 64, 16)
    crop: tuple[int, int, int] = (32, 96, 96)
    given: Literal["none", "rules", "rules+findings"] = "none"

    def plan(self) -> Plan:
        """The plan that goes beside the weights."""
        return Plan(**self.model_dump())


class UNetSettings(Config):
    """The loop.

    Attributes:
        steps: optimizer steps, one piece of ``network.crop`` each.
        lr: peak rate of AdamW; a tenth of the steps rise to it, then a cosine falls to nothing.
        noise: least and most factor on the noise that the images already have; where the rules' outlines are given it
            is drawn once a chest, as these were made with it.
        threads: torch threads; fixed, since the sum order depends on it.
        precision: ``bfloat16`` runs convolutions under autocast; weights and Adam stay float32.
        checkpoint_seconds: time between checkpoints, 0 for one after every step.
    """

    network: NetworkPlan = NetworkPlan()
    steps: Annotated[int, Field(ge=1)] = 200
    lr: Annotated[float, Field(gt=0)] = 3e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    clip: Annotated[float, Field(gt=0)] = 5.0
    noise: tuple[Annotated[float, Field(ge=1)], Annotated[float, Field(ge=1)]] = (1.0, 4.0)
    seed: int = 0
    threads: Annotated[int, Field(ge=1)] = 2
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 5.0


@dataclass(frozen=True, eq=False)
class Sample:
    """A chest on the network's grid, upright.

    Attributes:
        hu: (slices, rows, columns) int16. labels: uint8 of the same shape, values of the network's channels.
        noise_hu: the standard deviation of the noise in ``hu``.
        image: (channels, slices, rows, columns) float16, the input of a network that is given outlines: these were made
            with the noise that ``hu`` has. None for one that is given nothing; noise is added anew at each step then.
    """

    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    noise_hu: float
    image: NDArray[np.float16] | None = None

    def noisier(self, factor: float, rng: np.random.Generator) -> NDArray[np.float32]:
        """HU with ``factor`` times the noise."""
        more = self.noise_hu * math.sqrt(max(factor * factor - 1.0, 0.0))
        hu = self.hu + np.float32(more) * rng.standard_normal(self.hu.shape, dtype=np.float32)
        return np.clip(hu, -1024, 3071).astype(np.float32)


def train_network(samples: Sequence[Sample], settings: UNetSettings, plan_hash: str, out: Path, *, device: str = "cpu",
                  progress: Steps | None = None) -> tuple[Any, dict[str, Any]]:
    """Train from scratch, or on from the newest checkpoint in ``out/checkpoints``.

    Returns:
        The network, and what was done: ``steps``, ``resumed_from``, ``seconds`` of this process, last ``loss``.

    Raises:
        MedomniError: MED-M03 for a checkpoint of another plan, MED-M08 for a damaged one, MED-M04 where the loss is not
            finite, MED-S05 without MONAI, MED-C04 where the disk is full.
    """
    begun = time.monotonic()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    plan = settings.network.plan()
    network = built(plan)
    from monai.losses import DiceCELoss

    network.to(device).train()
    _in_float32(network.down_4)
    criterion = DiceCELoss(include_background=False, to_onehot_y=True, softmax=True, batch=True,
                           smooth_nr=1.0, smooth_dr=1.0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    done, loss = _resumed(out / "checkpoints", plan_hash, network, optimizer)
    first, kept = done, time.monotonic()
    log = StepLog(out / "log.jsonl", resume_step=done)
    try:
        with Interrupts() as interrupts:
            while done < settings.steps:
                image, target = drawn(samples, settings, done)
                for group in optimizer.param_groups:
                    group["lr"] = settings.lr * rate(done, settings.steps)
                with torch.autocast(torch.device(device).type, torch.bfloat16, settings.precision == "bfloat16"):
                    seen = torch.from_numpy(image)[None].to(device)
                    scores = with_prior(network(seen), seen, plan)
                truth = torch.from_numpy(target)[None, None].to(device)
                value = criterion(scores.float(), truth)
                loss = value.item()
                if not math.isfinite(loss):
                    raise MedomniError("MED-M04", f"step {done + 1}: {loss}", where=out)
                optimizer.zero_grad(set_to_none=True)
                value.backward()
                norm = torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
                if not math.isfinite(float(norm)):
                    raise MedomniError("MED-M04", f"gradient of step {done + 1}", where=out)
                optimizer.step()
                done += 1
                dice = mean_dice(dices(scores.argmax(1)[0].cpu().numpy(), target))
                log.write(step=done, loss=round(loss, 4), dice=round(dice, 4))
                if progress:
                    progress(done, settings.steps, loss, f"U-Net Dice {dice:.3f}")
                if interrupts.asked or done == settings.steps or time.monotonic() - kept >= settings.checkpoint_seconds:
                    save_checkpoint(out / "checkpoints", Checkpoint(
                        done, plan_hash, network.state_dict(), optimizer_tensors(network, optimizer), {"loss": loss}))
                    kept = time.monotonic()
                interrupts.stop_here()
    finally:
        log.close()
    return network.eval(), {"steps": done, "resumed_from": first, "loss": round(loss, 4),
                            "seconds": round(time.monotonic() - begun, 1)}


def _in_float32(module: Any) -> None:
    """Keeps a module out of autocast: the weight gradients of bfloat16 convolutions over few voxels (here 2 x 6 x 6)
    come out of torch 2.13's CPU kernels as noise of 1e31 now and then."""
    inner = module.forward

    def forward(x: Any) -> Any:
        with torch.autocast(x.device.type, enabled=False):
            return inner(x.float())

    module.forward = forward


def _resumed(folder: Path, plan_hash: str, network: Any, optimizer: Any) -> tuple[int, float]:
    """Steps done and the last loss, with weights and moments put back."""
    found = latest_checkpoint(folder, plan_hash)
    if found is None:
        return 0, math.nan
    network.load_state_dict(found.trained)
    restore_optimizer(network, optimizer, found.optimizer)
    for parameter, state in optimizer.state.items():
        for key in ("exp_avg", "exp_avg_sq"):
            state[key] = state[key].to(parameter.device)
    return found.step, float(found.state["loss"])


def rate(step: int, steps: int) -> float:
    """The part of the peak rate at a step, 0 to 1."""
    rise = max(1, steps // 10)
    return (step + 1) / rise if step < rise else 0.5 + 0.5 * math.cos(math.pi * (step - rise) / max(1, steps - rise))


def drawn(samples: Sequence[Sample], settings: UNetSettings, step: int
          ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Input channels (channels, crop) and labels (crop) of a step, a pure function of seed and step.

    Each round shows every sample once, in an order of its own.
    """
    order = np.random.default_rng([settings.seed, step // len(samples), 7]).permutation(len(samples))
    sample, rng = samples[int(order[step % len(samples)])], np.random.default_rng([settings.seed, step, 8])
    places, width = [], []
    for n, c in zip(sample.hu.shape, settings.network.crop, strict=True):
        start = int(rng.integers(0, max(0, n - c) + 1))
        places.append(slice(start, start + c))
        width.append((max(0, c - n) // 2, max(0, c - n) - max(0, c - n) // 2))
    place = tuple(places)
    labels = np.pad(sample.labels[place], width, mode="edge")
    if sample.image is not None:
        image = sample.image[(slice(None), *place)].astype(np.float32)
        return np.pad(image, [(0, 0), *width], mode="edge"), labels
    piece = Sample(sample.hu[place], sample.labels[place], sample.noise_hu)
    hu = piece.noisier(float(rng.uniform(*settings.noise)), rng)
    return channels(np.pad(hu, width, mode="edge"), settings.network.plan()), labels


def dices(found: NDArray[Any], truth: NDArray[Any]) -> dict[str, float]:
    """Dice by name of each class that the truth holds, the background left out."""
    out = {}
    for value, name in enumerate(NAMES):
        there = truth == value
        if value and there.any():
            said = found == value
            out[name] = 2.0 * int((there & said).sum()) / (int(there.sum()) + int(said.sum()))
    return out


def mean_dice(by_name: dict[str, float]) -> float:
    """The mean over the classes, 0 where there is none."""
    return sum(by_name.values()) / len(by_name) if by_name else 0.0


def validated(network: Any, samples: Sequence[Sample], settings: UNetSettings, device: str, factor: float = 3.0
              ) -> dict[str, float]:
    """Mean Dice by class over unseen samples with ``factor`` times the noise, on the network's grid.

    Samples with an image were rendered with that noise.
    """
    plan = settings.network.plan()
    rows: dict[str, list[float]] = {}
    for k, sample in enumerate(samples):
        image = sample.image.astype(np.float32) if sample.image is not None else channels(
            sample.noisier(factor, np.random.default_rng([settings.seed, k, 9])), plan)
        scores = scores_of(network, image, plan, device, settings.precision).cpu()
        scores = with_prior(scores[None], torch.from_numpy(image)[None], plan)[0]
        for name, value in dices(scores.argmax(0).numpy(), sample.labels).items():
            rows.setdefault(name, []).append(value)
    return {name: round(sum(v) / len(v), 4) for name, v in rows.items()}
