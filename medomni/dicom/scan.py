"""What a folder holds: every file looked at, images grouped into candidate volumes, the rest counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from medomni.dicom import codes
from medomni.dicom.archive import dicom_files
from medomni.dicom.faults import CutHeaderError, UnreadableError
from medomni.dicom.grouping import FEWEST, Group, grouped, instance
from medomni.dicom.headers import IDENTIFYING, SliceHeader, read_headers
from medomni.dicom.kinds import is_derived, unusable_reason
from medomni.dicom.names import hidden_words, shown_name
from medomni.dicom.numerals import decimal
from medomni.dicom.walk import Files
from medomni.errors import MedomniError
from medomni.records import Warned

ARCHIVES = frozenset((".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"))


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
    """The result of :func:`scan`: groups sorted best first, summaries in the same order, warnings.

    Attributes:
        cut: names of image files whose header cannot be read to its end, and what is wrong with each.
    """

    groups: list[Group] = field(repr=False)
    series: list[SeriesSummary]
    warnings: list[Warned]
    files: int
    cut: list[tuple[str, CutHeaderError]] = field(default_factory=list, repr=False)


def scan(source: Path | str) -> Inventory:
    """Look at every file of a folder, a zip or a DICOMDIR and group the images.

    Of a zip the inventory's files are gone afterwards: :func:`medomni.dicom.read_study` keeps them while it reads.

    Groups are those of :func:`medomni.dicom.grouping.grouped`. Best first: usable, slices at four places
    or more, as the scanner measured it rather than derived (a reformat), most slices, CT, axial.

    Raises:
        MedomniError: MED-C08 where the source is absent, MED-D01 where no image was found, MED-D04 where more
            than one patient was found, MED-D21 and MED-C04 as :func:`medomni.dicom.archive.dicom_files`.
    """
    with dicom_files(Path(source)) as paths:
        return inventory_of(look(paths, Path(source)))


@dataclass(frozen=True)
class Looked:
    """What was seen in the files, before anything is put together.

    Attributes:
        headers: of every image, or of every frame of an enhanced one.
        broken: files that claim to be DICOM, and what is wrong with each.
        cut: image files whose header cannot be read to its end, and what is wrong with each.
        without_image, others, archives: how many files hold no image, are no DICOM, are archives by their name.
        files: how many there are; ``folder`` is the source that messages name.
        notes: on how the files were found, as :class:`medomni.dicom.walk.Files` has them.
    """

    headers: list[SliceHeader]
    broken: list[tuple[Path, str]]
    cut: list[tuple[Path, CutHeaderError]]
    without_image: int
    others: int
    archives: int
    files: int
    folder: Path
    hidden: frozenset[str] = frozenset()
    notes: tuple[Warned, ...] = ()

    def shown(self, path: Path) -> str:
        """A file's name as messages may show it: without words of any patient in the source."""
        below = path != self.folder and path.is_relative_to(self.folder)
        return shown_name(str(path.relative_to(self.folder)) if below else path.name, self.hidden)


def look(paths: list[Path], folder: Path) -> Looked:
    """Read every file's header.

    Raises:
        MedomniError: MED-D01 or MED-D03 where there is no image.
    """
    headers: list[SliceHeader] = []
    doubtful: list[tuple[Path, str]] = []
    cut: list[tuple[Path, CutHeaderError]] = []
    suffixes: set[str] = set()
    without_image = 0
    for path in paths:
        try:
            found = read_headers(path)
        except CutHeaderError as exc:
            cut.append((path, exc))
        except (UnreadableError, OSError) as exc:
            what = f"cannot be opened ({type(exc).__name__})" if isinstance(exc, OSError) else f"is {exc}"
            doubtful.append((path, what))
        else:
            headers += found
            without_image += not found
            suffixes.add(path.suffix.lower())
    broken = [(path, what) for path, what in doubtful if _claims_dicom(path) or path.suffix.lower() in suffixes]
    others = len(doubtful) - len(broken)
    archives = sum(path.suffix.lower() in ARCHIVES for path, _ in doubtful)
    hidden = hidden_words(*{h.text(name) for h in headers for name in IDENTIFYING}).union(*(f.hidden for _, f in cut))
    looked = Looked(headers, broken, cut, without_image, others, archives, len(paths), folder, hidden,
                    paths.notes if isinstance(paths, Files) else ())
    if headers:
        return looked
    if cut:
        path, fault = cut[0]
        raise MedomniError(fault.code, f"{len(cut)} of {len(paths)} files cannot be read to the end of their header: "
                           f"{fault}", where=looked.shown(path))
    packed = f"{archives} archives, which are not opened in a folder: give a zip by its own name"
    said = [f"{len(paths)} files: {len(broken) + others} not DICOM, {without_image} without an image",
            *([packed] if archives else []), *(w.detail for w in _damaged(looked)[:3])]
    raise MedomniError("MED-D01", "; ".join(said), where=folder)


