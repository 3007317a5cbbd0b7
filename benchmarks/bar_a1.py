"""A1: fresh clone, ``make demo`` exits 0; the demo after set-up takes at most 5 min and 6 GB over its processes."""

from benchmarks.common import drop, fresh_clone, measured


def run() -> tuple[bool, str]:
    """Set up, then measure the demo alone."""
    clone = fresh_clone()
    try:
        setup = measured(["make", "setup"], cwd=clone)
        print(setup.output[-500:] if setup.status else f"set-up {setup.seconds:.0f} s")
        demo = measured(["make", "demo"], cwd=clone)
        print(demo.output[-4000:])
        met = setup.status == 0 and demo.status == 0 and demo.seconds <= 300 and demo.peak_bytes <= 6e9
        return met, f"exit {demo.status}, demo {demo.seconds:.0f} s, {demo.peak_bytes / 1e9:.2f} GB"
    finally:
        drop(clone)
