"""One file in many ways: ten commands at once, rows in another order, gzip, a workbook. One import, and no change by the others."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.conftest import SECRET
from tests.segmentation.intake.damage import base, plain_bytes, workbook
from webapp.edge import Resources, unit_of_work
from webapp.models import Customer, Dataset, Import, Snapshot

AT_ONCE = 10
PATIENCE_SECONDS = 240
# A clean process with the imports: each command starts at once and is a process of its own.
FACTORY = get_context("forkserver")
FACTORY.set_forkserver_preload(["webapp.worker", "webapp.cli.customers"])


def run_command(environment: dict[str, str], arguments: list[str], answer: str, start: Barrier) -> None:
    """`smartcart` in a process of its own, its standard output in the file `answer`; all begin together."""
    from webapp.cli import smartcart
    from webapp.cli.answers import answering

    os.environ.update(environment)
    start.wait()
    with Path(answer).open("w") as stream, redirect_stdout(stream), answering(as_json=True):
        smartcart.main([*arguments, "--json"], standalone_mode=False)


@dataclass(frozen=True)
class Commands:
    """Runs `smartcart import` of one or more files, all at once."""

    resources: Resources
    folder: Path

    def run(self, *files: Path) -> list[dict[str, Any]]:
        config = self.resources.config
        environment = {"SMARTCART_SECRET_KEY": SECRET, "SMARTCART_DATABASE_URL": config.database_url, "SMARTCART_STORE": config.store}
        start = FACTORY.Barrier(len(files))
        answers = [self.folder / f"answer-{number}.json" for number in range(len(files))]
        commands = [
            FACTORY.Process(target=run_command, args=(environment, ["import", str(file), "--dataset", "Shop"], str(answer), start))
            for file, answer in zip(files, answers, strict=True)
        ]
        for command in commands:
            command.start()
        for command in commands:
            command.join(PATIENCE_SECONDS)
        texts = [answer.read_text() for answer in answers]
        assert [command.exitcode for command in commands] == [0] * len(files), texts
        assert [text.count("\n") for text in texts] == [1] * len(files), texts
        return [json.loads(text) for text in texts]

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def stored(self) -> tuple[int, int, int, int]:
        """How many datasets, snapshots, customers and imports there are."""
        with unit_of_work(self.resources, read_only=True) as session:
            found = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Dataset, Snapshot, Customer, Import)]
        return found[0], found[1], found[2], found[3]


@pytest.fixture
def commands(resources: Resources, tmp_path: Path) -> Commands:
    return Commands(resources, tmp_path)


def counted(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["new"], report["changed"], report["unchanged"], report["rejected"]


def test_the_same_file_ten_at_once_is_one_import_and_no_change(commands: Commands) -> None:
    rows = base()
    file = commands.write("customers.csv", plain_bytes(rows))
    reports = commands.run(*[file] * AT_ONCE)
    many = len(rows) - 1
    assert sorted(map(counted, reports)) == [*[(0, 0, many, 0)] * (AT_ONCE - 1), (many, 0, 0, 0)]
    assert {report["snapshot"] for report in reports} == {1}
    assert commands.stored() == (1, 1, many, AT_ONCE)


def test_the_same_customers_otherwise_written_ten_at_once_are_one_import_and_no_change(commands: Commands) -> None:
    """Every file has other bytes, so that none is known by its digest."""
    rows = base()

    def shuffled(seed: int) -> bytes:
        body = rows[1:]
        random.Random(seed).shuffle(body)
        return plain_bytes([rows[0], *body])

    ways: tuple[Callable[[int], bytes], ...] = (
        shuffled,
        lambda seed: gzip.compress(shuffled(seed), mtime=seed),
        lambda seed: workbook([rows[0], *random.Random(seed).sample(rows[1:], len(rows) - 1)]),
    )
    files = [commands.write(f"file-{number}.csv", ways[number % 3](number)) for number in range(AT_ONCE)]
    reports = commands.run(*files)
    many = len(rows) - 1
    assert sorted(map(counted, reports)) == [*[(0, 0, many, 0)] * (AT_ONCE - 1), (many, 0, 0, 0)]
    assert commands.stored() == (1, 1, many, AT_ONCE)
