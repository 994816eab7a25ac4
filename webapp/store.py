"""Content-addressed files: a name is the hash of what it means, a file is never changed, only added or removed.

Most names are the SHA-256 of the file's bytes. Where a name is the hash of a meaning that can be written in several ways (a snapshot is
values, however Parquet packs them), the SHA-256 of the bytes stands in a file beside it, one line for each way it was written.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, ClassVar

from segmentation.errors import SegmentationError

CHUNK = 1 << 20
NAMED_BY_MEANING = frozenset({"snapshot", "orders"})
"""Areas whose names do not tell the bytes."""
Publish = Callable[[str], None]
_FULL = (errno.ENOSPC, errno.EDQUOT)
RECHECKED_AFTER = 60.0
"""Seconds after which the bytes of a file are compared with its checksum again: a disk that changes one changes no date."""
RECHECKED_BYTES = 8 << 20
"""Only files up to this size (models are some ten kilobytes) are read again; a whole snapshot would keep a page waiting."""
State = tuple[int, int]
"""When a file was changed last (nanoseconds) and how many bytes it has: the same state, the same content."""


class StoreError(SegmentationError):
    """A file that should be there is missing or damaged, or the store cannot be used at all."""

    code = "store"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Stored data cannot be read"


class StoreFull(StoreError):
    """No room is left on a disk; what was being written is not kept."""

    code = "store_full"
    status = 507
    title = "The disk is full"

    def __init__(self) -> None:
        super().__init__(
            "The disk is full. Nothing of this was kept; all that was stored before is still there and can be read. Ask whoever runs the "
            "product to make room, then try again."
        )


def disk_is_full(error: Exception) -> bool:
    """Whether something failed for want of room; libraries that write files by themselves say so in words alone."""
    return getattr(error, "errno", None) in _FULL or any(os.strerror(code) in str(error) for code in _FULL)


class Store:
    """Files under `root/<team>/<area>/<digest>`; nothing outside `root` can be named."""

    def __init__(self, root: Path, *, rechecked_after: float = RECHECKED_AFTER) -> None:
        self.root = root.resolve()
        self._rechecked_after = rechecked_after
        self._verified: dict[Path, tuple[State, float]] = {}

    def create(self) -> None:
        """Make the folder. Only a start does this: a store that vanishes later is to be noticed, not replaced by an empty one."""
        with suppress(OSError):  # `check` tells why it cannot be used
            self.root.mkdir(parents=True, exist_ok=True)

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

    def put_written(self, team_id: str, area: str, write: Callable[[Path], object]) -> str:
        """Store the file that `write` makes at the path it is given, under its SHA-256, and return that."""
        with self.writing(team_id, area) as (temporary, publish):
            write(temporary)
            digest = _checksum_of(temporary, area)
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
        """The whole file; StoreError where it is missing or damaged."""
        path = self.verified_path(team_id, area, digest)
        try:
            return path.read_bytes()
        except OSError:
            raise _missing(area, digest) from None

    def state(self, team_id: str, area: str, digest: str) -> State:
        """By which a process knows whether what it keeps of the file still holds; StoreError where it is missing."""
        try:
            found = self.path(team_id, area, digest).stat()
        except OSError:
            raise _missing(area, digest) from None
        return found.st_mtime_ns, found.st_size

    def verified_path(self, team_id: str, area: str, digest: str) -> Path:
        """Where the file lies, once its bytes are known to be those that were stored; StoreError where it is missing or damaged.

        The bytes are read once per process and state of the file, those of small files again when that was a minute ago. One whose
        checksum was never written down passes as it is.
        """
        path, state = self.path(team_id, area, digest), self.state(team_id, area, digest)
        if not self._holds(path, state):
            self._verified.pop(path, None)
            expected = _noted_checksums(path) if area in NAMED_BY_MEANING else {digest}
            if expected and _checksum_of(path, area) not in expected:
                raise StoreError(f"The stored {area} {digest[:12]} is damaged; restore it from a backup.")
            self._verified[path] = state, time.monotonic()
        return path

    def _holds(self, path: Path, state: State) -> bool:
        """Whether what was found of the file's bytes may still be believed."""
        known, when = self._verified.get(path, (None, 0.0))
        return known == state and (state[1] > RECHECKED_BYTES or time.monotonic() - when < self._rechecked_after)

    def remove(self, team_id: str, area: str, digest: str, *, unused_for: float = 0.0) -> None:
        """Remove the file, unless it was stored (again) within the last `unused_for` seconds; harmless where it is gone already."""
        path = self.path(team_id, area, digest)
        if unused_for and path.exists() and time.time() - path.stat().st_mtime < unused_for:
            return
        path.unlink(missing_ok=True)
        _note_of(path).unlink(missing_ok=True)

    @contextmanager
    def writing(self, team_id: str, area: str) -> Iterator[tuple[Path, Publish]]:
        """A temporary path to write to, and a call that moves it to its digest: a reader sees the whole file or none. StoreFull where there
        is no room for it."""
        if not self.root.is_dir():
            raise StoreError("The folder of the store is missing. Bring it back, or restore it from a backup.")
        with _room():
            temporary = self._begin(team_id, area)

        def publish(digest: str) -> None:
            final = self.path(team_id, area, digest)
            final.parent.mkdir(parents=True, exist_ok=True)
            if area in NAMED_BY_MEANING:
                _note_checksum(final, _checksum_of(temporary, area))  # first: no file is ever there without
            _move(temporary, final)

        try:
            with _room():
                yield temporary, publish
        finally:
            temporary.unlink(missing_ok=True)

    def _begin(self, team_id: str, area: str) -> Path:
        folder = self.root / team_id / area
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix="incoming-")
        os.close(descriptor)
        return Path(name)

    def sweep(self, seconds: float) -> int:
        """Remove what writers that were killed have left behind for more than `seconds`; how many files that were.

        Nothing else begins a file's name so, and no writer takes that long.
        """
        return _remove_older(self.root.glob("*/*/incoming-*"), seconds)

    def sweep_unused(self, area: str, used: Collection[tuple[str, str]], seconds: float) -> int:
        """Remove the files of `area` that are not `used` (team and digest) and were stored more than `seconds` ago; how many that were."""
        files = [path for path in self.root.glob(f"*/{area}/*/*") if not path.suffix]
        unused = [path for path in files if (path.parts[-4], path.name) not in used]
        removed = _remove_older(unused, seconds)
        for path in unused:
            if not path.exists():
                _note_of(path).unlink(missing_ok=True)
        return removed

    def holds_any(self, area: str) -> bool:
        """Whether any team has something in that area."""
        return any(self.root.glob(f"*/{area}/*/*"))

    def check(self) -> None:
        """StoreError unless the store is there and can be written; it is only looked at, never made."""
        try:
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise StoreError(f"The store cannot be written: {error.strerror}.") from error


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        if disk_is_full(error):
            raise StoreFull from error
        raise


def _remove_older(paths: Iterable[Path], seconds: float) -> int:
    oldest, removed = time.time() - seconds, 0
    for path in paths:
        with suppress(OSError):  # somebody else was quicker, or it may not be removed: nothing that work should stop for
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
    return removed


def _missing(area: str, digest: str) -> StoreError:
    return StoreError(f"The stored {area} {digest[:12]} is missing; restore it from a backup.")


def _note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _noted_checksums(path: Path) -> set[str]:
    try:
        return set(_note_of(path).read_text("ascii", "replace").split())
    except FileNotFoundError:
        return set()


def _note_checksum(path: Path, checksum: str) -> None:
    """Add a line rather than replace the file: two who store the same at once, each in its own way, are both right."""
    if checksum in _noted_checksums(path):
        return
    with _note_of(path).open("a", encoding="ascii") as file:
        file.write(f"\n{checksum}\n")  # on a line of its own, even where a full disk cut the one before short
        file.flush()
        os.fsync(file.fileno())


def _checksum_of(path: Path, area: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise _missing(area, path.name) from None


def _move(temporary: Path, final: Path) -> None:
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
