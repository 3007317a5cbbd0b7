"""Killed by the system, fed with damaged files: what is handed over is whole and verified, or it is not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from benchmarks import fuzz, fuzz_sources
from medomni.dicom.deid import Options, deidentify
from tests.dicom.deid.support import KEYS, ct_file

FILES = 60


@pytest.mark.system
def test_killed_three_times(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for k in range(FILES):
        def edit(ds: Dataset, k: int = k) -> None:
            ds.SOPInstanceUID = f"1.2.3.4.5.{k}"

        ct_file(source / f"{k:03d}", edit)
    command = [sys.executable, "-c", "from medomni.cli import main; main()", "deidentify", str(source), "-o", str(out)]
    journal = out / ".medomni-deidentify.jsonl"
    for wanted in (10, 25, 45):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started = time.monotonic()
        while process.poll() is None and time.monotonic() - started < 60:
            if journal.is_file() and journal.read_bytes().count(b"\n") > wanted:
                os.kill(process.pid, signal.SIGKILL)
                break
            time.sleep(0.002)
        assert process.wait() == -signal.SIGKILL, "the run ended before it was killed"
        assert not [p for p in out.rglob("*.dcm") if ".medomni-unverified" not in p.parts]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{FILES} files: {FILES} written" in done.stdout
    written = sorted(p for p in out.rglob("*") if p.is_file() and p.suffix == ".dcm")
    assert len({pydicom.dcmread(p).SOPInstanceUID for p in written}) == FILES == len(written)
    assert not list(out.rglob("*.part")) and not (out / ".medomni-unverified").exists()


@pytest.mark.unit
def test_damaged_files(tmp_path: Path) -> None:
    """Mutations of every transfer syntax: refused, withdrawn or written; nothing raises."""
    (tmp_path / "made").mkdir()
    made = sorted((k, v) for k, v in fuzz_sources.sources(tmp_path / "made").items() if k.endswith(".dcm"))
    source, rng = tmp_path / "in", np.random.default_rng(77)
    source.mkdir()
    for k in range(150):
        _, data = made[rng.integers(len(made))]
        (source / f"{k:03d}").write_bytes(fuzz.MUTATIONS[rng.integers(len(fuzz.MUTATIONS))](data, rng))
    files = deidentify(source, tmp_path / "out", Options(keep_face=True), KEYS)["files"]  # no part is named in them
    assert files["read"] == 150 == files["written"] + files["refused"] + files["withdrawn"]
    assert files["written"] == len(list((tmp_path / "out").rglob("*.dcm"))) > 0
