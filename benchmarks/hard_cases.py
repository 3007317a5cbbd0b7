"""Series that loaders get wrong, rebuilt from a plain axial CT, and the proof by patient coordinates.

Every true slice's random pixels are carried to millimetres with that slice's own position, orientation and spacing
(read by pydicom, apart from medomni) and looked up in the volume through the volume's own affine. What was resampled is
held whole against an interpolation of those slices (:mod:`benchmarks.between`).
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import JPEGLSLossless, RLELossless

from benchmarks.between import Plane, faulty_grid
from medomni.dicom import read_study
from medomni.dicom.scan import scan
from medomni.errors import MedomniError
from medomni.volume import Volume

POINTS = 220
AIR_HU = -1024.0
Files = list[Path]
Build = Callable[[Path, Path], list[Files]]
"""(folder of a plain axial CT, empty folder) to the files of each expected volume, the one read by default first."""


@dataclass(frozen=True)
class Row:
    """One hard case.

    Attributes:
        outcome: ``right``; ``resampled`` where the default refuses with ``code`` and ``resample=True`` is right;
            ``refused`` with ``code``.
        warned: warning codes that the record must hold.
        real: folder of the shared data that it is copied from; empty where it is an edit of the plain series.
    """

    name: str
    build: Build
    outcome: str = "right"
    code: str = ""
    warned: tuple[str, ...] = ()
    real: str = ""


@dataclass(frozen=True)
class Verdict:
    """What came out: ``right``, ``resampled``, ``refused`` (with the reason expected) or ``WRONG`` and why."""

    outcome: str
    detail: str = ""


def judged(row: Row, folder: Path, volumes: list[Files]) -> Verdict:
    """Read the folder and hold it against its files."""
    try:
        volume = read_study(folder)
    except MedomniError as exc:
        if exc.code != row.code:
            return Verdict("WRONG", f"refused with {exc.code}: {exc.detail}")
        if row.outcome != "resampled":
            return Verdict("refused", f"{exc.code} {exc.detail}")
        volume = read_study(folder, resample=True)
        if "MED-D19" not in codes(volume):
            return Verdict("WRONG", "resampled and not said")
        fault = faulty_grid(volume, [s for f in volumes[0] for s in true_slices(f)], AIR_HU)
        return Verdict("WRONG", fault) if fault else Verdict("resampled", _named(volume, "MED-D19"))
    if row.code:
        return Verdict("WRONG", f"{row.code} was expected")
    missing = set(row.warned) - codes(volume)
    if missing:
        return Verdict("WRONG", f"not in the record: {', '.join(sorted(missing))}")
    groups = [{h.path for h in g} for g in scan(folder).groups]
    for files in volumes:
        number = next((k for k, g in enumerate(groups) if set(files) <= g), None)
        if number is None:
            return Verdict("WRONG", "no series holds these files")
        fault = misplaced(read_study(folder, series=number), files)
        if fault:
            return Verdict("WRONG", fault)
    first = misplaced(volume, volumes[0])
    return Verdict("WRONG", first) if first else Verdict("right", ", ".join(sorted(codes(volume))))


def codes(volume: Volume) -> set[str]:
    """Codes of the record's warnings."""
    return {w.code for w in volume.study.warnings}


def _named(volume: Volume, code: str) -> str:
    return next(w.detail for w in volume.study.warnings if w.code == code)


def misplaced(volume: Volume, files: Files) -> str:
    """What is wrong with the volume as an image of these files; empty where nothing is."""
    rng = np.random.default_rng(7)
    slices = [s for f in files for s in true_slices(f)]
    places = {tuple(np.round(corner, 3)) for _, corner, _, _ in slices}
    if len(volume.array) != len(places):
        return f"{len(volume.array)} slices for {len(places)} places"
    wanted, found = [], []
    for values, corner, down, along in slices:
        rows, columns = (rng.integers(0, n, POINTS) for n in values.shape)
        at = volume.to_index(corner + rows[:, None] * down + columns[:, None] * along)
        wanted.append(values[rows, columns])
        near = np.rint(at).astype(int)
        if np.abs(at - near).max() > 0.02 or (near < 0).any() or (near >= volume.array.shape).any():
            return f"a pixel lies {np.abs(at - near).max():.2f} voxels off the grid, or outside it"
        found.append(volume.array[tuple(near.T)].astype(float))
    a, b = np.concatenate(wanted), np.concatenate(found)
    unequal = np.abs(a - b) > 1e-4 * np.maximum(1.0, np.abs(a))
    return f"{unequal.mean():.2%} of the pixels differ" if unequal.any() else ""


