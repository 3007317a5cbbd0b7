"""Files are whole or absent, whatever fails; changed bytes of an archive have a code."""

from __future__ import annotations

import gc
import os
import resource
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from medomni.errors import MedomniError
from medomni.files import reading_arrays, replacing, save_arrays, write_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("I/O error: no space")])
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, error: Exception) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(MedomniError) as info, replacing(path) as beside:
        beside.write_text("ne")
        raise error
    assert info.value.code == "MED-C04" and "a.txt" in str(info.value)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    with pytest.raises(ZeroDivisionError), replacing(path):
        raise ZeroDivisionError  # a mistake of the program is not called a full disk


@pytest.mark.parametrize("path", [Path("."), Path(""), Path(".."), Path("/")])
def test_a_folder_is_no_file_to_write(path: Path) -> None:
    with pytest.raises(MedomniError, match="MED-C04.*it is a folder") as info:
        write_text(path, "x")
    assert info.value.where == str(path)


def test_a_pipe_stays_a_pipe_and_a_link_a_link(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MedomniError, match="MED-C04.*no regular file"):
        write_text(tmp_path / "pipe", "x")
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "link").symlink_to("a.txt")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "a.txt").read_text() == "new"


def test_no_archive_complains_behind_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit to the size of a file stands for the disk; what is raised while objects end goes to the hook."""
    later: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", later.append)
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, was[1]))
    try:
        with pytest.raises(MedomniError, match="MED-C04"):
            save_arrays(tmp_path / "a.npz", {}, a=np.random.default_rng(0).integers(
                0, 255, 400_000).astype(np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
    gc.collect()
    assert not later and not list(tmp_path.iterdir())


def test_every_changed_byte_is_read_or_has_a_code(tmp_path: Path) -> None:
    """One byte after another of a small archive is turned over; nothing but MED-C07 comes of it."""
    path = save_arrays(tmp_path / "a.npz", {"n": 1}, hu=np.arange(6, dtype=np.int16))
    data = path.read_bytes()
    refused = 0
    for k in range(len(data)):
        path.write_bytes(data[:k] + bytes([data[k] ^ 0xFF]) + data[k + 1 :])
        try:
            with reading_arrays(path) as (arrays, about):
                assert about == {"n": 1} or arrays
        except MedomniError as exc:
            assert exc.code == "MED-C07"
            refused += 1
    assert refused > len(data) / 2
