"""``medomni demo``: three synthetic hospitals, from DICOM to a checked report, locally, federated and pooled."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medomni.demo.arms import Arm, base_arm, federated_arm, trained_arm
from medomni.demo.corpus import build_cohorts
from medomni.errors import MedomniError
from medomni.files import write_text

SITES = ("A", "B", "C")
TRAIN_SEEDS, TEST_SEEDS = 500_000, 600_000
RECIPE = """\
# Written by medomni demo.
name: demo
model: {source: embedded}
adapter:
  rank: 12
  alpha: 24
  targets:
    - {part: vision, kind: attention}
    - {part: vision, kind: mlp}
    - {part: aligner, kind: mlp}
    - {part: text, kind: attention}
    - {part: text, kind: mlp}
data: {facts: 0.0}
train:
  batch: 8
  threads: THREADS
  noise_hu: 20
  shift_px: 2
  mirror: 0.5
  label_loss: 1.0
  stages:
    - {name: eyes, open: [{part: vision}, {part: aligner}], words: false, steps: EYES, lr: EYE_RATE, warmup: 2}
    - {name: all, open: [{part: all}], steps: ALL, lr: ALL_RATE, warmup: 2}
"""


def run_demo(out: Path, console: Any, *, fast: bool = False, federated: bool = True) -> dict[str, Any]:
    """Run the whole story into ``out``; returns what the table shows.

    Cases are built once and kept; trained adapters are trained anew. All patients are synthetic.
    """
    from medomni.config import load_config
    from medomni.data import SlabSettings, save_cases
    from medomni.model.coverage import trainable_share
    from medomni.train import Recipe

    begun = time.perf_counter()
    seconds: dict[str, float] = {}
    train_n, test_n, rounds = (2, 2, 1) if fast else (10, 6, 3)
    steps = (2, 3) if fast else (12, 24)
    out.mkdir(parents=True, exist_ok=True)
    console.print("[bold]Three synthetic hospitals[/bold]: every patient is a phantom; no figure here is clinical.")
    with _memory() as memory, _step(console, seconds, "patients: phantom, DICOM, read, segment, measure"):
        seeds = [range(TRAIN_SEEDS, TRAIN_SEEDS + train_n), range(TEST_SEEDS, TEST_SEEDS + test_n)]
        built = build_cohorts([(s, part) for part in seeds for s in SITES], SlabSettings(), out / "cases")
        train, test = (dict(zip(SITES, part, strict=True)) for part in (built[:3], built[3:]))
    pooled_recipe = _recipe(out / "pooled.yaml", 1 if fast else 2, *steps)
    recipe = load_config(pooled_recipe, Recipe)
    arms: dict[str, Arm] = {}
    with memory, _step(console, seconds, "base model"):
        arms["base"] = base_arm(test)
    with memory, _step(console, seconds, "local adapters, one a hospital"):
        for s in SITES:
            arms[f"local {s}"] = trained_arm(f"local {s}", recipe, train[s], test, out / f"local-{s}" / _fresh())
    with memory, _step(console, seconds, "pooled adapter (all data in one place, for comparison)"):
        everyone = [c for s in SITES for c in train[s]]
        arms["pooled"] = trained_arm("pooled", recipe, everyone, test, out / "pooled" / _fresh())
    if federated:
        per_round = (max(1, steps[0] // rounds), max(1, steps[1] // rounds))
        site_recipe = _recipe(out / "site.yaml", 1, *per_round)
        paths = {s: save_cases(train[s], out / "sites" / s / "cases.npz") for s in SITES}
        with memory, _step(console, seconds, f"federated: {rounds} rounds, real processes over TLS"):
            try:
                arms["federated"], _ = federated_arm(site_recipe, paths, test, out / "federated", rounds=rounds)
            except MedomniError as exc:
                if exc.code != "MED-F01":
                    raise
                console.print(f"[yellow]federated rounds left out: {exc}[/yellow]")
    with memory, _step(console, seconds, "one patient's checked report"):
        patient = _patient(out, train_seed=TEST_SEEDS)
    from medomni.model import attach_adapter, load_bundle

    bundle = load_bundle()
    parameters = sum(p.numel() for p in bundle.model.parameters())
    assert recipe.adapter is not None
    share = trainable_share(attach_adapter(bundle, recipe.adapter).model)
    total = time.perf_counter() - begun
    facts = {"parameters": parameters, "trainable": round(parameters * share), "share": share, "seconds": seconds,
             "total_seconds": total, "peak_memory_gb": memory.peak / 1e9, "train": train_n, "test": test_n,
             "patient": str(patient), "made_from": _made_from(train, test, bundle, recipe.train.seed)}
    from medomni.demo.table import demo_page, print_table

    print_table(console, arms, test, facts)
    demo_page(out / "index.html", arms, test, facts, patient)
    console.print(f"page: {out / 'index.html'}    one patient: {patient / 'report.html'}")
    console.print(f"review it: medomni review {patient}")
    return {**facts, "arms": arms, "test": test}


def _made_from(train: Mapping[str, Any], test: Mapping[str, Any], bundle: Any, seed: int) -> str:
    """What the figures hold for: patients' first seeds, training seed, hashes of data and base, version."""
    import medomni
    from medomni.data.case import cases_hash

    hashes = [cases_hash(c for s in SITES for c in part[s])[:12] for part in (train, test)]
    return (f"training patients from seed {TRAIN_SEEDS} (data {hashes[0]}), test patients from {TEST_SEEDS} (data "
            f"{hashes[1]}); training seed {seed}; base {bundle.base_sha256[:12]}; medomni {medomni.__version__}")


