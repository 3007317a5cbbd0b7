"""Free text without the people in it: names, dates, numbers and places of histories and dictations, English and Chinese.

Rules and word lists, no model: what is not known to be an ordinary or a medical word, and stands where a name stands, is
taken for one. It lowers the risk; it does not prove that a text is anonymous.
"""

from __future__ import annotations

from medomni.scrub.scrub import Scrubbed, scrub
from medomni.scrub.spans import KINDS, Span

__all__ = ["KINDS", "Scrubbed", "Span", "scrub"]
