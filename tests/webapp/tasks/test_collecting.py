"""The folder's job: what a file before it has answered is imported, everything else waits for a person, and each file once."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.webapp.working import Shop, count_rows, customers_csv, import_file, open_shop, run_jobs
from webapp.edge import Resources
from webapp.inbox import SETTLED_SECONDS, Inbox
from webapp.models import Customer, Import, ImportStatus, Snapshot
from webapp.services.data import imports
from webapp.services.scheduling import schedules
from webapp.tasks import collecting


@pytest.fixture
def shop(resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A team with 90 customers, a schedule for its folder, and an inbox a minute later than it is."""
    config = replace(resources.config, inbox=str(tmp_path / "inbox"), upload_megabytes=1)
    made = open_shop(replace(resources, config=config))
    made.import_file(customers_csv((30, 30, 30)))
    monkeypatch.setattr(collecting, "Inbox", partial(Inbox, clock=lambda: time.time() + SETTLED_SECONDS + 1))
    return made


@pytest.fixture
def folder(shop: Shop, tmp_path: Path) -> Path:
    made = tmp_path / "inbox" / "north-market" / "customers"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def run(shop: Shop) -> Callable[[], str]:
    """Run the schedule now; what its job says in the end."""
    with shop.writing() as session:
        made = schedules.add_schedule(session, shop.actor, "customers", kind="import_folder", cron="0 6 * * *")

    def run_now() -> str:
        with shop.writing() as session:
            schedules.run_schedule(session, shop.actor, made.id)
        run_jobs(shop.resources)
        with shop.reading() as session:
            last = schedules.show_schedule(session, shop.actor, made.id).last
        assert last is not None
        assert last.job is not None
        return f"{last.job.status}: {last.job.message}"

    return run_now


def customers(shop: Shop) -> int:
    with shop.reading() as session:
        return session.scalar(select(func.count()).select_from(Customer)) or 0


def statuses(shop: Shop) -> list[str]:
    with shop.reading() as session:
        return [str(row.status) for row in session.scalars(select(Import).order_by(Import.created_at))]


def called_out(shop: Shop) -> tuple[imports.WaitingFile, ...]:
    with shop.reading() as session:
        return imports.list_waiting(session, shop.actor, "customers")


def put_away(folder: Path, fate: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((folder / fate).glob("*.txt"))}


def test_files_like_one_before_are_imported_in_order_of_name(shop: Shop, folder: Path, run: Callable[[], str]) -> None:
    (folder / "2.csv").write_text(customers_csv((5, 5, 5), seed=3, first=200))
    (folder / "1.csv").write_text(customers_csv((5, 5, 5), seed=2, first=100))
    assert run() == "done: 2 files imported."
    assert customers(shop) == 120
    told = put_away(folder, "done")
    assert list(told) == ["1.csv.txt", "2.csv.txt"]
    assert told["1.csv.txt"] == "Imported. 15 new customers, 0 changed, 0 unchanged, 0 rows rejected.\n"
    with shop.reading() as session:
        listed = imports.list_imports(session, shop.actor, "customers")
        assert [item.file_name for item in listed] == ["2.csv", "1.csv", "customers.csv"]
        assert {item.created_by for item in listed} == {shop.actor.name}
    assert run() == "done: No file was there."


def test_files_that_are_too_young_are_left_and_told(shop: Shop, folder: Path, run: Callable[[], str]) -> None:
    (folder / "1.csv").write_text(customers_csv((5, 5, 5), seed=2, first=100))
    (folder / "2.csv").write_text(customers_csv((5, 5, 5), seed=3, first=200))
    hour = time.time() + 3600
    os.utime(folder / "2.csv", (hour, hour))
    assert run().startswith("done: 1 file imported. 1 file is too young: nothing may touch it for a minute. The first run at least 3,")
    assert run().startswith("done: 1 file is too young")
    assert [path.name for path in folder.glob("*.csv")] == ["2.csv"]


def test_columns_that_nobody_confirmed_wait_for_a_person_who_only_has_to_say_yes(shop: Shop, folder: Path, run: Callable[[], str]) -> None:
    other = customers_csv((5, 5, 5), seed=2, first=100).replace("City", "Town")
    (folder / "other.csv").write_text(other)
    (folder / "same.csv").write_text(customers_csv((5, 5, 5), seed=3, first=200))
    said = run()
    assert said.startswith("done: 1 file imported, 1 refused: other.csv (No file with these columns was imported before")
    assert customers(shop) == 105
    assert statuses(shop) == ["done", "checked", "done"]
    with shop.reading() as session:
        waiting = next(item for item in imports.list_imports(session, shop.actor, "customers") if item.status == "checked")
    assert f"/t/north-market/customers/imports/{waiting.id}." in put_away(folder, "refused")["other.csv.txt"]
    with shop.writing() as session:
        imports.confirm_import(session, shop.actor, waiting.id)
    run_jobs(shop.resources)
    assert customers(shop) == 120
    (folder / "next.csv").write_text(other.replace("Leeds", "York"))
    assert run() == "done: 1 file imported."


