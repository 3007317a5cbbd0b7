"""LoRA adapters by peft, whose targets mean exactly what they say, on saving and on loading.

peft 0.21 rewrites the targets of a ``qwen3_omni_moe_thinker`` model to bare leaf names: asked for text and vision
it adapts the audio tower too and leaves dense MLPs out with a warning. :func:`exact_targets` hides the model type
while peft resolves the names, and :mod:`medomni.model.coverage` holds the outcome against what was asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from medomni.config import Config
from medomni.errors import MedomniError
from medomni.files import replacing, write_text
from medomni.model.bundle import Bundle, weights_hash
from medomni.model.family import Family

Part = Literal["text", "vision", "audio", "aligner", "head"]
Kind = Literal["attention", "mlp", "experts"]
ADAPTER_WEIGHTS = "adapter_model.safetensors"


class TargetGroup(Config):
    """Adapters on one kind of weight of one part; ``rank`` overrides the common rank."""

    part: Part
    kind: Kind = "attention"
    rank: Annotated[int, Field(ge=1)] | None = None


class AdapterSettings(Config):
    """LoRA (Hu et al. 2021, arXiv:2106.09685) on the groups named; nothing else is adapted.

    Attributes:
        rank, alpha: common rank and scale; ``rslora`` scales by alpha / sqrt(rank) (arXiv:2312.03732).
        targets: groups of weights; an expected group that is not whole is an error before the first step.
    """

    rank: Annotated[int, Field(ge=1)] = 8
    alpha: Annotated[float, Field(gt=0)] = 16
    rslora: bool = False
    targets: tuple[TargetGroup, ...] = (
        TargetGroup(part="text", kind="attention"), TargetGroup(part="text", kind="mlp"),
        TargetGroup(part="vision", kind="attention"), TargetGroup(part="vision", kind="mlp"),
        TargetGroup(part="aligner", kind="mlp"),
    )


@contextmanager
def exact_targets(model: Any) -> Iterator[None]:
    """Hide the model type from peft's conversion table for the duration of a call."""
    config = model.config
    config.model_type = "exact"
    try:
        yield
    finally:
        config.__dict__.pop("model_type", None)


def group_pattern(group: TargetGroup, family: Family) -> str:
    """Regular expression (full match) of the weights that a group names; of parameters where kind is experts."""
    text = r"model\.language_model\.layers\.\d+\."
    table = {
        ("text", "attention"): text + r"self_attn\.(q_proj|k_proj|v_proj|o_proj)",
        ("text", "mlp"): text + r"mlp\.(gate_proj|up_proj|down_proj)",
        ("text", "experts"): text + r"mlp\.experts\.(gate_up_proj|down_proj)",
        ("vision", "attention"): rf"model\.visual\.blocks\.\d+\.{family.vision_attention}",
        ("vision", "mlp"): rf"model\.visual\.blocks\.\d+\.{family.vision_linear}",
        ("audio", "attention"): r"model\.audio_tower\.layers\.\d+\.self_attn\.(q_proj|k_proj|v_proj|out_proj)",
        ("audio", "mlp"): r"model\.audio_tower\.layers\.\d+\.(fc1|fc2)",
        ("aligner", "mlp"): family.aligner,
        ("head", "mlp"): r"lm_head",
    }
    if (group.part, group.kind) not in table:
        raise MedomniError("MED-C03", f"no weights of kind {group.kind} in part {group.part}", where="adapter.targets")
    return table[(group.part, group.kind)]


def resolve_targets(model: Any, settings: AdapterSettings, family: Family) -> tuple[dict[str, int], dict[str, int]]:
    """Full names of (Linear modules, expert parameters) to adapt, each with its rank.

    Raises:
        MedomniError: MED-M02 where a group matches nothing, MED-C03 for a group that does not exist.
    """
    modules: dict[str, int] = {}
    parameters: dict[str, int] = {}
    linear = [n for n, m in model.named_modules() if isinstance(m, torch.nn.Linear)]
    stacked = [n for n, p in model.named_parameters() if p.ndim == 3]
    for group in settings.targets:
        pattern = re.compile(group_pattern(group, family))
        names, into = (stacked, parameters) if group.kind == "experts" else (linear, modules)
        hits = [n for n in names if pattern.fullmatch(n)]
        if not hits:
            raise MedomniError("MED-M02", f"{group.part}/{group.kind} matches no weight", where="adapter.targets")
        into.update({n: group.rank or settings.rank for n in hits})
    return modules, parameters


