"""A6: ``import medomni`` at most 0.5 s above a bare interpreter, without torch; ``medomni --help`` at most 1 s."""

import statistics
import subprocess
import sys
import time

from benchmarks.common import medomni


def run() -> tuple[bool, str]:
    """Medians of seven."""

    def median(command: list[str]) -> float:
        times = []
        for _ in range(7):
            begun = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times.append(time.perf_counter() - begun)
        return statistics.median(times)

    bare, loaded = median([sys.executable, "-c", "pass"]), median([sys.executable, "-c", "import medomni"])
    help_s = median([medomni(), "--help"])
    code = "import sys, medomni; sys.exit('torch' in sys.modules)"
    torch_free = subprocess.run([sys.executable, "-c", code]).returncode == 0
    return loaded - bare <= 0.5 and help_s <= 1.0 and torch_free, (
        f"import {loaded - bare:.3f} s above {bare:.3f} s, --help {help_s:.2f} s, torch-free {torch_free}")
