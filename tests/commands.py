"""`smartcart` in processes of their own that have its imports already: a command begins at once instead of after seconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory

FACTORY = get_context("forkserver")
FACTORY.set_forkserver_preload(["webapp.worker", "webapp.cli.customers", "webapp.cli.models", "webapp.cli.people", "webapp.cli.serving"])


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int | None
    output: str
    errors: str


def run_commands(
    commands: Sequence[Sequence[str]], environment: Mapping[str, str], *, text: str = "", timeout: float = 240
) -> tuple[Done, ...]:
    """Run all of `commands` with nothing but `environment`, and with `text` as their input; they begin together.

    The code of one that takes longer than `timeout` seconds is None, and it is ended.
    """
    start = FACTORY.Barrier(len(commands))
    with TemporaryDirectory() as name:
        folders = [Path(name) / str(number) for number in range(len(commands))]
        for folder in folders:
            folder.mkdir()
            (folder / "input").write_text(text)
        processes = [
            FACTORY.Process(target=_run, args=(dict(environment), list(command), folder, start))
            for command, folder in zip(commands, folders, strict=True)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(timeout)
        codes = [process.exitcode for process in processes]
        for process in processes:
            process.kill()
        return tuple(
            Done(code, (folder / "output").read_text(), (folder / "errors").read_text())
            for code, folder in zip(codes, folders, strict=True)
        )


def start_command(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> BaseProcess:
    """Start one that stays, which the caller ends; what it writes is in `output` and `errors` of `folder`, which are its own."""
    folder.mkdir(exist_ok=True)
    for name in ("input", "output", "errors"):
        (folder / name).write_text("")  # of an earlier one nothing stays
    process = FACTORY.Process(target=_run, args=(dict(environment), list(command), folder), daemon=True)
    process.start()
    return process


def _run(environment: dict[str, str], command: list[str], folder: Path, start: Barrier | None = None) -> None:
    from webapp.cli import main  # this process has it, the one that describes it need not

    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["smartcart", *command]
    sys.stdin = (folder / "input").open()
    for stream, name in ((sys.stdout, "output"), (sys.stderr, "errors")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())
    if start is not None:
        start.wait()
    main()
