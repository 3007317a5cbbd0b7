"""A real Orthanc and DCMTK against the receiver and the queries."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from benchmarks.bar_b5 import run
from benchmarks.orthanc import Orthanc, dcmtk, free_port, missing
from medomni.dicom.pacs.inbox import Inbox
from medomni.dicom.pacs.peer import Peer
from medomni.dicom.pacs.query import Wanted, find_studies
from medomni.dicom.pacs.receive import Receiver
from medomni.dicom.pacs.retrieve import get_study, move_study
from medomni.dicom.pacs.tls import Tls
from medomni.dicom.pacs.web import DicomWeb
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def tools() -> None:
    if missing():
        pytest.skip(f"this machine lacks {missing()}")


@pytest.fixture
def sent(phantoms, tmp_path: Path) -> list[Path]:
    return sorted(write_habit(phantoms("A")[1], tmp_path / "sent", Habit()).paths)[:8]


@pytest.fixture
def study_uid(sent: list[Path]) -> str:
    return str(pydicom.dcmread(sent[0], stop_before_pixels=True).StudyInstanceUID)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "inbox") as kept:
        yield kept


@pytest.fixture
def receiver(inbox: Inbox) -> Iterator[Receiver]:
    heard: list[str] = []
    with Receiver(inbox, title="MEDOMNI", callers=["ORTHANC", "STORESCU"], port=0, said=heard.append) as one:
        one.heard = heard  # type: ignore[attr-defined]
        yield one


def storescu(port: int, files: list[Path], *options: str, aec: str = "MEDOMNI", aet: str = "STORESCU",
             host: str = "127.0.0.1") -> subprocess.CompletedProcess[str]:
    command = [str(dcmtk("storescu")), *options, "-aet", aet, "-aec", aec, host, str(port), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_storescu(receiver: Receiver, inbox: Inbox, sent: list[Path]) -> None:
    done = storescu(receiver.port, sent, "-R")
    assert done.returncode == 0, done.stderr
    assert receiver.counts == {"stored": len(sent), "known": 0, "conflict": 0, "refused": 0}
    assert storescu(receiver.port, sent, "-R").returncode == 0 and receiver.counts["known"] == len(sent)
    kept = {pydicom.dcmread(p).SOPInstanceUID: p for p in (inbox.folder / "studies").rglob("*.dcm")}
    for path in sent:
        ds = pydicom.dcmread(path)
        assert pydicom.dcmread(kept[ds.SOPInstanceUID]).PixelData == ds.PixelData


def test_echo(receiver: Receiver) -> None:
    command = [str(dcmtk("echoscu")), "-aet", "STORESCU", "-aec", "MEDOMNI", "127.0.0.1", str(receiver.port)]
    assert subprocess.run(command, timeout=60).returncode == 0


@pytest.mark.parametrize(("aet", "aec"), [("STRANGER", "MEDOMNI"), ("STORESCU", "ANYBODY")])
def test_who_is_not_allowed_is_turned_away(receiver: Receiver, sent: list[Path], aet: str, aec: str) -> None:
    done = storescu(receiver.port, sent, "-R", aet=aet, aec=aec)
    assert done.returncode != 0 and "Rejected" in done.stderr
    assert receiver.counts["stored"] == 0 and "MED-N08" in receiver.heard[0] and aet in receiver.heard[0]  # type: ignore[attr-defined]


def test_one_uid_twice_is_answered_as_a_duplicate(receiver: Receiver, inbox: Inbox, sent: list[Path],
                                                  tmp_path: Path) -> None:
    ds = pydicom.dcmread(sent[0])
    ds.ImagePositionPatient = [0, 0, 0]
    ds.save_as(tmp_path / "other.dcm")
    assert storescu(receiver.port, sent[:1], "-R").returncode == 0
    done = storescu(receiver.port, [tmp_path / "other.dcm"], "-R", "-v")
    assert "0x111" in done.stderr  # PS3.7 C.5.7: duplicate SOP instance
    assert receiver.counts["conflict"] == 1 and "MED-N07" in receiver.heard[0]  # type: ignore[attr-defined]


def test_find_get_and_web(inbox: Inbox, sent: list[Path], study_uid: str, tmp_path: Path) -> None:
    with Orthanc(tmp_path / "orthanc", {"MEDOMNI": free_port()}) as archive:
        for path in sent:
            archive.put(path)
        peer, web = Peer.parse(archive.peer), DicomWeb(archive.dicomweb)
        for found in (find_studies(peer, Wanted(modality="CT")), web.find_studies(Wanted(modality="CT"))):
            assert [(m.study_uid, m.instances, m.modalities) for m in found] == [(study_uid, len(sent), ("CT",))]
        assert find_studies(peer, Wanted(modality="MR")) == web.find_studies(Wanted(modality="MR")) == []
        assert get_study(peer, study_uid, inbox).completed == len(sent)
        asked: list[tuple[int, int]] = []
        assert web.fetch_study(study_uid, inbox, lambda *n: asked.append(n)).completed == len(sent)
        assert asked == [(len(sent), len(sent))], "what is there is not fetched again"
        with Inbox(tmp_path / "web") as other:
            assert web.fetch_study(study_uid, other).completed == len(sent)
            assert other.index.keys() == inbox.index.keys()
        with pytest.raises(MedomniError, match="MED-N05"):
            web.fetch_study("1.2.3", inbox)
        with pytest.raises(MedomniError, match="MED-N05"):
            move_study(peer, study_uid, to="NOBODY")
    with pytest.raises(MedomniError, match="MED-N01"):
        find_studies(peer, Wanted(modality="CT"))
    with pytest.raises(MedomniError, match="MED-N01"):
        web.find_studies(Wanted(modality="CT"))


def test_killed_receivers_lose_nothing() -> None:
    met, figure = run(count=40, kills=2, studies=2, rate=False)
    assert met, figure


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """An authority, the receiver's certificate and a sender's, made by openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("this machine lacks openssl")
    folder = tmp_path / "tls"
    folder.mkdir()

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "stranger"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                "-subj", f"/CN={name}", "-days", "2")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj",
                f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                f"{name}.pem", "-days", "2", "-extfile", "names")
    return folder


