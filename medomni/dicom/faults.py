"""What is wrong with one file, before it is known which study the file belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


class UnreadableError(Exception):
    """The bytes could not be parsed as DICOM; the text is safe to show."""


class DisorderError(UnreadableError):
    """Elements that do not ascend (PS3.5 7.1).

    Attributes:
        read: what was read before that.
    """

    def __init__(self, what: str, read: Dataset) -> None:
        super().__init__(what)
        self.read = read


class CutHeaderError(Exception):
    """An image file whose header cannot be read to its end.

    Attributes:
        series: its SeriesInstanceUID where that was reached.
        code: what a series is refused with in which such a file may be a slice.
        hidden: words of its patient's that no message may show, as far as they were reached.
    """

    def __init__(self, series: str, hidden: frozenset[str] = frozenset(),
                 why: str = "the file ends inside its header", code: str = "MED-D03") -> None:
        super().__init__(why)
        self.series, self.hidden, self.code = series, hidden, code
