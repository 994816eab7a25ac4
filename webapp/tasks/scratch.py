"""Temporary files of jobs, which hold customers' rows: each attempt has a folder of its own, which goes however its child ends."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "smartcart-job-"
_LOCK = "lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for one attempt's temporary files, gone afterwards. Folders of workers that were killed are swept first."""
    sweep_scratch()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (folder / "new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "new").rename(folder / _LOCK)  # it is never there without being held
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def use_scratch(folder: Path) -> None:
    """Make this process, and whatever it starts, put its temporary files into `folder`."""
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)


def sweep_scratch() -> int:
    """Remove the folders that no living worker holds; how many those were. The system lets go of a lock when its process dies."""
    left = [folder for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _is_abandoned(folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _is_abandoned(folder: Path) -> bool:
    try:
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, just begun, or not ours
        return False
    return True
