"""Archives that answer nonsense, stop half-way or send something else; callers that say nothing."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pydicom
import pytest

from medomni.dicom.pacs import bounded, receive, web
from medomni.dicom.pacs import peer as peers
from medomni.dicom.pacs.inbox import Inbox
from medomni.dicom.pacs.ingest import Ingesting
from medomni.dicom.pacs.multipart import only_part
from medomni.dicom.pacs.peer import Peer, application
from medomni.dicom.pacs.query import Match, Wanted, find_studies
from medomni.dicom.pacs.receive import Receiver
from medomni.dicom.pacs.retrieve import _followed
from medomni.dicom.pacs.send import dicom_files_of, send_files
from medomni.dicom.pacs.tls import Tls
from medomni.dicom.pacs.web import DicomWeb
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit
from tests.dicom.test_pacs import certificates  # noqa: F401 (a fixture)

pytestmark = pytest.mark.unit
CT = Wanted(modality="CT")


@pytest.fixture
def sent(phantoms, tmp_path: Path) -> list[Path]:
    return sorted(write_habit(phantoms("A")[1], tmp_path / "sent", Habit()).paths)[:3]


class Server:
    """A DICOMweb server that answers each request as a function says: (status, content type, body or its pieces)."""

    def __init__(self, answer: Callable[[str], tuple[int, str, bytes | Iterator[bytes]]],
                 chunked: bool = False) -> None:
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                status, kind, body = answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Connection", "close")
                if status == 302:
                    self.send_header("Location", server.url)
                if chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                with contextlib.suppress(OSError):  # whoever asked has left
                    for piece in (body,) if isinstance(body, bytes) else body:
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                    self.wfile.write(b"0\r\n\r\n" if chunked else b"")

            protocol_version = "HTTP/1.1" if chunked else "HTTP/1.0"

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/dicom-web"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[str], tuple[int, str, bytes | Iterator[bytes]]], chunked: bool = False) -> Server:
        servers.append(Server(answer, chunked))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def listing(files: list[Path]) -> bytes:
    rows = []
    for path in files:
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        rows.append({tag: {"vr": "UI", "Value": [str(ds[name].value)]} for tag, name in (
            ("0020000D", "StudyInstanceUID"), ("0020000E", "SeriesInstanceUID"), ("00080018", "SOPInstanceUID"))})
    return json.dumps(rows).encode()


def part(content: bytes, end: bytes = b"\r\n--xx--\r\n") -> tuple[int, str, bytes]:
    head = b"--xx\r\nContent-Type: application/dicom\r\n\r\n"
    return 200, 'multipart/related; type="application/dicom"; boundary=xx', head + content + end


def uid_of(path: Path) -> str:
    return str(pydicom.dcmread(path, stop_before_pixels=True).StudyInstanceUID)


@pytest.mark.parametrize(("status", "kind", "body", "code"), [
    (401, "text/html", b"", "MED-N05"), (403, "text/html", b"", "MED-N05"),
    (200, "text/html", b"<html>log in</html>", "MED-N05"), (200, "application/dicom+json", b"[1, 2]", "MED-N05"),
    (200, "application/dicom+json", b'"text"', "MED-N05"), (200, "application/dicom+json", b"{", "MED-N05"),
    (200, "application/dicom+json", b'[{"00201208": {"vr": "IS", "Value": ["many"]}}]', "MED-N05"),
])
def test_nonsense_is_coded(serve, status: int, kind: str, body: bytes, code: str) -> None:
    web = DicomWeb(serve(lambda _: (status, kind, body)).url)
    with pytest.raises(MedomniError, match=code):
        web.find_studies(CT)


def test_nothing_of_an_answer_is_printed(serve, capfd: pytest.CaptureFixture[str]) -> None:
    rows = [{"0020000D": {"vr": "UI", "Value": ["1.2.3"]}, "00100030": {"vr": "DA", "Value": ["1980-SECRET"]},
             "00080020": {"vr": "DA", "Value": ["\x1b[31m2026"]}}]
    body = json.dumps(rows).encode()
    (match,) = DicomWeb(serve(lambda _: (200, "application/dicom+json", body)).url).find_studies(CT)
    assert match.date == "?[31m2026"
    printed = capfd.readouterr()
    assert "SECRET" not in printed.out + printed.err


def test_a_server_that_knows_no_offset_is_not_asked_for_ever(serve, sent: list[Path], tmp_path: Path) -> None:
    server = serve(lambda path: (200, "application/dicom+json", listing(sent)) if path.split("?")[0].endswith(
        "/instances") else part(next(p for p in sent if uid_part(p) in path).read_bytes()))
    with Inbox(tmp_path / "inbox") as inbox:
        assert DicomWeb(server.url).fetch_study(uid_of(sent[0]), inbox).completed == len(sent)
    assert len(server.asked) == 2 + len(sent)


def uid_part(path: Path) -> str:
    return str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)


@pytest.mark.parametrize("how", ["no end", "half a file", "another instance", "no DICOM", "no part"])
def test_what_is_not_whole_or_not_asked_for_is_not_kept(serve, sent: list[Path], tmp_path: Path, how: str) -> None:
    whole = sent[0].read_bytes()
    answer = {"no end": part(whole, end=b""), "half a file": part(whole[:len(whole) // 2], end=b""),
              "another instance": part(sent[1].read_bytes()), "no DICOM": part(b"Dear colleague"),
              "no part": (200, "multipart/related; boundary=xx", b"--xx--\r\n")}[how]
    server = serve(lambda path: answer if uid_part(sent[0]) in path else (
        200, "application/dicom+json", listing(sent[:1])))
    with Inbox(tmp_path / "inbox") as inbox:
        with pytest.raises(MedomniError, match="MED-N05.*0 instances arrived, 1 failed"):
            DicomWeb(server.url).fetch_study(uid_of(sent[0]), inbox)
        assert not list(inbox.folder.rglob("*.dcm")) and not inbox.index.keys()


def test_one_bad_instance_does_not_end_the_others(serve, sent: list[Path], tmp_path: Path) -> None:
    def answer(path: str) -> tuple[int, str, bytes]:
        if "/instances/" not in path:
            return 200, "application/dicom+json", listing(sent)
        wanted = next(p for p in sent if uid_part(p) in path)
        return part(b"nothing") if wanted == sent[1] else part(wanted.read_bytes())

    with Inbox(tmp_path / "inbox") as inbox:
        with pytest.raises(MedomniError, match="2 instances arrived, 1 failed"):
            DicomWeb(serve(answer).url).fetch_study(uid_of(sent[0]), inbox)
        assert len(inbox.index.keys()) == 2


def for_ever(head: bytes = b"", every_s: float = 0.0, piece: bytes = bytes(1 << 16)) -> Iterator[bytes]:
    yield head
    while True:
        time.sleep(every_s)
        yield piece


@pytest.mark.parametrize("packed", ["", "chunked"])
@pytest.mark.parametrize(("least", "every_s", "piece", "why"), [
    (0, 0.0, bytes(1 << 16), "more than 1 MB"), (1 << 30, 0.02, b"x", "hardly went on")])
def test_an_answer_without_end_is_left_and_the_others_are_kept(
        serve, sent: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: str, least: int,
        every_s: float, piece: bytes, why: str) -> None:
    monkeypatch.setattr(bounded, "LARGEST_INSTANCE", 1 << 20)
    monkeypatch.setattr(bounded, "LEAST_BYTES", least)
    monkeypatch.setattr(bounded, "STALLED_S", 0.2)
    monkeypatch.setattr(bounded, "LARGE", 1 << 12)  # the turn comes round, whatever becomes of whoever has it

    def answer(path: str) -> tuple[int, str, bytes | Iterator[bytes]]:
        if "/instances/" not in path:
            return 200, "application/dicom+json", listing(sent)
        wanted = next(p for p in sent if uid_part(p) in path)
        status, kind, body = part(wanted.read_bytes())
        return (status, kind, for_ever(body[:999], every_s, piece)) if wanted == sent[1] else (status, kind, body)

    server, reasons = serve(answer, packed == "chunked"), []
    with Inbox(tmp_path / "inbox") as inbox:
        web = DicomWeb(server.url)
        fetched = web._fetched
        monkeypatch.setattr(web, "_fetched", lambda *a: reasons.append(fetched(*a)) or reasons[-1])
        with pytest.raises(MedomniError, match="2 instances arrived, 1 failed"):
            web.fetch_study(uid_of(sent[0]), inbox)
        assert len(inbox.index.keys()) == 2
    assert [why in str(r) for r in reasons if r] == [True]


@pytest.mark.parametrize("status", [200, 302])
def test_a_list_without_end_is_left(serve, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(bounded, "LARGEST_LIST", 1 << 18)
    monkeypatch.setattr(web, "FIRST_WAIT_MS", 1)
    client = DicomWeb(serve(lambda _: (status, "application/dicom+json", for_ever(b"["))).url)
    with pytest.raises(MedomniError, match="MED-N05.*an answer of more than"):
        client.find_studies(CT)


def test_pages_without_end_are_left(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_ROWS", 5)
    counter = iter(range(99))
    client = DicomWeb(serve(lambda _: (200, "application/dicom+json", json.dumps(
        [{"0020000D": {"vr": "UI", "Value": [f"1.2.{next(counter)}"]}}]).encode())).url)
    with pytest.raises(MedomniError, match="MED-N05.*more than 5: ask for fewer"):
        client.find_studies(CT)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "host", "http://me:secret@127.0.0.1/x",
                                 "http://me:secret@[::1/x"])
def test_odd_urls_are_refused_and_passwords_not_shown(url: str) -> None:
    with pytest.raises(MedomniError, match="MED-C03") as info:
        DicomWeb(url)
    assert "secret" not in str(info.value)


def test_a_token_goes_over_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDOMNI_DICOMWEB_TOKEN", "t0ken")
    DicomWeb("https://pacs.example/dicom-web")
    DicomWeb("http://127.0.0.1:8042/dicom-web")
    with pytest.raises(MedomniError, match="MED-C03") as info:
        DicomWeb("http://pacs.example/dicom-web")
    assert "t0ken" not in str(info.value)


def test_parts() -> None:
    _, kind, body = part(b"DICM\r\n--x\r\n")
    assert only_part(body, kind) == b"DICM\r\n--x\r\n" and only_part(b"plain", "application/dicom") == b"plain"
    for wrong in (body[:-4], b"", b"--xx\r\n\r\na\r\n--xx\r\n\r\nb\r\n--xx--"):
        with pytest.raises(ValueError, match="part"):
            only_part(wrong, kind)


class Status(pydicom.Dataset):
    """What pynetdicom gives for an answer."""

    def __init__(self, status: int, **counts: int) -> None:
        super().__init__()
        self.Status = status  # type: ignore[assignment]
        for name, value in counts.items():
            setattr(self, f"NumberOf{name}Suboperations", value)


PENDING = Status(0xFF00, Completed=3, Failed=0, Remaining=1)


@pytest.mark.parametrize(("answers", "completed"), [
    ([PENDING, Status(0, Completed=4, Failed=0)], 4), ([PENDING, Status(0)], 3), ([Status(0)], 0),
    ([Status(0xB000, Completed=2, Failed=0, Warning=2)], 4),
    ([Status(0, Completed=0, Failed=0)], None), ([Status(0xB000, Completed=3, Failed=1)], None),
    ([Status(0xFF00, Completed=1, Failed=1), Status(0)], None), ([Status(0xA702)], None), ([], None),
    ([PENDING, pydicom.Dataset()], None),
])
def test_what_an_archive_says_of_a_move(answers: list[pydicom.Dataset], completed: int | None) -> None:
    """Counts are optional in every answer (PS3.7 9.1.4.1); none at all says nothing, nought says that there is none."""
    peer = Peer("A", "127.0.0.1", 104)
    if completed is None:
        with pytest.raises(MedomniError, match="MED-N05"):
            _followed([(a, None) for a in answers], peer, lambda done, total: None)
    else:
        assert _followed([(a, None) for a in answers], peer, lambda done, total: None).completed == completed


@pytest.mark.parametrize("tls", [False, True])
def test_a_silent_caller_stops_nobody(tmp_path: Path, sent: list[Path], tls: bool, request: pytest.FixtureRequest,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "GREETING_S", 5)
    ours = None
    if tls:
        folder = request.getfixturevalue("certificates")
        ours = Tls(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    with (Inbox(tmp_path / "inbox") as inbox,
          Receiver(inbox, title="MEDOMNI", callers=["SENDER"], port=0, tls=ours) as receiver,
          socket.create_connection(("127.0.0.1", receiver.port))):
        begun = time.monotonic()
        peer = Peer("MEDOMNI", "localhost" if tls else "127.0.0.1", receiver.port, ours)
        assert send_files(peer, sent, title="SENDER") == len(sent)
        assert time.monotonic() - begun < 4


@pytest.mark.parametrize("head", [b"\x01\x00\xff\xff\xff\xff", b"\x04\x00\x00\x00\x00\x10", b"GET / HTTP/1.1\r\n"])
def test_a_stranger_makes_no_room(tmp_path: Path, sent: list[Path], head: bytes) -> None:
    """Four gigabytes announced, data without an association, another protocol: closed at once; others are served."""
    said: list[str] = []
    with (Inbox(tmp_path / "inbox") as inbox,
          Receiver(inbox, title="ME", callers=["YOU"], port=0, said=said.append) as receiver):
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=5) as stranger:
            stranger.sendall(head)
            begun = time.monotonic()
            with contextlib.suppress(ConnectionResetError):
                assert stranger.recv(1) == b""
            assert time.monotonic() - begun < 4
        peer = Peer.parse(f"ME@127.0.0.1:{receiver.port}")
        assert send_files(peer, sent, title="YOU") == len(sent)
    assert len(said) == 1 and "MED-N08" in said[0] and "127.0.0.1 does not speak DICOM" in said[0]


@pytest.mark.parametrize("caller", ["GRÖSSE", "A" * 17, "A\\B", " ", "A\x1bB"])
def test_odd_titles_are_refused(tmp_path: Path, caller: str) -> None:
    with Inbox(tmp_path / "inbox") as inbox, pytest.raises(MedomniError, match="MED-C03"):
        Receiver(inbox, title="MEDOMNI", callers=[caller], port=0)


@pytest.mark.parametrize("date", ["2026010120260131", "-", "2026", "20260101-2026"])
def test_odd_dates_are_refused(date: str) -> None:
    with pytest.raises(MedomniError, match="MED-C03"):
        Wanted(date=date)


def test_a_peer_that_closes_early_and_one_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        with pytest.raises(MedomniError, match="MED-N01"):
            find_studies(Peer("A", "127.0.0.1", listening.getsockname()[1]), CT)


def test_a_count_that_is_no_number() -> None:
    ds = pydicom.Dataset.from_json({"00201208": {"vr": "LO", "Value": ["many"]}})
    assert Match.of(ds).instances is None


def test_of_a_folder_only_dicom_is_sent(sent: list[Path], tmp_path: Path) -> None:
    (tmp_path / "sent" / "check.json").write_text("{}")
    of_folder = dicom_files_of(tmp_path / "sent")
    assert set(sent) <= set(of_folder) and tmp_path / "sent" / "check.json" not in of_folder
    with pytest.raises(MedomniError, match="MED-D02"):
        send_files(Peer("A", "127.0.0.1", 1), [tmp_path / "sent" / "check.json"])
    with pytest.raises(MedomniError, match="MED-D01"):
        send_files(Peer("A", "127.0.0.1", 1), [])


COMMAND = [sys.executable, "-c", "from medomni.cli import main; main()", "pacs"]


def heeding_interrupts() -> None:
    """A shell's background job ignores SIGINT, and what it starts inherits that: the tests may be such a job."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.system
