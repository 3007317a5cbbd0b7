"""B1: every row of the hard-case table right, resampled on request, or refused with the reason named beforehand."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pydicom

from benchmarks import real_cases
from benchmarks.common import SHARED
from benchmarks.hard_cases import AIR_HU, ROWS, TILT_GE, Row, Verdict, codes, edited, judged, true_slices
from medomni.dicom import read_image, read_study
from medomni.errors import MedomniError

PLAIN = "chest_ct_a0002_b40f8mm"
LEAST_RIGHT = 24


def run() -> tuple[bool, str]:
    """All rows on real files and on edits of the real 30-slice chest CT."""
    count: Counter[str] = Counter()
    for row in ROWS:
        verdict = one(row, SHARED / "dicom" / (row.real or PLAIN))
        count[verdict.outcome] += 1
        print(f"  {row.name}: {verdict.outcome} {verdict.detail}", flush=True)
    right = count["right"] + count["resampled"]
    others = {name: check() for name, check in OTHERS.items()}
    for name, fine in others.items():
        print(f"  {name}: {'right' if fine else 'WRONG'}", flush=True)
    unlike = real_cases.faults(SHARED / "dicom")
    for fault in unlike:
        print(f"  {fault}", flush=True)
    met = not unlike and right >= LEAST_RIGHT and right + count["refused"] == len(ROWS) and all(others.values())
    return met, (f"{right} of {len(ROWS)} right ({count['resampled']} of them refused by default and right with "
                 f"resample), {count['refused']} refused with the named reason, {count['WRONG']} wrong; "
                 f"of padding, missing rescale, MONOCHROME1 and modality table {sum(others.values())} of 4 right; "
                 f"{len(unlike)} values of the real cases not as stated")


def padding_is_air() -> bool:
    """The GE series pads with -1500, in stored units, and says so."""
    folder = SHARED / "dicom" / TILT_GE
    volume = read_study(folder, resample=True)
    padded = sum(int((v == AIR_HU).sum()) for p in folder.iterdir() for v, *_ in true_slices(p))
    return padded > 1_000_000 and volume.array.min() == AIR_HU and "MED-D16" in codes(volume)


def missing_rescale_is_refused() -> bool:
    """A CT without rescale is in no unit."""
    def without(ds: pydicom.Dataset, _k: int) -> None:
        del ds.RescaleSlope, ds.RescaleIntercept

    with tempfile.TemporaryDirectory(prefix="medomni-b1-") as folder:
        edited(without)(SHARED / "dicom" / PLAIN, Path(folder))
        try:
            read_study(folder)
        except MedomniError as exc:
            return exc.code == "MED-D11"
    return False


def monochrome1_is_dark_in_the_lungs() -> bool:
    """Values as stored, the picture inverted."""
    read = read_image(SHARED / "dicom" / "cxr_dicom_monochrome1" / "RG1_J2KI.dcm")
    return (read.inverted and (int(read.array[800, 450]), int(read.array[900, 920])) == (16350, 3495)
            and bool(read.shown[800, 450] < read.shown[900, 920]))


def modality_table_is_applied() -> bool:
    """Stored -2048 to 2047 become 0 to 65535."""
    read = read_image(SHARED / "dicom" / "modality_lut" / "mlut_18.dcm")
    return (int(read.array.min()), int(read.array.max())) == (0, 65535)


OTHERS = {"padding": padding_is_air, "CT without rescale": missing_rescale_is_refused,
          "MONOCHROME1 radiograph": monochrome1_is_dark_in_the_lungs, "modality table": modality_table_is_applied}


def one(row: Row, source: Path) -> Verdict:
    """Build a row in a folder of its own and judge it."""
    with tempfile.TemporaryDirectory(prefix="medomni-b1-") as folder:
        return judged(row, Path(folder), row.build(source, Path(folder)))
