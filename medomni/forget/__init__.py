"""Forgetting a study: out of outputs, cases, verdicts and stores, with a proof that nothing of it is left."""

from __future__ import annotations

from medomni.forget.places import PLACES, Held, Place
from medomni.forget.run import Forgotten, forget, held
from medomni.forget.subject import Subject, forgotten_hash, subject_of

__all__ = ["PLACES", "Forgotten", "Held", "Place", "Subject", "forget", "forgotten_hash", "held", "subject_of"]
