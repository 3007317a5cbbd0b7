"""What every test shares: where the licensed real data lies, and a fixed site key."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

os.environ.setdefault("MEDOMNI_SITE_KEY", "00" * 32)
ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("MEDOMNI_SHARED") or ROOT.parent / "shared")


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> None:
    """With MEDOMNI_NO_SKIP a skip is a failure: in CI every system part must be there."""
    if os.environ.get("MEDOMNI_NO_SKIP") and call.excinfo is not None and call.excinfo.errisinstance(
        pytest.skip.Exception
    ):
        call.excinfo = pytest.ExceptionInfo.from_exc_info(_raised(AssertionError(f"skipped: {call.excinfo.value}")))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that is left out whole (``importorskip`` at its head)."""
    report = yield
    if os.environ.get("MEDOMNI_NO_SKIP") and report.outcome == "skipped":
        report.outcome, report.longrepr = "failed", f"skipped: {report.longrepr}"
    return report


def _raised(error: Exception) -> tuple:
    try:
        raise error
    except AssertionError:
        import sys

        return sys.exc_info()


@pytest.fixture(scope="session")
def real_dicom() -> Path:
    """The folder of real, redistributable DICOM; a visible skip where it is absent."""
    folder = SHARED / "data" / "dicom"
    if not folder.is_dir():
        pytest.skip("real DICOM data not present (set MEDOMNI_SHARED)")
    return folder
