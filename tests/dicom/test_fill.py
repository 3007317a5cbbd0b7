"""Slices shared among threads: each in its place, or an error; none is lost whoever fails."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from medomni.dicom.fill import FEW, _shared

pytestmark = pytest.mark.unit
WORK: list[Any] = [(np.int16(k), None) for k in range(10 * FEW + 1)]
SLOW_ENOUGH_S = 0.002


class _LostError(BaseException):
    """As a decoder's panic is: no Exception."""


def shared(one: Any, helpers: int) -> list[Any]:
    with ThreadPoolExecutor(3) as pool:
        return _shared(one, WORK, pool, helpers)


@pytest.mark.parametrize("helpers", [0, 1, 3])
@pytest.mark.parametrize("slow", [False, True])
def test_each_in_its_place(helpers: int, slow: bool) -> None:
    threads = set()

    def one(k: Any, _: None) -> Any:
        threads.add(threading.get_ident())
        time.sleep(SLOW_ENOUGH_S if slow else 0)
        return k, 0

    assert [int(k) for k, _ in shared(one, helpers)] == list(range(len(WORK)))
    if slow or not helpers:  # of quick ones a busy machine may make slow ones
        assert (len(threads) > 1) == (helpers > 0)


def test_long_ones_are_shared_from_the_second_on() -> None:
    """A slice of 30 ms, as JPEG 2000 takes: nobody else would wait for the first four of them."""
    by: dict[int, int] = {}
    together = threading.Barrier(2, timeout=30)

    def one(k: Any, _: None) -> Any:
        by[int(k)] = threading.get_ident()
        if k == 0:
            time.sleep(SLOW_ENOUGH_S * FEW)
        elif k < FEW - 1:
            together.wait()  # two threads must be at it at once
        return k, 0

    shared(one, 1)
    assert by[1] != by[2]


def test_of_several_errors_the_first_slices() -> None:
    def one(k: Any, _: None) -> Any:
        time.sleep(SLOW_ENOUGH_S)
        if k >= FEW + 1:
            raise ValueError(int(k))
        return k, 0

    with pytest.raises(ValueError, match=f"^{FEW + 1}$"):
        shared(one, 3)


def test_a_helper_that_ends_loses_nothing_in_silence() -> None:
    caller = threading.get_ident()

    def one(k: Any, _: None) -> Any:
        time.sleep(SLOW_ENOUGH_S)
        if threading.get_ident() != caller:
            raise _LostError
        return k, 0

    with pytest.raises(_LostError):
        shared(one, 2)
