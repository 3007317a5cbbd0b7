"""Where a segmenter's weights lie on this machine: nothing is fetched from a network by itself."""

from __future__ import annotations

import os
from pathlib import Path

from medomni.errors import MedomniError


def weights_at(given: Path | str | None, variable: str, step: str, who: str) -> Path:
    """The file or folder that holds the weights.

    Args:
        given: as the caller named it. variable: the environment variable that is read where ``given`` is None.
        step: the download step that the error gives. who: the segmenter that the error names.

    Raises:
        MedomniError: MED-S10 where neither names one, or nothing lies there.
    """
    stated = given or os.environ.get(variable) or None
    if stated is None:
        raise MedomniError("MED-S10", f"{step}; then set {variable}", where=who)
    path = Path(stated).expanduser()
    if not path.exists():
        raise MedomniError("MED-S10", f"nothing lies there; {step}; then set {variable}", where=path)
    return path


def not_installed(who: str, line: str) -> MedomniError:
    """MED-S05 with the exact install line."""
    return MedomniError("MED-S05", f"its package does not import; install it with: {line}", where=who)


def failed(who: str, exc: Exception) -> MedomniError:
    """MED-S13, by the kind of the error alone: packages quote files and headers in their messages."""
    return MedomniError("MED-S13", f"{type(exc).__name__} in the package", where=who)
