"""C6: findings as DICOM SEG and SR, read back and equal, held by a real Orthanc and given back, shown in the page.

Synthetic patients go through the whole product; what is written is read by highdicom alone and compared with what was
measured: every voxel of every mask at its place in space, every number, side and code. The files are sent to Orthanc by
C-STORE, fetched over DICOMweb and compared again. The study's page is opened in Chromium: every finding stands there
with its side and size, and every picture is drawn.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

FIRST, HOSPITALS, PATIENTS = 400_000, "ABC", 9
NUMBERS = {  # code value of the SR to the field: written down here apart from the product's own list
    "103339001": "longest_mm", "103340004": "short_mm", "LONGEST_3D": "longest_3d_mm", "SHORT_3D": "short_3d_mm",
    "TO_PLEURA": "pleura_mm", "118565006": "volume_ml", "112181": "hu_mean", "ATTENUATION_SD": "hu_sd",
    "RATIO": "ratio", "COUNT": "count"}
PRESENCE = {"present": "52101004", "absent": "272519000", "uncertain": "373068000"}
SIDES = {"7771000": "left", "24028007": "right", "51440002": "bilateral"}
CODES = {"60046008": "pleural_effusion", "36118008": "pneumothorax", "287272002": "cardiomegaly",
         "27925004": "lung_nodule", "4147007": "lung_mass", "72704001": "rib_fracture",
         "CONSOLIDATION": "consolidation"}


def run(patients: int = PATIENTS) -> tuple[bool, str]:
    """All patients; Orthanc and Chromium must be there."""
    from benchmarks.orthanc import Orthanc, free_port, missing

    if missing() or not chromium():
        return False, f"this machine lacks {missing() or 'chromium'}"
    count: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="medomni-c6-") as base, Orthanc(
            Path(base) / "orthanc", {"MEDOMNI": free_port()}) as archive:
        for k in range(patients):
            faults = judged(k, Path(base) / str(k), archive, count)
            for line in faults:
                print(f"    {FIRST + k}: {line}", flush=True)
            count += Counter(studies=1, faults=len(faults), whole=not faults)
            print(f"  {k + 1}/{patients}: {dict(count)}", flush=True)
    return count["faults"] == 0 and count["studies"] == patients and count["findings"] > 0, (
        f"{count['whole']} of {count['studies']} studies equal after SEG, SR, Orthanc and page "
        f"({count['findings']} findings, {count['numbers']} numbers, {count['voxels']} voxels)")


def judged(k: int, folder: Path, archive: Any, count: Counter[str]) -> list[str]:
    """What is wrong with the k-th patient's files; ``archive`` None leaves Orthanc out."""
    from medomni.export import export_dicom
    from medomni.phantom import write_series
    from medomni.pipeline import check_study, measure_study, write_study

    patient, volume = case(k)
    write_series(patient, volume, folder / "series")
    study = measure_study(folder / "series")
    paths = {p.stem: p for p in export_dicom(study, folder / "series", folder / "dicom")}
    faults = compared(study, paths, count)
    if archive is not None:
        images = sorted(p for p in (folder / "series").iterdir() if p.is_file())
        back = through(archive, [*images, *paths.values()], paths, folder / "back")
        faults += [f"after Orthanc: {line}" for line in compared(study, back, Counter())]
    write_study(folder / "out", study, *check_study("FINDINGS: No pneumothorax.", study))
    return faults + shown(folder / "out" / "report.html", study.findings)


def case(k: int, matrix: int = 144, slice_mm: float = 4.0) -> tuple[Any, Any]:
    """The k-th patient, with two more nodules, and his volume."""
    from medomni.phantom import render, sample_patient
    from medomni.phantom.patient import with_more_nodules

    seed = FIRST + k
    patient = with_more_nodules(sample_patient(seed, HOSPITALS[k % 3]), [13.0, 18.0], np.random.default_rng([seed, 6]))
    return patient, render(patient, matrix=matrix, slice_mm=slice_mm)


def compared(study: Any, paths: dict[str, Path], count: Counter[str]) -> list[str]:
    """Masks and measurements of the files against the study's."""
    faults = masks_differ(paths["organs"], study.segmentation, study.volume, count)
    if "findings" in paths:
        faults += masks_differ(paths["findings"], study.measured.masks, study.volume, count)
    elif study.measured.masks.labels.any():
        faults.append("outlines were not written")
    return faults + numbers_differ(paths["measurements"], study.findings, count)


