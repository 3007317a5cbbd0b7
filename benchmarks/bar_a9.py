"""A9: every bad input that the issue names gives its code, shown by tests of that input; a skip is a failure."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from benchmarks.common import ROOT

CLI, DICOM, TRAIN = "tests.test_cli", "tests.dicom.test_bad_input", "tests.train.test_train"
INPUTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "empty folder": ("MED-D01", [(CLI, "test_bad_dicom[empty]"), (DICOM, "test_absent_and_empty_folder")]),
    "text file named .dcm": ("MED-D01, MED-D02", [(CLI, "test_bad_dicom[text_file]"),
                                                  (CLI, "test_text_file_beside_a_series"),
                                                  (DICOM, "test_a_file_named_dcm_that_is_none")]),
    "truncated file": ("MED-D03", [(CLI, "test_bad_dicom[truncated]"), (DICOM, "test_cut_in_the_pixels"),
                                   (DICOM, "test_cut_before_the_pixels"), (DICOM, "test_cut_in_the_header")]),
    "two patients": ("MED-D04", [(CLI, "test_bad_dicom[two_patients]"), (DICOM, "test_two_patients")]),
    "CT with a missing slice": ("MED-D05", [(CLI, "test_bad_dicom[missing_slice]"),
                                            (DICOM, "test_missing_slice_names_both_sides_of_every_gap")]),
    "MR": ("MED-D07", [(CLI, "test_bad_dicom[magnetic]"), (DICOM, "test_mr_is_read_and_not_measured")]),
    "colour secondary capture": ("MED-D08", [(CLI, "test_bad_dicom[colour]"),
                                             (DICOM, "test_colour_capture_alone")]),
    "report in an unsupported language": ("MED-K01", [(CLI, "test_bad_reports")]),
    "unknown configuration key": ("MED-C01", [(CLI, "test_bad_configuration")]),
    "full disk": ("MED-C04", [(CLI, "test_full_disk_of_a_study"), (CLI, "test_full_disk_simulated"),
                              (TRAIN, "test_a_full_disk_is_a_coded_error")]),
    "Ctrl-C in training": ("MED-C05", [(CLI, "test_control_c_in_training_and_resume")]),
}
"""Input to its code and the tests (module, beginning of the name) that show it."""


def run() -> tuple[bool, str]:
    """Run the tests of bad input and name, for each input, how many showed its code."""
    files = [f"{module.replace('.', '/')}.py" for module in (CLI, DICOM, TRAIN)]
    with tempfile.TemporaryDirectory(prefix="medomni-a9-") as folder:
        results = Path(folder) / "results.xml"
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", *files, f"--junitxml={results}"], cwd=ROOT,
                              capture_output=True, text=True, env={**os.environ, "MEDOMNI_NO_SKIP": "1"})
        tests = [(t.get("classname", ""), t.get("name", ""), len(t) and t[0].tag in ("failure", "error", "skipped"))
                 for t in ET.parse(results).iter("testcase")]
    met = done.returncode == 0
    for name, (code, shown_by) in INPUTS.items():
        rows = [[bad for module, test, bad in tests if module == where and test.startswith(begin)]
                for where, begin in shown_by]
        good = all(rows) and not any(bad for row in rows for bad in row)
        print(f"{name}: {code}: {sum(map(len, rows))} tests {'passed' if good else 'NOT PASSED'}")
        met &= good
    return met, f"{len(INPUTS)} inputs; {done.stdout.strip().splitlines()[-1].strip('= ')}"
