"""Slab by slab is the whole; what was read before is the same again."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from medomni.dicom import cache, read_study
from medomni.dicom.cache import read_cached, read_maybe_cached
from medomni.dicom.slabs import read_slabs
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit
from tests.dicom.conftest import by_height, edit

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("slices", "overlap"), [(64, 0), (5, 0), (7, 2), (1, 0)])
def test_slabs_are_the_whole(series: Path, slices: int, overlap: int) -> None:
    whole = read_study(series)
    seen = np.zeros(len(whole.array), int)
    for slab in read_slabs(series, slices=slices, overlap=overlap):
        n = len(slab.volume.array)
        part = slice(slab.start, slab.start + n)
        assert slab.total == len(whole.array) and n <= slices
        assert np.array_equal(slab.volume.array, whole.array[part])
        assert slab.volume.slice_uids == whole.slice_uids[part]
        corner = slab.volume.to_lps(np.array([0.0, 3, 5]))
        assert np.allclose(corner, whole.to_lps(np.array([slab.start, 3, 5])), atol=1e-6)
        assert slab.volume.study.spacing_mm == pytest.approx(whole.study.spacing_mm)
        seen[part] += 1
    assert (seen[overlap:-overlap or None] >= 1).all() and seen.sum() >= len(seen)


@pytest.mark.parametrize("habit", [Habit(tilt_deg=12.0), Habit(plane="sagittal"), Habit(frames="enhanced")],
                         ids=["tilt", "sagittal", "enhanced"])
def test_slabs_of_odd_series(phantoms, tmp_path: Path, habit: Habit) -> None:
    write_habit(phantoms("A")[1], tmp_path / "odd", habit)
    whole = read_study(tmp_path / "odd")
    slabs = list(read_slabs(tmp_path / "odd", slices=9))
    assert np.array_equal(np.concatenate([s.volume.array for s in slabs]), whole.array)
    assert {w.code for s in slabs for w in s.volume.study.warnings} == {w.code for w in whole.study.warnings}


def test_a_gap_is_refused_before_the_first_slab(series: Path) -> None:
    by_height(series)[7].unlink()
    with pytest.raises(MedomniError, match="MED-D05"):
        next(read_slabs(series))
    with pytest.raises(MedomniError, match="MED-C03"):
        next(read_slabs(series, slices=4, overlap=4))


def test_only_a_slab_is_in_memory(tmp_path: Path) -> None:
    """120 slices of 512 x 512 (63 MB) in slabs of 8 (4 MB)."""
    import tracemalloc

    from benchmarks.bar_b5 import write_studies

    write_studies(tmp_path, 120, 1)
    next(read_slabs(tmp_path, slices=8))  # what is imported on the way
    tracemalloc.start()
    total = sum(int(slab.volume.array[0, 0, 0]) for slab in read_slabs(tmp_path, slices=8, threads=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25e6, f"{peak / 1e6:.0f} MB for slabs of 4 MB out of 63 MB, {total}"


def test_the_same_files_are_read_once(series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_cached(series, tmp_path / "cache")
    for k, path in enumerate(by_height(series)):
        path.rename(path.with_name(f"renamed{k}"))
    with monkeypatch.context() as patched:
        patched.setattr(cache, "read_study", lambda *a, **k: pytest.fail("read again"))
        again = read_cached(series, tmp_path / "cache")
    assert np.array_equal(first.array, again.array) and np.array_equal(first.affine, again.affine)
    assert again.study == first.study and again.slice_uids == first.slice_uids
    again.array[0, 0, 0] += 1  # copy on write
    assert read_cached(series, tmp_path / "cache").array[0, 0, 0] == first.array[0, 0, 0]


def test_changed_files_and_other_options_are_other_volumes(series: Path, tmp_path: Path) -> None:
    before = read_cached(series, tmp_path / "cache")
    edit(by_height(series)[3], lambda ds: setattr(ds, "RescaleIntercept", float(ds.RescaleIntercept) - 1))
    after = read_cached(series, tmp_path / "cache")
    assert (after.array[3] == before.array[3] - 1).mean() > 0.99
    by_height(series)[3].unlink()
    with pytest.raises(MedomniError, match="MED-D05"):
        read_cached(series, tmp_path / "cache")
    assert any(w.code == "MED-D19" for w in read_cached(series, tmp_path / "cache", resample=True).study.warnings)
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 3


@pytest.mark.parametrize("damage", ["cut", "changed", "record", "no record"])
def test_a_damaged_entry_is_read_anew(series: Path, tmp_path: Path, damage: str) -> None:
    first = read_cached(series, tmp_path / "cache")
    (array,) = (tmp_path / "cache").rglob("*.npy")
    if damage == "cut":
        array.write_bytes(array.read_bytes()[:1000])
    elif damage == "changed":
        content = array.read_bytes()
        array.write_bytes(content[:-4000] + bytes(255 - b for b in content[-4000:]))
    elif damage == "record":
        array.with_suffix(".json").write_text("{")
    else:
        array.with_suffix(".json").unlink()
    for _ in range(2):
        assert np.array_equal(read_cached(series, tmp_path / "cache").array, first.array)


def test_what_was_used_longest_ago_goes(series: Path, tmp_path: Path) -> None:
    read_cached(series, tmp_path / "cache")
    (old,) = (tmp_path / "cache").rglob("*.npy")
    os.utime(old, (1, 1))
    read_cached(series, tmp_path / "cache", resample=True, limit_mb=1.5 * old.stat().st_size / 2**20)
    assert not old.exists() and not old.with_suffix(".json").exists()
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 1


def test_the_folder_is_named_by_the_environment(series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_maybe_cached(series)
    monkeypatch.setenv("MEDOMNI_CACHE", str(tmp_path / "cache"))
    read_maybe_cached(series)
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 1
    for wrong in ("much", "nan", "inf", "-1"):
        monkeypatch.setenv("MEDOMNI_CACHE_MB", wrong)
        with pytest.raises(MedomniError, match="MED-C03"):
            read_maybe_cached(series)


def test_files_that_change_while_they_are_read_are_not_kept(series: Path, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*arguments, **options):
        volume = read_study(*arguments, **options)
        edit(by_height(series)[0], lambda ds: setattr(ds, "RescaleIntercept", float(ds.RescaleIntercept) - 1))
        return volume

    monkeypatch.setattr(cache, "read_study", late)
    read_cached(series, tmp_path / "cache")
    assert not list(tmp_path.glob("cache/**/*.npy"))


def test_another_site_key_is_another_volume(series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = read_cached(series, tmp_path / "cache").study.study_key
    monkeypatch.setenv("MEDOMNI_SITE_KEY", "ab" * 32)
    assert read_cached(series, tmp_path / "cache").study.study_key != one
