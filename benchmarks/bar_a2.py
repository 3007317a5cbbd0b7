"""A2: ``make test`` from a fresh clone passes in at most 10 min."""

import re

from benchmarks.common import ROOT, drop, fresh_clone, measured


def run() -> tuple[bool, str]:
    """Set up, then time the tests; ``.ci/run`` must call the same command."""
    clone = fresh_clone()
    try:
        setup = measured(["make", "setup"], cwd=clone)
        test = measured(["make", "test"], cwd=clone, env={"MEDOMNI_SHARED": str(ROOT.parent / "shared")})
        closing = re.findall(r"=+ (.*(?:passed|failed|error).*) =+", test.output)[-1:]
        print(test.output[-1500:])
        calls = "make -s test" in (clone / ".ci" / "run").read_text()
        met = setup.status == 0 and test.status == 0 and test.seconds <= 600 and calls
        return met, f"{closing[0] if closing else 'no closing line'}; {test.seconds:.0f} s"
    finally:
        drop(clone)
