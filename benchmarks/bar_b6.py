"""B6: files, texts and studies without the patient, whole: its three parts one after the other."""

from __future__ import annotations

from benchmarks import bar_b6a, bar_b6b, bar_b6c


def run() -> tuple[bool, str]:
    """Met only where all three are."""
    parts = {"files": bar_b6a.run(), "texts": bar_b6b.run(), "forget": bar_b6c.run()}
    figures = [f"{name} {'met' if met else 'NOT met'} ({figure})" for name, (met, figure) in parts.items()]
    return all(met for met, _ in parts.values()), "; ".join(figures)
