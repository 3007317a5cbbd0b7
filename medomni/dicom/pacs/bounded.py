"""HTTP answers within bounds: a server that never ends its answer, or hardly goes on, is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response

LARGEST_INSTANCE = 1 << 29
"""Bytes of an answer that brings an instance; C-MOVE and C-GET bring larger ones."""
LARGEST_LIST = 1 << 25
"""Bytes of any other answer: a page of a thousand rows has one or two millions."""
LARGE = 1 << 25
"""Bytes from which on an answer waits until no other such one is held: threads must not add up to gigabytes."""
STALLED_S, LEAST_BYTES = 60.0, 1 << 18
"""In each span of so many seconds an answer must bring so many bytes, or end."""
PIECE = 1 << 16


class AnswerError(Exception):
    """An answer that was left; the text is safe to show."""


class OneLarge:
    """The turn of the one thread that may hold a large answer."""

    def __init__(self) -> None:
        self._turn, self._mine = threading.Lock(), threading.local()

    def take(self) -> None:
        """Wait for the turn, unless this thread has it."""
        if not getattr(self._mine, "held", False):
            self._turn.acquire()
            self._mine.held = True

    def done(self) -> None:
        """Give the turn on, where this thread has it; what it held must not be used further."""
        if getattr(self._mine, "held", False):
            self._mine.held = False
            self._turn.release()


class Bounded(HTTPAdapter):
    """Requests' own way to a server, whose answers, redirections too, raise :class:`AnswerError` beyond the bounds.

    Args:
        instances: the Accept header of requests that bring an instance.
        turn: taken by the thread whose answer is large; the caller gives it on.
    """

    def __init__(self, instances: str, turn: OneLarge) -> None:
        super().__init__()
        self._instances, self._turn = instances, turn

    def send(self, request: PreparedRequest, *args: Any, **more: Any) -> Response:  # type: ignore[override]
        """As requests does; the body is read within the bounds."""
        answer = super().send(request, *args, **more)
        most = LARGEST_INSTANCE if request.headers.get("Accept") == self._instances else LARGEST_LIST
        answer.raw = _Body(answer.raw, most, self._turn)
        return answer


class _Body:
    """A body as requests reads it, piece by piece as they come: a whole piece may take a trickling server for ever."""

    def __init__(self, raw: Any, most: int, turn: OneLarge) -> None:
        self._raw, self._most, self._turn = raw, most, turn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amount: int = PIECE, decode_content: bool | None = None) -> Iterator[bytes]:
        """The body unpacked, as one: small pieces kept by the thousand would not come back from a thread's heap."""
        body, least, since = bytearray(), LEAST_BYTES, time.monotonic()
        for piece in self._pieces(amount, decode_content):
            body += piece
            seen = len(body)
            if seen > self._most:
                self._left(body)
                raise AnswerError(f"an answer of more than {self._most >> 20} MB")
            if seen > LARGE:
                before = time.monotonic()
                self._turn.take()
                since += time.monotonic() - before
            now = time.monotonic()
            if seen >= least:
                least, since = seen + LEAST_BYTES, now
            elif now - since > STALLED_S:
                self._left(body)
                raise AnswerError(f"an answer that hardly went on for {STALLED_S:.0f} s")
        yield bytes(body)

    def _left(self, body: bytearray) -> None:
        self._raw.close()
        body.clear()  # the error's traceback would keep it

    def _pieces(self, amount: int, decode_content: bool | None) -> Iterator[bytes]:
        if not hasattr(self._raw, "read1"):  # urllib3 before 2.1
            yield from self._raw.stream(amount, decode_content=decode_content)
            return
        while piece := self._raw.read1(max(amount, PIECE), decode_content=decode_content):
            yield piece