def test_tls(inbox: Inbox, sent: list[Path], certificates: Path) -> None:
    tls = Tls(certificates / "server.pem", certificates / "server.key", certificates / "ca.pem")

    def send(name: str) -> int:
        own = [str(certificates / f"{name}.{end}") for end in ("key", "pem")]
        return storescu(receiver.port, sent, "-R", "+tls", *own, "+cf", str(certificates / "ca.pem"),
                        host="localhost").returncode

    with Receiver(inbox, title="MEDOMNI", callers=["STORESCU"], port=0, tls=tls) as receiver:
        assert storescu(receiver.port, sent, "-R").returncode != 0, "without TLS"
        assert send("stranger") != 0 and receiver.counts["stored"] == 0, "another authority's certificate"
        assert send("client") == 0 and receiver.counts["stored"] == len(sent)


def test_unfit_certificates_are_named(certificates: Path, inbox: Inbox) -> None:
    (certificates / "empty.pem").write_text("")
    with pytest.raises(MedomniError, match="MED-N04"), Receiver(
            inbox, title="MEDOMNI", callers=["A"], port=0,
            tls=Tls(certificates / "empty.pem", certificates / "server.key", certificates / "ca.pem")):
        pass
    with pytest.raises(MedomniError, match="MED-C08"):
        Tls(certificates / "none.pem", certificates / "server.key", certificates / "ca.pem").client()


def test_a_taken_port_is_named(receiver: Receiver, inbox: Inbox) -> None:
    with pytest.raises(MedomniError, match="MED-N02"), Receiver(inbox, title="M", callers=["A"], port=receiver.port):
        pass


@pytest.mark.parametrize(("arguments", "code"), [
    (["receive", "--inbox", "in", "--allow", " "], "MED-C03"),
    (["find", "nobody", "--modality", "CT"], "MED-C03"),
    (["find", "A@127.0.0.1:1"], "MED-C03"),
    (["find", "A@127.0.0.1:1", "--date", "yesterday"], "MED-C03"),
    (["find", "A@127.0.0.1:1", "--modality", "CT"], "MED-N01"),
    (["find", "A@127.0.0.1:1", "--modality", "CT", "--tls-cert", "c.pem"], "MED-C03"),
    (["list", "--inbox", "nowhere"], "MED-C08"),
])
def test_wrong_use_is_coded(tmp_path: Path, arguments: list[str], code: str) -> None:
    done = subprocess.run([sys.executable, "-c", "from medomni.cli import main; main()", "pacs", *arguments],
                          cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and done.stderr.splitlines()[-1].startswith(code), done.stderr
