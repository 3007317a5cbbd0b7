"""Names of what the commands write into a study's folder, shared by what writes and what removes them."""

from __future__ import annotations

FINDINGS, IMAGES = "findings.json", "images.npz"
REPORT_JSON, REPORT_TEXT, REPORT_PAGE, CHECK = "report.json", "report.txt", "report.html", "check.json"
CONTACT, SEG, VOLUME_NIFTI, LABELS_NIFTI = "contact.png", "seg.dcm", "volume.nii.gz", "labels.nii.gz"

KNOWN_BY = (IMAGES, FINDINGS)
"""They name the study; the folder of a study is known by them."""

BESIDE = (REPORT_PAGE, REPORT_TEXT, REPORT_JSON, CHECK, CONTACT, SEG, VOLUME_NIFTI, LABELS_NIFTI)
"""What stands beside them; some of it (pictures, NIfTI) names no study."""
