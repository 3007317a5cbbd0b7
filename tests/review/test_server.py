"""The review server: guards, pictures, verdicts, and the page in a real browser."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from medomni.errors import MedomniError
from tests.review.conftest import TEXT, write

KEY = f"k1-{hashlib.sha256(f'.|{TEXT}'.encode()).hexdigest()[:8]}"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def client(study: Path):  # type: ignore[no-untyped-def]
    testclient = pytest.importorskip("fastapi.testclient")
    from medomni.review.app import create_app

    return testclient.TestClient(create_app(study, reviewer="dr"), base_url="http://127.0.0.1:8765")


@pytest.mark.unit
def test_page_pictures_and_headers(client) -> None:
    page = client.get("/")
    assert page.status_code == 200 and "Study review" in page.text and str(page.url).endswith(f"/study/{KEY}")
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "<style" not in page.text and "onclick" not in page.text
    picture = client.get(f"/study/{KEY}/slice/3.png?window=soft")
    assert picture.content[:4] == b"\x89PNG"
    assert client.get(f"/study/{KEY}/slice/99.png").status_code == 404
    assert client.get("/study/nobody").status_code == 404
    assert client.get(f"/study/{KEY}/slice/3.png?window=x").status_code == 422


@pytest.mark.unit
def test_only_this_machine_and_this_page(client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
    refused = client.post(f"/study/{KEY}/verdicts", headers={"Origin": "http://evil.example", "If-Match": "x"}, json={})
    assert refused.status_code == 403
    from medomni.review.app import serve

    with pytest.raises(MedomniError) as info:
        serve(Path("."), host="0.0.0.0")
    assert info.value.code == "MED-R04"


@pytest.mark.unit
def test_verdicts(client) -> None:
    state = client.get(f"/study/{KEY}/verdicts").json()
    flag = client.get(f"/study/{KEY}").text.split('data-flag="')[1].split('"')[0]
    url, head = f"/study/{KEY}/verdicts", {"If-Match": state["head"]}
    assert client.post(url, headers=head, json={"flag_id": flag, "decision": "reject"}).status_code == 422
    assert client.post(url, headers=head, json={"flag_id": "zz", "decision": "accept"}).status_code == 404
    saved = client.post(url, headers=head, json={"flag_id": flag, "decision": "reject", "reason": "other side"})
    assert saved.status_code == 200 and saved.json()["current"][flag]["reason"] == "other side"
    stale = client.post(url, headers=head, json={"flag_id": flag, "decision": "accept"})
    assert stale.status_code == 412 and stale.json()["code"] == "MED-R01"
    after = client.get(url).json()
    assert after["intact"] and [v["reviewer"] for v in after["verdicts"]] == ["dr"]


@pytest.mark.unit
def test_worklist_of_two(tmp_path: Path) -> None:
    testclient = pytest.importorskip("fastapi.testclient")
    from medomni.review.app import create_app

    write(tmp_path / "a", "ka")
    write(tmp_path / "b", "kb")
    page = testclient.TestClient(create_app(tmp_path), base_url="http://127.0.0.1:1").get("/").text
    assert "/study/ka-" in page and "/study/kb-" in page and "Worklist" in page


@pytest.mark.unit
def test_two_reports_of_one_study_and_a_damaged_one(tmp_path: Path) -> None:
    """A second report of a study stands beside the first; what cannot be read is named and hides nothing else."""
    testclient = pytest.importorskip("fastapi.testclient")
    from medomni.review.app import create_app

    write(tmp_path / "first", "k1")
    write(tmp_path / "second", "k1", "FINDINGS: No pleural effusion.")
    (write(tmp_path / "third", "k3") / "check.json").write_text("{")
    client = testclient.TestClient(create_app(tmp_path), base_url="http://127.0.0.1:1")
    page = client.get("/").text
    assert page.count("/study/k1-") == 2 and "third: MED-C07" in page
    (tmp_path / "first" / "images.npz").write_bytes(b"PK damaged")
    key = f"k1-{hashlib.sha256(f'first|{TEXT}'.encode()).hexdigest()[:8]}"
    page = client.get(f"/study/{key}")
    assert page.status_code == 200 and "MED-C07" in page.text and "moderate left" in page.text
    (write(tmp_path / "alone" / "x", "k4") / "findings.json").write_text("[]")
    with pytest.raises(MedomniError) as info:
        create_app(tmp_path / "alone")
    assert info.value.code == "MED-C07"


@pytest.mark.unit
def test_starting_loads_no_torch() -> None:
    code = "import sys, medomni.review.app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def until(page, expression: str) -> None:  # type: ignore[no-untyped-def]
    """Wait for an expression; the page's own policy forbids the waiting that evaluates strings inside it."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        time.sleep(0.05)
    raise AssertionError(f"never true: {expression}")


