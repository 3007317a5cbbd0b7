"""``medomni federated``: the commands that this wheel adds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medomni.errors import MedomniError
from medomni_federated.ledger import ROUND_TIMEOUT_S, check_site_name

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Federated rounds across hospitals."""


@app.command("run")
def run_command(
    recipe: Annotated[Path, typer.Argument(help="Recipe with an adapter.")],
    site: Annotated[list[str], typer.Option(help="NAME=CASES.npz, once a hospital.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Output folder.")],
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    model: Annotated[str, typer.Option(help="Folder of the base model; the embedded one by default.")] = "",
    round_timeout: Annotated[float, typer.Option(min=1.0, help="Longest round, seconds.")] = ROUND_TIMEOUT_S,
    trace: Annotated[bool, typer.Option(help="Write down which files each process opens (strace).")] = False,
) -> None:
    """Run rounds on this machine: SuperLink and SuperNodes on loopback over TLS, started and ended by this command."""
    from medomni.progress import counted
    from medomni_federated.rounds import run_rounds

    cases = _sites(site)
    with counted("rounds", rounds) as advance:
        done = run_rounds(recipe, cases, out, rounds=rounds, model=model or None, round_timeout_s=round_timeout,
                          trace=trace, progress=lambda k, _: advance(k))
    for row in done.rows:
        print(row)
    print(f"adapter: {done.adapter}")


def _sites(given: list[str]) -> dict[str, Path]:
    """``NAME=PATH`` options by name; error MED-C03 for a name that is no file name, or that two have."""
    sites: dict[str, Path] = {}
    for text in given:
        name, _, path = text.partition("=")
        if not path or name in sites:
            raise MedomniError("MED-C03", f"--site {text}: NAME=CASES.npz was expected, each NAME once")
        check_site_name(name)
        sites[name] = Path(path)
    return sites