def masks_differ(path: Path, wanted: Any, volume: Any, count: Counter[str]) -> list[str]:
    """Labels whose voxels are not all where they were, by the positions that the file states of its frames."""
    import highdicom as hd

    seg, out = hd.seg.segread(path), []
    at_file = {}
    for number in seg.segment_numbers:
        label = int(str(seg.get_segment_description(number).tracking_id).rpartition(":")[2])
        held = seg.get_volume(segment_numbers=[number], combine_segments=False)
        index = np.argwhere(np.squeeze(held.array, -1))
        lps = index @ held.affine[:3, :3].T + held.affine[:3, 3]
        there = np.zeros(wanted.labels.shape, bool)
        near = np.rint(volume.to_index(lps)).astype(int)
        if len(near) and (near.min() < 0 or (near >= there.shape).any()):
            out.append(f"{path.name} label {label} lies outside")
            continue
        there[tuple(near.T)] = True
        at_file[label] = there
    for label in np.unique(wanted.labels)[1:]:
        whole = wanted.labels == label
        count["voxels"] += int(whole.sum())
        if int(label) not in at_file or (at_file[int(label)] != whole).any():
            out.append(f"{path.name} label {label} ({wanted.table[int(label)].anatomy_id}) differs")
    return out + [f"{path.name} has label {v} of nothing" for v in at_file if not (wanted.labels == v).any()]


def numbers_differ(path: Path, findings: Any, count: Counter[str]) -> list[str]:
    """Findings of the SR whose code, side, presence or any number is another, scores that are another, what was not
    assessed and is not said to be undetermined, and what is not there."""
    import highdicom as hd

    content = hd.sr.srread(path).content
    groups = [*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups()]
    by_id = {str(g.tracking_identifier): g for g in groups}
    out = []
    for f in findings.findings:
        count["findings"] += 1
        group = by_id.get(f.id)
        if group is None:
            out.append(f"{f.id} is not in the report")
            continue
        if CODES.get(group.finding_type.value) != f.finding_id:
            out.append(f"{f.id}: code {group.finding_type.value} of {f.finding_id}")
        side = group.finding_sites[0].laterality
        if SIDES.get(side.value if side is not None else "", "midline") != (
                f.side if f.side != "unspecified" else "midline"):
            out.append(f"{f.id}: another side")
        states = _states(group)
        if PRESENCE[f.presence] not in states:
            out.append(f"{f.id}: {f.presence} is not said")
        said = {NUMBERS.get(m.name.value, m.name.value): float(m.value) for m in group.get_measurements()}
        wanted = {name: float(getattr(f, name)) for name in NUMBERS.values() if getattr(f, name) is not None}
        count["numbers"] += len(wanted)
        if said.keys() != wanted.keys() or any(abs(said[n] - v) > 1e-6 * max(1, abs(v)) for n, v in wanted.items()):
            out.append(f"{f.id}: {said} for {wanted}")
    scores = Counter((f"{s.score_id} {s.level or ''}".strip(), round(s.value, 4)) for s in findings.scores)
    count["numbers"] += scores.total()
    scores -= Counter((str(g.tracking_identifier), round(float(m.value), 4))
                      for g in groups for m in g.get_measurements())
    out += [f"{name} is not {value}" for name, value in scores]
    for c in (c for c in findings.coverage if not c.assessable):
        group = by_id.get(f"{c.finding_id} {c.side}")
        if group is None or PRESENCE["uncertain"] not in _states(group):
            out.append(f"{c.finding_id} {c.side} is not said to be undetermined")
    return out


def _states(group: Any) -> set[str]:
    return {str(q.value.value) for q in group.get_qualitative_evaluations()}


def through(archive: Any, files: list[Path], paths: dict[str, Path], folder: Path) -> dict[str, Path]:
    """The files as Orthanc gives them back over DICOMweb after they were sent by C-STORE."""
    from dicomweb_client import DICOMwebClient

    from medomni.dicom.pacs.peer import Peer
    from medomni.dicom.pacs.send import send_files

    if send_files(Peer.parse(archive.peer), files) != len(files):
        raise RuntimeError("Orthanc did not take all files")
    client, out = DICOMwebClient(archive.dicomweb), {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in paths.items():
        head = pydicom.dcmread(path, stop_before_pixels=True)
        got = client.retrieve_instance(head.StudyInstanceUID, head.SeriesInstanceUID, head.SOPInstanceUID)
        out[name] = folder / path.name
        got.save_as(out[name], enforce_file_format=True)
    return out


def chromium() -> str | None:
    """Path of the browser."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def shown(page: Path, findings: Any) -> list[str]:
    """What the page, opened in a browser, does not show: a finding with its side and size, or a picture."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            tab = browser.new_page()
            tab.goto(page.resolve().as_uri())
            rows = tab.locator("table tbody tr").all_inner_texts()
            drawn = tab.evaluate("[...document.images].map(i => i.complete && i.naturalWidth > 0)")
        finally:
            browser.close()
    out = [] if drawn and all(drawn) else [f"{drawn.count(False)} of {len(drawn)} pictures are not drawn"]
    for f in findings.findings:
        words = [f.finding_id.replace("_", " "), *([f.side] if f.side in ("left", "right") else [])]
        words += [f"{v:.0f} mm" for v in (f.longest_mm, f.short_mm, f.pleura_mm) if v is not None]
        words += [f"{f.longest_3d_mm:.0f} × {f.short_3d_mm:.0f} mm"] if f.longest_3d_mm is not None else []
        if not any(all(word in row for word in words) for row in rows):
            out.append(f"the page does not show {words}")
    return out