def attach_adapter(bundle: Bundle, settings: AdapterSettings, *, seed: int = 0) -> Bundle:
    """A bundle whose model carries fresh adapters (B = 0: the output does not change yet).

    The base is frozen. The seed fixes A, so that every site of a federation starts from equal factors.
    """
    from peft import LoraConfig, get_peft_model

    modules, parameters = resolve_targets(bundle.thinker, settings, bundle.family)
    ranks = {**modules, **parameters}
    config = LoraConfig(
        r=settings.rank, lora_alpha=settings.alpha,  # type: ignore[arg-type]
        use_rslora=settings.rslora, lora_dropout=0.0, bias="none",
        target_modules=sorted(modules), target_parameters=sorted(parameters) or None,
        rank_pattern={f"^{re.escape(n)}$": r for n, r in ranks.items() if r != settings.rank},
        alpha_pattern={f"^{re.escape(n)}$": settings.alpha * r / settings.rank
                       for n, r in ranks.items() if r != settings.rank})
    torch.manual_seed(seed)
    with exact_targets(bundle.thinker), warnings.catch_warnings():
        # peft asks for an attribute that transformers has renamed; it is no matter of who trains
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)
        model = get_peft_model(bundle.thinker, config)
    return Bundle(model, bundle.tokenizer, bundle.family, bundle.name, bundle.demonstration, bundle.base_sha256,
                  perception=bundle.perception)


def adapter_tensors(model: Any) -> dict[str, torch.Tensor]:
    """The adapter's own weights by full parameter name, sorted by name."""
    return {n: p for n, p in sorted(model.named_parameters()) if ".lora_A." in n or ".lora_B." in n}


def save_adapter(bundle: Bundle, settings: AdapterSettings, folder: Path, *, about: dict | None = None) -> str:
    """Write the adapter as safetensors with its settings and the hash of its base; returns the adapter's hash.

    ``about`` holds provenance (data hash, seed, code version); it must not hold anything of a patient.
    """
    tensors = {k: v.detach().float().cpu().contiguous() for k, v in adapter_tensors(bundle.model).items()}
    sha = weights_hash(tensors)
    with replacing(folder / ADAPTER_WEIGHTS) as beside:
        save_file(tensors, str(beside), metadata={"sha256": sha})
    record = {"adapter_sha256": sha, "base_sha256": bundle.base_sha256, "base": bundle.name,
              "target_resolution": "exact", "settings": settings.model_dump(mode="json"),
              "tensors": sorted(tensors), **(about or {})}
    write_text(folder / "adapter.json", json.dumps(record, indent=2, sort_keys=True) + "\n")
    bundle.adapter_sha256 = sha
    return sha


def load_adapter(bundle: Bundle, folder: Path | str) -> Bundle:
    """Attach the adapter in ``folder`` to its base.

    Raises:
        MedomniError: MED-C08, MED-C07 for a record that is none, MED-M01 for another base, MED-M08 for a damaged file,
            MED-M02 for other weights.
    """
    folder = Path(folder)
    if not (folder / "adapter.json").is_file():
        raise MedomniError("MED-C08", where=folder / "adapter.json")
    try:
        record = json.loads((folder / "adapter.json").read_text(encoding="utf-8"))
        settings = AdapterSettings.model_validate(record["settings"])
        if not all(isinstance(record[name], str) for name in ("base_sha256", "adapter_sha256")):
            raise TypeError
    except (ValueError, KeyError, TypeError) as exc:
        raise MedomniError("MED-C07", type(exc).__name__, where=folder / "adapter.json") from exc
    if record["base_sha256"] != bundle.base_sha256:
        raise MedomniError("MED-M01", f"adapter of base {record['base_sha256'][:12]}, loaded base "
                           f"{bundle.base_sha256[:12]}", where=folder)
    try:
        tensors = load_file(str(folder / ADAPTER_WEIGHTS))
    except (SafetensorError, OSError) as exc:
        raise MedomniError("MED-M08", type(exc).__name__, where=folder / ADAPTER_WEIGHTS) from exc
    if weights_hash(tensors) != record["adapter_sha256"]:
        raise MedomniError("MED-M08", where=folder / ADAPTER_WEIGHTS)
    adapted = attach_adapter(bundle, settings)
    set_adapter_tensors(adapted.model, tensors)
    adapted.adapter_sha256 = record["adapter_sha256"]
    adapted.model.eval()
    return adapted


def set_adapter_tensors(model: Any, tensors: dict[str, torch.Tensor]) -> None:
    """Copy adapter weights in place by name.

    Raises:
        MedomniError: MED-M02 where names or shapes differ in any way.
    """
    own = adapter_tensors(model)
    if own.keys() != tensors.keys() or any(own[k].shape != tensors[k].shape for k in own):
        raise MedomniError("MED-M02", f"missing {sorted(own.keys() - tensors.keys())[:3]}, surplus "
                           f"{sorted(tensors.keys() - own.keys())[:3]}, or shapes differ")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(tensors[name].to(parameter))


def settings_hash(settings: AdapterSettings) -> str:
    """Short hash of the settings."""
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:12]
