"""A real Orthanc on loopback, with its DICOMweb plug-in, in a folder of its own; and free ports."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
TITLE = "ORTHANC"


def missing() -> str:
    """What this machine lacks for it, or nothing."""
    lacking = [name for name, there in (("Orthanc", shutil.which("Orthanc")), ("orthanc-dicomweb", PLUGIN.is_file()),
                                        ("storescu (dcmtk)", dcmtk("storescu"))) if not there]
    return ", ".join(lacking)


def dcmtk(name: str) -> str | None:
    """Path of one of DCMTK's commands; pynetdicom puts others of the same names into any environment on the path."""
    places = [p for p in os.environ.get("PATH", os.defpath).split(os.pathsep)
              if not any((Path(p).parent / mark).exists() for mark in ("pyvenv.cfg", "conda-meta"))]
    return shutil.which(name, path=os.pathsep.join(places))


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Orthanc:
    """Orthanc while the block runs.

    Args:
        folder: for its store and configuration.
        modalities: AE title to port of those on loopback that it knows.
        options: more of its configuration.
    """

    def __init__(self, folder: Path, modalities: dict[str, int], options: dict[str, Any] | None = None) -> None:
        self.port, self._http = free_port(), free_port()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        known = {title: {"AET": title, "Host": "127.0.0.1", "Port": port, "AllowGet": True, "AllowMove": True,
                         "AllowFind": True, "AllowStore": True} for title, port in modalities.items()}
        (folder / "orthanc.json").write_text(json.dumps({
            "Name": "test", "StorageDirectory": str(folder / "store"), "IndexDirectory": str(folder / "store"),
            "DicomAet": TITLE, "DicomPort": self.port, "HttpPort": self._http, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False, "DicomModalities": known, "DicomAlwaysAllowGet": True,
            "DicomAlwaysAllowMove": True, "DicomScuTimeout": 20, "StorageCompression": False,
            "Plugins": [str(PLUGIN)], "DicomWeb": {"Enable": True, "Root": "/dicom-web/"}, **(options or {})}))

    @property
    def url(self) -> str:
        """Of its REST interface."""
        return f"http://127.0.0.1:{self._http}"

    @property
    def dicomweb(self) -> str:
        """Of its DICOMweb service."""
        return f"{self.url}/dicom-web"

    @property
    def peer(self) -> str:
        """As ``medomni pacs`` takes it."""
        return f"{TITLE}@127.0.0.1:{self.port}"

    def count(self) -> int:
        """How many instances it holds."""
        return int(json.loads(self._get("/statistics"))["CountInstances"])

    def put(self, path: Path) -> None:
        """Store one file."""
        request = urllib.request.Request(f"{self.url}/instances", data=path.read_bytes(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def __enter__(self) -> Orthanc:
        with open(self.folder / "log", "wb") as log:
            self._process = subprocess.Popen(["Orthanc", str(self.folder / "orthanc.json")], stdout=log, stderr=log)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                self._get("/system")
                return self
            except (urllib.error.URLError, OSError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.2)
        self.__exit__()
        raise RuntimeError("Orthanc did not start: " + (self.folder / "log").read_text(errors="replace")[-2000:])

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return bytes(answer.read())
