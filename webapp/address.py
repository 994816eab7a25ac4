"""Where a running server is reached: it writes its address beside the store, so that other commands can hand out links."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webapp.config import Config

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def address_at(config: Config, port: int) -> str:
    """What people type to reach a server of these settings that listens on `port`."""
    if config.public_url:
        return config.public_url.rstrip("/")
    return f"http://{'127.0.0.1' if config.host in EVERYWHERE else config.host}:{port}"


@contextmanager
def announced(config: Config, address: str) -> Iterator[None]:
    """Keep `address` on file while the block runs. A folder that cannot be written is no reason not to serve."""
    path, owner = _file(config), os.getpid()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(address, encoding="utf-8")
    try:
        yield
    finally:
        # Forked web processes leave through here too, and a later server may have taken the file over.
        if os.getpid() == owner and _read(path) == address:
            path.unlink(missing_ok=True)


def known_address(config: Config) -> str | None:
    """The public address, else that of the running server, else the configured port; None where any port may be taken."""
    if config.public_url or not (running := _read(_file(config))):
        return address_at(config, config.port) if config.public_url or config.port else None
    return running


def _file(config: Config) -> Path:
    return Path(config.store).resolve().parent / "address"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
