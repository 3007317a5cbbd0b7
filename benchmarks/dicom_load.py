"""B3: the same series by medomni and by its peers, side by side in one run, uncompressed and compressed.

Every tool runs in a process of its own, warms up once and then reads the folder seven times; the median counts. Peak
memory is that of a process that loads the tool and reads once.

    python -m benchmarks.dicom_load
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common import SHARED
from benchmarks.fuzz import own_peak

RUNS = 7
SYNTAXES = {"RLE": "1.2.840.10008.1.2.5", "JPEG-LS": "1.2.840.10008.1.2.4.80", "JPEG 2000": "1.2.840.10008.1.2.4.90",
            "JPEG lossless": "1.2.840.10008.1.2.4.70"}
RECODED = {"HTJ2K": "1.2.840.10008.1.2.4.201", "deflated": "1.2.840.10008.1.2.1.99",
           "big endian": "1.2.840.10008.1.2.2"}
"""Rows that GDCM does not write: by imagecodecs (OpenJPH) and pydicom."""
SLICES = 140
SAME_MEAN = 1e-4
"""Of a mean, or of one unit: single precision and the order of sums."""


# --- the tools: a folder to an array --------------------------------------------------------------------------------
def medomni_1(folder: Path) -> Any:
    from medomni.dicom import read_study

    return read_study(folder, threads=1).array


def medomni_2(folder: Path) -> Any:
    from medomni.dicom import read_study

    return read_study(folder, threads=2).array


def simpleitk(folder: Path) -> Any:
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()  # not copied into an array: the peer's best case


def monai_pydicom(folder: Path) -> Any:
    from monai.data import PydicomReader
    from monai.transforms import LoadImage

    return LoadImage(PydicomReader())(folder)


def monai_itk(folder: Path) -> Any:
    from monai.data import ITKReader
    from monai.transforms import LoadImage

    return LoadImage(ITKReader())(folder)


def pydicom_loop(folder: Path) -> Any:
    import numpy as np
    import pydicom

    files = [pydicom.dcmread(p) for p in folder.iterdir()]
    files.sort(key=lambda ds: float(ds.ImagePositionPatient[2]))
    return np.stack([ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept) for ds in files])


def dcm2niix(folder: Path) -> Any:
    import nibabel
    import numpy as np

    with tempfile.TemporaryDirectory() as out:
        tool = Path(sys.executable).parent / "dcm2niix"
        subprocess.run([tool, "-b", "n", "-z", "n", "-f", "x", "-o", out, folder], check=True,
                       stdout=subprocess.DEVNULL)
        return np.asanyarray(nibabel.load(Path(out) / "x.nii").dataobj)


TOOLS: dict[str, Callable[[Path], Any]] = {
    "medomni, 1 thread": medomni_1, "medomni, 2 threads": medomni_2, "SimpleITK": simpleitk, "dcm2niix": dcm2niix,
    "pydicom loop": pydicom_loop, "MONAI ITKReader": monai_itk, "MONAI PydicomReader": monai_pydicom,
}
OURS = ("medomni, 1 thread", "medomni, 2 threads")


# --- one tool, one folder, one process --------------------------------------------------------------------------------
def timed(tool: str, folder: Path) -> dict[str, Any]:
    """Median seconds of seven reads after one, and the mean of the array read."""
    warnings.simplefilter("ignore")
    read = TOOLS[tool]
    mean, shape = summary(read(folder))
    seconds = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        array = read(folder)
        seconds.append(time.perf_counter() - begun)
        del array
    return {"seconds": statistics.median(seconds), "mean": mean, "shape": shape}


def summary(read: Any) -> tuple[float, list[int]]:
    """Mean and shape of what a tool gave."""
    import numpy as np

    if type(read).__module__.startswith("SimpleITK"):
        import SimpleITK

        read = SimpleITK.GetArrayFromImage(read)
    array = np.asarray(read)
    return float(array.mean(dtype=np.float64)), list(array.shape)


def peak(tool: str, folder: Path) -> dict[str, Any]:
    """Largest resident memory of this process, or of the tool that it calls, after one read."""
    import resource

    warnings.simplefilter("ignore")
    array = TOOLS[tool](folder)
    assert array is not None
    if tool == "dcm2niix":
        return {"peak": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024}
    return {"peak": own_peak()}


def apart(what: str, tool: str, folder: Path) -> dict[str, Any]:
    """``timed`` or ``peak`` in a fresh process; an empty dictionary where the tool fails or is not installed."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.dicom_load", what, tool, str(folder)], text=True,
                          capture_output=True, env={**os.environ, "MEDOMNI_SITE_KEY": "00" * 32})
    if done.returncode:
        print(f"    {tool}: exit {done.returncode} {done.stderr.strip()[-160:]}", flush=True)
        return {}
    return json.loads(done.stdout.strip().splitlines()[-1])


