"""Every kind of damaged file by command line: the dry run says exactly what the corpus states, and stores nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, func, select

from segmentation.intake import Intake
from segmentation.roles import CUSTOMER_KEY, ROW_NUMBERS
from tests.conftest import LONG, SECRET
from tests.segmentation.intake.damage import (
    Damage,
    Rows,
    base,
    codes,
    expected_customers,
    plain_bytes,
    read,
    small_days,
    with_column,
    without,
)
from tests.segmentation.intake.damages import DAMAGES
from webapp.cli import smartcart
from webapp.models import Customer, Dataset, Snapshot

REFUSED = tuple(damage for damage in DAMAGES if damage.refused)
ACCEPTED = tuple(damage for damage in DAMAGES if not damage.refused)
TRIED = ACCEPTED if LONG else ACCEPTED[::3]
"""A dry run takes half a second of processor time; refusals come before any job."""
EMPTY, KNOWN = "Empty", "Known"


@dataclass(frozen=True)
class Shell:
    """The command in one workspace, in which the undamaged customers are the dataset `Known`."""

    folder: Path
    address: str

    def invoke(self, content: bytes, dataset: str, *options: str) -> tuple[int, str]:
        """Exit code and standard output of `smartcart import`; a failure of the program itself is told on standard error."""
        file = self.folder / "customers.csv"
        file.write_bytes(content)
        done = CliRunner().invoke(smartcart, ["import", str(file), "--dataset", dataset, *options])
        assert "Traceback" not in done.output, done.output
        assert done.exit_code in (0, 2), done.output
        return done.exit_code, done.stdout

    def run(self, content: bytes, dataset: str, *options: str, code: int = 0) -> dict[str, Any]:
        """The one object that it prints."""
        ended, text = self.invoke(content, dataset, *options, "--json")
        assert ended == code, text
        assert text.count("\n") == 1
        answer: dict[str, Any] = json.loads(text)
        return answer

    def mapping(self, **parts: Any) -> tuple[str, str]:
        path = self.folder / "mapping.json"
        path.write_text(json.dumps(parts))
        return "--mapping", str(path)

    def stored(self, dataset: str) -> tuple[int, int]:
        """How many customers and snapshots the dataset holds."""
        engine = create_engine(self.address)
        with engine.connect() as connection:
            found = tuple(
                connection.scalar(select(func.count()).select_from(table).join(Dataset, joined).where(Dataset.name == dataset)) or 0
                for table, joined in ((Customer, Customer.dataset_ref == Dataset.ref), (Snapshot, Snapshot.dataset_id == Dataset.id))
            )
        engine.dispose()
        return found[0], found[1]


@pytest.fixture(scope="module")
def shell(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    address = f"sqlite:///{folder}/smartcart.db"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SMARTCART_")]:
            patch.delenv(name)
        patch.setenv("SMARTCART_SECRET_KEY", SECRET)
        patch.setenv("SMARTCART_DATABASE_URL", address)
        patch.setenv("SMARTCART_STORE", str(folder / "store"))
        shell = Shell(folder, address)
        assert shell.run(plain_bytes(base()), KNOWN)["new"] == len(base()) - 1
        yield shell
    assert [shell.stored(name) for name in (KNOWN, EMPTY, "Refused")] == [(len(base()) - 1, 1), (0, 0), (0, 0)]


@pytest.fixture(scope="module")
def read_clean(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[Rows], Rows]], Intake]:
    """What the library reads from the undamaged file, each read once."""
    folder = tmp_path_factory.mktemp("clean")
    return cache(lambda clean: read(folder, plain_bytes(clean(base()))))


@pytest.mark.parametrize("damage", REFUSED, ids=lambda damage: damage.name)
def test_what_cannot_be_read_is_refused_by_its_code_before_anything_is_made(shell: Shell, damage: Damage) -> None:
    before = len(list((shell.folder / "store").rglob("*")))
    error = shell.run(damage.harm(base()), "Refused", "--dry-run", code=2)["error"]
    assert error["code"] == damage.refused
    assert len(error["message"]) > 40  # what it is, and what to do
    assert len(list((shell.folder / "store").rglob("*"))) == before


@pytest.mark.parametrize("damage", TRIED, ids=lambda damage: damage.name)
def test_a_dry_run_counts_and_finds_what_the_corpus_states(
    shell: Shell, damage: Damage, read_clean: Callable[[Callable[[Rows], Rows]], Intake]
) -> None:
    """Into an empty dataset it finds what the library does; into the one with the undamaged customers, nobody changes but who must."""
    clean, harmed = read_clean(damage.clean), damage.harm(base())
    expected = expected_customers(clean, damage)
    dry = shell.run(harmed, EMPTY, "--dry-run")
    assert (dry["dry_run"], dry["snapshot"]) == (True, None)
    assert [dry[name] for name in ("new", "changed", "unchanged", "removed")] == [len(expected), 0, 0, 0]
    assert dry["rejected"] == len(damage.rejected)
    assert tuple(sorted({reject["line"] for reject in dry["rejects"]})) == damage.rejected
    assert all(reject["reason"] for reject in dry["rejects"])
    assert {warning["code"] for warning in dry["warnings"]} - {"ignored"} == (codes(clean) | damage.found) - damage.lost
    again = shell.run(harmed, KNOWN, "--dry-run")
    assert [again[name] for name in ("new", "changed", "unchanged", "rejected")] == [
        *compared(expected, read_clean(DAMAGES[0].clean).customers),
        len(damage.rejected),
    ]


def compared(customers: pd.DataFrame, known: pd.DataFrame) -> tuple[int, int, int]:
    """How many are new, changed and unchanged against those known."""
    here = {row[0]: row for row in rows_of(known[list(customers)])}
    rows = rows_of(customers)
    new = sum(row[0] not in here for row in rows)
    same = sum(here.get(row[0]) == row for row in rows)
    return new, len(rows) - new - same, same


def rows_of(customers: pd.DataFrame) -> list[tuple[str, ...]]:
    """Each customer as texts, its key first."""
    ordered = customers[[CUSTOMER_KEY, *(name for name in customers if name != CUSTOMER_KEY)]]
    return [tuple(str(cell) for cell in row) for row in ordered.itertuples(index=False)]


def test_dates_that_prove_no_order_are_imported_with_the_flag_until_somebody_says_it(shell: Shell) -> None:
    file = plain_bytes(small_days(base()))
    code, words = shell.invoke(file, "Days", "--dry-run")
    assert code == 0
    flag = next(each for each in shell.run(file, "Days", "--dry-run")["warnings"] if each["code"] == "date_order_assumed")
    assert flag["message"] in words
    said = shell.run(file, "Days", *shell.mapping(values={"Dt_Customer": {"date_order": "month_first"}}))
    assert "date_order_assumed" not in {each["code"] for each in said["warnings"]}
    assert (said["new"], said["rejected"]) == (60, 0)
    same = shell.run(plain_bytes(with_column("Dt_Customer", month_first_to_iso)(small_days(base()))), "Days")
    assert (same["changed"], same["unchanged"]) == (0, 60)


def month_first_to_iso(cell: str) -> str:
    month, day, year = cell.split("-")
    return f"{year}-{month}-{day}"


def test_a_comma_that_nothing_explains_is_imported_with_the_flag_until_somebody_says_it(shell: Shell) -> None:
    file = plain_bytes(with_column("Income", lambda cell: f"{int(cell):,}")(base()))
    assert "decimal_assumed" in {each["code"] for each in shell.run(file, "Commas", "--dry-run")["warnings"]}
    said = shell.run(file, "Commas", *shell.mapping(values={"Income": {"decimal": "point"}}))
    assert "decimal_assumed" not in {each["code"] for each in said["warnings"]}
    same = shell.run(plain_bytes(base()), "Commas")
    assert (same["changed"], same["unchanged"]) == (0, 60)


def test_customers_without_an_id_are_imported_by_row_number_when_somebody_says_so(shell: Shell) -> None:
    file = plain_bytes(without("ID")(base()))
    assert shell.run(file, "Numbered", code=2)["error"]["code"] == "missing_role"
    assert shell.run(file, "Numbered", *shell.mapping(schema={ROW_NUMBERS: "customer_id"}))["new"] == 60
