"""A9: every bad input gives its code, shown by the tests that are named after them."""

import subprocess
import sys

from benchmarks.common import ROOT


def run() -> tuple[bool, str]:
    """Run the tests of bad input."""
    files = ["tests/dicom/test_bad_input.py", "tests/test_cli.py", "tests/test_privacy.py", "tests/train/test_train.py"]
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", *files], cwd=ROOT, capture_output=True, text=True)
    print(done.stdout[-1500:])
    return done.returncode == 0, done.stdout.strip().splitlines()[-1]