# --- the rows ---------------------------------------------------------------------------------------------------------
def series(folder: Path) -> dict[str, Path]:
    """Row name to folder: the real 64-slice chest CT, a stack of 140 of its slices, and compressed copies of it."""
    source = SHARED / "dicom" / "chest_ct_a0001_lung5mm"
    rows = {"64 slices, uncompressed": folder / "plain"}
    shutil.copytree(source, rows["64 slices, uncompressed"])
    rows[f"{SLICES} slices, uncompressed"] = stacked(source, folder / "stacked")
    for name, syntax in SYNTAXES.items():
        rows[f"64 slices, {name}"] = squeezed(source, folder / name.replace(" ", "-"), syntax)
    for name, syntax in RECODED.items():
        rows[f"64 slices, {name}"] = recoded(source, folder / name.replace(" ", "-"), syntax)
    os.sync()  # else the system writes them to the disk beside the first tools that are timed
    return rows


def stacked(source: Path, out: Path) -> Path:
    """A longer series: real pixels, positions of our own."""
    import pydicom

    out.mkdir()
    files = sorted(source.iterdir())
    for k in range(SLICES):
        ds = pydicom.dcmread(files[k % len(files)])
        x, y, _ = ds.ImagePositionPatient
        ds.ImagePositionPatient, ds.InstanceNumber = [x, y, 2.5 * k], SLICES - k
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{k + 1}"
        ds.save_as(out / f"{k:03d}.dcm")
    return out


def squeezed(source: Path, out: Path, syntax: str) -> Path:
    """Every file recoded without loss by GDCM, which is neither side's own encoder."""
    import gdcm

    out.mkdir()
    for path in sorted(source.iterdir()):
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        if not reader.Read():
            raise RuntimeError(f"gdcm cannot read {path.name}")
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
        change.SetInput(reader.GetImage())
        if not change.Change():
            raise RuntimeError(f"gdcm cannot write {syntax}")
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(out / path.name))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        if not writer.Write():
            raise RuntimeError(f"gdcm cannot write {path.name}")
    return out


def recoded(source: Path, out: Path, syntax: str) -> Path:
    """Every file in HTJ2K without loss, deflated, or big endian."""
    import imagecodecs
    import numpy as np
    import pydicom
    from pydicom.encaps import encapsulate

    out.mkdir()
    big = syntax == RECODED["big endian"]
    for path in sorted(source.iterdir()):
        ds = pydicom.dcmread(path)
        stored = np.ascontiguousarray(ds.pixel_array)
        if ds.file_meta.TransferSyntaxUID.is_compressed:
            ds.decompress(generate_instance_uid=False)
        if syntax == RECODED["HTJ2K"]:
            ds.PixelData = encapsulate([imagecodecs.htj2k_encode(stored, reversible=True)])
            ds["PixelData"].is_undefined_length = True
            ds["PixelData"].VR = "OB"
        else:
            ds.PixelData = stored.astype(stored.dtype.newbyteorder(">" if big else "<")).tobytes()
            ds["PixelData"].VR = "OW"
        ds.file_meta.TransferSyntaxUID = syntax
        pydicom.dcmwrite(out / path.name, ds, implicit_vr=False, little_endian=not big)
    return out


