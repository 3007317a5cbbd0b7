"""``medomni pacs``: studies from a PACS into the inbox."""

from __future__ import annotations

import math
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Optional

import typer

from medomni.errors import MedomniError
from medomni.progress import counted

pacs = typer.Typer(no_args_is_help=True, help="Studies from a PACS: receive, find, move, get, list; send.")

InboxDir = Annotated[Path, typer.Option("--inbox", help="Folder that keeps what arrives.")]
Remote = Annotated[str, typer.Argument(help="The PACS: TITLE@host:port, or the URL of its DICOMweb service.")]
Uid = Annotated[str, typer.Argument(help="Study instance UID, as `medomni pacs find` lists it.")]
Title = Annotated[str, typer.Option("--title", help="Our AE title.")]
Cert = Annotated[Optional[Path], typer.Option("--tls-cert", help="Our certificate, PEM.")]  # noqa: UP045
Key = Annotated[Optional[Path], typer.Option("--tls-key", help="Its key, PEM.")]  # noqa: UP045
Ca = Annotated[Optional[Path], typer.Option("--tls-ca", help="Authority of the other side's certificate, PEM.")]  # noqa: UP045
OURS = "MEDOMNI"
SETTLE_S = 30.0


@pacs.command()
def receive(inbox: InboxDir, allow: Annotated[list[str], typer.Option(help="AE title that may send; repeat it.")],
            title: Title = OURS, port: Annotated[int, typer.Option(min=0, max=65535)] = 11112,
            host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
            settle: Annotated[float, typer.Option(min=0, help="Seconds of quiet until it is ingested.")] = SETTLE_S,
            tls_cert: Cert = None, tls_key: Key = None, tls_ca: Ca = None) -> None:
    """Receive what a PACS sends (C-STORE) until Ctrl-C; each study that has become quiet is ingested."""
    from medomni.dicom.pacs.inbox import Inbox
    from medomni.dicom.pacs.ingest import Ingesting
    from medomni.dicom.pacs.peer import shown_address
    from medomni.dicom.pacs.receive import Receiver
    from medomni.dicom.pacs.tls import tls_of

    if not math.isfinite(settle):
        raise MedomniError("MED-C03", "a number of seconds is wanted", where="--settle")
    tls = tls_of(tls_cert, tls_key, tls_ca)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with (Inbox(inbox) as kept, Receiver(kept, title=title, callers=allow, host=host, port=port, tls=tls,
                                         said=_say) as receiver, Ingesting(kept, settle_s=settle, said=_say)):
        if tls is None and not host.startswith("127.") and host not in ("::1", "[::1]", "localhost"):
            _say("no TLS: AE titles and pictures cross the network in clear")
        _say(f"receiving as {title} on {shown_address(host.strip('[]'))}:{receiver.port} from {', '.join(allow)}"
             f"{' over TLS' if tls else ''}")
        over.wait()
    _say(", ".join(f"{count} {what}" for what, count in receiver.counts.items()))


@pacs.command()
def find(peer: Remote, patient_id: str = "", accession: str = "",
         date: Annotated[str, typer.Option(help="YYYYMMDD, or YYYYMMDD-YYYYMMDD.")] = "", modality: str = "",
         title: Title = OURS, tls_cert: Cert = None, tls_key: Key = None, tls_ca: Ca = None) -> None:
    """List the studies that match (C-FIND or QIDO-RS): date, modalities, instances, UID; no names."""
    from medomni.dicom.pacs.query import Wanted, find_studies
    from medomni.dicom.pacs.tls import tls_of

    tls = tls_of(tls_cert, tls_key, tls_ca)
    wanted = Wanted(patient_id=patient_id, accession=accession, date=date, modality=modality)
    if _is_url(peer):
        from medomni.dicom.pacs.web import DicomWeb

        found = DicomWeb(peer, tls).find_studies(wanted)
    else:
        from medomni.dicom.pacs.peer import Peer

        found = find_studies(Peer.parse(peer, tls), wanted, title=title)
    for m in found:
        print(f"{m.date or '-':<8} {'/'.join(m.modalities) or '-':<10} "
              f"{'?' if m.instances is None else m.instances:>6} {m.study_uid}")
    print(f"{len(found)} studies", file=sys.stderr)


