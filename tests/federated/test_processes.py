"""A federation that is killed leaves nothing running: by SIGTERM, and by SIGKILL, which no program can answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("flwr")

SCRIPT = """
import sys, time
from pathlib import Path
from medomni_federated.processes import Federation
with Federation(Path(sys.argv[1]), {"A": {"recipe": "r", "cases": "c"}}):
    print("started", flush=True)
    time.sleep(600)
"""


def running(folder: Path) -> list[str]:
    """Command lines that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if str(folder) in words and int(path.parent.name) != os.getpid():
            found.append(words)
    return found


@pytest.mark.system
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_its_starter(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "federation"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "started\n"
    assert len(running(folder)) >= 3, "the script, a SuperLink and a SuperNode"
    process.send_signal(number)
    process.wait(60)
    deadline = time.monotonic() + 30
    while running(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not running(folder), json.dumps(running(folder))
