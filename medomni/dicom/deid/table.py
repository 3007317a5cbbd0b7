"""Table E.1-1 of DICOM PS3.15 (Basic Application Level Confidentiality Profile), edition 2026c.

The rows come from the package dicom-anonymizer, which keeps them with the standard; nothing is typed here.
"""

from __future__ import annotations

import hashlib
import importlib
from functools import cache
from types import ModuleType
from typing import Literal

from medomni.errors import MedomniError

Action = Literal["X", "Z", "D", "U"]
EDITION = "2026c"
_MODULE = f"dicomanonymizer.dicom_anonymization_databases.dicomfields_{EDITION}"
# Where the table leaves a choice ("X unless Z is required"), the choice that keeps every object valid is taken:
# it holds no value of the patient's either.
_COLUMNS: dict[str, Action] = {
    "X_TAGS": "X", "Z_TAGS": "Z", "D_TAGS": "D", "U_TAGS": "U", "Z_D_TAGS": "D", "X_Z_TAGS": "Z", "X_D_TAGS": "D",
    "X_Z_D_TAGS": "D", "X_Z_U_STAR_TAGS": "U",
}
FEWEST_ROWS = 600


@cache
def profile() -> dict[int, Action]:
    """Tag to action: X remove, Z empty, D replace by a dummy, U map the UID. Curves and overlays are ranges: see
    :func:`in_removed_range`.

    Raises:
        MedomniError: MED-C06 without the package, MED-P01 where its table is not the one that is known.
    """
    module = _rows()
    found: dict[int, Action] = {}
    for column, action in _COLUMNS.items():
        for row in getattr(module, column):
            if len(row) == 2:
                found[(row[0] << 16) | row[1]] = action
    if len(found) < FEWEST_ROWS:
        raise MedomniError("MED-P01", f"{len(found)} rows")
    return found


def in_removed_range(tag: int) -> bool:
    """True for curves (50xx) and overlays (60xx): the table removes their data and comments, this profile the whole
    group, since a graphic may spell a name."""
    return (tag >> 24) in (0x50, 0x60) and not (tag >> 16) & 1


@cache
def profile_digest() -> str:
    """SHA-256 of the table as it is used, to stand in the report."""
    lines = "\n".join(f"{tag:08X} {action}" for tag, action in sorted(profile().items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _rows() -> ModuleType:
    try:
        return importlib.import_module(_MODULE)
    except ModuleNotFoundError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[deid]'", where="de-identification") from exc