@pytest.mark.parametrize("how", ["silent", "no answer to the query", "dicomweb"])
def test_ctrl_c_ends_against_a_peer_that_hangs(how: str, tmp_path: Path, serve, sent: list[Path]) -> None:
    from pynetdicom import AE, evt
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as Model  # type: ignore[attr-defined]

    reached, over = threading.Event(), threading.Event()

    def hang(*_: object) -> Iterator[tuple[int, None]]:
        reached.set()
        over.wait(30)
        yield 0, None

    def web(path: str) -> tuple[int, str, bytes]:
        if "/instances/" in path:
            list(hang())
        return 200, "application/dicom+json", listing(sent)

    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as stack:
        port = listening.getsockname()[1]
        if how == "silent":
            threading.Thread(target=lambda: (stack.enter_context(listening.accept()[0]), reached.set()),
                             daemon=True).start()
        elif how.startswith("no"):
            entity = AE("A")
            entity.add_supported_context(Model)
            server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, hang)])
            stack.callback(server.shutdown)
            port = server.server_address[1]
        rest = (["get", serve(web).url, uid_of(sent[0]), "--inbox", "in"] if how == "dicomweb" else
                ["find", f"A@127.0.0.1:{port}", "--modality", "CT"])
        with subprocess.Popen([*COMMAND, *rest], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                              preexec_fn=heeding_interrupts) as process:
            try:
                assert reached.wait(60)
                begun = time.monotonic()
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=20)
                assert time.monotonic() - begun < 5 and process.returncode == 130 and "MED-C05" in said
            finally:
                over.set()
                process.kill()


