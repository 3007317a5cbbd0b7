"""What is wrong with one file, before it is known which study the file belongs to."""

from __future__ import annotations


class UnreadableError(Exception):
    """The bytes could not be parsed as DICOM; the text is safe to show."""


class CutHeaderError(Exception):
    """An image file that ends inside its header; ``series`` is its SeriesInstanceUID where that was reached."""

    def __init__(self, series: str) -> None:
        super().__init__("the file ends inside its header")
        self.series = series
