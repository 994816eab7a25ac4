"""Content-addressed files: a name is the hash of what it means, a file is never changed, only added or removed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

CHUNK = 1 << 20
Publish = Callable[[str], None]


class StoreError(Exception):
    """A file that should be there is missing or damaged."""


class Store:
    """Files under `root/<team>/<area>/<digest>`; nothing outside `root` can be named."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def path(self, team_id: str, area: str, digest: str) -> Path:
        """Where the file lies (whether or not it is there)."""
        if not (team_id.isalnum() and area.isalpha() and digest.isalnum()):
            raise StoreError("A store name has letters and digits only.")
        return self.root / team_id / area / digest[:2] / digest

    def put_bytes(self, team_id: str, area: str, data: bytes) -> str:
        """Store `data` under its SHA-256 and return that."""
        digest = hashlib.sha256(data).hexdigest()
        with self.writing(team_id, area) as (temporary, publish):
            temporary.write_bytes(data)
            publish(digest)
        return digest

    def put_stream(self, team_id: str, area: str, stream: IO[bytes], *, most: int | None = None) -> tuple[str, int]:
        """Store what `stream` yields without holding it in memory; returns digest and bytes. ValueError past `most` bytes."""
        hasher, size = hashlib.sha256(), 0
        with self.writing(team_id, area) as (temporary, publish):
            with temporary.open("wb") as file:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if most is not None and size > most:
                        raise ValueError(f"more than {most} bytes")
                    hasher.update(chunk)
                    file.write(chunk)
            publish(hasher.hexdigest())
        return hasher.hexdigest(), size

    def read_bytes(self, team_id: str, area: str, digest: str) -> bytes:
        """The whole file; StoreError where it is missing."""
        try:
            return self.path(team_id, area, digest).read_bytes()
        except FileNotFoundError:
            raise StoreError(f"The {area} file {digest[:12]} is missing from the store. Restore it from a backup.") from None

    def remove(self, team_id: str, area: str, digest: str) -> None:
        self.path(team_id, area, digest).unlink(missing_ok=True)

    @contextmanager
    def writing(self, team_id: str, area: str) -> Iterator[tuple[Path, Publish]]:
        """A temporary path to write to, and a call that moves it to its digest: a reader sees the whole file or none."""
        folder = self.root / team_id / area
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix="incoming-")
        os.close(descriptor)
        temporary = Path(name)
        try:
            yield temporary, lambda digest: _publish(temporary, self.path(team_id, area, digest))
        finally:
            temporary.unlink(missing_ok=True)

    def check(self) -> None:
        """StoreError unless the store can be written."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise StoreError(f"The store cannot be written: {error.strerror}.") from error


def _publish(temporary: Path, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
