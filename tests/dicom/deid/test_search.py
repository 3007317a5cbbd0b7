"""The search in bytes finds what a plain search finds, however many needles there are."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medomni.dicom.deid.search import ENCODINGS, Needles, date_forms, encoded, uids_within

pytestmark = pytest.mark.unit
FEW = st.text("ab1. ", min_size=1, max_size=7).map(str.encode)


@given(st.lists(FEW, max_size=6), st.lists(FEW, max_size=12))
def test_like_a_plain_search(needles: list[bytes], parts: list[bytes]) -> None:
    data = b"".join(parts)
    wanted = {n for n in needles if len(n) >= 4 and (
        re.search(rb"(?<![0-9.])" + n + rb"(?![0-9])", data) if n.isdigit() else n in data)}
    assert Needles(needles).within(data) == wanted


def test_thousands_of_needles_in_a_slice() -> None:
    rng = np.random.default_rng(1)
    needles = {f"text number {k} of {k * k}".encode() for k in range(20_000)}
    data = rng.integers(0, 4096, 1 << 18).astype("<u2").tobytes()
    search = Needles(needles)
    started = time.perf_counter()
    assert search.within(data + b"xx text number 77 of 5929 yy") == {b"text number 77 of 5929"}
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize("encoding", ENCODINGS[:3] + ENCODINGS[-2:])
def test_every_encoding(encoding: str) -> None:
    for text in ("M\u00fcller", "王芳芳"):
        try:
            data = b"\x01\x02" + text.upper().encode(encoding) + b"\x03"
        except UnicodeEncodeError:
            continue
        assert Needles(encoded(text, 4)).within(data.lower()), encoding


def test_dates_and_uids() -> None:
    assert {"01.02.2020", "2020-02-01", "1 feb 2020", "2020年2月1日", "02/01/2020"} <= date_forms("20200201")
    assert "1.2.3.4.5" in uids_within(b"..1.2.3.4.52\0") and "1.2.3.4.5" in uids_within("1.2.3.4.5".encode("utf-16-le"))