def true_slices(path: Path) -> list[Plane]:
    """A file's slices as (values, first pixel, step to the next row, step to the next column), LPS millimetres."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(path)
        stored = np.atleast_3d(ds.pixel_array.T).T.astype(float)
    out = []
    for k, plane in enumerate(stored):
        at = ds
        if "PerFrameFunctionalGroupsSequence" in ds:
            at = pydicom.Dataset()
            for group in (*ds.get("SharedFunctionalGroupsSequence", []), ds.PerFrameFunctionalGroupsSequence[k]):
                for element in group:
                    if element.VR == "SQ" and not element.tag.is_private and element.value:
                        at.update(element.value[0])
        values = plane * float(at.get("RescaleSlope", 1)) + float(at.get("RescaleIntercept", 0))
        if ds.Modality == "CT" and "PixelPaddingValue" in ds:
            ends = [int(ds.PixelPaddingValue), int(ds.get("PixelPaddingRangeLimit", ds.PixelPaddingValue))]
            values[(plane >= min(ends)) & (plane <= max(ends))] = AIR_HU
        six = np.array([float(v) for v in at.ImageOrientationPatient])
        spacing = [float(v) for v in at.PixelSpacing]
        corner = np.array([float(v) for v in at.ImagePositionPatient])
        out.append((values, corner, six[3:] * spacing[0], six[:3] * spacing[1]))
    return out


# --- how each case is made --------------------------------------------------------------------------------------------
Edit = Callable[[pydicom.Dataset, int], None]


def by_height(folder: Path) -> Files:
    """Files in ascending z."""
    return sorted(folder.iterdir(), key=lambda p: float(pydicom.dcmread(p, specific_tags=["ImagePositionPatient"],
                                                                        stop_before_pixels=True).ImagePositionPatient[2]))


def edited(edit: Edit | None = None, *, keep: Callable[[int, int], bool] = lambda k, n: True) -> Build:
    """Every slice whose number (of how many) ``keep`` keeps, changed by ``edit``."""

    def build(source: Path, out: Path) -> list[Files]:
        files, kept = by_height(source), []
        for k, path in enumerate(files):
            if keep(k, len(files)):
                kept.append(saved(path, out / f"{k:03d}.dcm", edit, k))
        return [kept]

    return build


def saved(path: Path, to: Path, edit: Edit | None, k: int, **encoding: bool) -> Path:
    """One file, changed; compressed ones are decompressed first; ``encoding`` as pydicom's ``save_as`` takes it."""
    if edit is None:
        return Path(shutil.copy(path, to))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(path)
        if ds.file_meta.TransferSyntaxUID.is_compressed:
            ds.decompress(generate_instance_uid=False)
        edit(ds, k)
        ds.save_as(to, **encoding)
    return to


def copied(*names: str) -> Build:
    """Real files: every one of the folder, or those whose names begin so."""

    def build(source: Path, out: Path) -> list[Files]:
        return [[Path(shutil.copy(p, out)) for p in sorted(source.iterdir())
                 if not names or p.name.startswith(names)]]

    return build


def _shuffled(ds: pydicom.Dataset, k: int) -> None:
    ds.InstanceNumber = int(np.random.default_rng(k).integers(1, 10_000))


def _wider_above(ds: pydicom.Dataset, k: int) -> None:
    """Slices above the twelfth lie twice as far apart."""
    step = 8.0 if "SliceThickness" not in ds else float(ds.SliceThickness)
    x, y, z = (float(v) for v in ds.ImagePositionPatient)
    ds.ImagePositionPatient = [x, y, z + max(0, k - 12) * step]


def _one_more(edit: Edit, number: int = 9) -> Build:
    """All slices, and a second image made from one of them, which belongs to no volume."""

    def build(source: Path, out: Path) -> list[Files]:
        volumes = edited()(source, out)
        saved(by_height(source)[number], out / "more.dcm", edit, number)
        return volumes

    return build


def _localizer(ds: pydicom.Dataset, _k: int) -> None:
    ds.ImageType, ds.SOPInstanceUID = ["ORIGINAL", "PRIMARY", "LOCALIZER"], ds.SOPInstanceUID + ".1"
    ds.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]


