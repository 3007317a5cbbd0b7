"""Free text without the people in it: names, dates, numbers and places, English and Chinese histories and dictations.

Rules and word lists, no model: what is no known ordinary or medical word, and stands where a name stands, is
taken for one. It lowers the risk; it does not prove that a text is anonymous.
"""

from __future__ import annotations

from medomni.scrub.scrub import Scrubbed, scrub
from medomni.scrub.spans import KINDS, Span

__all__ = ["KINDS", "Scrubbed", "Span", "scrub"]
