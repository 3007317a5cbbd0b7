"""``medomni federated``: the commands that this wheel adds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Federated rounds across hospitals."""


@app.command("run")
def run_command(
    recipe: Annotated[Path, typer.Argument(help="Recipe with an adapter.")],
    site: Annotated[list[str], typer.Option(help="NAME=CASES.npz, once a hospital.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Output folder.")],
    rounds: int = 3, model: str = "", trace: bool = False,
) -> None:
    """Run rounds on this machine: SuperLink and SuperNodes on loopback over TLS, started and ended by this command."""
    from medomni_federated.rounds import run_rounds

    cases = dict(s.split("=", 1) for s in site)
    done = run_rounds(recipe, {k: Path(v) for k, v in cases.items()}, out, rounds=rounds, model=model or None,
                      trace=trace)
    for row in done.rows:
        print(row)
    print(f"adapter: {done.adapter}")
