"""The loop: stages in order, one optimizer a stage, a step that is a pure function of seed and step number."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from medomni.config import config_hash
from medomni.data.batch import Batch, collate
from medomni.data.case import Case, cases_hash
from medomni.data.encode import Encoder, Example
from medomni.data.sampler import BatchPlan
from medomni.errors import MedomniError
from medomni.model.bundle import TRAINING_ONLY, Bundle, weights_hash
from medomni.train.augment import augmented
from medomni.train.checkpoint import Checkpoint, latest_checkpoint, save_checkpoint
from medomni.train.interrupts import Interrupts
from medomni.train.log import StepLog, loss_picture
from medomni.train.loss import report_loss_and_features, visual_features
from medomni.train.perception import LabelHead, LabelTargets, label_targets, perception_loss
from medomni.train.settings import Recipe, StageSettings
from medomni.train.stages import (
    apply_stage,
    opened,
    optimizer_tensors,
    restore_optimizer,
    set_rate,
    stage_optimizer,
    stage_proof,
    tensor_hashes,
)

Progress = Callable[[int, int, float, str], None]


@dataclass
class TrainResult:
    """What a run did.

    Attributes:
        steps: steps over all stages; ``resumed_from`` is 0 for a fresh run.
        losses: loss of each step run in this process.
        proofs: stage name to counts of :func:`medomni.train.stages.stage_proof`.
        seconds: time of this process's steps.
    """

    steps: int
    resumed_from: int
    losses: list[float] = field(default_factory=list)
    proofs: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: float = 0.0
    report_tokens: int = 0


def train(
    bundle: Bundle, cases: Sequence[Case], recipe: Recipe, folder: Path | None = None, *,
    transcripts: Sequence[Case] = (), progress: Progress | None = None,
    after_step: Callable[[int], None] | None = None,
) -> TrainResult:
    """Train ``bundle.model`` in place through the recipe's stages.

    With ``folder`` the run keeps checkpoints, ``log.jsonl`` and ``loss.png`` there, and resumes from the newest
    checkpoint of the same plan; the resumed weights equal those of an uninterrupted run. Adapters present in the
    model are what stages open; without adapters they open base weights.

    ``transcripts`` are cases whose images do not count: where a prompt carries facts, facts, history and report come
    from one of them, with its weight, and the image from the case. So the words follow the facts and cannot be learned
    by heart.

    Raises:
        MedomniError: MED-M03 for a folder of another plan, MED-M04 for a loss that is not finite, MED-C04 where
            a checkpoint cannot be written, MED-C05 on Ctrl-C (after a checkpoint).
    """
    settings = recipe.train
    torch.set_num_threads(settings.threads)
    encoder = Encoder(bundle.tokenizer, bundle.family, context=recipe.data.context)
    told, withheld = (_lengths(encoder, cases, facts) for facts in (True, False))
    _lengths(encoder, transcripts, True)  # what does not fit is refused before the first step
    lengths = [max(a, b) for a, b in zip(told, withheld, strict=True)]
    plan = BatchPlan(lengths, settings.batch, seed=settings.seed, window=settings.bucket)
    model, adapters = bundle.model, hasattr(bundle.model, "peft_config")
    if settings.label_loss:
        torch.manual_seed(settings.seed)
        head = LabelHead(bundle.thinker.config.text_config.hidden_size)
        if bundle.perception:
            head.load_state_dict(bundle.perception)
        setattr(bundle.thinker, TRAINING_ONLY, head.to(bundle.device))
    stages = [(stage, opened(model, stage, adapters=adapters)) for stage in settings.stages]
    run = _Run(bundle, recipe, cases, folder, stages, transcripts)
    result = TrainResult(run.total, run.step, proofs=run.proofs)
    start_step = 0
    begun = time.perf_counter()
    asked = Interrupts()
    log = StepLog(folder / "log.jsonl", resume_step=run.step) if folder else None
    try:
        with asked:
            for stage, rates in stages:
                end_step = start_step + stage.steps
                if run.step < end_step:
                    _run_stage(run, stage, rates, start_step, encoder, plan, result, log, progress, after_step, asked)
                start_step = end_step
    except KeyboardInterrupt as exc:
        where = run.save() if folder else None
        raise MedomniError("MED-C05", f"stopped after step {run.step}", where=where) from exc
    finally:
        if log:
            log.close()
            if folder and (folder / "log.jsonl").stat().st_size:
                loss_picture(folder / "log.jsonl", folder / "loss.png")
        apply_stage(model, {})
        if settings.label_loss:
            bundle.perception = {k: v.detach().cpu().clone() for k, v in head.state_dict().items()}
            delattr(bundle.thinker, TRAINING_ONLY)
        model.eval()
    result.seconds = time.perf_counter() - begun
    return result


class _Run:
    """Weights, optimizer and step of a run, and how they are saved."""

    def __init__(self, bundle: Bundle, recipe: Recipe, cases: Sequence[Case], folder: Path | None,
                 stages: list[tuple[StageSettings, dict[str, float]]], transcripts: Sequence[Case]) -> None:
        self.transcripts = transcripts
        self.targets: list[LabelTargets] = []
        self.bundle, self.recipe, self.cases, self.folder = bundle, recipe, cases, folder
        self.total = sum(stage.steps for stage, _ in stages)
        self.names = sorted(set().union(*(rates for _, rates in stages)))
        self.optimizer: torch.optim.AdamW | None = None
        self.carried: dict[str, torch.Tensor] = {}
        self.step, self.proofs, self.before = 0, {}, None  # type: ignore[var-annotated]
        text = f"{config_hash(recipe)}|{cases_hash(cases)}|{cases_hash(transcripts)}|{bundle.base_sha256}"
        if bundle.perception:
            text += f"|{weights_hash(bundle.perception)}"
        self.plan = hashlib.sha256(text.encode()).hexdigest()
        found = latest_checkpoint(folder, self.plan) if folder else None
        if found:
            parameters = dict(bundle.model.named_parameters())
            with torch.no_grad():
                for name, tensor in found.trained.items():
                    parameters[name].copy_(tensor)
            self.step, self.carried = found.step, found.optimizer
            self.proofs, self.before = found.state["proofs"], found.state["before"]

    def save(self) -> Path | None:
        if self.folder is None:
            return None
        parameters = dict(self.bundle.model.named_parameters())
        state = dict(self.carried)
        if self.optimizer is not None:
            state.update(optimizer_tensors(self.bundle.model, self.optimizer))
        return save_checkpoint(self.folder, Checkpoint(
            self.step, self.plan, {n: parameters[n] for n in self.names}, state,
            {"proofs": self.proofs, "before": self.before}))


def _run_stage(run: _Run, stage: StageSettings, rates: dict[str, float], start: int, encoder: Encoder,
               plan: BatchPlan, result: TrainResult, log: StepLog | None, progress: Progress | None,
               after_step: Callable[[int], None] | None, asked: Interrupts) -> None:
    settings, model = run.recipe.train, run.bundle.model
    if run.step == start or run.before is None:
        run.before = tensor_hashes(model)
    apply_stage(model, rates)
    run.optimizer = stage_optimizer(model, rates, stage, settings.weight_decay)
    restore_optimizer(model, run.optimizer, run.carried)
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    while run.step < start + stage.steps:
        began = time.perf_counter()
        rate = set_rate(run.optimizer, stage, run.step - start)
        batch = collate(_step_examples(run, encoder, plan), encoder)
        loss, told = _losses(run, batch, words=stage.words)
        value = told.pop("words", float(loss.detach()))
        if not torch.isfinite(loss):
            run.optimizer = None
            raise MedomniError("MED-M04", f"step {run.step + 1} of stage {stage.name}", where=run.folder)
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(parameters, settings.clip))
        run.optimizer.step()
        run.optimizer.zero_grad(set_to_none=True)
        run.step += 1
        result.losses.append(value)
        result.report_tokens += batch.report_tokens
        if log:
            log.write(step=run.step, stage=stage.name, loss=round(value, 6), lr=rate, grad_norm=round(norm, 5),
                      report_tokens=batch.report_tokens, seconds=round(time.perf_counter() - began, 4),
                      **{name: round(part, 5) for name, part in told.items()})
        if progress:
            progress(run.step, run.total, value, stage.name)
        if run.step == start + stage.steps:
            assert run.before is not None
            run.proofs[stage.name] = stage_proof(run.before, tensor_hashes(model), rates)
            run.carried.update({k: v.clone() for k, v in optimizer_tensors(model, run.optimizer).items()})
            run.before = None
        if run.step % settings.checkpoint_every == 0 or run.step == run.total:
            run.save()
        if after_step:
            after_step(run.step)
        asked.stop_here()
    run.optimizer = None


def _losses(run: _Run, batch: Batch, *, words: bool) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss to descend, and its parts by name for the log."""
    settings = run.recipe.train
    with torch.autocast(run.bundle.device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
        if words:
            report, features = report_loss_and_features(run.bundle, batch)
        else:
            report, features = None, visual_features(run.bundle, batch)
    if not settings.label_loss:
        assert report is not None
        return report, {}
    perception = perception_loss(getattr(run.bundle.thinker, TRAINING_ONLY), features, run.targets)
    if report is None:
        return settings.label_loss * perception, {"perception": float(perception.detach())}
    parts = {"words": float(report.detach()), "perception": float(perception.detach())}
    return report + settings.label_loss * perception, parts


def _step_examples(run: _Run, encoder: Encoder, plan: BatchPlan) -> list[Example]:
    """Cases of the next step, with noise and shifts drawn from (seed, step): nothing to save for a resume."""
    settings = run.recipe.train
    examples = []
    run.targets = []
    facts = plan.with_facts(run.step, run.recipe.data.facts)
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + run.step)
    for index, with_facts in zip(plan.step(run.step), facts, strict=True):
        case = augmented(run.cases[index], generator, noise_hu=settings.noise_hu, shift_px=settings.shift_px,
                         mirror=settings.mirror)
        if settings.label_loss:
            family = run.bundle.family
            run.targets.append(label_targets(case, family.patch * family.merge, family.temporal))
        if with_facts and run.transcripts:
            words = run.transcripts[int(torch.randint(len(run.transcripts), (), generator=generator))]
            case = replace(words, hu=case.hu, pair_mm=case.pair_mm)
        examples.append(encoder.encode(case, facts=with_facts))
    return examples


def _lengths(encoder: Encoder, cases: Sequence[Case], facts: bool) -> list[int]:
    return [len(encoder.token_ids(case, facts=facts)[0]) for case in cases]


def trained_tensors(model: Any) -> dict[str, torch.Tensor]:
    """All parameters by name, detached, for comparisons."""
    return {n: p.detach().clone() for n, p in model.named_parameters()}
