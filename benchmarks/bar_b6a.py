"""B6, first part: 200 files in which a patient stands everywhere; none is left, and the images are what they were."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage

from benchmarks.leftovers import left_in, lines_gone
from benchmarks.seeded import Seeded, write_seeded
from medomni.dicom import read_study
from medomni.dicom.deid import Keyed, Options, deidentify
from medomni.dicom.image import read_image
from medomni.phantom import render, sample_patient
from medomni.volume import Volume

COUNTS = {"ct": 8, "enhanced": 4, "mr": 40, "ultrasound": 12, "page": 14, "radiograph": 20, "capture": 14}
KEY = b"\7" * 32
SLICES, SEED, RECALL, MOST_OTHER = 12, 60_000, 0.98, 0.10
"""The pictures' seeds were used for nothing else: the detector was chosen on seeds below 200."""


def run() -> tuple[bool, str]:
    """8 x 12 CT slices, 4 enhanced CT, 40 MR, 60 pictures with burnt-in text."""
    return cleaned(COUNTS, SEED)


def cleaned(counts: dict[str, int], seed: int, options: Options = Options()) -> tuple[bool, str]:
    """Write, de-identify, search."""
    patient = sample_patient(11, "A")
    volume = render(patient, 48, 14.0)
    volume = Volume(volume.array[4:4 + SLICES], _moved(volume, 4), volume.study)
    with tempfile.TemporaryDirectory(prefix="medomni-b6-") as folder:
        root, out = Path(folder) / "in", Path(folder) / "out"
        seeded = write_seeded(volume, root, counts, seed)
        report = deidentify(root, out, options, Keyed(KEY))
        return _judged(seeded, root, out, report)


def _moved(volume: Volume, first: int) -> np.ndarray:
    affine = volume.affine.copy()
    affine[:3, 3] = volume.to_lps(np.array([first, 0, 0]))
    return affine


def _judged(seeded: Seeded, root: Path, out: Path, report: dict) -> tuple[bool, str]:
    before = {p: pydicom.dcmread(p, force=True) for p in sorted(root.rglob("*")) if p.is_file()}
    written = {p: pydicom.dcmread(p) for p in sorted(out.rglob("*.dcm"))}
    uids = {str(ds[n].value) for ds in before.values() for n in (
        "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID") if n in ds}
    everyone = list(seeded.people.values())
    sure = sum(len(left_in(p, seeded.people[p.relative_to(root).parts[0]], uids)) for p in before)
    left: Counter[str] = Counter()
    owners = {Keyed(KEY).uid(str(ds.SOPInstanceUID)): seeded.people[p.relative_to(root).parts[0]]
              for p, ds in before.items()}
    for p, ds in written.items():
        found = left_in(p, owners[str(ds.SOPInstanceUID)], uids)
        left["identifiers"] += len(found)
        if found:  # of people who do not exist: may be shown
            print(f"  left in {p.relative_to(out)}: {sorted(found)}", flush=True)
    text = "\n".join(p.read_text("utf-8") for p in out.glob("*.json"))
    left["in the report"] = sum(v in text for who in everyone for v in who.values())
    broken = _broken_references(before, written)
    images = _unlike(seeded, out)
    good, lines, other = _text_gone(seeded, before, written)
    files = report["files"]
    for row in (*report["refused"], *report["withdrawn"]):
        print(f"  {len(row['files'])} files: {row['reason']}", flush=True)
    met = (not sum(left.values()) and not broken and not images and files["written"] == files["read"] == len(before)
           and good >= RECALL * lines and other <= MOST_OTHER and sure > 10 * len(before))
    return met, (f"{files['written']} of {files['read']} files written, {files['refused']} refused, "
                 f"{files['withdrawn']} withdrawn; of {sure} identifiers found before {sum(left.values())} left; "
                 f"{broken} broken references, {images} images unlike; burnt-in lines gone {good} of {lines} "
                 f"({good / max(lines, 1):.4f}), {other:.3f} of the other pixels blackened")


def _broken_references(before: dict, written: dict) -> int:
    """References to no file, and studies and series that are more or fewer than before."""
    there = {str(ds.SOPInstanceUID) for ds in written.values()}
    wrong = sum(str(item.ReferencedSOPInstanceUID) not in there
                for ds in written.values() for item in ds.get("ReferencedImageSequence", []))
    wrong += sum("ReferencedImageSequence" not in ds for ds in written.values())
    wrong += sum(str(ds.file_meta.MediaStorageSOPInstanceUID) != str(ds.SOPInstanceUID) for ds in written.values())
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID"):
        wrong += _sizes(before.values(), name) != _sizes(written.values(), name)
    return wrong


def _sizes(datasets, name: str) -> list[int]:
    return sorted(Counter(str(ds.get(name)) for ds in datasets).values())


def _unlike(seeded: Seeded, out: Path) -> int:
    """CT series that do not read with the same Hounsfield units, and other files that do not read as images."""
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for p in sorted(out.rglob("*.dcm")):
        by_folder[p.parent].append(p)
    volumes, wrong = [], 0
    for folder, files in by_folder.items():
        if pydicom.dcmread(files[0], stop_before_pixels=True).SOPClassUID in (CTImageStorage, EnhancedCTImageStorage):
            volumes.append(read_study(folder))
        else:
            wrong += sum(not read_image(p).array.any() for p in files)
    for folder in seeded.series:
        original = _read_original(folder)
        wrong += not any(v.array.shape == original.array.shape and np.array_equal(v.array, original.array)
                         and np.allclose(v.affine, original.affine) for v in volumes)
    return wrong


def _read_original(folder: Path) -> Volume:
    """Without the text behind the pixels, with which it is refused: its size might not be that of the pixels."""
    with tempfile.TemporaryDirectory(prefix="medomni-b6-") as beside:
        for path in sorted(p for p in folder.iterdir() if p.is_file()):
            ds = pydicom.dcmread(path)
            if not ds.file_meta.TransferSyntaxUID.is_compressed:
                size = ds.Rows * ds.Columns * int(ds.get("NumberOfFrames") or 1) * ds.BitsAllocated // 8
                ds.PixelData = ds.PixelData[:size]
            ds.save_as(Path(beside) / path.name)
        return read_study(beside)


def _text_gone(seeded: Seeded, before: dict, written: dict) -> tuple[int, int, float]:
    """Lines gone, lines in all, share of other pixels blackened; a picture is found again by its size and kind."""
    good = lines = 0
    others = []
    keys = Keyed(KEY)
    by_uid = {str(ds.SOPInstanceUID): ds for ds in written.values()}
    for path, picture in seeded.pictures.items():
        ds = by_uid.get(keys.uid(str(before[path].SOPInstanceUID)))
        if ds is None:  # refused or withdrawn, which the bar counts by itself
            continue
        after = pydicom.pixels.pixel_array(ds, raw=True).reshape(picture.frames.shape)
        found, there, other = lines_gone(picture, after, str(ds.PhotometricInterpretation))
        good, lines = good + found, lines + there
        others.append(other)
    return good, lines, float(np.mean(others)) if others else 0.0
