"""One file: read, judged, its pixels looked at, marked, written."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.multival import MultiValue
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from medomni.dicom.deid.clean import Cleaning
from medomni.dicom.deid.coded_bits import without_hidden_bits
from medomni.dicom.deid.face import Cut, Faces, without_face
from medomni.dicom.deid.figures import figures
from medomni.dicom.deid.heads import face_in
from medomni.dicom.deid.keyed import Keyed
from medomni.dicom.deid.marks import mark, new_meta
from medomni.dicom.deid.options import Options
from medomni.dicom.deid.redact import (
    blackened,
    hides_graphics,
    put_frames,
    stored_frames,
    text_mask,
)
from medomni.dicom.deid.refuse import refusal
from medomni.dicom.deid.risk import at_risk
from medomni.dicom.deid.streams import without_comments
from medomni.dicom.deid.unused_bits import SIZES, clear_unused_bits
from medomni.dicom.faults import UnreadableError
from medomni.dicom.names import hidden_words
from medomni.dicom.parse import read_elements
from medomni.errors import MedomniError


@dataclass
class Cleaned:
    """What became of one file.

    Attributes:
        name: where it goes below the output folder, of keyed hashes; empty where it was refused.
        reason: why it was refused.
        counts: (what, rule) to how many elements; ``attributes``: (what, attribute) to how many, no values.
        private: safe private attributes stayed.
        pixels: ``searched`` for text, or ``not searched``.
        boxes: how many boxes of text were blackened; ``share`` is their part of the image's area.
        defaced: a head, whose face was cut off.
        recoded: what stood in bits of compressed pixels that hold no value was cleared.
    """

    name: str = ""
    reason: str = ""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    attributes: Counter[tuple[str, str]] = field(default_factory=Counter)
    private: bool = False
    pixels: str = "not searched"
    boxes: int = 0
    share: float = 0.0
    defaced: bool = False
    recoded: bool = False


def read_whole(path: Path) -> FileDataset:
    """The file with everything in it.

    Raises:
        UnreadableError: where it is no DICOM, or would inflate without end.
    """
    read_elements(path, ["SOPClassUID", "SOPInstanceUID"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(path, force=True)
        except OSError:
            raise
        except Exception as exc:  # a parser meeting hostile bytes may raise anything
            raise UnreadableError(f"not readable as DICOM ({type(exc).__name__})") from exc


def patient_number(ds: Dataset) -> str:
    """What tells this patient from others: PatientID, else the study's UID."""
    return str(ds.get("PatientID", "") or "").strip() or "study " + str(ds.get("StudyInstanceUID", "") or "")


