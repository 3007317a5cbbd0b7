"""Keyed hashes: the same for the same key everywhere, valid as DICOM, and a key that is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from medomni.dicom.deid.dates import moved_date, moved_datetime
from medomni.dicom.deid.descriptors import harmless
from medomni.dicom.deid.keyed import FEWEST_DAYS, MOST_DAYS, Keyed, keyed
from medomni.errors import MedomniError

pytestmark = pytest.mark.unit
ONE, OTHER = Keyed(b"1" * 32), Keyed(b"2" * 32)


@given(st.from_regex(r"[12](\.(0|[1-9][0-9]{0,9})){4,8}", fullmatch=True))
def test_uids_are_valid_stable_and_keyed(uid: str) -> None:
    mapped = ONE.uid(uid)
    assert UID(mapped).is_valid and len(mapped) <= 64 and mapped == Keyed(b"1" * 32).uid(uid) != OTHER.uid(uid)


def test_a_uid_stays_the_same_in_every_version() -> None:
    """Hospitals that share a key must get the same for years: the value is written down here."""
    assert ONE.uid("1.2.3.4.5.6") == "2.25.263080235789298058678981805856783415520"
    assert ONE.patient("TN12345") == "11B60480EEEEF984" and ONE.days("TN12345") == 1483


def test_dicoms_own_uids_are_not_mapped() -> None:
    assert ONE.uid("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"
    new = "1.2.840.10008.5.1.4.1.1.999999"
    assert ONE.uid(new, "SOPClassUID") == new and ONE.uid(new, "SOPInstanceUID") != new


def test_the_shift_is_in_its_range() -> None:
    days = {ONE.days(str(k)) for k in range(300)}
    assert min(days) >= FEWEST_DAYS and max(days) < MOST_DAYS and len(days) > 250


@pytest.mark.parametrize(("text", "moved"), [
    ("20200301", "20200229"), ("2020.03.01", "20200229"), ("202003", ""), ("20201301", ""), ("00010101", ""), ("", "")])
def test_dates(text: str, moved: str) -> None:
    assert moved_date(text, 1) == moved


def test_datetimes_lose_their_zone() -> None:
    assert moved_datetime("20200301235959.123456+0800", 1) == "20200229235959.123456"
    assert moved_datetime("2020", 1) == ""


@pytest.mark.parametrize(("text", "kept"), [
    ("CT Thorax nativ Meier", "CT Thorax"), ("Meier 12", ""), ("chest 1.25 mm B40f", "chest 1.25 mm"),
    ("abdomen 12.03.1950", "abdomen"), ("头部 王芳", "")])
def test_descriptions(text: str, kept: str) -> None:
    assert harmless(text) == kept


def test_a_project_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    for content, code in (("zz", "MED-P02"), ("ab" * 8, "MED-P02")):
        path.write_text(content)
        with pytest.raises(MedomniError, match=code) as caught:
            keyed(path)
        assert not re.search(f"{content}(?!\\w)", str(caught.value))
    with pytest.raises(MedomniError, match="MED-C08"):
        keyed(tmp_path / "absent")
    path.write_text((b"1" * 32).hex() + "\n")
    assert keyed(path).uid("1.2.3.4.5.6") == ONE.uid("1.2.3.4.5.6")
