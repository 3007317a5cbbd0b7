"""A model with its tokenizer and family, saved as safetensors and JSON only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from medomni.errors import MedomniError
from medomni.files import replacing, write_text
from medomni.model.family import FAMILIES, Family

WEIGHTS = "model.safetensors"
PERCEPTION = "perception.safetensors"
TRAINING_ONLY = "training_only"
"""Name of a submodule that serves training and is saved with checkpoints but not with a model."""
EMBEDDED = Path(__file__).parent / "weights" / "tiny"


@dataclass
class Bundle:
    """A Thinker, its tokenizer and what is known of it.

    Attributes:
        model: ``Qwen3OmniMoeThinkerForConditionalGeneration`` or the Qwen2.5 class, or a peft wrapper of it.
        name: shown in provenance; ``demonstration`` marks the embedded model on every page.
        base_sha256: hash of the base weights, checked when an adapter is loaded.
        perception: weights of the head that the vision tower was taught with (see ``medomni.train.perception``), or
            None. Reports do not use it; a hospital's training with ``label_loss`` starts from it.
    """

    model: Any
    tokenizer: Any
    family: Family
    name: str
    demonstration: bool = False
    base_sha256: str = ""
    adapter_sha256: str | None = None
    perception: dict[str, torch.Tensor] | None = None

    @property
    def thinker(self) -> Any:
        """The Thinker below any peft wrapper."""
        return self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model

    @property
    def device(self) -> torch.device:
        """Device of the embedding table, where inputs belong."""
        return self.thinker.get_input_embeddings().weight.device


def weights_hash(tensors: dict[str, torch.Tensor]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes of tensors, in name order."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        t = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}|{t.dtype}|{tuple(t.shape)}|".encode())
        digest.update(t.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def save_bundle(bundle: Bundle, folder: Path, *, dtype: torch.dtype = torch.float16, card: dict | None = None) -> Path:
    """Write weights (``dtype``), configuration, tokenizer and ``medomni.json`` to ``folder``; returns it."""
    tensors = {k: v.detach().to(dtype).contiguous().cpu() for k, v in bundle.thinker.state_dict().items()
               if not k.startswith(TRAINING_ONLY)}
    sha = weights_hash(tensors)
    with replacing(folder / WEIGHTS) as beside:
        save_file(tensors, str(beside), metadata={"sha256": sha})
    write_text(folder / "config.json", bundle.thinker.config.to_json_string(use_diff=False))
    write_text(folder / "tokenizer.json", bundle.tokenizer.backend_tokenizer.to_str(pretty=True))
    about = {"family": bundle.family.name, "name": bundle.name, "demonstration": bundle.demonstration,
             "base_sha256": sha, **(card or {})}
    if bundle.perception:
        head = {k: v.detach().float().contiguous().cpu() for k, v in bundle.perception.items()}
        about["perception_sha256"] = weights_hash(head)
        with replacing(folder / PERCEPTION) as beside:
            save_file(head, str(beside))
    write_text(folder / "medomni.json", json.dumps(about, indent=2, sort_keys=True) + "\n")
    return folder


def load_bundle(folder: Path | str | None = None) -> Bundle:
    """Load a folder written by :func:`save_bundle`; the embedded demonstration model by default. float32.

    Raises:
        MedomniError: MED-M05 where a file is missing or keys do not fit, MED-M08 where the hash does not match.
    """
    from tokenizers import Tokenizer

    from medomni.model.build import thinker_from_config
    from medomni.model.tokenizer import wrap_tokenizer

    folder = Path(folder) if folder is not None else EMBEDDED
    for name in (WEIGHTS, "config.json", "tokenizer.json", "medomni.json"):
        if not (folder / name).is_file():
            raise MedomniError("MED-M05", f"{name} is missing", where=folder)
    try:
        about = json.loads((folder / "medomni.json").read_text(encoding="utf-8"))
        family, name, demonstration = FAMILIES[about["family"]], str(about["name"]), bool(about["demonstration"])
        sha256 = str(about["base_sha256"])
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        for part in ("text_config", "vision_config", "audio_config"):
            _ = config[part]["model_type"]  # without them the library builds its full-size defaults
        model = thinker_from_config(config, family)
        tokenizer = wrap_tokenizer(Tokenizer.from_file(str(folder / "tokenizer.json")), family)
    except Exception as exc:  # the tokenizer's reader raises Exception itself
        raise MedomniError("MED-M05", f"a damaged file: {type(exc).__name__}", where=folder) from exc
    tensors = _checked(folder / WEIGHTS, sha256)
    head = _checked(folder / PERCEPTION, about["perception_sha256"]) if "perception_sha256" in about else None
    result = model.load_state_dict({k: v.float() for k, v in tensors.items()}, strict=False)
    if result.missing_keys or result.unexpected_keys:
        raise MedomniError("MED-M05", f"missing {result.missing_keys[:3]}, surplus {result.unexpected_keys[:3]}",
                           where=folder)
    return Bundle(model.eval(), tokenizer, family, name, demonstration, sha256, perception=head)


def _checked(path: Path, sha256: str) -> dict[str, torch.Tensor]:
    """Tensors of a file whose hash must be ``sha256``; error MED-M08."""
    try:
        tensors = load_file(str(path))
    except (SafetensorError, OSError) as exc:
        raise MedomniError("MED-M08", type(exc).__name__, where=path) from exc
    if weights_hash(tensors) != sha256:
        raise MedomniError("MED-M08", where=path)
    return tensors
