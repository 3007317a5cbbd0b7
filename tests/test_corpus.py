"""Cases on disk carry the hash of the code that makes them: what is left out of it must not be passed through."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from medomni.demo.corpus import NOT_MAKERS, PACKAGE

pytestmark = pytest.mark.unit
CODE = """
import json, sys
from medomni.data import SlabSettings
from medomni.demo.corpus import phantom_case
phantom_case(7, "B", SlabSettings(), through_dicom=True)
print(json.dumps([n for n in sys.modules if n.startswith("medomni.")]))
"""


def test_no_case_passes_through_what_the_hash_leaves_out() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    passed = [name.removeprefix("medomni.").replace(".", "/") for name in json.loads(done.stdout.splitlines()[-1])]
    assert "dicom/read" in passed and "phantom/series" in passed, "the case went through the product"
    left_out = [name.removesuffix(".py") for name in NOT_MAKERS]
    assert not [p for p in passed if any(p == name or p.startswith(name + "/") for name in left_out)]
    assert all((PACKAGE / name).exists() for name in NOT_MAKERS)
