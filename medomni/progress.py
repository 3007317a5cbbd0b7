"""Progress on standard error: what is under way, and how far. rich is imported when something is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """A spinner; gives a function that names the stage under way."""
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda name: status.update(name)


@contextmanager
def counted(name: str, total: int | None) -> Iterator[Callable[..., None]]:
    """A bar of ``total``; gives a function that says how many are done, and of how many where that is known later."""
    with _bars() as bars:
        task = bars.add_task(name, total=total)
        yield lambda done, of=total: bars.update(task, completed=done, total=of)


@contextmanager
def cases_and_steps() -> Iterator[tuple[Callable[[int, int], None], Callable[[int, int, float, str], None]]]:
    """Two bars; gives ``cases(done, total)`` and ``steps(step, total, loss, stage)``."""
    with _bars() as bars:
        cases, steps = bars.add_task("cases", total=None), bars.add_task("steps", total=None)
        yield (lambda done, total: bars.update(cases, completed=done, total=total),
               lambda step, total, loss, stage: bars.update(steps, completed=step, total=total,
                                                            description=f"{stage} loss {loss:.3f}"))


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                    console=Console(stderr=True))
