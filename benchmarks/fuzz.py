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

from benchmarks.fuzz_picture import picture_agrees
from benchmarks.fuzz_sources import MEDIUM
from benchmarks.fuzz_tricks import tricked_medium, tricked_zip
from benchmarks.fuzz_truth import UNHELD, Slices, agrees, truth_of
from benchmarks.fuzz_ways import Ways


def own_peak() -> int:
    """Bytes of memory that this process has had at most; getrusage also counts its parent's, from before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


# --- mutations ------------------------------------------------------------------------------------------------------
Mutation = Callable[[bytes, np.random.Generator], bytes]


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    """Up to 40 bits, half of the time within the first kilobyte."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 40))):
        end = min(1024, len(out)) if rng.random() < 0.5 else len(out)
        out[int(rng.integers(end))] ^= 1 << int(rng.integers(8))
    return bytes(out)


def touched(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three bits anywhere: most of the file, and often the header, is whole."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        out[int(rng.integers(len(out)))] ^= 1 << int(rng.integers(8))
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
            head = bytes(128) + b"DICM" if rng.random() < 0.5 else b""  # without it the member is left packed
            archive.writestr("../" * int(rng.integers(0, 9)) + "x.dcm", head + bytes(int(rng.integers(50, 300)) << 20))
        return buffer.getvalue()
    if b"1.2.840.10008.1.2.1.99" in data[:1024]:
        return data[:144 + int.from_bytes(data[140:144], "little")] + packed  # behind the file meta information
    return data[:len(data) // 2] + packed[:100_000]


MUTATIONS: tuple[Mutation, ...] = (flipped, flipped, touched, touched, cut, relengthed, relengthed, repeated, nested,
                                   enormous)
BOMBS, TRICKS = 0.01, 0.03
"""Shares of the files that are bombs, and that lead out of a zip or a medium."""
STILLS = (".png", ".jpg", ".webp")


# --- the worker: one process that reads, watched from outside ---------------------------------------------------------
def work(root: Path, folder: Path, seed: int, count: int) -> None:
    """Mutate and read; a line before each file and one after, so that a death or a hang can be named."""
    warnings.simplefilter("ignore")
    every = {p.name: p.read_bytes() for p in sorted((folder / "sources").iterdir())}
    truth = truth_of({n: d for n, d in every.items() if n.endswith((".zip", MEDIUM))})
    names = sorted(every)
    place = folder / f"target-{seed}"
    place.mkdir()
    ways = Ways(folder / f"ways-{seed}", every)
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        tricked = rng.random() < TRICKS
        name = str(rng.choice(["x.zip", f"x{MEDIUM}"])) if tricked else names[int(rng.integers(len(names)))]
        mutate = inflated if rng.random() < BOMBS else MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        path = place / ("x" + "".join(Path(name).suffixes[-2:]) if "nii" in name else f"x{Path(name).suffix}")
        data = every[name]
        if path.suffix == MEDIUM:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                archive.extractall(place / "medium")
            path = place / "medium" / "DICOMDIR"
            data = path.read_bytes()
        if tricked:
            path.write_bytes(tricked_zip(data, rng, root) if path.suffix == ".zip"
                             else tricked_medium(data, rng, root, path.parent))
        else:
            path.write_bytes(mutate(data, rng))
        print(json.dumps({"file": k, "source": name, "mutation": "tricked" if tricked else mutate.__name__}),
              flush=True)
        outcome, seconds, read = "", 0.0, False
        if path.suffix not in STILLS:
            outcome, seconds = _study(path, data, truth, tricked)
            read = not outcome.startswith(("MED-", "wrong"))
        if path.suffix in (*STILLS, ".dcm"):
            picture, more = _image(path, frame=k % 2)
            outcome, seconds = _and(outcome, picture), seconds + more
        tried, longest = ways.tried(path, k, read)
        print(json.dumps({"outcome": outcome, "ways": tried, "seconds": max(seconds, longest), "peak": own_peak()}),
              flush=True)
        path.unlink()
        shutil.rmtree(place / "medium", ignore_errors=True)
    ways.close()
    (folder / f"ways-{seed}").rmdir()


def _study(path: Path, data: bytes, truth: Slices, tricked: bool) -> tuple[str, float]:
    """What :func:`medomni.dicom.read_study` made of it, and how many seconds that took."""
    from medomni.dicom import read_study
    from medomni.errors import MedomniError

    begun = time.perf_counter()
    try:
        volume = read_study(path)
    except MedomniError as exc:
        return exc.code, time.perf_counter() - begun
    except BaseException as exc:
        return f"wrong: {type(exc).__name__}: {exc}"[:200], time.perf_counter() - begun
    seconds = time.perf_counter() - begun
    try:
        return agrees(path, volume, data, truth, fewer=tricked), seconds
    except Exception as exc:
        return f"wrong: the comparison: {type(exc).__name__}: {exc}"[:200], seconds


def _image(path: Path, frame: int) -> tuple[str, float]:
    """What :func:`medomni.dicom.read_image` made of it, and how many seconds that took; of a file of one frame the
    second is asked for in vain."""
    from medomni.dicom import read_image
    from medomni.errors import MedomniError

    begun = time.perf_counter()
    try:
        try:
            picture = read_image(path, frame=frame)
        except MedomniError as exc:
            if exc.code != "MED-C03":
                raise
            picture = read_image(path)
    except MedomniError as exc:
        return exc.code, time.perf_counter() - begun
    except BaseException as exc:
        return f"wrong: read_image: {type(exc).__name__}: {exc}"[:200], time.perf_counter() - begun
    seconds = time.perf_counter() - begun
    try:
        return picture_agrees(path, picture), seconds
    except Exception as exc:
        return f"wrong: the comparison: {type(exc).__name__}: {exc}"[:200], seconds


def _and(study: str, picture: str) -> str:
    """The worse of two outcomes; where one was refused and the other read, it was read."""
    for worse in ("wrong", UNHELD, "concealed", "read"):
        for outcome in (study, picture):
            if outcome.startswith(worse):
                return outcome
    return study or picture


if __name__ == "__main__":
    os.chdir(sys.argv[2])
    work(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