def inventory_of(looked: Looked) -> Inventory:
    """The candidate volumes of one patient; error MED-D04 where there are more patients."""
    patients = {(h.text("PatientID"), h.text("PatientName")) for h in looked.headers}
    if len(patients) > 1:
        raise MedomniError("MED-D04", f"{len(patients)} patients in {len(looked.headers)} images", where=looked.folder)
    groups = sorted(grouped(looked.headers), key=_rank)
    warnings = [*looked.notes, *_damaged(looked)]
    if looked.without_image:
        warnings.append(Warned(code="MED-D14", detail=f"{looked.without_image} files without an image"))
    if looked.archives:
        warnings.append(Warned(code="MED-D14", detail=f"{looked.archives} archives, which are not opened in a folder"))
    return Inventory(groups, [_summary(i, g) for i, g in enumerate(groups)], warnings, looked.files,
                     [(looked.shown(path), fault) for path, fault in looked.cut])


def _damaged(looked: Looked) -> list[Warned]:
    return [*(Warned(code="MED-D02", detail=f"{looked.shown(path)} {what}") for path, what in looked.broken),
            *(Warned(code="MED-D02", detail=f"{looked.shown(path)}: {fault}") for path, fault in looked.cut)]


def _claims_dicom(path: Path) -> bool:
    """A name as DICOM files have: ``.dcm`` and the like, no suffix, or the digits of a UID."""
    suffix = path.suffix.lower()
    return suffix in ("", ".dcm", ".dicom", ".ima") or suffix[1:].isdigit()


def inspect(source: Path | str) -> list[SeriesSummary]:
    """The candidate volumes of a folder, zip or DICOMDIR, best first; errors as :func:`scan`."""
    return scan(source).series


def _rank(group: Group) -> tuple:
    first = group[0]
    reason = unusable_reason(first)
    axial = not reason and abs(first.normal[2]) > 0.7
    return (bool(reason), _places(group) < FEWEST, is_derived(first), -len(group), first.text("Modality") != "CT",
            not axial, first.text("SeriesInstanceUID"),
            *(_number(first.text(name)) for name in ("AcquisitionNumber", "TemporalPositionIdentifier", "EchoTime")),
            instance(first))


def _places(group: Group) -> int:
    """At how many heights the images lie: the slices that watch the contrast arrive are many, and at one place."""
    if any(h.position is None or h.orientation is None for h in group):
        return 0
    return len({round(float(group[0].normal @ h.position), 1) for h in group})  # type: ignore[operator]


def described(group: Group) -> str:
    """A series in a few words, for the record of what was chosen and what was left."""
    first = group[0]
    kind = "derived" if is_derived(first) else "original" if first.text("ImageType") else "image type not stated"
    plane = ""
    if first.orientation is not None:
        plane = f", {('sagittal', 'coronal', 'axial')[int(np.abs(first.normal).argmax())]}"
    return f"series of {len(group)} slices, {kind}{plane}, kernel {codes.kernel(first) or 'not stated'}"


def _number(text: str) -> float:
    try:
        return decimal(text)
    except ValueError:
        return 0.0


def _summary(number: int, group: Group) -> SeriesSummary:
    first = group[0]
    reason = unusable_reason(first)
    return SeriesSummary(number, codes.modality(first) or "?", len(group), first.rows, first.columns,
                         codes.kernel(first), not reason, reason)
