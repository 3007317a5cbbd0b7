"""Damaged and hostile files for B7: each a coded error or a right answer, in bounded time and memory."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import sys
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

Source = dict[str, bytes]
CONCEALING = ("1.2.840.10008.1.2.4.5", "1.2.840.10008.1.2.4.7", "1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.20")
"""JPEG, JPEG 2000, HTJ2K: a codestream has no checksum; what it cannot decode each decoder fills in its own way."""
MEDIUM, MEDIUM_SLICES = ".medium", 4

def own_peak() -> int:
    """Bytes of memory that this process has had at most; getrusage also counts its parent's, from before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def sources(folder: Path) -> Source:
    """One file of each kind that is read, by a name that says how it is given to the reader."""
    import nibabel
    import pydicom
    from PIL import Image

    from medomni.dicom import read_study
    from medomni.phantom import Habit, render, sample_patient, write_habit

    made: Source = {}
    volume = render(sample_patient(3, "A"), 32, 40.0)
    for syntax in ("implicit", "explicit", "big_endian", "deflated", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000",
                   "htj2k"):
        for frames in ("single", "enhanced"):
            written = write_habit(volume, folder / f"{syntax}-{frames}", Habit(syntax=syntax, frames=frames, bits=12))
            made[f"{syntax}-{frames}.dcm"] = written.paths[0].read_bytes()
    read = read_study(folder / "explicit-single")
    made["x.nii"] = read.to_nifti(folder / "x.nii").read_bytes()
    made["x.nii.gz"] = read.to_nifti(folder / "x.nii.gz").read_bytes()
    assert nibabel and pydicom
    for suffix in ("png", "jpg", "webp"):
        buffer = io.BytesIO()
        Image.fromarray(np.arange(1024, dtype=np.uint8).reshape(32, 32)).save(
            buffer, {"jpg": "JPEG"}.get(suffix, suffix.upper()))
        made[f"x.{suffix}"] = buffer.getvalue()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / "explicit-single").iterdir())[:4]:
            archive.write(path, path.name)
    made["x.zip"] = buffer.getvalue()
    made[f"x{MEDIUM}"] = medium(folder / "explicit-single", folder / "medium")
    return made


def medium(series: Path, to: Path) -> bytes:
    """The lowest slices of a series and a DICOMDIR, as a zip: the directory is damaged, its files are whole."""
    import pydicom
    from pydicom.fileset import FileSet

    files = FileSet()
    images = sorted((pydicom.dcmread(p) for p in series.iterdir()), key=lambda ds: ds.ImagePositionPatient[2])
    for ds in images[:MEDIUM_SLICES]:
        ds.StudyID, ds.SeriesNumber, ds.AccessionNumber, ds.StudyTime = "1", 1, "1", "120000"
        files.add(ds)
    files.write(to)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(p for p in to.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(to).as_posix())
    return buffer.getvalue()


