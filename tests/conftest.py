"""What every test shares: where the licensed real data lies, and a fixed site key."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("MEDOMNI_SITE_KEY", "00" * 32)
FEDERATIONS = ("tests/test_story.py::test_short_form_of_the_demo", "tests/federated", "tests/test_notebooks")
LONG = (*FEDERATIONS, "tests/test_story.py", "tests/train", "tests/dicom/deid/test_face.py", "tests/dicom/test_pacs.py",
        "tests/findings", "tests/dicom/deid/test_pixels.py", "tests/test_cli.py")
LEFT_OUT = pytest.StashKey[Counter]()
ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("MEDOMNI_SHARED") or ROOT.parent / "shared")


def _absent(item: pytest.Item) -> str:
    """What outside the project a test needs and this machine does not have: such a test is left out, not failed."""
    if not (SHARED / "data").is_dir() and ("real_dicom" in item.fixturenames or item.get_closest_marker("data")):  # type: ignore[attr-defined]
        return "the shared real data is not here (MEDOMNI_SHARED)"
    if "small_disk" in item.fixturenames and not can_mount():  # type: ignore[attr-defined]
        return "this machine lets nobody mount a small disk; the same is tested with a simulated full disk"
    if "ipv6" in item.fixturenames and not has_ipv6():  # type: ignore[attr-defined]
        return "this machine's kernel has no IPv6, which no package brings"
    return ""


@cache
def can_mount() -> bool:
    """Whether a small file system can be mounted here."""
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("mount") is None or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
            return False
        subprocess.run(["umount", "-l", folder], check=False)
    return True


@cache
def has_ipv6() -> bool:
    """Whether a port of the IPv6 loopback can be opened."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A worker takes a file whole, and one of them all federations: two at once get into each other's way."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "federations" if nodeid.startswith(FEDERATIONS) else nodeid.split("::")[0]

    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests first, so that no worker waits for one at the end. Where skips are failures, tests of absent data are
    deselected; the closing lines say how many and why."""
    items.sort(key=lambda item: next((k for k, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG)))
    if not os.environ.get("MEDOMNI_NO_SKIP"):
        return
    why = {item: _absent(item) for item in items}
    gone = [item for item in items if why[item]]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if not why[item]]
        config.stash[LEFT_OUT] = Counter(why[item] for item in gone)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left out."""
    for reason, count in config.stash.get(LEFT_OUT, Counter()).items():
        terminalreporter.write_line(f"left out: {count} tests, {reason}")


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
def strace() -> None:
    """Opened files are shown by strace; a visible skip, and in CI a failure, where it is absent."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: opened files cannot be shown")


@pytest.fixture(scope="session")
def ipv6() -> None:
    """The loopback by IPv6; a visible skip where the kernel has none."""
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")


@pytest.fixture(scope="session")
def real_dicom() -> Path:
    """The folder of real, redistributable DICOM; a visible skip where it is absent."""
    folder = SHARED / "data" / "dicom"
    if not folder.is_dir():
        pytest.skip("real DICOM data not present (set MEDOMNI_SHARED)")
    return folder