def clean_file(path: Path, keys: Keyed, options: Options, faces: Faces | None = None,
               ) -> tuple[Cleaned, FileDataset | None]:
    """The cleaned file in memory, and what was done; None where it was refused.

    Args:
        faces: of the source, where heads are to be written without.

    Raises:
        MedomniError: MED-P06 where pixels must be looked at and there is no detector.
        OSError: where the file cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            original = read_whole(path)
            reason = refusal(original, options)
            if reason:
                return Cleaned(reason=reason), None
            cut = faces.cut(path) if faces and not options.keep_face and face_in(
                original) == "possible" else None
            return _cleaned(original, keys, options, cut)
    except UnreadableError as exc:
        return Cleaned(reason=str(exc)), None
    except (MedomniError, OSError):
        raise
    except Exception as exc:  # damaged elements raise anything when they are decoded
        return Cleaned(reason=f"damaged ({type(exc).__name__})"), None


def _cleaned(original: FileDataset, keys: Keyed, options: Options, cut: Cut | None,
             ) -> tuple[Cleaned, FileDataset]:
    number = patient_number(original)
    cleaning = Cleaning(keys, options, number, hidden_words(number, *_names(original)), figures(original))
    body = cleaning.cleaned(original)
    syntax = str(original.file_meta.get("TransferSyntaxUID", "") or "") or _implied(original)
    body.set_original_encoding(UID(syntax).is_implicit_VR, UID(syntax).is_little_endian)
    done = Cleaned(counts=cleaning.counts, attributes=cleaning.attributes, name=_name(original, keys, number),
                   private=any(element.tag.is_private for element in body.iterall()))
    if "PixelData" in body:
        _trim(body, syntax)
        body.file_meta = new_meta(body, syntax)
        if not UID(syntax).is_compressed:
            clear_unused_bits(body, little=syntax != ExplicitVRBigEndian)
        elif without_hidden_bits(body, syntax):
            done.recoded = True
            body.file_meta = new_meta(body, str(ExplicitVRLittleEndian))
        if hides_graphics(original) and (UID(syntax).is_compressed or body.BitsAllocated not in SIZES):
            raise UnreadableError("an overlay lies within the pixels")
        if at_risk(original):
            _without_text(body, done)
    elif at_risk(original):
        raise UnreadableError("pixels in a form that cannot be searched for text")
    if cut is not None:
        put_frames(body, without_face(stored_frames(body), cut, body))
        done.defaced = True
    mark(body, number, keys, options, looked=done.pixels == "searched", defaced=done.defaced,
         face=face_in(original))
    file = FileDataset("", body, preamble=b"\0" * 128, file_meta=new_meta(body, syntax))
    file.set_original_encoding(UID(syntax).is_implicit_VR, UID(syntax).is_little_endian)
    if done.boxes or done.defaced or done.recoded:
        file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file.set_original_encoding(False, True)
        if UID(syntax).is_compressed:
            _compress(file)
    return done, file


def _compress(file: FileDataset) -> None:
    """As RLE of all bits allocated (PS3.5 annex G): the encoder leaves out a byte where eight of sixteen are stored."""
    stored, high = file.BitsStored, file.HighBit
    file.BitsStored, file.HighBit = file.BitsAllocated, file.BitsAllocated - 1
    file.compress(RLELossless, generate_instance_uid=False)
    file.BitsStored, file.HighBit = stored, high


def _without_text(body: Dataset, done: Cleaned) -> None:
    """Blacken the text in the pixels, which are then in native form; without text they stay as they are."""
    frames = stored_frames(body)
    mask, boxes = text_mask(frames, body)
    done.pixels, done.boxes, done.share = "searched", boxes, float(mask.mean())
    if boxes:
        put_frames(body, blackened(frames, mask, body))


def _names(ds: Dataset) -> Iterator[str]:
    """Every person's name in the file, the patient's and the staff's."""
    for element in ds.iterall():
        if element.VR == "PN":
            yield from (str(v) for v in (element.value if isinstance(element.value, MultiValue) else [element.value]))


def _trim(body: Dataset, syntax: str) -> None:
    """Cut what lies behind native pixels, and in compressed ones beside the image: nobody sees it there."""
    if UID(syntax).is_compressed:
        without_comments(body, syntax)
        return
    samples, frames = int(body.get("SamplesPerPixel") or 1), int(body.get("NumberOfFrames") or 1)
    bits = int(body.Rows) * int(body.Columns) * samples * frames * int(body.BitsAllocated)
    if body.get("PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits * 2 // 3
    size = (bits + 7) // 8
    if len(body.PixelData) < size:
        raise UnreadableError("the file ends before its pixel data does")
    body["PixelData"].value = body.PixelData[:size] + b"\0" * (size % 2)


def _implied(original: FileDataset) -> str:
    implicit, little = original.original_encoding
    return str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian)


def _name(original: Dataset, keys: Keyed, number: str) -> str:
    return "/".join((keys.name("patient", number),
                     keys.name("study", str(original.get("StudyInstanceUID", "") or "")),
                     keys.name("series", str(original.get("SeriesInstanceUID", "") or "")),
                     keys.name("instance", str(original.SOPInstanceUID)) + ".dcm"))
