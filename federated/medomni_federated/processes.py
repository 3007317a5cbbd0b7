"""Real processes on loopback: a SuperLink and one SuperNode a site, over TLS with node authentication."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from medomni.errors import MedomniError
from medomni_federated.ledger import FAILURE, failure, round_rows
from medomni_federated.orphans import end_with_parent
from medomni_federated.pki import write_node_key, write_server_certificates

FAB = Path(__file__).parent / "fab"
START_S = 180.0
"""What the first round may take more than the others: the app and the nodes start, on two cores too."""


@dataclass
class Federation:
    """A federation on this machine, as a context manager: every process that it starts it also ends.

    Args:
        folder: keys, logs and Flower's state.
        sites: site name to its node configuration (paths of the site's own recipe and cases).
        trace: follow the files that every process opens with ``strace``, into ``folder/trace``.
    """

    folder: Path
    sites: Mapping[str, Mapping[str, str]]
    trace: bool = False
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)
    address: str = ""
    _handlers: dict[signal.Signals, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()  # the commands run in it, so a relative path would point elsewhere

    def __enter__(self) -> Federation:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                self._handlers[number] = signal.signal(number, _leave)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _start(self) -> None:
        keys = self.folder / "keys"
        write_server_certificates(keys)
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        home = self.folder / "flower"
        home.mkdir(parents=True, exist_ok=True)
        (home / "config.toml").write_text(
            '[superlink]\ndefault = "loopback"\n\n[superlink.loopback]\n'
            f'address = "{self.address}"\nroot-certificates = "{(keys / "ca.crt").resolve()}"\n', encoding="utf-8")
        self._spawn("superlink", [
            _tool("flower-superlink"), "--ssl-certfile", str(keys / "server.crt"), "--ssl-keyfile",
            str(keys / "server.key"), "--ssl-ca-certfile", str(keys / "ca.crt"), "--host", "127.0.0.1", "--port",
            str(port), "--enable-supernode-auth", "--disable-runtime-dependency-installation"])
        self._wait_for_port(port)
        for site, config in self.sites.items():
            write_node_key(keys / site)
            self._flwr("supernode", "register", str(keys / f"{site}.pub"), "loopback", "--name", site)
            node = " ".join(f"{k}={json.dumps(v)}" for k, v in {"site": site, **config}.items())
            self._spawn(f"site-{site}", [
                _tool("flower-supernode"), "--superlink", self.address, "--root-certificates", str(keys / "ca.crt"),
                "--auth-supernode-private-key", str(keys / site), "--node-config", node, "--port", str(free_port())])

    def run(self, config: Mapping[str, object], *, rounds: int, folder: Path, round_timeout_s: float,
            done: int = 0, progress: Callable[[int, int], Any] | None = None) -> list[dict]:
        """Submit the app, wait for its last round; returns the rows of ``rounds.jsonl``.

        Args:
            round_timeout_s: longest time of one round, seconds; the whole run may take as long as its rounds do.
            done: rounds of an earlier run that was cut; this one goes on after them.

        Raises:
            MedomniError: MED-F03 where a round ended without enough sites, MED-F04 where a process ended, the run
                failed or no round ended in time.
        """
        (folder / FAILURE).unlink(missing_ok=True)
        values = {"rounds": rounds, "done": done, "sites": len(self.sites), "out": str(folder.resolve()),
                  "timeout": round_timeout_s, **config}
        text = " ".join(f"{k}={json.dumps(v)}" for k, v in values.items())
        run_id = str(json.loads(self._flwr("run", str(FAB), "loopback", "-c", text, "--format", "json"))["run-id"])
        seen, since, polled = done, time.monotonic(), time.monotonic()
        while True:
            rows = round_rows(folder)
            if len(rows) > seen:
                seen, since = len(rows), time.monotonic()
            if progress:
                progress(len(rows), rounds)
            if rows and rows[-1]["round"] >= rounds:
                return rows
            if (stopped := failure(folder)) is not None:
                raise stopped
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise MedomniError("MED-F04", f"{name} ended with {process.returncode}", where=self._log(name))
            longest = round_timeout_s + (START_S if seen == done else 0.0)
            if time.monotonic() - since > longest:
                raise MedomniError("MED-F04", f"round {seen + 1} did not end in {longest:.0f} s",
                                   where=self._log("superlink"))
            if time.monotonic() - polled > 10:
                polled = time.monotonic()
                status = str(json.loads(self._flwr("list", "loopback", "--run-id", run_id, "--format", "json")))
                if "failed" in status and len(round_rows(folder)) < rounds:
                    if (stopped := failure(folder)) is not None:  # left while Flower was asked: it says why
                        raise stopped
                    raise MedomniError("MED-F04", "the server app failed", where=self._log("superlink"))
            time.sleep(0.5)

    def close(self) -> None:
        """End every process: SIGTERM to its group, SIGKILL after ten seconds. Only processes started here."""
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)  # a second one must not end the clean-up
        for process in reversed(self.processes.values()):
            _signal_group(process, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
            _signal_group(process, signal.SIGKILL)
        self.processes.clear()
        for number, before in self._handlers.items():
            signal.signal(number, before)
        self._handlers.clear()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "FLWR_HOME": str((self.folder / "flower").resolve()), "FLWR_TELEMETRY_ENABLED": "0",
                "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "PYTHONUNBUFFERED": "1",
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _spawn(self, name: str, command: Sequence[str]) -> None:
        self._log(name).parent.mkdir(parents=True, exist_ok=True)
        if self.trace:
            trace = self.folder / "trace" / f"{name}.txt"
            trace.parent.mkdir(parents=True, exist_ok=True)
            # --seccomp-bpf: the kernel stops a process at these calls only, not at every one that it makes
            command = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=open,openat", "-s", "400", "-o", str(trace),
                       *command]
        with open(self._log(name), "wb") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                                    env=self._environment(), start_new_session=True,
                                                    preexec_fn=end_with_parent)

    def _flwr(self, *arguments: str) -> str:
        done = subprocess.run([_tool("flwr"), *arguments], capture_output=True, text=True, timeout=120,
                              env=self._environment(), cwd=self.folder)
        if done.returncode:
            (self.folder / "logs").mkdir(parents=True, exist_ok=True)
            self._log("flwr").write_text(done.stdout + done.stderr, encoding="utf-8")
            raise MedomniError("MED-F04", f"flwr {arguments[0]} exited with {done.returncode}", where=self._log("flwr"))
        return done.stdout

    def _wait_for_port(self, port: int, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.processes["superlink"].poll() is not None:
                raise MedomniError("MED-F04", "the SuperLink ended", where=self._log("superlink"))
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.2)
        raise MedomniError("MED-F04", "the SuperLink does not listen", where=self._log("superlink"))


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    if not beside.is_file():
        raise MedomniError("MED-F01", f"{name} is not beside {Path(sys.executable).name}")
    return str(beside)


def _leave(number: int, frame: FrameType | None) -> None:
    """SIGTERM and SIGHUP as an exception, so that the context manager ends its processes."""
    raise SystemExit(128 + number)


def _signal_group(process: subprocess.Popen, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
