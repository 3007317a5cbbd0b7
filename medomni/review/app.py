"""The review server: loopback only, no torch, pictures drawn on request, verdicts with optimistic locking."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from medomni.errors import MedomniError
from medomni.records import Findings, Report
from medomni.review.images import load_images
from medomni.review.page import FILES, load_study, render_page
from medomni.review.pictures import key_slices, slice_png
from medomni.review.store import VerdictStore

try:
    from fastapi import FastAPI, Header, HTTPException, Request
    from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
    from fastapi.staticfiles import StaticFiles
    from pydantic import BaseModel, ConfigDict
except ImportError as exc:  # pragma: no cover - exercised where the extra is absent
    raise MedomniError("MED-C06", "pip install 'medomni[review]'", where="medomni review") from exc

POLICY = ("default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
          "form-action 'self'")


class Decision(BaseModel):
    """Body of a verdict."""

    model_config = ConfigDict(extra="forbid")
    flag_id: str
    decision: Literal["accept", "reject", "undo"]
    reason: str = ""


def review_key(findings: Findings, report: Report, folder: str) -> str:
    """Study key and a hash of folder and report: verdicts are about a report, and one study may have several."""
    return f"{findings.study.study_key}-{hashlib.sha256(f'{folder}|{report.text}'.encode()).hexdigest()[:8]}"


def find_studies(out: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """(key to folder for ``out`` itself and the folders below it, folder to the error of those that cannot be read).

    Raises:
        MedomniError: MED-R03 where there is none, or the error of the only one.
    """
    found: dict[str, Path] = {}
    broken: dict[str, MedomniError] = {}
    for folder in [out, *sorted(p.parent for p in out.rglob("check.json") if p.parent != out)]:
        if all((folder / name).is_file() for name in FILES):
            try:
                findings, report, _ = load_study(folder)
                found[review_key(findings, report, folder.relative_to(out).as_posix())] = folder
            except MedomniError as exc:
                broken[folder.relative_to(out).as_posix()] = exc
    if not found:
        raise next(iter(broken.values()), MedomniError("MED-R03", where=out))
    return found, {name: str(exc) for name, exc in broken.items()}


def create_app(out: Path, *, reviewer: str = "reader") -> FastAPI:
    """The application over the studies in ``out``; verdicts go to ``out/verdicts.sqlite``."""
    studies, broken = find_studies(out)
    store = VerdictStore(out / "verdicts.sqlite")
    app = FastAPI(title="medomni review", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    images = lru_cache(maxsize=2)(load_images)

    def folder_of(key: str) -> Path:
        if key not in studies:
            raise HTTPException(404, "no such study")
        return studies[key]

    @app.middleware("http")
    async def guard(request: Request, call_next: Any) -> Any:
        """Only a page of this server may write; a foreign Host (DNS rebinding) reads nothing."""
        host = (request.headers.get("host") or "").rsplit(":", 1)[0].strip("[]")
        origin = request.headers.get("origin")
        if not _loopback(host) or (origin and origin != f"http://{request.headers.get('host')}"):
            return Response("refused: not this machine", status_code=403)
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.exception_handler(MedomniError)
    async def coded(_: Request, exc: MedomniError) -> JSONResponse:
        status = {"MED-R01": 412, "MED-R02": 422}.get(exc.code, 400)
        return JSONResponse({"code": exc.code, "message": str(exc)}, status_code=status)

    @app.get("/", response_class=HTMLResponse)
    def worklist() -> Any:
        if len(studies) == 1 and not broken:
            return RedirectResponse(f"/study/{next(iter(studies))}")
        rows = []
        for key, folder in studies.items():
            findings, _, result = load_study(folder)
            rows.append({"key": key, "folder": folder.relative_to(out).as_posix(), "study": findings.study,
                         "decided": len(store.current(key)), "flags": len(result.flags),
                         "critical": sum(f.severity == "critical" for f in result.flags)})
        from medomni.review.page import environment

        return environment().get_template("worklist.html").render(rows=rows, broken=broken)

    @app.get("/study/{key}", response_class=HTMLResponse)
    def study(key: str) -> str:
        folder = folder_of(key)
        findings, report, result = load_study(folder)
        try:
            volume, _, masks = images(folder / "images.npz")
        except MedomniError as exc:
            return render_page(report, result, findings, damaged=str(exc))
        keys = key_slices(volume, masks, findings)
        live = {"key": key, "slices": volume.axial().array.shape[0], "first": keys[0].index if keys else 0,
                "keys": keys, "verdicts": store.current(key), "head": store.head(key), "intact": store.verify(key)}
        return render_page(report, result, findings, live=live)

    @app.get("/study/{key}/slice/{index}.png")
    def picture(key: str, index: int, window: Literal["lung", "soft", "bone"] = "lung",
                outlines: bool = True) -> Response:
        volume, _, masks = images(folder_of(key) / "images.npz")
        if not 0 <= index < volume.axial().array.shape[0]:
            raise HTTPException(404, "no such slice")
        return Response(slice_png(volume, index, window, masks if outlines else None), media_type="image/png")

    @app.get("/study/{key}/verdicts")
    def verdicts(key: str) -> dict:
        folder_of(key)
        return {"head": store.head(key), "intact": store.verify(key),
                "verdicts": [v.model_dump() for v in store.verdicts(key)]}

    @app.post("/study/{key}/verdicts")
    def decide(key: str, body: Decision, if_match: str = Header()) -> dict:
        _, _, result = load_study(folder_of(key))
        if body.flag_id not in {f.id for f in result.flags}:
            raise HTTPException(404, "no such flag")
        store.append(key, body.flag_id, body.decision, body.reason, reviewer, head=if_match)
        return {"head": store.head(key), "current": {k: v.model_dump() for k, v in store.current(key).items()}}

    return app


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(out: Path, *, host: str = "127.0.0.1", port: int = 8765, reviewer: str = "reader") -> None:
    """Serve until interrupted; errors MED-R04 for a non-loopback address, MED-R05 for a port that
    cannot be had, MED-R03 for a folder without a study."""
    import uvicorn

    if not _loopback(host):
        raise MedomniError("MED-R04", where=host)
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except (OSError, OverflowError) as exc:
        raise MedomniError("MED-R05", str(getattr(exc, "strerror", None) or exc), where=f"{host} port {port}") from exc
    app = create_app(out, reviewer=reviewer)
    shown = f"[{host}]" if ":" in host else host
    print(f"review page: http://{shown}:{port}/  (Ctrl-C ends it; verdicts are in {out / 'verdicts.sqlite'})")
    uvicorn.run(app, host=host, port=port, log_level="warning")
