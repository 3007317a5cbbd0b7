"""Where in a file something stands, by its attribute alone: what is said of a file that is held back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue

from medomni.dicom.deid.search import encoded

_MOST = 5


def places(elements: Iterable[DataElement], holds: Callable[[bytes], object]) -> str:
    """The attributes whose value holds something, as ``(SeriesNumber, (0029,xx10))``; never a value.

    Args:
        elements: of the file, of every depth and of its meta information.
        holds: whether bytes in small letters hold it.

    Returns:
        With a blank before it, to be added to a sentence; ``(outside any attribute's value)`` where none holds it.
    """
    found = sorted({_name(e) for e in elements if any(holds(data) for data in _written(e))})
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f" ({', '.join(found[:_MOST])}{more})" if found else " (outside any attribute's value)"


def _written(element: DataElement) -> set[bytes]:
    """An element's value in the ways in which bytes may hold it, in small letters."""
    value = element.value
    if isinstance(value, (bytes, bytearray)):
        return {bytes(value).lower()}
    several = value if isinstance(value, (list, tuple, MultiValue)) else [value]
    texts = [str(getattr(v, "original_string", v)) for v in several if v is not None]
    return encoded("\\".join(texts)) | {data for text in texts for data in encoded(text)}


def _name(element: DataElement) -> str:
    """Keyword, else group and element; of a private one without the block that the file gave it."""
    tag = element.tag
    if tag.is_private:
        return f"private ({tag.group:04X},xx{tag.element & 0xFF:02X})"
    return element.keyword or f"({tag.group:04X},{tag.element:04X})"
