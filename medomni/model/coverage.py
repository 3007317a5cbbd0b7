"""The adapter coverage report: every weight of the base, what was asked for it, what it got."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from medomni.errors import MedomniError
from medomni.model.adapters import AdapterSettings, group_pattern, resolve_targets
from medomni.model.bundle import Bundle


@dataclass(frozen=True)
class CoverageRow:
    """One group of base weights.

    Attributes:
        part: text, vision, audio, aligner or head.
        kind: attention, mlp, experts, convolution, embedding or other.
        weights, numbers: how many tensors of at least two axes, and their elements.
        expected, adapted: tensors that the settings name, and that carry an adapter.
    """

    part: str
    kind: str
    weights: int
    numbers: int
    expected: int
    adapted: int


def coverage_report(bundle: Bundle, settings: AdapterSettings) -> list[CoverageRow]:
    """Rows by part and kind over every weight of two axes or more below the adapters."""
    modules, parameters = resolve_targets(_plain_names(bundle), settings, bundle.family)
    expected = {f"{n}.weight" for n in modules} | set(parameters)
    adapted = adapted_weights(bundle.model)
    groups: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for name, parameter in _base_weights(bundle.model):
        if parameter.ndim >= 2:
            groups.setdefault(_place(name, bundle), []).append((name, parameter.numel()))
    return [
        CoverageRow(part, kind, len(rows), sum(n for _, n in rows),
                    sum(name in expected for name, _ in rows), sum(name in adapted for name, _ in rows))
        for (part, kind), rows in sorted(groups.items())
    ]


def require_coverage(bundle: Bundle, settings: AdapterSettings) -> list[CoverageRow]:
    """The report, refused where it is not exactly what was asked for.

    Raises:
        MedomniError: MED-M02 where an expected weight has no adapter or an adapter sits on another weight.
    """
    modules, parameters = resolve_targets(_plain_names(bundle), settings, bundle.family)
    expected = {f"{n}.weight" for n in modules} | set(parameters)
    adapted = adapted_weights(bundle.model)
    if expected != adapted:
        raise MedomniError("MED-M02", f"missing {sorted(expected - adapted)[:3]}, surplus "
                           f"{sorted(adapted - expected)[:3]}")
    return coverage_report(bundle, settings)


def trainable_share(model: Any) -> float:
    """Numbers in the adapters over numbers in the base; 1.0 without adapters."""
    base = sum(p.numel() for _, p in _base_weights(model))
    adapters = sum(p.numel() for n, p in model.named_parameters() if ".lora_" in n)
    return adapters / base if adapters else 1.0


def adapted_weights(model: Any) -> set[str]:
    """Names of base weights (as in the plain model) that carry a LoRA adapter, read off the modules themselves."""
    found = set()
    for name, module in model.named_modules():
        if getattr(module, "lora_A", None):
            plain = _plain(name)
            parameter = getattr(module, "parameter_name", None)
            found.add(f"{plain}.{parameter}" if parameter else f"{plain}.weight")
    return found


def _plain(name: str) -> str:
    return re.sub(r"\.base_layer", "", name).removeprefix("base_model.model.")


def _base_weights(model: Any) -> list[tuple[str, Any]]:
    return [(_plain(n), p) for n, p in model.named_parameters() if ".lora_" not in n]


class _PlainNames:
    """The unwrapped model's names, for resolving targets on a model that is already wrapped."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def named_modules(self) -> list[tuple[str, Any]]:
        return [(_plain(n), getattr(m, "base_layer", m)) for n, m in self._model.named_modules()
                if not n.endswith(".base_layer") and ".lora_" not in n]

    def named_parameters(self) -> list[tuple[str, Any]]:
        return _base_weights(self._model)


def _plain_names(bundle: Bundle) -> Any:
    return _PlainNames(bundle.model)


def _place(name: str, bundle: Bundle) -> tuple[str, str]:
    from medomni.model.adapters import TargetGroup

    module = name.removesuffix(".weight")
    if re.fullmatch(bundle.family.aligner, module):
        return "aligner", "mlp"
    part = ("vision" if ".visual." in name else "audio" if ".audio_tower." in name
            else "head" if name.startswith("lm_head") else "text")
    for kind in ("attention", "mlp", "experts"):
        try:
            pattern = group_pattern(TargetGroup(part=part, kind=kind), bundle.family)  # type: ignore[arg-type]
        except MedomniError:
            continue
        if re.fullmatch(pattern, module):
            return part, kind
    if "conv" in name or "patch_embed" in name:
        return part, "convolution"
    return part, "embedding" if "embed" in name else "other"