def test_a_caller_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

    entity = application("YOU")
    entity.add_requested_context(Verification)
    with Inbox(tmp_path / "inbox") as inbox, socket.socket() as silent:
        receiver = Receiver(inbox, title="ME", callers=["YOU"], port=0).__enter__()
        silent.connect(("127.0.0.1", receiver.port))
        hanging = entity.associate("127.0.0.1", receiver.port, ae_title="ME")
        ours = receiver._server.active_associations
        assert hanging.is_established and ours and all(one.daemon and one.dul.daemon for one in ours)
        begun = time.monotonic()
        receiver.__exit__()
        assert time.monotonic() - begun < 2.5
        hanging.abort()


def test_an_index_that_is_deleted_in_use_is_said(tmp_path: Path, sent: list[Path]) -> None:
    """Nothing is stored beside it by halves; started again it is made anew from the files."""
    said: list[str] = []
    with Inbox(tmp_path / "in") as one, Inbox(tmp_path / "in") as other:
        one.store(sent[0].read_bytes())
        for path in (tmp_path / "in").glob("index.sqlite*"):
            path.unlink()
        with Ingesting(other, settle_s=0, said=said.append, every_s=0.01):
            for inbox in (one, other):
                with pytest.raises(MedomniError, match="MED-N06.*deleted"):
                    inbox.store(sent[1].read_bytes())
            time.sleep(0.1)
        assert len(said) == 1 and said[0].startswith("MED-N06")
    with Inbox(tmp_path / "in") as again:
        assert len(again.index.keys()) == 1
        assert again.store(sent[0].read_bytes()).outcome == "known"


