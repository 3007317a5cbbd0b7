"""What was measured of segmenters that are not this project's own: a site's file of sensitivities."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medomni.errors import MedomniError

VARIABLE = "MEDOMNI_SENSITIVITIES"
COLUMNS = ("segmenter", "anatomy_id", "finding_id", "sensitivity", "source")


@dataclass(frozen=True)
class Tested:
    """Sensitivities that a site measured with another segmenter's masks.

    Attributes:
        rows: (segmenter with its version as ``Segmentation.produced_by`` has it, anatomy id, finding id) to the
            share of true findings that were found with that class.
    """

    rows: Mapping[tuple[str, str, str], float] = field(default_factory=dict)

    def sensitivity(self, produced_by: str, anatomy_id: str, finding_id: str) -> float | None:
        """The measured figure, None where there is none: the class is then untested for this finding."""
        return self.rows.get((produced_by, anatomy_id, finding_id))


def read_tested(path: Path | str | None = None) -> Tested:
    """Sensitivities of a CSV file with the columns ``segmenter,anatomy_id,finding_id,sensitivity,source``.

    Args:
        path: the file; without it the one that the environment variable ``MEDOMNI_SENSITIVITIES`` names, and where
            that is not set nothing is tested.

    Raises:
        MedomniError: MED-C08 where the file is not there, MED-C07 for other columns, a figure outside 0 to 1, or a row
            without its source.
    """
    path = path or os.environ.get(VARIABLE) or None
    if path is None:
        return Tested()
    file = Path(path)
    if not file.is_file():
        raise MedomniError("MED-C08", where=file)
    rows: dict[tuple[str, str, str], float] = {}
    with file.open(encoding="utf-8-sig", newline="") as handle:
        for n, row in enumerate(csv.DictReader(handle), start=2):
            if set(COLUMNS) - set(row):
                raise MedomniError("MED-C07", f"the columns are {','.join(COLUMNS)}", where=file)
            try:
                value = float(row["sensitivity"])
            except (TypeError, ValueError):
                value = -1.0
            if not 0.0 <= value <= 1.0 or not (row["source"] or "").strip():
                raise MedomniError("MED-C07", f"line {n}: a sensitivity from 0 to 1 and its source are wanted",
                                   where=file)
            rows[row["segmenter"].strip(), row["anatomy_id"].strip(), row["finding_id"].strip()] = value
    return Tested(rows)
