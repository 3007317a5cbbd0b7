"""Synthetic chest CT patients with known answers. Nothing here comes from a person;
everything says *synthetic*.
"""

from medomni.phantom.folder import write_patient
from medomni.phantom.habits import CHOICES, Habit, habits, pairs
from medomni.phantom.hospitals import HOSPITALS, Hospital
from medomni.phantom.patient import (
    PHANTOM_FINDINGS,
    PhantomPatient,
    phantom_findings,
    phantom_study,
    sample_patient,
)
from medomni.phantom.render import render
from medomni.phantom.report import REPORT_STYLES, reference_report
from medomni.phantom.scanner import SCANNERS, Scanner
from medomni.phantom.series import Written, write_habit, write_stack
from medomni.phantom.write import write_series

__all__ = [
    "CHOICES",
    "HOSPITALS",
    "PHANTOM_FINDINGS",
    "REPORT_STYLES",
    "SCANNERS",
    "Habit",
    "Hospital",
    "PhantomPatient",
    "Scanner",
    "Written",
    "habits",
    "pairs",
    "phantom_findings",
    "phantom_study",
    "reference_report",
    "render",
    "sample_patient",
    "write_habit",
    "write_patient",
    "write_series",
    "write_stack",
]