def test_tls_that_fails_is_said(tmp_path: Path, request: pytest.FixtureRequest, sent: list[Path]) -> None:
    folder, said = request.getfixturevalue("certificates"), list[str]()
    ours = Tls(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    with (Inbox(tmp_path / "inbox") as inbox,
          Receiver(inbox, title="ME", callers=["YOU"], port=0, tls=ours, said=said.append) as receiver):
        with pytest.raises(MedomniError, match="MED-N01"):
            send_files(Peer("ME", "127.0.0.1", receiver.port), sent[:1], title="YOU")
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        with contextlib.suppress(OSError), socket.create_connection(("localhost", receiver.port)) as plain:
            context.wrap_socket(plain, server_hostname="localhost").recv(1)
        until = time.monotonic() + 5
        while len(said) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    assert len(said) == 2 and all(line.startswith("MED-N08") and "no TLS with 127.0.0.1" in line for line in said)


def test_an_encrypted_key_is_refused_and_not_asked_for(request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue("certificates")
    subprocess.run(["openssl", "rsa", "-aes128", "-in", "server.key", "-out", "locked.key", "-passout", "pass:secret"],
                   cwd=folder, check=True, capture_output=True)
    with pytest.raises(MedomniError, match="MED-N04.*encrypted"):
        Tls(folder / "server.pem", folder / "locked.key", folder / "ca.pem").client()


def test_a_wrong_called_title_is_said_to_be_that(tmp_path: Path, sent: list[Path]) -> None:
    said: list[str] = []
    with (Inbox(tmp_path / "inbox") as inbox,
          Receiver(inbox, title="ME", callers=["YOU"], port=0, said=said.append) as receiver,
          pytest.raises(MedomniError, match="MED-N01")):
        send_files(Peer("OTHER", "127.0.0.1", receiver.port), sent[:1], title="YOU")
    assert len(said) == 1 and "called 'OTHER', and we are 'ME'" in said[0] and said[0].startswith("MED-N08")


def test_nothing_of_a_header_is_warned_of(tmp_path: Path, sent: list[Path], capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        ds = pydicom.dcmread(sent[0])
        with Inbox(tmp_path / "inbox") as inbox:
            for value in ("SECRET NAME", "x" * 90):
                warnings.warn_explicit(value, UserWarning, "valuerep.py", 1, module="pydicom.valuerep")
            ds.SeriesDescription = "fine"
            assert inbox.store(sent[0].read_bytes()).outcome == "stored"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("fields", [{"patient_id": "*"}, {"patient_id": "?*", "modality": "*"}, {"study_uid": " * "}])
def test_wild_cards_alone_are_no_condition(fields: dict[str, str]) -> None:
    with pytest.raises(MedomniError, match="MED-C03.*whole archive"):
        Wanted(**fields)
    assert Wanted(patient_id="12*").patient_id == "12*"


@pytest.mark.usefixtures("ipv6")
def test_ipv6(tmp_path: Path, sent: list[Path]) -> None:
    with Inbox(tmp_path / "inbox") as inbox, Receiver(inbox, title="ME", callers=["YOU"], host="[::1]",
                                                      port=0) as receiver:
        peer = Peer.parse(f"ME@[::1]:{receiver.port}")
        assert send_files(peer, sent[:1], title="YOU") == 1 and "@[::1]:" in str(peer)


@pytest.mark.parametrize("arguments", [
    ["list", "--inbox", "."], ["receive", "--inbox", "in", "--allow", "A", "--settle", "nan"],
    ["receive", "--inbox", "in", "--allow", "A", "--settle", "inf"]])
def test_wrong_use(tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch,
                   capsys: pytest.CaptureFixture[str]) -> None:
    from medomni.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["medomni", "pacs", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2 and capsys.readouterr().err.startswith("MED-C03") and not list(tmp_path.iterdir())


@pytest.mark.parametrize("host", ["nohost.invalid", "a..b"])
def test_a_host_that_is_not_there(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "ATTEMPTS", 1)
    with pytest.raises(MedomniError, match="MED-N01.*no such host"):
        find_studies(Peer.parse(f"A@{host}:104"), CT)
    with pytest.raises(MedomniError, match="MED-N01"):
        DicomWeb(f"http://{host}/x").find_studies(CT)


def test_a_peer_that_takes_the_connection_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "TIMEOUT_S", 40)  # that of a query, which may take long
    monkeypatch.setattr(peers, "GREETING_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(MedomniError, match="MED-N01"):
            find_studies(Peer("A", "127.0.0.1", silent.getsockname()[1]), CT)
        assert time.monotonic() - begun < 10


def test_why_there_is_no_association(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Another authority, another host name, a certificate of ours that is refused, no TLS there, no such service."""
    folder = request.getfixturevalue("certificates")

    def ours(name: str, authority: str = "ca") -> Tls:
        return Tls(folder / f"{name}.pem", folder / f"{name}.key", folder / f"{authority}.pem")

    with (Inbox(tmp_path / "in") as inbox,
          Receiver(inbox, title="ME", callers=["MEDOMNI"], host="0.0.0.0", port=0, tls=ours("server")) as safe,
          Receiver(inbox, title="ME", callers=["MEDOMNI"], port=0) as plain):
        for host, port, tls, why in (
                ("localhost", safe.port, ours("client", "stranger"), "no TLS: the certificate of the other side is "),
                ("127.0.0.2", safe.port, ours("client"), "no TLS: .*certificate is not valid for '127.0.0.2'"),
                ("localhost", safe.port, ours("stranger"), "no TLS: the other side refused"),
                ("localhost", plain.port, ours("client"), "no TLS: .*does it speak TLS"),
                ("localhost", plain.port, None, "it does not offer this service")):
            with pytest.raises(MedomniError, match=f"MED-N01.*{why}"):
                find_studies(Peer("ME", host, port, tls), CT)
        with pytest.raises(MedomniError, match="MED-N01.*no TLS: the certificate"):
            DicomWeb(f"https://localhost:{safe.port}/x", ours("client", "stranger")).find_studies(CT)


def test_a_caller_that_is_gone_within_an_instance_is_said(tmp_path: Path, sent: list[Path]) -> None:
    said: list[str] = []
    with (Inbox(tmp_path / "in") as inbox,
          Receiver(inbox, title="ME", callers=["YOU"], port=0, said=said.append) as receiver):
        ds = pydicom.dcmread(sent[0])
        entity = application("YOU")
        entity.add_requested_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
        association = entity.associate("127.0.0.1", receiver.port, ae_title="ME")
        connection, whole = association.dul.socket.socket, association.dul.socket.send

        def cut(pdu: bytes) -> None:
            whole(pdu[:len(pdu) // 2])
            connection.shutdown(socket.SHUT_RDWR)

        association.dul.socket.send = cut  # type: ignore[method-assign]
        association.send_c_store(ds)
        until = time.monotonic() + 5
        while not said and time.monotonic() < until:
            time.sleep(0.01)
        assert send_files(Peer("ME", "127.0.0.1", receiver.port), sent[:1], title="YOU") == 1
    assert len(said) == 1 and "left without a release" in said[0] and receiver.counts["stored"] == 1
