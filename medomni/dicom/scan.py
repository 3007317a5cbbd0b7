"""What a folder holds: every file looked at, images grouped into candidate volumes, the rest counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.errors import InvalidDicomError

from medomni.dicom.headers import SliceHeader, read_header
from medomni.errors import MedomniError
from medomni.records import Warned

Group = list[SliceHeader]


@dataclass(frozen=True)
class SeriesSummary:
    """One candidate volume, without identifiers.

    Attributes:
        number: its place in the folder's list, for ``--series``.
        usable: False for localizers, colour images and images without geometry; ``reason`` says why.
    """

    number: int
    modality: str
    slices: int
    rows: int
    columns: int
    kernel: str | None
    usable: bool
    reason: str = ""


@dataclass(frozen=True)
class Inventory:
    """The result of :func:`scan`: groups sorted best first, summaries in the same order, warnings."""

    groups: list[Group] = field(repr=False)
    series: list[SeriesSummary]
    warnings: list[Warned]
    files: int


def scan(folder: Path | str) -> Inventory:
    """Look at every file below ``folder`` and group the images.

    Groups are split by series, matrix, orientation (rounded to 1e-3), pixel spacing, frame of reference and
    kernel; by echo time for MR. Best first: usable, then most slices, then CT, then axial.

    Raises:
        MedomniError: MED-C08 where the folder is absent, MED-D01 where no image was found, MED-D04 where more
            than one patient was found.
    """
    folder = Path(folder)
    if not folder.exists():
        raise MedomniError("MED-C08", where=folder)
    paths = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*") if p.is_file())
    headers: list[SliceHeader] = []
    warnings: list[Warned] = []
    not_images = not_dicom = 0
    for path in paths:
        name = path.name if path == folder else str(path.relative_to(folder))
        try:
            header = read_header(path)
        except (InvalidDicomError, OSError, ValueError, TypeError, AttributeError, EOFError, KeyError,
                NotImplementedError, OverflowError):
            not_dicom += 1
            if path.suffix.lower() in (".dcm", ".dicom", ".ima"):
                warnings.append(Warned(code="MED-D02", detail=f"{name} is not DICOM"))
            continue
        if header is None:
            not_images += 1
        else:
            headers.append(header)
    if not headers:
        named = ", ".join(w.detail.removesuffix(" is not DICOM") for w in warnings[:3])
        bad = f"; not DICOM although named so: {named}" if warnings else ""
        raise MedomniError("MED-D01", f"{len(paths)} files: {not_dicom} not DICOM, {not_images} without an image{bad}",
                           where=folder)
    patients = {(str(h.get("PatientID", "")), str(h.get("PatientName", ""))) for h in headers}
    if len(patients) > 1:
        raise MedomniError("MED-D04", f"{len(patients)} patients in {len(headers)} images", where=folder)
    groups = sorted(_grouped(headers), key=_rank)
    summaries = [_summary(i, g) for i, g in enumerate(groups)]
    if not_images:
        warnings.append(Warned(code="MED-D14", detail=f"{not_images} files without an image"))
    return Inventory(groups, summaries, warnings, len(paths))


def inspect(folder: Path | str) -> list[SeriesSummary]:
    """The candidate volumes of a folder, best first; errors as :func:`scan`."""
    return scan(folder).series


def _grouped(headers: list[SliceHeader]) -> list[Group]:
    groups: dict[tuple, Group] = defaultdict(list)
    for h in headers:
        orientation = None if h.orientation is None else tuple(int(round(v * 1000)) for v in h.orientation)
        spacing = None if h.pixel_spacing is None else tuple(round(v, 4) for v in h.pixel_spacing)
        key = (str(h.get("SeriesInstanceUID", "")), int(h.get("Rows")), int(h.get("Columns")), orientation, spacing,
               str(h.get("FrameOfReferenceUID", "")), str(h.get("ConvolutionKernel", "")), h.is_localizer,
               str(h.get("EchoTime", "")) if h.get("Modality") == "MR" else "")
        groups[key].append(h)
    return list(groups.values())


def unusable_reason(header: SliceHeader) -> str:
    """Why an image cannot be part of a measured volume; empty where it can."""
    if header.is_localizer:
        return "localizer"
    if header.is_colour_or_capture:
        return "colour or secondary capture"
    if int(header.get("NumberOfFrames", 1)) > 1:
        return "multi-frame"
    if header.position is None or header.orientation is None:
        return "no position or orientation"
    if header.pixel_spacing is None:
        return "no pixel spacing"
    return ""


def _rank(group: Group) -> tuple:
    first = group[0]
    reason = unusable_reason(first)
    axial = not reason and abs(first.normal[2]) > 0.7
    uid = str(first.get("SeriesInstanceUID", ""))
    return (bool(reason), -len(group), first.get("Modality") != "CT", not axial, uid)


def _summary(number: int, group: Group) -> SeriesSummary:
    first = group[0]
    kernel = first.get("ConvolutionKernel")
    reason = unusable_reason(first)
    return SeriesSummary(number, str(first.get("Modality", "?")), len(group), int(first.get("Rows")),
                         int(first.get("Columns")), _text(kernel), not reason, reason)


def _text(kernel: object) -> str | None:
    if kernel is None:
        return None
    return "\\".join(str(k) for k in kernel) if isinstance(kernel, list | tuple) else str(kernel)
