"""The arrows of the design: a room imports only what stands upstream of it, and starting loads no torch."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "medomni"

# room -> rooms it may import directly. `errors`, `files` and the package itself are open to all.
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "files": set(),
    "outputs": set(),
    "records": set(),
    "volume": {"records"},
    "picture": set(),
    "draw": {"volume", "records"},
    "config": set(),
    "phantom": {"volume", "records"},
    "dicom": {"volume", "picture", "records"},
    "segment": {"volume", "records"},
    "knowledge": {"records"},
    "quality": {"volume", "records"},
    "findings": {"volume", "records", "knowledge", "quality"},
    "check": {"knowledge", "records"},
    "data": {"config", "dicom", "segment", "findings", "volume", "records"},
    "model": {"config", "records"},
    "evaluate": {"check", "knowledge", "records"},
    "train": {"config", "data", "model", "evaluate", "records", "segment"},  # segment: the network that it trains
    "generate": {"config", "model", "data", "check", "knowledge", "records"},
    "review": {"check", "dicom", "findings", "knowledge", "draw", "volume", "records", "config"},
    "scrub": {"knowledge", "records"},
    "serve": {"generate", "check", "config", "records"},
}
TORCH_FREE = ["files", "outputs", "records", "volume", "picture", "draw", "config", "errors", "phantom", "dicom",
              "segment", "knowledge", "quality", "findings", "check", "evaluate", "review", "pipeline",
              "export", "cohort", "demo", "doctor", "progress", "cli", "scrub", "forget"]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[tuple[str, int]]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names = [node.module or ""]
            if node.module == "medomni":
                names = [f"medomni.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        else:
            continue
        rooms |= {(n.split(".")[1], node.lineno) for n in names if n.startswith("medomni.")}
    return rooms


@pytest.mark.unit
def test_arrows() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        room = room_of(path)
        if room in ("__init__", "pipeline", "export", "cohort", "demo", "doctor", "progress", "cli",
                    "forget"):
            continue
        assert room in ARROWS, f"{path}: a room that the design does not know"
        for target, line in imported_rooms(path):
            if target not in ARROWS[room] | {room, "errors", "files", "__version__"}:
                wrong.append(f"{path.relative_to(PACKAGE)}:{line} {room} -> {target}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.unit
def test_nothing_imports_the_federated_wheel() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert "medomni_federated" not in {
            alias.name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
        }, path


@pytest.mark.unit
def test_rooms_without_torch() -> None:
    there = [room for room in TORCH_FREE if (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file()]
    code = "\n".join(["import sys", *[f"import medomni.{room}" for room in there],
                      "assert not {'torch', 'monai'} & set(sys.modules)"])
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.unit
def test_import_is_light() -> None:
    """Short form of bar A6: ``import medomni`` within 0.5 s of a bare interpreter (best of three)."""

    def best(code: str) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times.append(time.perf_counter() - start)
        return min(times)

    assert best("import medomni") - best("pass") <= 0.5