def _recipe(path: Path, threads: int, eyes: int, everything: int,
            rates: tuple[float, float] = (5.0e-4, 3.0e-4)) -> Path:
    """A recipe; the rates are for some twenty patients, which larger ones overfit."""
    text = RECIPE.replace("EYE_RATE", str(rates[0])).replace("ALL_RATE", str(rates[1]))
    text = text.replace("THREADS", str(threads)).replace("EYES", str(eyes)).replace("ALL", str(everything))
    return write_text(path, text)


def _fresh() -> str:
    """A folder name of its own: a demo that is run again trains again, so that its times are true."""
    return time.strftime("%Y%m%d-%H%M%S")


def _patient(out: Path, *, train_seed: int) -> Path:
    """Write one synthetic patient as DICOM and report it through the product's own command path."""
    from medomni.phantom import sample_patient, write_patient
    from medomni.pipeline import report_study

    seed = next(s for s in range(train_seed, train_seed + 100) if len(sample_patient(s, "A").truth) >= 2)
    patient = sample_patient(seed, "A")
    folder = write_patient(patient, out / "patient")
    report_study(folder / "dicom", folder, history=patient.history)
    return folder


class _Memory:
    """Largest resident memory of this process and its descendants, sampled while stages run (Linux)."""

    def __init__(self) -> None:
        self.peak = 0

    def __enter__(self) -> _Memory:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            self.peak = max(self.peak, family_memory(os.getpid()))


def family_memory(root: int) -> int:
    """Resident bytes of a process and all its descendants (from /proc; 0 where there is none)."""
    parents, resident = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            pid = int(stat.parent.name)
            parents[pid], resident[pid] = int(fields[1]), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError, ValueError):
            continue

    def descends(pid: int) -> bool:
        while pid in parents:
            if pid == root:
                return True
            pid = parents[pid]
        return False

    return sum(size for pid, size in resident.items() if descends(pid))


def _memory() -> _Memory:
    return _Memory()


@contextmanager
def _step(console: Any, seconds: dict[str, float], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    with console.status(name):
        yield
    seconds[name] = time.perf_counter() - begun
    console.print(f"  {name}: {seconds[name]:.0f} s")


def arms_in_order(arms: Mapping[str, Arm]) -> list[str]:
    """Arm names as the tables show them."""
    order = ["base", *[f"local {s}" for s in SITES], "federated", "pooled"]
    return [n for n in order if n in arms]
