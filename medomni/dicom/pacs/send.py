"""A storage SCU (PS3.4 annex B): files of ours go to a PACS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from medomni.dicom.faults import UnreadableError
from medomni.dicom.names import shown_name
from medomni.dicom.pacs.peer import Peer, application, associated, unquoted
from medomni.dicom.parse import read_elements
from medomni.dicom.walk import files_below
from medomni.errors import MedomniError

WARNINGS = range(0xB000, 0xC000)  # stored, with something coerced (PS3.4 B.2.3)


def dicom_files_of(given: Path) -> list[Path]:
    """A file as it is; of a folder the DICOM files alone."""
    return [given] if given.is_file() else [path for path in files_below(given) if _context(path) is not None]


def _context(path: Path) -> tuple[str, str] | None:
    """SOP class and transfer syntax of a file, None where it is no DICOM instance."""
    try:
        head = read_elements(path, ["SOPClassUID"])
        return str(head.SOPClassUID), str(head.file_meta.TransferSyntaxUID)
    except (UnreadableError, AttributeError, OSError):
        return None


def send_files(peer: Peer, files: Sequence[Path], *, title: str = "MEDOMNI",
               progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Store files, each in the transfer syntax that it is in.

    Returns:
        How many were stored.

    Raises:
        MedomniError: MED-D02 for a file that is no DICOM instance, before anything is sent; MED-N01 where there is no
            association; MED-N05 where the archive does not take one: those before it are stored.
    """
    import pydicom

    if not files:
        raise MedomniError("MED-D01", "nothing to send")
    entity, contexts = application(title), list[tuple[str, str]]()
    for path in files:
        context = _context(path)
        if context is None:
            raise MedomniError("MED-D02", where=shown_name(path.name))
        if context not in contexts:
            contexts.append(context)
            entity.add_requested_context(*context)
    with associated(entity, peer) as association, unquoted():
        for done, path in enumerate(files, start=1):
            try:
                status = association.send_c_store(pydicom.dcmread(path))
            except ValueError as exc:  # no context was accepted for it
                raise MedomniError("MED-N05", f"it does not take this kind of object; {done - 1} were stored",
                                   where=peer) from exc
            if not status or (status.Status and status.Status not in WARNINGS):
                code = f"status {status.Status:04X}" if status else "the connection ended"
                raise MedomniError("MED-N05", f"{code}; {done - 1} were stored", where=peer)
            progress(done, len(files))
    return len(files)
