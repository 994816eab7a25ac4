"""What stands in the way of undoing an import, what goes along with it, and that both are said before."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.webapp.tasks.test_importing import FILE, records
from tests.webapp.tasks.test_merging import bring, stored, undo
from tests.webapp.working import Shop, count_rows, customers_csv, open_shop, run_jobs, store_file
from webapp.edge import Resources
from webapp.models import AuditEvent, Customer, SavedMapping
from webapp.services.data import imports
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.imports import ImportDetail, StoredFile, UndoPreview
from webapp.services.errors import Conflict
from webapp.services.modelling.retention import remove_version
from webapp.services.modelling.versions import list_versions
from webapp.services.work import jobs


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


@pytest.fixture
def sqlite_shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def preview(shop: Shop, import_id: str) -> UndoPreview:
    with shop.reading() as session:
        return imports.preview_undo(session, shop.actor, import_id)


def test_a_repeat_that_changed_nothing_goes_along(shop: Shop) -> None:
    bring(shop, FILE)
    before = stored(shop)
    changed = FILE.replace("20000", "1")
    second, _ = bring(shop, changed)
    third, again = bring(shop, changed)
    fourth, otherwise = bring(shop, changed, mode="append")
    assert (again.changed, otherwise.changed, otherwise.same_as) == (0, 0, None)
    found = preview(shop, second.id)
    assert (found.problem, [each.import_id for each in found.repeats]) == (None, [fourth.id, third.id])
    assert undo(shop, second.id).status == "undone"
    assert stored(shop) == before
    with shop.reading() as session:
        shown = [imports.show_import(session, shop.actor, each.id) for each in (third, fourth)]
        along = select(AuditEvent).where(AuditEvent.action == "import.undone_along")
        told = {(each.subject, each.details["undone"]) for each in session.scalars(along)}
    assert {(each.status, each.message) for each in shown} == {
        ("undone", "It repeated the import of customers.csv and changed nothing, so it was undone along with that one.")
    }
    assert told == {(third.id, second.id), (fourth.id, second.id)}


def test_what_a_repeat_taught_is_forgotten_with_it(sqlite_shop: Shop) -> None:
    first, _ = bring(sqlite_shop, FILE)
    bring(sqlite_shop, FILE, mapping={"schema": {"Income": "income"}})
    assert undo(sqlite_shop, first.id).status == "undone"
    with sqlite_shop.reading() as session:
        assert count_rows(session, Customer, SavedMapping) == [0, 0]


def test_another_file_stays_in_the_way_though_it_changed_nothing(sqlite_shop: Shop) -> None:
    first, _ = bring(sqlite_shop, FILE)
    part, report = bring(sqlite_shop, "\n".join(FILE.splitlines()[:2]) + "\n")
    assert (report.new, report.changed) == (0, 0)
    found = preview(sqlite_shop, first.id)
    assert (found.code, found.details, found.repeats) == ("newer_import", {"import_id": part.id}, ())
    with sqlite_shop.writing() as session, pytest.raises(Conflict, match="Undo that one first"):
        imports.undo_import(session, sqlite_shop.actor, first.id)


def test_a_repeat_after_another_change_is_undone_by_itself(sqlite_shop: Shop) -> None:
    """The same file again after one that changed its customers brings them back, and that is a change."""
    first, _ = bring(sqlite_shop, FILE)
    other, _ = bring(sqlite_shop, FILE.replace("20000", "1"))
    back, report = bring(sqlite_shop, FILE)
    assert report.changed == 1
    assert preview(sqlite_shop, first.id).details == {"import_id": back.id}
    assert undo(sqlite_shop, back.id).status == "undone"
    assert records(sqlite_shop)["b"]["income"] == 1.0
    assert preview(sqlite_shop, other.id) == UndoPreview()


def test_a_version_still_stands_in_the_way_where_the_file_was_repeated(sqlite_shop: Shop) -> None:
    first, _ = bring(sqlite_shop, customers_csv((20, 20)))
    bring(sqlite_shop, customers_csv((20, 20)))
    sqlite_shop.recluster()
    assert preview(sqlite_shop, first.id).code == "version_depends"


def ask(shop: Shop, text: str) -> ImportDetail:
    """Ask for an import that waits for its job."""
    file = store_file(shop.resources, shop.actor, text)
    with shop.writing() as session:
        return imports.start_import(session, shop.actor, "customers", file, check=False)


def test_an_import_that_waits_is_in_the_way_until_it_is_cancelled(shop: Shop) -> None:
    first, _ = bring(shop, FILE)
    waiting = ask(shop, FILE.replace("20000", "1"))
    found = preview(shop, first.id)
    assert (found.code, found.details) == ("import_pending", {"import_id": waiting.id, "job_id": waiting.job_id})
    with shop.writing() as session, pytest.raises(Conflict, match=r"customers.csv of .* Cancel its job first"):
        imports.undo_import(session, shop.actor, first.id)
    with shop.writing() as session:
        jobs.cancel_job(session, shop.actor, waiting.job_id or "")
    assert undo(shop, first.id).status == "undone"
    assert stored(shop) == []


def test_an_import_that_is_asked_for_after_the_undo_waits_its_turn(sqlite_shop: Shop) -> None:
    first, _ = bring(sqlite_shop, FILE)
    with sqlite_shop.writing() as session:
        imports.undo_import(session, sqlite_shop.actor, first.id)
    ask(sqlite_shop, FILE.replace("20000", "1"))
    run_jobs(sqlite_shop.resources)
    with sqlite_shop.reading() as session:
        assert imports.show_import(session, sqlite_shop.actor, first.id).status == "undone"
    assert records(sqlite_shop)["b"]["income"] == 1.0


def test_the_very_same_import_is_found_while_it_waits(sqlite_shop: Shop) -> None:
    bring(sqlite_shop, FILE)
    oldest, _ = ask(sqlite_shop, FILE), ask(sqlite_shop, FILE)
    same, other = (store_file(sqlite_shop.resources, sqlite_shop.actor, text) for text in (FILE, FILE + "z,1,1,,,0\n"))

    def found(file: StoredFile, **how: object) -> str | None:
        with sqlite_shop.reading() as session:
            pending = imports.find_pending(session, sqlite_shop.actor, "customers", file, **how)  # type: ignore[arg-type]
        return pending and pending.id

    assert found(same) == oldest.id
    assert [
        found(other),
        found(same, mode="append"),
        found(same, as_of=date(2024, 5, 1)),
        found(same, mapping={"schema": {"Id": "customer_id"}}),
    ] == [None] * 4
    run_jobs(sqlite_shop.resources)
    assert found(same) is None


def test_an_import_can_be_undone_once_the_versions_that_nobody_wanted_are_removed(shop: Shop) -> None:
    bring(shop, customers_csv((20, 20)))
    shop.recluster(k=2)
    second, _ = bring(shop, customers_csv((9,), first=900))
    for seed in (1, 2):
        shop.recluster(k=2, seed=seed)
    found = preview(shop, second.id)
    assert (found.code, found.details) == ("version_depends", {"version": 3, "versions": [2, 3]})
    assert "Versions 2 and 3 were fitted on these customers" in (found.problem or "")
    for number in (3, 2):
        with shop.writing() as session:
            remove_version(session, shop.actor, "customers", number)
    assert undo(shop, second.id).status == "undone"
    with shop.reading() as session:
        assert count_rows(session, Customer) == [40]
        assert [each.status for each in list_versions(session, shop.actor, "customers")] == ["removed", "removed", "ready"]


def test_a_check_says_when_the_customers_are_not_those_that_it_compared_with_any_more(shop: Shop) -> None:
    def outdated() -> bool:
        with shop.reading() as session:
            [shown] = [each for each in imports.list_imports(session, shop.actor, "customers") if each.id == waiting.id]
            assert shown == imports.show_import(session, shop.actor, waiting.id)
            return shown.outdated

    bring(shop, FILE)
    with shop.writing() as session:
        file = store_file(shop.resources, shop.actor, FILE.replace("20000", "2"))
        waiting = imports.start_import(session, shop.actor, "customers", file)
    assert not outdated(), "there is no check yet"
    run_jobs(shop.resources)
    assert not outdated()
    second, _ = bring(shop, FILE.replace("20000", "1"))
    assert outdated()
    with shop.writing() as session:
        imports.change_mapping(session, shop.actor, waiting.id, {})
    run_jobs(shop.resources)
    assert not outdated()
    undo(shop, second.id)
    assert outdated()
    with shop.writing() as session:
        imports.confirm_import(session, shop.actor, waiting.id)
    run_jobs(shop.resources)
    with shop.reading() as session:
        assert imports.show_import(session, shop.actor, waiting.id).status == "done", "it does nothing that was not shown"


def test_a_check_before_the_first_customers_is_outdated_by_them(sqlite_shop: Shop) -> None:
    with sqlite_shop.writing() as session:
        slug = ensure_dataset(session, sqlite_shop.actor, "Customers").slug
        file = store_file(sqlite_shop.resources, sqlite_shop.actor, FILE)
        waiting = imports.start_import(session, sqlite_shop.actor, slug, file)
    run_jobs(sqlite_shop.resources)
    with sqlite_shop.reading() as session:
        assert not imports.show_import(session, sqlite_shop.actor, waiting.id).outdated
    bring(sqlite_shop, FILE.replace("20000", "1"))
    with sqlite_shop.reading() as session:
        assert imports.show_import(session, sqlite_shop.actor, waiting.id).outdated