def test_what_the_file_does_not_prove_is_not_guessed_also_where_its_columns_are_known(
    shop: Shop, folder: Path, run: Callable[[], str]
) -> None:
    head, *lines = customers_csv((5, 5, 5), first=100).splitlines()
    either = [re.sub(r"2024-03-\d\d", f"0{1 + row % 9}/0{1 + row % 7}/2024", line) for row, line in enumerate(lines)]
    (folder / "dates.csv").write_text("\n".join([head, *either]))
    assert "1 refused: dates.csv" in run()
    assert customers(shop) == 90
    told = put_away(folder, "refused")["dates.csv.txt"]
    assert "Its check asks something" in told
    assert "It waits for somebody" in told


@pytest.mark.parametrize(
    ("content", "reason"),
    [("nothing\n", "waits for somebody|cannot|customer"), ("ID,Income\n" + "x" * 1_100_000, "larger than 1 MB"), ("\x00\x01", ".")],
)
def test_files_that_cannot_be_taken_are_refused_and_hold_nobody_up(
    shop: Shop, folder: Path, run: Callable[[], str], content: str, reason: str
) -> None:
    (folder / "a.csv").write_text(content)
    (folder / "b.csv").write_text(customers_csv((5, 5, 5), seed=3, first=200))
    said = run()
    assert said.startswith("done: 1 file imported, 1 refused: a.csv")
    assert re.search(reason, put_away(folder, "refused")["a.csv.txt"])
    assert customers(shop) == 105
    assert not list(folder.glob("*.csv"))
    if "larger" in reason:
        return  # it was never taken in
    waiting = called_out(shop)
    assert [(each.file_name, each.refused) for each in waiting] == [("a.csv", True)]
    assert waiting[0].message
    assert f"/imports/{waiting[0].id}." in put_away(folder, "refused")["a.csv.txt"]
    (folder / "a.csv").write_text(content)
    assert "1 refused: a.csv" in run()
    assert called_out(shop) == waiting, "the very same file once"
    (folder / "a.csv").write_text(customers_csv((5, 5, 5), seed=4, first=300))
    assert run() == "done: 1 file imported."
    assert called_out(shop) == (), "it was mended"


def test_a_job_that_dies_before_it_puts_a_file_away_imports_it_once(
    shop: Shop, folder: Path, run: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(customers_csv((5, 5, 5), seed=2, first=100))
    with monkeypatch.context() as dying:
        dying.setattr(collecting._Round, "put_away", lambda *_: 1 / 0)
        assert run().startswith("failed")
    assert customers(shop) == 105
    with shop.reading() as session:
        before = count_rows(session, Customer, Snapshot)
    assert run() == "done: 1 file imported."
    with shop.reading() as session:
        assert count_rows(session, Customer, Snapshot) == before
    assert put_away(folder, "done") == {"a.csv.txt": "The very same file was imported before. Nothing changed.\n"}


def test_a_question_is_asked_once_however_often_the_job_dies(
    shop: Shop, folder: Path, run: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(customers_csv((5, 5, 5), first=100).replace("City", "Town"))
    with monkeypatch.context() as dying:
        dying.setattr(collecting._Round, "put_away", lambda *_: 1 / 0)
        run()
    run()
    assert statuses(shop) == ["done", "checked"]


def test_an_import_that_fails_leaves_nothing_of_its_file(
    shop: Shop, folder: Path, run: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(customers_csv((5, 5, 5), first=100))
    monkeypatch.setattr(collecting, "record_import", lambda *_: 1 / 0)
    assert run().startswith("failed")
    assert (customers(shop), statuses(shop)) == (90, [str(ImportStatus.DONE)])
    assert [path.name for path in folder.glob("*.csv")] == ["a.csv"]


def test_an_import_by_somebody_else_meanwhile_is_built_upon(
    shop: Shop, folder: Path, run: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(customers_csv((5, 5, 5), first=100))
    genuine, calls = collecting.plan_row, []

    def plan(session, actor, row):
        found = genuine(session, actor, row)
        calls.append(found)
        return replace(found, base=None) if len(calls) == 1 else found

    monkeypatch.setattr(collecting, "plan_row", plan)
    assert run() == "done: 1 file imported."
    assert len(calls) == 2
    assert customers(shop) == 105


def test_the_command_line_import_still_goes_by_the_same_rows(shop: Shop) -> None:
    assert import_file(shop.resources, shop.actor, customers_csv((30, 30, 30))).status == "done"
