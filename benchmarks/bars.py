"""``python -m benchmarks.bars A3``: run one bar whole."""

from __future__ import annotations

import importlib
import sys


def main(name: str) -> int:
    """Run the bar; returns the exit status."""
    module = importlib.import_module(f"benchmarks.bar_{name.lower()}")
    met, figure = module.run()
    print(f"{name}: {figure}: {'met' if met else 'NOT met'}", flush=True)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
