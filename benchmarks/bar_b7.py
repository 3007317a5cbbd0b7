"""B7: ten thousand damaged and hostile files: no crash, no hang, no gigabyte, nothing written outside.

The work lies deeper in the watched folder than any name in the files climbs, and every folder on the way holds a decoy
image, which must be neither read nor changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.fuzz_sources import DECOY, decoy, sources
from benchmarks.fuzz_tricks import DEEP
from benchmarks.fuzz_truth import UNHELD
from benchmarks.fuzz_ways import EVERY

FILES, PARTS = 10_000, 10
MOST_SECONDS, MOST_BYTES = 5.0, 10**9


def run() -> tuple[bool, str]:
    """Ten workers one after another, each a process that is watched."""
    return fuzzed(FILES // PARTS, PARTS)


def fuzzed(count: int, parts: int, first: int = 0) -> tuple[bool, str]:
    """``parts`` workers with ``count`` files each; seeds from ``first``."""
    outcomes: Counter[str] = Counter()
    ways: dict[str, Counter[str]] = {name: Counter() for name in EVERY}
    slowest, peak, bad = 0.0, 0, []
    with tempfile.TemporaryDirectory(prefix="medomni-b7-") as root:
        inside = Path(root).joinpath(*(f"d{k}" for k in range(DEEP)))
        (inside / "sources").mkdir(parents=True)
        with tempfile.TemporaryDirectory(prefix="medomni-b7-") as made:
            for name, data in sources(Path(made)).items():
                (inside / "sources" / name).write_bytes(data)
            image = decoy(Path(made) / "decoy")
        for level in (inside, *list(inside.parents)[:DEEP]):
            (level / DECOY).write_bytes(image)
        before = _tree(Path(root))
        for part in range(first, first + parts):
            ended_by_itself = True
            for started, ended in _watched(Path(root), inside, part, count):
                name = f"seed {part} {started}"
                if ended is None:
                    ended_by_itself = False
                    bad.append(f"{name}: the process died or hung")
                    continue
                outcome = ended["outcome"]
                kind = outcome.split(":")[0]
                outcomes[kind if kind in ("wrong", "read", "concealed", UNHELD) else "refused"] += 1
                for way, became in ended["ways"].items():
                    ways[way]["coded" if became.startswith("MED-") else became.split(":")[0]] += 1
                slowest, peak = max(slowest, ended["seconds"]), max(peak, ended["peak"])
                wrong = [said for said in (outcome, *ended["ways"].values()) if said.startswith("wrong")]
                if wrong or ended["seconds"] > MOST_SECONDS:
                    bad.append(f"{name}: {'; '.join(wrong)} {ended['seconds']:.1f} s")
            if ended_by_itself:
                (inside / f"target-{part}").rmdir()
            else:  # its file and what it had unpacked lie there still
                for name in ("target", "ways"):  # not even made, where it died at once
                    shutil.rmtree(inside / f"{name}-{part}", ignore_errors=True)
        strange = {path for path, _ in _tree(Path(root)) ^ before}
    for line in [*bad[:200], *(f"changed: {path}" for path in sorted(strange)[:10])]:
        print(f"  {line}", flush=True)
    total = sum(outcomes.values())
    met = not bad and not strange and peak <= MOST_BYTES and total == count * parts
    return met, (f"{total} files: {outcomes['refused']} coded errors, {outcomes['read']} read, "
                 f"{outcomes[UNHELD]} read that nothing else could be held against, {outcomes['concealed']} with "
                 f"damage in a codestream without checksum, {outcomes['wrong']} wrong; {_said(ways)}; "
                 f"{len(bad)} faults; slowest {slowest:.2f} s, peak {peak / 1e6:.0f} MB, {len(strange)} files outside")


def _said(ways: dict[str, Counter[str]]) -> str:
    """How many went each other way in, and what became of them."""
    return "; ".join(f"{sum(became.values())} {way}: " + ", ".join(f"{n} {what}" for what, n in sorted(became.items()))
                     for way, became in ways.items())


def _tree(root: Path) -> set[tuple[Path, str]]:
    """Everything below, with what the files hold: one that was written over shows too."""
    return {(p, hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() and not p.is_symlink() else "")
            for p in root.rglob("*")}


def _watched(root: Path, inside: Path, seed: int, count: int):
    """(start line, end line or None) of each file; a worker that says nothing for ten seconds is ended."""
    scratch = inside / "scratch"
    scratch.mkdir(exist_ok=True)
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fuzz", str(root), str(inside), str(seed), str(count)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "MEDOMNI_SITE_KEY": "00" * 32, "TMPDIR": str(scratch), "PYTHONPATH": os.getcwd()})
    assert worker.stdout is not None
    buffer, started, last = b"", None, time.monotonic()
    while True:
        ready, _, _ = select.select([worker.stdout], [], [], 1.0)
        if ready:
            data = os.read(worker.stdout.fileno(), 1 << 16)
            if not data:
                break
            buffer, last = buffer + data, time.monotonic()
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                said = json.loads(line)
                if "file" in said:
                    started = said
                else:
                    yield started, said
                    started = None
        elif time.monotonic() - last > 2 * MOST_SECONDS:
            worker.kill()
            break
    if worker.wait() or started is not None:
        yield started, None
    if not any(scratch.iterdir()):
        scratch.rmdir()
