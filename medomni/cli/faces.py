"""A second look at heads that were written without a face, from the written images alone."""

from __future__ import annotations

from pathlib import Path

from medomni.errors import MedomniError

CLEAN_FEATURES = "113102"
"""Clean Recognizable Visual Features Option (PS3.16 CID 7050)."""


def defaced_series(out: Path) -> list[Path]:
    """Folders of the CT series in a folder whose files say that a face was cut off, sorted."""
    from pydicom import dcmread

    found = []
    for folder in sorted({p.parent for p in out.rglob("*.dcm")}):
        ds = dcmread(min(folder.glob("*.dcm")), stop_before_pixels=True)
        done = {str(item.CodeValue) for item in ds.get("DeidentificationMethodCodeSequence") or ()}
        if ds.get("Modality") == "CT" and CLEAN_FEATURES in done:
            found.append(folder)
    return found


def looked_again(out: Path) -> tuple[list[str], list[Path]]:
    """(what there is to say, folders in which a face may be left), of all defaced CT series under a folder.

    The rule is :func:`medomni.quality.face.face_left`, which knows neither the original nor the planes of the cut.
    What it cannot tell is said with its reason; series that cannot be read as a volume are among it.
    """
    from medomni.dicom import read_study
    from medomni.quality.face import face_left

    gone, left, open_ = 0, [], []
    for folder in defaced_series(out):
        try:
            seen = face_left(read_study(folder, resample=True))
        except MedomniError as error:
            open_.append(f"not told: {folder.relative_to(out)} ({error.code})")
            continue
        if seen.state == "face":
            left.append(folder)
        elif seen.state == "none":
            gone += 1
        else:
            open_.append(f"not told: {folder.relative_to(out)} ({seen.reason})")
    lines = [f"faces looked for again in the written CT: {gone} series without one, {len(left)} with one, "
             f"{len(open_)} not told"] if gone or left or open_ else []
    return lines + open_, left
