"""B5: 1,000 instances of a real Orthanc by C-MOVE and by DICOMweb, the receiver killed five times; and how fast."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.orthanc import Orthanc, free_port, missing

COUNT, STUDIES, KILLS = 1000, 5, 5
LEAST_RATE, TIMES = 100.0, 3
ENV = {**os.environ, "MEDOMNI_SITE_KEY": "00" * 32}
TITLE = "MEDOMNI"


def run(count: int = COUNT, kills: int = KILLS, studies: int = STUDIES, rate: bool = True) -> tuple[bool, str]:
    """Whole; the tests run it with fewer instances and studies, and without the rate."""
    if missing():
        return False, f"not run, this machine lacks {missing()}"
    with tempfile.TemporaryDirectory(prefix="medomni-b5-") as name:
        folder, port = Path(name), free_port()
        pixels = write_studies(folder / "sent", count, studies)
        with Orthanc(folder / "orthanc", {TITLE: port}) as archive:
            for path in sorted((folder / "sent").rglob("*.dcm")):
                archive.put(path)
            assert archive.count() == count
            listed = found(archive.peer)
            if found(archive.dicomweb) != listed or sum(n for _, n in listed) != count:
                return False, f"C-FIND and QIDO-RS do not list the same {count} instances"
            rates = [receiving_rate(folder / f"fast{k}", archive, port, listed) for k in range(TIMES if rate else 0)]
            killed = move_with_kills(folder / "moved", archive, port, listed, kills)
            moved = faults(folder / "moved", pixels)
            cut = fetch_with_kills(folder / "fetched", archive, listed, kills)
            fetched = faults(folder / "fetched", pixels)
    speed = statistics.median(rates) if rates else 0.0
    met = not moved and not fetched and killed == cut == kills and (not rate or speed >= LEAST_RATE)
    return met, (f"C-MOVE with {killed} kills of the receiver: {moved or f'{count} stored and ingested, none twice'}; "
                 f"DICOMweb with {cut} kills: {fetched or f'{count}, none twice'}"
                 + (f"; {speed:.0f} instances/s received, median of {sorted(round(r) for r in rates)}" if rate else ""))


def write_studies(folder: Path, count: int, studies: int) -> dict[str, str]:
    """Synthetic CT of 512 x 512; returns SOP instance UID to the SHA-256 of its pixel data."""
    import numpy as np
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    rng, made = np.random.default_rng(5), {}
    for k in range(count):
        study, number = k % studies, k // studies
        ds = pydicom.Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
        ds.StudyInstanceUID = f"1.2.826.0.1.3680043.8.498.5.{study}"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{ds.StudyInstanceUID}.{number + 1}"
        ds.SeriesInstanceUID, ds.FrameOfReferenceUID = f"{ds.StudyInstanceUID}.0", f"{ds.StudyInstanceUID}.9"
        ds.PatientName, ds.PatientID, ds.StudyDate = f"SYNTHETIC^{study}", f"S{study}", "20260101"
        ds.Modality, ds.InstanceNumber, ds.AccessionNumber = "CT", number + 1, f"A{study}"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [-200, -200, 2.0 * number], [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness = [0.8, 0.8], 2
        ds.Rows = ds.Columns = 512
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, 0, "HU"
        ds.PixelData = rng.normal(0, 30, (512, 512)).astype("<i2").tobytes()
        path = folder / str(study) / f"{number:04d}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        ds.save_as(path, enforce_file_format=True)
        made[str(ds.SOPInstanceUID)] = hashlib.sha256(ds.PixelData).hexdigest()
    return made


def found(peer: str) -> list[tuple[str, int]]:
    """(UID, instances) of the CT studies that ``medomni pacs find`` lists."""
    lines = _medomni("find", peer, "--modality", "CT").stdout.splitlines()
    return sorted((line.split()[3], int(line.split()[2])) for line in lines)


def receiving_rate(inbox: Path, archive: Orthanc, port: int, studies: list[tuple[str, int]]) -> float:
    """Instances a second, from the first C-MOVE request to the last answer, study after study; each is synced."""
    from medomni.dicom.pacs.peer import Peer
    from medomni.dicom.pacs.retrieve import move_study

    receiver = start(inbox, port, settle=600)
    try:
        begun = time.monotonic()
        for uid, _ in studies:
            move_study(Peer.parse(archive.peer), uid, to=TITLE)
        seconds = time.monotonic() - begun
    finally:
        stop(receiver)
    return stored(inbox) / seconds


def move_with_kills(inbox: Path, archive: Orthanc, port: int, studies: list[tuple[str, int]], kills: int) -> int:
    """Move every study, killing the receiver at numbers of instances drawn at random; returns how often it was."""
    rng, total = random.Random(5), sum(n for _, n in studies)
    at = sorted(rng.sample(range(total // 20, total * 19 // 20), kills))
    killed, receiver = 0, start(inbox, port, settle=2)
    try:
        for uid, _ in studies:
            while True:
                mover = subprocess.Popen(_command("move", archive.peer, uid), env=ENV, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
                while mover.poll() is None:
                    if killed < kills and stored(inbox) >= at[killed]:
                        receiver.send_signal(signal.SIGKILL)
                        receiver.wait()
                        killed += 1
                        mover.wait()
                        receiver = start(inbox, port, settle=2)
                    time.sleep(0.01)
                if mover.returncode == 0:
                    break
        wait_until_ingested(inbox, len(studies))
    finally:
        stop(receiver)
    return killed


def fetch_with_kills(inbox: Path, archive: Orthanc, studies: list[tuple[str, int]], kills: int) -> int:
    """Fetch every study by WADO-RS into one inbox; each of the first ``kills`` runs is killed in its middle.

    Returns:
        How many were killed.
    """
    left = kills
    for uid, count in studies * (1 + kills // len(studies)):
        before = stored(inbox)
        getter = subprocess.Popen(_command("get", archive.dicomweb, uid, "--inbox", str(inbox)), env=ENV,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while left and getter.poll() is None and stored(inbox) < before + count // 2:
            time.sleep(0.005)
        if left and getter.poll() is None:
            getter.kill()
            left -= 1
        getter.wait()
    for uid, _ in studies:
        _medomni("get", archive.dicomweb, uid, "--inbox", str(inbox))
    return kills - left


def faults(inbox: Path, pixels: dict[str, str]) -> str:
    """What is wrong with an inbox: something absent, twice, changed, left over or not ingested; empty if nothing is."""
    import pydicom

    files = list(inbox.rglob("*.dcm"))
    read = [pydicom.dcmread(path) for path in files]
    seen = Counter(str(ds.SOPInstanceUID) for ds in read)
    changed = sum(hashlib.sha256(ds.PixelData).hexdigest() != pixels.get(str(ds.SOPInstanceUID)) for ds in read)
    rows = json.loads(_medomni("list", "--inbox", str(inbox), "--json").stdout)
    counts = {"absent": len(pixels.keys() - seen.keys()), "twice": sum(n - 1 for n in seen.values()),
              "changed": changed, "index differs": abs(sum(r["instances"] for r in rows) - len(files)),
              "not ingested": sum(r["state"] != "ingested" for r in rows),
              "left over": sum(1 for p in (inbox / "incoming").rglob("*") if p.is_file() and p.name != ".lock")}
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n)


def start(inbox: Path, port: int, settle: float) -> subprocess.Popen[str]:
    """A receiver that is ready."""
    receiver = subprocess.Popen(_command("receive", "--inbox", str(inbox), "--allow", "ORTHANC", "--port", str(port),
                                         "--settle", str(settle)), env=ENV, stderr=subprocess.PIPE, text=True)
    assert receiver.stderr is not None
    for line in receiver.stderr:
        if line.startswith("receiving as"):
            return receiver
    raise RuntimeError("the receiver did not start")


def stop(receiver: subprocess.Popen[str]) -> None:
    """End it as a person would."""
    receiver.send_signal(signal.SIGINT)
    receiver.communicate(timeout=60)


def wait_until_ingested(inbox: Path, studies: int, seconds: float = 120) -> None:
    """Until every study has its listing."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        rows = json.loads(_medomni("list", "--inbox", str(inbox), "--json").stdout)
        if len(rows) == studies and all(row["state"] == "ingested" for row in rows):
            return
        time.sleep(0.5)


def stored(inbox: Path) -> int:
    """How many instances have their place."""
    return sum(len(os.listdir(study)) for study in (inbox / "studies").iterdir()) if (inbox / "studies").is_dir() else 0


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from medomni.cli import main; main()", "pacs", *arguments]


def _medomni(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(*arguments), capture_output=True, text=True, check=True, env=ENV)