@pacs.command()
def move(peer: Remote, study: Uid, to: Annotated[str, typer.Option(help="AE title of the receiver.")] = OURS,
         title: Title = OURS, tls_cert: Cert = None, tls_key: Key = None, tls_ca: Ca = None) -> None:
    """Have the PACS send a study to a running `medomni pacs receive` (C-MOVE); safe to give again."""
    from medomni.dicom.pacs.peer import Peer
    from medomni.dicom.pacs.retrieve import move_study
    from medomni.dicom.pacs.tls import tls_of

    with counted("instances", None) as advance:
        moved = move_study(Peer.parse(peer, tls_of(tls_cert, tls_key, tls_ca)), study, to=to, title=title,
                           progress=advance)
    print(f"{moved.completed} instances sent to {to}")


@pacs.command()
def get(peer: Remote, study: Uid, inbox: InboxDir, title: Title = OURS, tls_cert: Cert = None, tls_key: Key = None,
        tls_ca: Ca = None) -> None:
    """Fetch a study into the inbox (C-GET, or WADO-RS from a URL): no port of ours is opened; safe to give again."""
    from medomni.dicom.pacs.inbox import Inbox
    from medomni.dicom.pacs.ingest import ingest_quiet
    from medomni.dicom.pacs.tls import tls_of

    tls = tls_of(tls_cert, tls_key, tls_ca)
    with Inbox(inbox) as kept:
        with counted("instances", None) as advance:
            if _is_url(peer):
                from medomni.dicom.pacs.web import DicomWeb

                moved = DicomWeb(peer, tls).fetch_study(study, kept, progress=advance)
            else:
                from medomni.dicom.pacs.peer import Peer
                from medomni.dicom.pacs.retrieve import get_study

                moved = get_study(Peer.parse(peer, tls), study, kept, title=title, said=_say, progress=advance)
        print(f"{moved.completed} instances are in {inbox}")
        ingest_quiet(kept, settle_s=0, said=_say)


@pacs.command()
def send(peer: Remote, files: Annotated[list[Path], typer.Argument(help="DICOM files, or a folder of them.")],
         title: Title = OURS, tls_cert: Cert = None, tls_key: Key = None, tls_ca: Ca = None) -> None:
    """Store files in the PACS (C-STORE), e.g. those of `medomni report --dicom`."""
    from medomni.dicom.pacs.peer import Peer
    from medomni.dicom.pacs.send import dicom_files_of, send_files
    from medomni.dicom.pacs.tls import tls_of

    for given in files:
        if not given.exists():
            raise MedomniError("MED-C08", where=given)
    with counted("instances", None) as advance:
        sent = send_files(Peer.parse(peer, tls_of(tls_cert, tls_key, tls_ca)),
                          [file for given in files for file in dicom_files_of(given)], title=title, progress=advance)
    print(f"{sent} instances stored in {peer}")


@pacs.command("list")
def list_inbox(inbox: InboxDir, json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Studies of an inbox: their folder, how many instances, and whether they were ingested."""
    from medomni.dicom.pacs.inbox import Inbox

    if not inbox.is_dir():
        raise MedomniError("MED-C08", where=inbox)
    if not Inbox.is_one(inbox):
        raise MedomniError("MED-C03", "this folder is no inbox: `medomni pacs receive` and `get` make one", where=inbox)
    with Inbox(inbox) as kept:
        rows = [{**row, "folder": str(kept.study_folder(row["study_key"]))} for row in kept.index.studies()]
    if json_out:
        import json

        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['state']:<9} {row['instances']:>6} instances {row['bytes'] / 1e6:>9.1f} MB  {row['folder']}  "
              f"{row['detail']}")
    print(f"{len(rows)} studies", file=sys.stderr)


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
