"""What the user may choose of the profile's options (PS3.15 Annex E.3), and how the choice is written into files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

Dates = Literal["shift", "remove"]


@dataclass(frozen=True)
class Options:
    """The choice.

    Attributes:
        dates: ``shift`` moves all dates of a patient by one secret number of whole days and leaves times of day as they
            are (E.3.6, modified dates); ``remove`` does as table E.1-1 says.
        retain_device: names and serial numbers of devices stay (E.3.3).
        clean_descriptors: descriptions keep their words that a list knows as harmless (E.3.4).
        retain_characteristics: sex, size, weight, and the age, 90 at most, stay (E.3.5).
        keep_face: heads, and what may be one, are written although no face is removed.
        deface: the faces of head CT and MR are cut off; other heads are refused as ever.
    """

    dates: Dates = "shift"
    retain_device: bool = False
    clean_descriptors: bool = False
    retain_characteristics: bool = False
    keep_face: bool = False
    deface: bool = False

    def codes(self, *, looked: bool, defaced: bool, private: bool) -> list[tuple[str, str]]:
        """Codes of CID 7050 (scheme DCM), value and meaning, of what was done.

        Args:
            looked: pixels were searched for text. defaced: a face was cut off. private: safe private attributes stayed.
        """
        found = [("113100", "Basic Application Confidentiality Profile")]
        if looked:
            found.append(("113101", "Clean Pixel Data Option"))
        if defaced:
            found.append(("113102", "Clean Recognizable Visual Features Option"))
        if self.clean_descriptors:
            found.append(("113105", "Clean Descriptors Option"))
        if self.dates == "shift":
            found.append(("113107", "Retain Longitudinal Temporal Information Modified Dates Option"))
        if self.retain_characteristics:
            found.append(("113108", "Retain Patient Characteristics Option"))
        if self.retain_device:
            found.append(("113109", "Retain Device Identity Option"))
        if private:
            found.append(("113111", "Retain Safe Private Option"))
        return found

    def digest(self) -> str:
        """A short hash of the choice: a run goes on only with the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
