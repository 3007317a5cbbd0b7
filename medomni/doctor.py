"""What a machine has and lacks, in one table."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator

from medomni.errors import MedomniError

Row = tuple[str, str, str]
EXTRAS = {"nlp": ["scispacy"], "segment": ["monai", "nibabel", "SimpleITK", "highdicom"],
          "serve": ["fastapi", "uvicorn"], "review": ["fastapi", "uvicorn", "sqlalchemy"],
          "pacs": ["pynetdicom", "dicomweb_client", "sqlalchemy"],
          "deid": ["dicomanonymizer", "rapidocr_onnxruntime"], "notebooks": ["jupytext", "nbclient"]}


def checks() -> Iterator[Row]:
    """Rows of (what, ``ok`` | ``missing`` | ``error``, detail); an ``error`` row stops the main job."""
    yield "python", "ok" if platform.python_version_tuple()[1] in ("11", "12") else "error", platform.python_version()
    for name in ("torch", "transformers", "peft", "pydicom", "safetensors"):
        try:
            yield name, "ok", importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, "error", "not installed"
    yield from _decoders()
    for extra, modules in EXTRAS.items():
        absent = [m for m in modules if importlib.util.find_spec(m) is None]
        hint = f"pip install 'medomni[{extra}]'" if absent else "installed"
        yield f"extra {extra}", "missing" if absent else "ok", hint
    there = importlib.util.find_spec("medomni_federated") is not None
    yield "medomni-federated", "ok" if there else "missing", "installed" if there else "pip install medomni-federated"
    from medomni.model.bundle import EMBEDDED, WEIGHTS

    weights = EMBEDDED / WEIGHTS
    yield ("embedded model", "ok" if weights.is_file() else "error",
           f"{weights.stat().st_size / 1e6:.1f} MB" if weights.is_file() else "run medomni pretrain configs/tiny.yaml")
    from medomni.knowledge import load_graph
    from medomni.knowledge.integrity import require_sound

    try:
        require_sound(load_graph())
        yield "knowledge graph", "ok", f"version {load_graph().graph_version}"
    except MedomniError as exc:
        yield "knowledge graph", "error", str(exc)
    free = shutil.disk_usage(".").free / 1e9
    yield "disk", "ok" if free > 1 else "error", f"{free:.0f} GB free"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    yield "memory", "ok" if memory > 4 else "error", f"{memory:.0f} GB, {os.cpu_count()} cores"


def _decoders() -> Iterator[Row]:
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEG2000Lossless, JPEGExtended12Bit, JPEGLosslessSV1, JPEGLSLossless, RLELossless

    import medomni.dicom.jpeg  # noqa: F401 (enters our decoders)

    for uid in (RLELossless, JPEGExtended12Bit, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless):
        ok = get_decoder(uid).is_available
        yield f"decoder {uid.name.split(',')[0][:12]}", "ok" if ok else "missing", uid.name
