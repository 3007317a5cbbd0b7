"""Ctrl-C between two steps: weights, moments and step number of a checkpoint must be of one moment."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Holds SIGINT back until :meth:`stop_here`; a second one is not held back and is not followed by a checkpoint.

    Outside the main thread, where Python delivers no signal, it does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise SystemExit(128 + number)
        self.asked = True

    def stop_here(self) -> None:
        """Raise the KeyboardInterrupt that was held back, if there was one."""
        if self.asked:
            raise KeyboardInterrupt
