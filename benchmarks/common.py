"""What the bars share: fresh clones, measured processes, the cohort of synthetic patients, real data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("MEDOMNI_SHARED") or ROOT.parent / "shared") / "data"
COHORT = Path(os.environ.get("MEDOMNI_BARS_OUT") or ROOT / "out" / "bars")
FIRST = {"train": 100_000, "test": 200_000, "figures": 220_000}
"""First seeds of the bars' patients and of those that sensitivities are counted on; pretraining uses seeds from
1,000,000 on, the demo from 500,000 on."""


@dataclass(frozen=True)
class Done:
    """A finished process: exit status, wall seconds, largest memory summed over its descendants, output."""

    status: int
    seconds: float
    peak_bytes: int
    output: str


def measured(command: list[str], *, cwd: Path | None = None, timeout: float = 3600, env: dict | None = None) -> Done:
    """Run a command and watch the memory of its whole family (from /proc, four times a second)."""
    from medomni.demo.story import family_memory

    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env={**os.environ, **(env or {})})
    peak, stop = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not stop.wait(0.25):
            peak = max(peak, family_memory(process.pid))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        output, _ = process.communicate(timeout=timeout)
    finally:
        stop.set()
        thread.join()
    return Done(process.returncode, time.monotonic() - begun, peak, output)


def fresh_clone() -> Path:
    """A clone of the committed state in an empty folder."""
    folder = Path(tempfile.mkdtemp(prefix="medomni-clone-"))
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "medomni")], check=True)
    return folder / "medomni"


def drop(folder: Path) -> None:
    """Remove a clone."""
    shutil.rmtree(folder.parent, ignore_errors=True)


def medomni() -> str:
    """The installed command beside this interpreter."""
    return str(Path(sys.executable).parent / "medomni")


def cohort(hospital: str, split: str, count: int) -> list:
    """Cases of a hospital through the whole product (phantom, DICOM, read, segment, measure), kept on disk."""
    from medomni.data import SlabSettings
    from medomni.demo.corpus import build_cases

    def say(done: int, total: int) -> None:
        print(f"  {hospital} {split}: {done}/{total}", flush=True)

    seeds = range(FIRST[split], FIRST[split] + count)
    return build_cases(hospital, seeds, SlabSettings(), COHORT / "cases", progress=say)
