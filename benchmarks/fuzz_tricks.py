"""Names and links that lead out of a zip or a medium: nothing may be written or read there."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np

from benchmarks.fuzz_sources import DECOY

DEEP = 16
"""Folders between the watched root and the place of work: more than the longest chain of ``../`` climbs."""
LONGEST = 12
OFFSETS = (b"\x04\x00\x00\x12UL", b"\x04\x00\x02\x12UL", b"\x04\x00\x00\x14UL", b"\x04\x00\x20\x14UL")
"""(0004,1200), (0004,1202), (0004,1400), (0004,1420): where records of a DICOMDIR say that others begin."""


def tricked_zip(data: bytes, rng: np.random.Generator, root: Path) -> bytes:
    """The members under names that climb, are absolute, or pass through a link that is itself a member."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(m.filename, archive.read(m)) for m in archive.infolist()]
    up = "../" * int(rng.integers(1, LONGEST + 1))
    ways = (up, up.replace("/", "\\"), f"{root}/", f"a/{up}", f"//{root}/", f"C:\\{root}\\", f"./{up}./",
            f"{DECOY}/{up}")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if rng.random() < 0.5:
            link = zipfile.ZipInfo("link")
            link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, str(rng.choice([up, f"{root}/", f"{up}{DECOY}", f"{root}/{DECOY}"])))
            ways = (*ways, "link/")
        for name, body in members:
            way = str(rng.choice(np.array(ways, dtype=object)))
            archive.writestr(way + (DECOY if rng.random() < 0.2 else name), body)
    return buffer.getvalue()


def tricked_medium(data: bytes, rng: np.random.Generator, root: Path, folder: Path) -> bytes:
    """A DICOMDIR whose file IDs climb, whose records go in circles, or whose files are links to somewhere else.

    What replaces a file ID is as long as it was, so that every offset in the directory still holds.
    """
    ids = sorted(p.relative_to(folder).as_posix().replace("/", "\\").encode()
                 for p in folder.rglob("*") if p.is_file() and p.name != "DICOMDIR")
    out = bytearray(data)
    way = int(rng.integers(4))
    for one in ids:
        if rng.random() < 0.5:
            continue
        if way == 0:
            _put(out, one, b"..\\" * int(rng.integers(1, LONGEST + 1)) + DECOY.encode())
        elif way == 1:
            _put(out, one, str(root / DECOY).replace("/", "\\").encode())
        elif way == 2:
            path = folder / one.decode().replace("\\", "/")
            path.unlink()
            path.symlink_to(root / DECOY if rng.random() < 0.5 else Path("../" * int(rng.integers(5, 9)), DECOY))
    if way == 3:
        for tag in OFFSETS:
            places = [k for k in range(len(out)) if out[k:k + 6] == tag]
            for at in places:
                if rng.random() < 0.4:
                    to = (int(rng.integers(len(out))), int(rng.choice(places)) - 8, 0xFFFFFFFF, 0)[int(rng.integers(4))]
                    out[at + 8:at + 12] = struct.pack("<I", max(to, 0))
    return bytes(out)


def _put(out: bytearray, old: bytes, new: bytes) -> None:
    at = out.find(old)
    if at >= 0 and len(new) <= len(old):
        out[at:at + len(old)] = new.ljust(len(old))
