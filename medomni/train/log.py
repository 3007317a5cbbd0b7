"""A run's log: one JSON line a step, and a picture of the loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medomni.files import replacing, write_text


class StepLog:
    """Append-only JSONL. After a kill, lines beyond the checkpoint are cut, so that no step is logged twice."""

    def __init__(self, path: Path, *, resume_step: int) -> None:
        self.path = path
        lines = [r for r in read_log(path) if r["step"] <= resume_step] if path.is_file() else []
        write_text(path, "".join(json.dumps(r) + "\n" for r in lines))
        self._handle = open(path, "a", encoding="utf-8")  # noqa: SIM115  held open for the whole run

    def write(self, **row: Any) -> None:
        """Append a row; it must hold ``step``."""
        self._handle.write(json.dumps(row) + "\n")
        self._handle.flush()

    def close(self) -> None:
        """Close the file."""
        self._handle.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """Rows of a log; a last line that a kill cut short is dropped."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows


def loss_picture(log: Path, target: Path, *, size: tuple[int, int] = (720, 360)) -> Path:
    """Draw loss over steps as PNG, stages as bands, with axis labels; returns ``target``."""
    from PIL import Image, ImageDraw

    rows = [r for r in read_log(log) if "loss" in r]
    width, height = size
    left, bottom, top = 52, height - 30, 16
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, top, width - 12, bottom), outline="#888888")
    if rows:
        last, most = max(r["step"] for r in rows), max(r["loss"] for r in rows)
        x = [left + (width - 12 - left) * r["step"] / max(1, last) for r in rows]
        y = [bottom - (bottom - top) * r["loss"] / max(most, 1e-9) for r in rows]
        for k in range(1, len(rows)):
            if rows[k]["stage"] != rows[k - 1]["stage"]:
                draw.line((x[k], top, x[k], bottom), fill="#bbbbbb")
                draw.text((x[k] + 3, top + 2), str(rows[k]["stage"]), fill="#666666")
        draw.text((left + 3, top + 2), str(rows[0]["stage"]), fill="#666666")
        if len(rows) > 1:
            draw.line(list(zip(x, y, strict=True)), fill="#1f5fa8", width=2)
        draw.text((4, top), f"{most:.2f}", fill="black")
        draw.text((width - 60, bottom + 8), f"step {last}", fill="black")
    draw.text((4, bottom - 8), "0", fill="black")
    draw.text((left, bottom + 8), "loss on report tokens (on image labels where a stage trains no words)", fill="black")
    with replacing(target) as beside:
        image.save(beside, format="PNG")
    return target