def _nothing(_ds: pydicom.Dataset, _k: int) -> None:
    """An exact copy under another name."""


def _two_kernels(source: Path, out: Path) -> list[Files]:
    """The same positions, another kernel and other pixels in one series, as scanners send two reconstructions."""
    first = edited()(source, out)[0]
    second = []
    for k, path in enumerate(by_height(source)):
        def other(ds: pydicom.Dataset, k: int) -> None:
            ds.ConvolutionKernel, ds.SOPInstanceUID = "Z99", ds.SOPInstanceUID + ".2"
            stored = ds.pixel_array.copy()
            ds.PixelData = np.roll(stored, 3, axis=1).tobytes()
        if k < 12:
            second.append(saved(path, out / f"second{k:03d}.dcm", other, k))
    return [first, second]


def _own_rescale(ds: pydicom.Dataset, k: int) -> None:
    ds.RescaleSlope, ds.RescaleIntercept = 1 + k % 3, float(ds.RescaleIntercept) + 7 * k


def _fractional(ds: pydicom.Dataset, _k: int) -> None:
    ds.RescaleSlope, ds.RescaleIntercept = "0.35", "-1024.5"


def _stored(ds: pydicom.Dataset, raw: NDArray[np.int64], bits: int, signed: bool) -> None:
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, bits, bits - 1, int(signed)
    ds.PixelData = (raw & 0xFFFF).astype("<u2").tobytes()
    for name in ("SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue"):
        if name in ds:
            del ds[name]


def _signed_12(ds: pydicom.Dataset, _k: int) -> None:
    """Two's complement in twelve bits, the upper four zero."""
    hu = np.clip(ds.pixel_array.astype(np.int64) * int(ds.RescaleSlope) + int(ds.RescaleIntercept), -2048, 2047)
    _stored(ds, hu & 0xFFF, 12, True)
    ds.RescaleSlope, ds.RescaleIntercept = 1, 0


def _dirty_12(ds: pydicom.Dataset, k: int) -> None:
    """Unsigned, twelve bits, and an overlay's bits above them."""
    hu = ds.pixel_array.astype(np.int64) * int(ds.RescaleSlope) + int(ds.RescaleIntercept)
    above = np.random.default_rng(k).integers(0, 16, hu.shape) << 12
    _stored(ds, np.clip(hu + 1024, 0, 4095) | above, 12, False)
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024


def _turned(matrix: NDArray[np.float64]) -> Edit:
    """The patient turned in the scanner: positions and directions, never pixels."""

    def edit(ds: pydicom.Dataset, _k: int) -> None:
        six = np.array([float(v) for v in ds.ImageOrientationPatient])
        ds.ImageOrientationPatient = [f"{v:.10g}" for v in np.concatenate([matrix @ six[:3], matrix @ six[3:]])]
        ds.ImagePositionPatient = [f"{v:.8f}" for v in matrix @ np.array([float(v) for v in ds.ImagePositionPatient])]

    return edit