def serve_process(study: Path, port: int) -> subprocess.Popen:
    command = [str(Path(sys.executable).parent / "medomni"), "review", str(study), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            return process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError("the review server did not start")


@pytest.mark.system
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_reader_in_a_browser(study: Path) -> None:
    """Next flag, a rejection without a reason is not taken, with one it is kept over a restart."""
    playwright = pytest.importorskip("playwright.sync_api")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = serve_process(study, port)
    try:
        with playwright.sync_playwright() as p:
            browser = p.chromium.launch(executable_path=CHROMIUM, args=[
                "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
                "--disable-sync"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            problems: list[str] = []
            page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
            page.on("pageerror", lambda e: problems.append(str(e)))
            page.goto(f"http://127.0.0.1:{port}/")
            first = page.locator("#slice").get_attribute("src")
            page.locator("#index").fill("2")
            page.locator("#index").dispatch_event("input")
            assert page.locator("#slice").get_attribute("src") != first
            until(page, "document.getElementById('slice').naturalWidth > 0")
            page.keyboard.press("Escape")
            page.locator("h1").click()
            page.keyboard.press("j")
            assert page.evaluate("document.activeElement.classList.contains('flag')")
            shows = page.locator(".flag[data-index]").first
            shows.focus()
            at = shows.get_attribute("data-index")
            assert page.locator("#index").input_value() == at, "a flag brings up the slice of its finding"
            assert f"/slice/{at}.png" in page.locator("#slice").get_attribute("src")
            page.locator(".flag").first.locator(".reject").click()
            until(page, "document.getElementById('status').textContent.includes('MED-R02')")
            assert page.locator(".flag").first.locator(".decision").text_content() == "undecided"
            page.locator(".flag").first.focus()
            page.keyboard.press("r")
            assert page.evaluate("document.activeElement.classList.contains('reason')"), "a rejection asks for a reason"
            page.keyboard.type("fluid is on the other side")
            page.locator(".flag").first.locator(".reject").click()
            until(page, "document.getElementById('status').textContent === 'Saved.'")
            assert page.locator(".flag").first.locator(".decision").text_content() == "reject"
            server.terminate()
            server.wait(10)
            page.locator(".flag").first.locator(".accept").click()
            until(page, "document.getElementById('status').textContent.startsWith('Not saved')")
            assert page.locator(".flag").first.locator(".decision").text_content() == "reject"
            problems.clear()  # the browser reports the refused connection and the 422 that were provoked here
            server = serve_process(study, port)
            page.reload()
            assert page.locator(".flag").first.locator(".decision").text_content() == "reject"
            assert page.locator(".flag").first.locator(".reason").input_value() == "fluid is on the other side"
            for width in (1280, 640, 400, 320):  # 640 is 1280 at 200 % zoom (WCAG 2.2, 1.4.10 asks for 320)
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), width
                box = page.locator("#slice").bounding_box()
                assert box["x"] >= 0 and box["x"] + box["width"] <= width, "both L and R stay on the screen"
            assert problems == []
            browser.close()
    finally:
        server.terminate()
        server.wait(10)


def test_ports_and_verdicts_that_cannot_be_had(tmp_path: Path) -> None:
    import socket

    from medomni.review.app import serve
    from medomni.review.store import VerdictStore

    with socket.create_server(("127.0.0.1", 0)) as held:
        for port in (held.getsockname()[1], 99999):
            with pytest.raises(MedomniError) as info:
                serve(tmp_path, port=port)
            assert info.value.code == "MED-R05" and str(port) in str(info.value)
    (tmp_path / "verdicts.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(MedomniError) as info:
        VerdictStore(tmp_path / "verdicts.sqlite")
    assert info.value.code == "MED-R06"
