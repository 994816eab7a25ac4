"""Web server and worker as processes: one of each, or both under a small supervisor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from gunicorn.app.base import BaseApplication

from webapp.address import address_at
from webapp.app import create_app
from webapp.config import Config

STARTUP_SECONDS = 60
DRAIN_SECONDS = 30
RESTART_SECONDS = 2.0


class WebServer(BaseApplication):  # type: ignore[misc]
    """gunicorn on a socket that is open already, so that port 0 can be told before the first request."""

    def __init__(self, config: Config, listener: socket.socket) -> None:
        self.config, self.listener = config, listener
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": f"fd://{self.listener.fileno()}",
            "worker_class": "gthread",
            "workers": self.config.processes,
            "threads": self.config.threads,
            "keepalive": 30,  # the default fails requests of people who pause between clicks
            "timeout": 120,
            "graceful_timeout": DRAIN_SECONDS,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",
            "loglevel": "warning",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(self.config)


def open_listener(host: str, port: int) -> socket.socket:
    """A listening socket that children inherit; OSError where the address is taken."""
    listener = socket.create_server((host, port), backlog=256)
    listener.set_inheritable(True)
    return listener


def address_of(config: Config, listener: socket.socket) -> str:
    """What people type to get there."""
    return address_at(config, listener.getsockname()[1])


def serve_web(config: Config, listener: socket.socket) -> None:
    """Serve until SIGTERM, then finish the requests under way."""
    WebServer(config, listener).run()


@dataclass
class Part:
    """One child of the supervisor: how it is started and the process that runs now."""

    arguments: tuple[str, ...]
    files: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "webapp.cli", *self.arguments]
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            command, pass_fds=self.files, preexec_fn=_end_with_parent, stdin=subprocess.DEVNULL, stdout=sys.stderr
        )


class Supervisor:
    """Runs web and worker beside each other and starts again whichever ends unasked."""

    def __init__(self, config: Config, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.stopping = False
        self.parts = (Part(("serve", "--listener", str(listener.fileno())), (listener.fileno(),)), Part(("worker",)))

    def run(self, when_ready: Callable[[], None]) -> None:
        """Start both, call `when_ready` once a page is answered and a worker is alive, and stay until SIGTERM."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        for part in self.parts:
            part.start()
        announced, deadline = False, time.monotonic() + STARTUP_SECONDS
        while not self.stopping:
            if not announced and self._ready():
                when_ready()
                announced = True
            if not announced and time.monotonic() > deadline:
                sys.stderr.write("The web server did not start within a minute; its messages are above.\n")
                break
            self._restart_ended()
            time.sleep(0.2 if not announced else RESTART_SECONDS / 4)
        self._drain()

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/readyz", timeout=5) as answer:  # noqa: S310 - our own address
                return bool(json.load(answer).get("worker") != "none")
        except (URLError, OSError, ValueError):
            return False

    def _restart_ended(self) -> None:
        for part in self.parts:
            if part.process is not None and part.process.poll() is not None and not self.stopping:
                time.sleep(RESTART_SECONDS)
                part.start()

    def _drain(self) -> None:
        running = [part.process for part in self.parts if part.process is not None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(DRAIN_SECONDS + 5)
            except subprocess.TimeoutExpired:
                process.kill()


def _end_with_parent() -> None:
    """A supervisor that is killed takes its children with it (Linux)."""
    if sys.platform == "linux":
        import ctypes  # only where the call exists

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG
        if os.getppid() == 1:
            os.kill(os.getpid(), signal.SIGTERM)