def rotation(axis: int, degrees: float) -> NDArray[np.float64]:
    """A rotation about an LPS axis (0 x, 1 y, 2 z)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    plane = [k for k in range(3) if k != axis]
    out = np.eye(3)
    out[np.ix_(plane, plane)] = [[c, -s], [s, c]]
    return out


def _cut(source: Path, out: Path) -> list[Files]:
    volumes = edited()(source, out)
    path = volumes[0][10]
    path.write_bytes(path.read_bytes()[:-path.stat().st_size // 2])
    return volumes


def _smaller_slice(source: Path, out: Path) -> list[Files]:
    """The topmost slice in a matrix of half the size: it belongs to no volume with the others."""
    def half(ds: pydicom.Dataset, _k: int) -> None:
        small = ds.pixel_array[::2, ::2].copy()
        ds.Rows, ds.Columns, ds.PixelData = *small.shape, small.tobytes()
        ds.PixelSpacing = [2 * float(v) for v in ds.PixelSpacing]

    files = by_height(source)
    volumes = edited(keep=lambda k, n: k < n - 1)(source, out)
    return [*volumes, [saved(files[-1], out / "small.dcm", half, len(files) - 1)]]


def _without_position(ds: pydicom.Dataset, k: int) -> None:
    if k == 7:
        del ds.ImagePositionPatient


def squeezed(syntaxes: Sequence[str]) -> Build:
    """Slices in turn in each of the lossless syntaxes."""
    def edit(ds: pydicom.Dataset, k: int) -> None:
        compress(ds, syntaxes[k % len(syntaxes)])

    def build(source: Path, out: Path) -> list[Files]:
        return [[saved(path, out / f"{k:03d}.dcm", edit, k, implicit_vr=False, little_endian=True)
                 for k, path in enumerate(by_height(source))]]

    return build


def compress(ds: pydicom.Dataset, syntax: str) -> None:
    """Exchange uncompressed pixels for compressed ones, without loss."""
    import openjpeg
    from pydicom.encaps import encapsulate

    if syntax != JPEG_2000:
        ds.compress(syntax, generate_instance_uid=False)
        return
    ds.PixelData = encapsulate([openjpeg.encode(ds.pixel_array, photometric_interpretation=2)])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = syntax


def _two_series(source: Path, out: Path) -> list[Files]:
    first = copied()(source, out)
    sharp = source.parent / "chest_ct_a0002_b70f_4slices"
    return [*first, [Path(shutil.copy(p, out / f"sharp-{p.name}")) for p in sorted(sharp.iterdir())]]


def _with_localizer(source: Path, out: Path) -> list[Files]:
    every = copied()(source, out)[0]
    return [[p for p in every if not p.name.startswith("LOC")]]


def _three_planes(source: Path, out: Path) -> list[Files]:
    every = copied()(source, out)[0]
    axial = [p for p in every if "066" in p.name]
    return [axial, *([p] for p in every if p not in axial)]


JPEG_2000 = "1.2.840.10008.1.2.4.90"
TILT_GE, TILT_PHILIPS = "head_ct_tilt_variable_spacing_ge", "head_ct_tilt_plus_localizer_philips"
ROWS = (
    Row("plain axial chest", edited()),
    Row("InstanceNumber shuffled", edited(_shuffled)),
    Row("one interior slice missing", edited(keep=lambda k, n: k != 11), "resampled", "MED-D05"),
    Row("spacing changes to twice its size", edited(_wider_above), "resampled", "MED-D05"),
    Row("GE tilt and variable spacing", copied(), "resampled", "MED-D05", real=TILT_GE),
    Row("Philips constant tilt", copied("I"), warned=("MED-D13",), real=TILT_PHILIPS),
    Row("tilt series and localizer in a folder", _with_localizer, warned=("MED-D13", "MED-D14"), real=TILT_PHILIPS),
    Row("localizer inside the same series", _one_more(_localizer), warned=("MED-D14",)),
    Row("two kernels, two series, same positions", _two_series, warned=("MED-D14",), real="chest_ct_a0002_b40f8mm"),
    Row("two kernels in one series", _two_kernels, warned=("MED-D14",)),
    Row("exact duplicate slice", _one_more(_nothing), warned=("MED-D15",)),
    Row("slope and intercept differ per slice", edited(_own_rescale)),
    Row("slope 0.35, intercept -1024.5", edited(_fractional)),
    Row("signed 12 in 16, high bits zero", edited(_signed_12)),
    Row("unsigned 12 in 16, dirty high bits", edited(_dirty_12)),
    Row("prone", edited(_turned(np.diag([-1.0, -1.0, 1.0])))),
    Row("rotated in plane by 10 degrees", edited(_turned(rotation(2, 10)))),
    Row("one file cut in mid-pixels", _cut, "refused", "MED-D03"),
    Row("one slice of half the matrix", _smaller_slice, warned=("MED-D14",)),
    Row("one slice without ImagePositionPatient", edited(_without_position), "refused", "MED-D09"),
    Row("single slice", edited(keep=lambda k, n: k == 5), warned=("MED-D17",)),
    Row("RLE and JPEG 2000 lossless", squeezed((RLELossless, JPEG_2000))),
    Row("JPEG-LS lossless", squeezed((JPEGLSLossless,))),
    Row("enhanced MR, 8 frames", copied("IM"), real="enhanced_multiframe"),
    Row("enhanced CT perfusion map", copied("eCT"), "refused", "MED-D18", real="enhanced_multiframe"),
    Row("oblique MR, fractional slopes, oblong pixels", copied(), warned=("MED-D17",), real="per_slice_float_slope_mr"),
    Row("axial, coronal and sagittal in a folder", _three_planes, warned=("MED-D14",),
        real="ct_signed_padding_3_orientations"),
)
