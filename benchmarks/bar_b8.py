"""B8: 2,000 slices within 1.3 times their own size in memory, and within 1 GB where they are mapped."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.common import SHARED

SLICES, MOST_SHARE, BUDGET_MB = 2000, 1.3, 1000
READ = """
import resource, sys
import medomni.dicom
volume = medomni.dicom.read_study(sys.argv[1], budget_mb=float(sys.argv[2]) or None)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
slabs = sum(int(volume.array[k].astype("int64").sum()) for k in (0, len(volume.array) // 2, len(volume.array) - 1))
print(volume.array.shape[0], type(volume.array).__name__, peak * 1024, slabs)
"""


def run() -> tuple[bool, str]:
    """A synthetic stack of the real chest CT's slices, read twice in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="medomni-b8-") as folder:
        series(Path(folder))
        own = SLICES * 512 * 512 * 2
        count, kind, peak, total = _read(folder, 0)
        mapped_count, mapped_kind, mapped_peak, mapped_total = _read(folder, 256)
    share = int(peak) / own
    same = count == mapped_count == str(SLICES) and total == mapped_total
    met = (same and kind == "ndarray" and mapped_kind == "memmap"
           and share <= MOST_SHARE and int(mapped_peak) <= BUDGET_MB * 1e6)
    return met, (f"{SLICES} slices, {own / 1e9:.2f} GB: {share:.2f} of their size in memory, "
                 f"{int(mapped_peak) / 1e6:.0f} MB when mapped")


def _read(folder: str, budget_mb: int) -> list[str]:
    done = subprocess.run([sys.executable, "-c", READ, folder, str(budget_mb)], capture_output=True, text=True,
                          check=True, env={**os.environ, "MEDOMNI_SITE_KEY": "00" * 32})
    return done.stdout.split()


def series(folder: Path) -> None:
    """2,000 files 0.5 mm apart, real pixels at positions of our own."""
    import pydicom

    files = [pydicom.dcmread(p) for p in sorted((SHARED / "dicom" / "chest_ct_a0002_b40f8mm").iterdir())]
    for k in range(SLICES):
        ds = files[k % len(files)]
        x, y, _ = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y, 0.5 * k]
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{k + 1}"
        ds.save_as(folder / f"{k:04d}.dcm")