# --- mutations ------------------------------------------------------------------------------------------------------
Mutation = Callable[[bytes, np.random.Generator], bytes]


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    """Up to 40 bits, half of the time within the first kilobyte."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 40))):
        end = min(1024, len(out)) if rng.random() < 0.5 else len(out)
        out[int(rng.integers(end))] ^= 1 << int(rng.integers(8))
    return bytes(out)


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """The end missing."""
    return data[:int(rng.integers(len(data)))]


def relengthed(data: bytes, rng: np.random.Generator) -> bytes:
    """A length or size somewhere in the header replaced by an extreme one."""
    out, at = bytearray(data), int(rng.integers(min(len(data) - 4, 2048)))
    value = int(rng.choice([0, 1, 0x7F, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0x80000000]))
    out[at:at + 4] = struct.pack("<I" if rng.random() < 0.7 else ">I", value)
    return bytes(out)


def repeated(data: bytes, rng: np.random.Generator) -> bytes:
    """A piece of the file put in again, elsewhere."""
    a, b, at = (int(rng.integers(len(data))) for _ in range(3))
    return data[:at] + data[min(a, b):min(a, b) + 5000] + data[at:]


def nested(data: bytes, rng: np.random.Generator) -> bytes:
    """Sequences in sequences, some thousands deep, before the pixel data."""
    depth = int(rng.integers(100, 20_000))
    one = struct.pack("<HHI", 0x0040, 0xA730, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    explicit = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000,
                                                                                          0xFFFFFFFF)
    at = max(data.rfind(b"\xe0\x7f\x10\x00"), 0)
    return data[:at] + (one if rng.random() < 0.5 else explicit) * depth + data[at:]


def enormous(data: bytes, rng: np.random.Generator) -> bytes:
    """Rows, columns or frames of the DICOM header, or the size in a codestream, as large as they go."""
    out = bytearray(data)
    for tag in (b"\x28\x00\x10\x00", b"\x28\x00\x11\x00"):
        at = out.find(tag)
        if at > 0 and rng.random() < 0.8:
            out[at + 8:at + 10] = struct.pack("<H", int(rng.choice([65535, 40000, 6000, 0])))
    for marker, skip, form in ((b"\xff\x4f\xff\x51", 8, ">II"), (b"\xff\xf7", 5, ">HH"), (b"\xff\xc3", 5, ">HH")):
        at = out.find(marker)
        if at > 0 and rng.random() < 0.5:
            out[at + skip:at + skip + struct.calcsize(form)] = struct.pack(form, 60_000, 60_000)
    return bytes(out)


def inflated(data: bytes, rng: np.random.Generator) -> bytes:
    """A bomb: the file behind its header as a long run of zeros, deflated."""
    body = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join(body.compress(bytes(1 << 20)) for _ in range(int(rng.integers(300, 700)))) + body.flush()
    if data[:2] == b"PK":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            archive.writestr("../" * int(rng.integers(0, 9)) + "x.dcm", bytes(int(rng.integers(50, 300)) << 20))
        return buffer.getvalue()
    at = data.find(b"1.2.840.10008.1.2.1.99")
    return data[:at + 40] + packed if at > 0 else data[:len(data) // 2] + packed[:100_000]


MUTATIONS: tuple[Mutation, ...] = (flipped, flipped, flipped, cut, relengthed, relengthed, repeated, nested, enormous)


# --- the worker: one process that reads, watched from outside ---------------------------------------------------------
def work(folder: Path, seed: int, count: int) -> None:
    """Mutate and read; a line before each file and one after, so that a death or a hang can be named."""
    from medomni.dicom import read_image, read_study
    from medomni.errors import MedomniError

    warnings.simplefilter("ignore")
    every = {p.name: p.read_bytes() for p in sorted((folder / "sources").iterdir())}
    names = sorted(every)
    place = folder / f"target-{seed}"
    place.mkdir()
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        name = names[int(rng.integers(len(names)))]
        mutate = inflated if rng.random() < 0.01 else MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        path = place / ("x" + "".join(Path(name).suffixes[-2:]) if "nii" in name else f"x{Path(name).suffix}")
        data = every[name]
        if path.suffix == MEDIUM:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                archive.extractall(place / "medium")
            path = place / "medium" / "DICOMDIR"
            data = path.read_bytes()
        path.write_bytes(mutate(data, rng))
        print(json.dumps({"file": k, "source": name, "mutation": mutate.__name__}), flush=True)
        begun, outcome = time.perf_counter(), "error"
        try:
            if path.suffix in (".png", ".jpg", ".webp"):
                picture = read_image(path)
                outcome = "read" if picture.array.size else "wrong: empty"
            else:
                volume = read_study(path)
                outcome = agrees(path, volume)
                if path.name == "DICOMDIR" and len(volume.array) < MEDIUM_SLICES:
                    outcome = f"wrong: {len(volume.array)} of {MEDIUM_SLICES} slices"
                if path.suffix == ".dcm":
                    read_image(path)
        except MedomniError as exc:
            outcome = outcome if outcome != "error" else exc.code
        except BaseException as exc:
            outcome = f"wrong: {type(exc).__name__}: {exc}"[:200]
        print(json.dumps({"outcome": outcome, "seconds": time.perf_counter() - begun,
                          "peak": own_peak()}), flush=True)
        path.unlink()
        shutil.rmtree(place / "medium", ignore_errors=True)


def agrees(path: Path, volume) -> str:
    """Held against pydicom's own reading of a single-frame file; others are counted as read."""
    import pydicom

    if path.suffix != ".dcm" or len(volume.array) != 1:
        return "read"
    try:
        ds = pydicom.dcmread(path)
        if int(ds.get("NumberOfFrames") or 1) > 1:
            return "read"
        values = ds.pixel_array * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
        padded = ds.get("PixelPaddingValue")
    except Exception:
        return "read, and pydicom could not"
    if padded is not None or "ModalityLUTSequence" in ds:
        return "read"
    if values.shape == volume.array[0].shape and np.allclose(values, volume.array[0], rtol=1e-4, atol=1e-2):
        return "read"
    concealed = ds.file_meta.TransferSyntaxUID.startswith(CONCEALING)
    return "concealed" if concealed else "wrong: other values than pydicom's"


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
