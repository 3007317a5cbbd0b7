"""The demo's table in the terminal and its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, select_autoescape

from medomni.demo.arms import Arm
from medomni.files import write_text

if TYPE_CHECKING:
    from medomni.data import Case

Test = Mapping[str, Sequence["Case"]]

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>medomni demo</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem;color:#16202a}
table{border-collapse:collapse}th,td{padding:.3rem .7rem;border-bottom:1px solid #c9d2da;text-align:right}
th:first-child,td:first-child{text-align:left}.note{background:#fbe8b8;padding:.4rem .7rem}img{max-width:100%}
iframe{width:100%;height:60rem;border:1px solid #c9d2da}</style></head><body>
<h1>Three synthetic hospitals</h1>
<p class="note">Every patient is a phantom. Research software, not a medical device; no figure here is clinical.</p>
<table><thead><tr><th>fact F1, facts withheld [95 % interval]</th>
{% for s in sites %}<th>hospital {{ s }}</th>{% endfor %}<th>all</th>
<th>train s</th><th>bytes out</th></tr></thead><tbody>
{% for r in rows %}<tr><td>{{ r.name }}</td>{% for v in r.cells %}<td>{{ v }}</td>{% endfor %}<td>{{ r.seconds }}</td>
<td>{{ r.bytes }}</td></tr>{% endfor %}</tbody></table>
<p>{{ facts.train }} training and {{ facts.test }} test patients a hospital; {{ "{:,}".format(facts.trainable) }} of
{{ "{:,}".format(facts.parameters) }} parameters trained ({{ "%.1f"|format(100 * facts.share) }} %);
{{ "%.0f"|format(facts.total_seconds) }} s in all; most memory over all processes
{{ "%.1f"|format(facts.peak_memory_gb) }} GB.</p>
<p>{{ facts.made_from }}</p>
<h2>Time</h2><ul>{% for k, v in facts.seconds.items() %}<li>{{ k }}: {{ "%.0f"|format(v) }} s</li>{% endfor %}</ul>
<h2>One patient's checked report</h2><p><a href="patient/report.html">open</a></p>
<iframe src="patient/report.html" title="one synthetic patient's checked report"></iframe>
</body></html>
"""


def rows(arms: Mapping[str, Arm], test: Test) -> list[dict[str, Any]]:
    """One row an arm: F1 by hospital and over all, training time, bytes that left hospitals."""
    from medomni.demo.story import arms_in_order

    out = []
    for name in arms_in_order(arms):
        arm = arms[name]
        values = [str(arm.f1(test, [s])) for s in test] + [str(arm.f1(test))]
        out.append({"name": name, "cells": values, "seconds": f"{arm.seconds:.0f}" if arm.seconds else "–",
                    "bytes": f"{arm.bytes:,}" if name == "federated" else "all data" if name == "pooled" else "0"})
    return out


def print_table(console: Any, arms: Mapping[str, Arm], test: Test, facts: Mapping[str, Any]) -> None:
    """The table in the terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title="fact F1 on synthetic patients, facts withheld from the prompt [95 % interval]")
    table.add_column("model", no_wrap=True)
    for site in test:
        table.add_column(f"hospital {site}")
    table.add_column("all")
    for column in ("train s", "bytes out"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows(arms, test):
        table.add_row(row["name"], *[Text(v.replace(" [", "\n[")) for v in row["cells"]], row["seconds"], row["bytes"])
    console.print(table)
    console.print(f"{facts['trainable']:,} of {facts['parameters']:,} parameters trained "
                  f"({100 * facts['share']:.1f} %), {facts['total_seconds']:.0f} s, "
                  f"at most {facts['peak_memory_gb']:.1f} GB over all processes")
    console.print(facts["made_from"], markup=False, highlight=False)


def demo_page(path: Path, arms: Mapping[str, Arm], test: Test, facts: Mapping[str, Any], patient: Path) -> Path:
    """The same table as a page beside one patient's report."""
    html = Environment(autoescape=select_autoescape(default=True)).from_string(PAGE).render(
        rows=rows(arms, test), sites=list(test), facts=facts, patient=patient)
    return write_text(path, html)
