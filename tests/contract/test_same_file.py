"""One file in many ways: ten commands at once, rows in another order, gzip, a workbook. One import, and no change by the others."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.commands import run_commands
from tests.conftest import SECRET
from tests.segmentation.intake.damage import base, plain_bytes, workbook
from webapp.edge import Resources, unit_of_work
from webapp.models import Customer, Dataset, Import, Snapshot

AT_ONCE = 10


@dataclass(frozen=True)
class Commands:
    """Runs `smartcart import` of one or more files, all at once."""

    resources: Resources
    folder: Path

    def run(self, *files: Path) -> list[dict[str, Any]]:
        config = self.resources.config
        settings = {"SMARTCART_SECRET_KEY": SECRET, "SMARTCART_DATABASE_URL": config.database_url, "SMARTCART_STORE": config.store}
        done = run_commands([["import", str(file), "--dataset", "Shop", "--json"] for file in files], {**os.environ, **settings})
        assert [each.code for each in done] == [0] * len(files), done
        assert [each.output.count("\n") for each in done] == [1] * len(files), done
        return [json.loads(each.output) for each in done]

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