# --- what a row says --------------------------------------------------------------------------------------------------
def run() -> tuple[bool, str]:
    """All rows by all tools; B3's conditions on speed, memory, import and equal values."""
    ok, notes = True, []
    with tempfile.TemporaryDirectory(prefix="medomni-b3-") as folder:
        for name, path in series(Path(folder)).items():
            good, note = row(name, {tool: apart("timed", tool, path) for tool in TOOLS})
            same = two_ways(path)
            ok &= good and same
            notes.append(note + ("" if same else " FAST AND PYDICOM PATH DIFFER"))
            if name.startswith(str(SLICES)):
                volume = SLICES * 512 * 512 * 2
                used = apart("peak", OURS[1], path)["peak"] / volume
                ok &= used <= 2.5
                notes.append(f"peak memory {used:.2f} of the int16 volume")
                for tool in TOOLS:
                    memory = apart("peak", tool, path)
                    if memory:
                        print(f"    {tool:22s} peak {memory['peak'] / 1e6:.0f} MB, {memory['peak'] / volume:.2f}")
    seconds, heavy = imported()
    ok &= seconds <= 0.3 and not heavy
    notes.append(f"import {seconds:.2f} s, heavy packages: {heavy or 'none'}")
    return ok, "; ".join(notes)


def row(name: str, found: dict[str, dict[str, Any]]) -> tuple[bool, str]:
    """Whether a row meets B3, and what it says; the table's lines are printed.

    Args:
        found: of each tool what :func:`timed` gave, empty where it does not read the series; of the peers at least one
            does.
    """
    print(f"  {name}", flush=True)
    times = {tool: one["seconds"] for tool, one in found.items() if one}
    base = times.get("SimpleITK")
    for tool, seconds in times.items():
        share = f"{seconds / base:5.2f} of SimpleITK" if base else "SimpleITK does not read it"
        print(f"    {tool:22s} {1000 * seconds:8.1f} ms  {share}  mean {found[tool]['mean']:.3f}", flush=True)
    ours = min(times[t] for t in OURS if t in times)
    rival = min((s, t) for t, s in times.items() if t not in OURS)
    unlike = unlike_means({tool: one["mean"] for tool, one in found.items() if one})
    for line in unlike.values():
        print(f"    {line}", flush=True)
    good = ours < rival[0] and not {*OURS, "pydicom loop"} & set(unlike)
    ratios = [times[t] / base for t in OURS if base and t in times]
    if "uncompressed" in name:
        good &= len(ratios) == 2 and ratios[0] <= 0.30 and ratios[1] <= 0.20
    told = "/".join(f"{r:.2f}" for r in ratios) or "not read"
    return good, (f"{name}: {told} {'of' if ratios else 'by'} SimpleITK, {ours / rival[0]:.2f} of {rival[1]}"
                  f"{', other means: ' + ', '.join(unlike) if unlike else ''}{'' if good else ' NOT MET'}")


def unlike_means(means: dict[str, float]) -> dict[str, str]:
    """The tools whose mean is not ours, with both; peers that rescale or orient otherwise show here."""
    ours = means[next(t for t in OURS if t in means)]
    return {tool: f"{tool}: mean {mean:.3f}, ours {ours:.3f}" for tool, mean in means.items()
            if not abs(mean - ours) <= SAME_MEAN * max(1.0, abs(ours))}


def two_ways(folder: Path) -> bool:
    """Whether the short way into the files and pydicom's give the same bits, places and slices."""
    from unittest.mock import patch

    from medomni.dicom import headers, read_study

    short = read_study(folder)
    with patch.object(headers, "read_plain", lambda _: None):
        long = read_study(folder)
    return (short.array.dtype == long.array.dtype and short.array.tobytes() == long.array.tobytes()
            and short.affine.tobytes() == long.affine.tobytes() and short.slice_uids == long.slice_uids)


def imported() -> tuple[float, list[str]]:
    """Median seconds of loading the reader in a fresh process, and what it must not load."""
    code = ("import sys, time; t = time.perf_counter(); import medomni.dicom; e = time.perf_counter() - t; "
            "print(e, *[m for m in ('torch', 'monai') if m in sys.modules])")
    lines = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
             for _ in range(RUNS)]
    return statistics.median(float(line[0]) for line in lines), lines[0][1:]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({"timed": timed, "peak": peak}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))))
    else:
        met, figure = run()
        print(f"B3: {figure}: {'met' if met else 'NOT met'}")
        sys.exit(0 if met else 1)
