"""Synthetic hospitals to cases: phantom, (DICOM and back,) segmentation, measured findings, reference report."""

from __future__ import annotations

import ast
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medomni.data import Case, SlabSettings

PACKAGE = Path(__file__).resolve().parents[1]
SHARD = 40
Progress = Callable[[int, int], None]


def phantom_case(seed: int, hospital: str, slabs: SlabSettings, *, through_dicom: bool) -> Case:
    """One synthetic patient as a case. Findings are measured by the product; the phantom's truth is kept apart.

    With ``through_dicom`` the volume is written as a real DICOM series with the hospital's habits and read back;
    without, the same voxels are used directly (the round trip is exact and has a test of its own).
    """
    from medomni.dicom import read_study
    from medomni.phantom import phantom_findings, reference_report, render, sample_patient, write_series
    from medomni.pipeline import case_of, measure_volume

    patient = sample_patient(seed, hospital)
    volume = render(patient)
    truth = phantom_findings(patient, volume)
    if through_dicom:
        with tempfile.TemporaryDirectory(prefix="medomni-") as folder:
            write_series(patient, volume, Path(folder))
            volume = read_study(folder)
    return case_of(measure_volume(volume), history=patient.history, slabs=slabs, report=reference_report(patient),
                   truth=truth, patient_key=f"phantom-{hospital}-{seed}", site=hospital)


def build_cases(
    hospital: str, seeds: Sequence[int], slabs: SlabSettings, folder: Path, *, through_dicom: bool = True,
    workers: int | None = None, progress: Progress | None = None,
) -> list[Case]:
    """Cases of a hospital, in seed order; as :func:`build_cohorts` with one cohort."""
    return build_cohorts([(hospital, seeds)], slabs, folder, through_dicom=through_dicom, workers=workers,
                         progress=progress)[0]


def build_cohorts(
    cohorts: Sequence[tuple[str, Sequence[int]]], slabs: SlabSettings, folder: Path, *, through_dicom: bool = True,
    workers: int | None = None, progress: Progress | None = None,
) -> list[list[Case]]:
    """Cases of (hospital, seeds) cohorts, in their order, kept in ``folder`` in shards of at most 40: a killed build
    resumes. One pool of processes makes them all, since each has to load torch first.

    Few patients make two shards, so that both processes have work.

    Args:
        workers: processes; 0 builds in this process; two by default.
        progress: called with (done, all) patients of all cohorts.
    """
    from medomni.data import load_cases

    jobs, kept, total = [], [], 0
    for hospital, seeds in cohorts:
        size = min(SHARD, max(1, -(-len(seeds) // 2)))
        shards = [list(seeds[k:k + size]) for k in range(0, len(seeds), size)]
        paths = [shard_path(folder, hospital, shard, slabs, through_dicom) for shard in shards]
        jobs += [(hospital, shard, slabs.model_dump(), str(path), through_dicom)
                 for shard, path in zip(shards, paths, strict=True) if not path.is_file()]
        kept.append(paths)
        total += len(seeds)
    done = total - sum(len(job[1]) for job in jobs)
    if progress:
        progress(done, total)
    count = min(2, os.cpu_count() or 1) if workers is None else workers
    if count == 0 or len(jobs) <= 1:
        for job in jobs:
            done += _build_shard(*job)
            if progress:
                progress(done, total)
    else:
        from multiprocessing import get_context

        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            for future in as_completed([pool.submit(_build_shard, *job) for job in jobs]):
                done += future.result()
                if progress:
                    progress(done, total)
    return [[case for path in paths for case in load_cases(path)] for paths in kept]


def shard_path(folder: Path, hospital: str, seeds: Sequence[int], slabs: SlabSettings, through_dicom: bool) -> Path:
    """File of a shard; its name holds everything that its content depends on, the code that makes it included."""
    way = "dicom" if through_dicom else "direct"
    view = f"{slabs.slices}x{slabs.size}x{slabs.field_mm:g}"
    return folder / f"{hospital}-{seeds[0]}-{seeds[-1]}-{len(seeds)}-{view}-{way}-{code_hash()}.npz"


MAKERS = ("phantom", "dicom", "segment", "findings", "records.py", "volume.py", "data/slabs.py", "data/places.py",
          "data/case.py", "pipeline.py")
"""What a case depends on; a change in any of it makes new shards."""
NOT_MAKERS = ("dicom/deid", "dicom/pacs", "dicom/image.py", "dicom/still.py", "dicom/stated.py", "dicom/voi.py",
              "dicom/marker.py", "dicom/survey.py", "dicom/seg.py", "dicom/sr.py", "dicom/capture.py",
              "dicom/document.py", "dicom/concepts.py", "dicom/source.py", "dicom/nifti.py", "phantom/burnt.py",
              "phantom/head.py", "phantom/head_mr.py")
"""What lies among them and no case passes through; a test builds a case and sees that none of it was imported."""


@cache
def code_hash() -> str:
    """Eight hex digits over the code of :data:`MAKERS`; comments and docstrings do not count."""
    digest = hashlib.sha256()
    for name in MAKERS:
        place = PACKAGE / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if path.relative_to(PACKAGE).as_posix().startswith(NOT_MAKERS):
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                body = getattr(node, "body", None)
                if isinstance(body, list):
                    node.body = [n for n in body if not _is_text(n)]  # type: ignore[attr-defined]
            digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:8]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _build_shard(hospital: str, seeds: list[int], slabs: dict, path: str, through_dicom: bool) -> int:
    import torch

    from medomni.data import SlabSettings, save_cases

    torch.set_num_threads(1)
    settings = SlabSettings.model_validate(slabs)
    save_cases([phantom_case(s, hospital, settings, through_dicom=through_dicom) for s in seeds], Path(path))
    return len(seeds)
