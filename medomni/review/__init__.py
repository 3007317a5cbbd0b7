"""The clinicians' page: slices, report with coloured spans, flags with evidence, verdicts kept in SQLite."""

from medomni.review.page import render_page, study_page
from medomni.review.store import VerdictStore

__all__ = ["VerdictStore", "render_page", "study_page"]
