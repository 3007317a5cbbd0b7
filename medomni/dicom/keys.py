"""The site's secret key and the keys made with it: UIDs and patient numbers never leave the site in clear."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from medomni.errors import MedomniError

SHORTEST = 16
"""Bytes of a key; with a shorter one anybody can compute the hashes."""


def site_key() -> bytes:
    """The site's 32-byte secret: ``MEDOMNI_SITE_KEY`` (hexadecimal), else a file made on first use.

    Raises:
        MedomniError: MED-C03 where the key is not hexadecimal, or short enough to be guessed; MED-C04 where it can be
            neither read nor made.

    The file is ``$XDG_CONFIG_HOME/medomni/site.key`` (``~/.config`` by default), readable by its owner only.
    """
    given = os.environ.get("MEDOMNI_SITE_KEY")
    if given:
        return _bytes(given, "MEDOMNI_SITE_KEY")
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "medomni"
    path = folder / "site.key"
    try:
        if not path.is_file():
            _make(path)
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as exc:
        raise MedomniError("MED-C04", f"the site key cannot be made or read ({exc.strerror}): set MEDOMNI_SITE_KEY, or "
                           "XDG_CONFIG_HOME to a folder that can be written", where=path) from exc
    return _bytes(text.strip(), str(path))


def _make(path: Path) -> None:
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".site.key.{os.getpid()}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(secrets.token_hex(32))
    try:
        os.link(beside, path)  # the first process wins; a second keeps the winner's key
    except FileExistsError:
        pass
    finally:
        beside.unlink()


def _bytes(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError as exc:  # the text itself is a secret and stays out of the message
        raise MedomniError("MED-C03", "the site key is not hexadecimal", where=where) from exc
    if len(key) < SHORTEST:
        raise MedomniError("MED-C03", f"the site key has {len(key)} bytes, at least {SHORTEST} are needed", where=where)
    return key


def study_key(study_uid: str) -> str:
    """Keyed hash (HMAC-SHA-256, first 16 hexadecimal digits) of a StudyInstanceUID."""
    return hmac.new(site_key(), study_uid.encode(), hashlib.sha256).hexdigest()[:16]


def patient_key(folder: Path) -> str:
    """Keyed hash (HMAC-SHA-256, first 16 hexadecimal digits) of the PatientID of a folder's DICOM files.

    Empty where no readable file states one (PS3.3 C.7.1.1: type 2, may be empty): then nothing is known of who is who.
    """
    from medomni.dicom.faults import UnreadableError
    from medomni.dicom.parse import read_elements
    from medomni.dicom.walk import files_below

    for path in files_below(folder):
        try:
            number = str(read_elements(path, ["SOPClassUID", "PatientID"], only=True).get("PatientID") or "")
        except (UnreadableError, OSError):
            continue
        if number.strip():
            return hmac.new(site_key(), b"patient:" + number.strip().encode(), hashlib.sha256).hexdigest()[:16]
    return ""
