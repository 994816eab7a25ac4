"""The bell's menu: what runs, what ended, where each leads."""

from __future__ import annotations

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import links, words
from tests.webapp.working import Shop, customers_csv
from webapp.services.modelling import versions
from webapp.services.work import jobs
from webapp.ui import bell


def show(shop: Shop, path: str = HERE) -> tuple[str, object]:
    with shop.reading() as session:
        view = look(shop, session, path)
        label, entries = bell.show_bell(view, jobs.list_jobs(session, shop.actor))
    return words(label), entries


def test_nothing_has_run(shop: Shop) -> None:
    label, entries = show(shop, "/t/north-market")
    assert label == "Jobs: none at work"
    assert "Nothing has run yet" in words(entries)
    assert links(entries) == []


def test_what_waits_comes_first_then_what_ended_then_all_jobs(shop: Shop) -> None:
    done = shop.import_file(customers_csv())
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers", k=3)
    label, entries = show(shop)
    assert label == "Jobs: 1 job at work 1"
    shown = words(entries)
    assert (
        shown.index("At work") < shown.index("Finding segments: version 1") < shown.index("Ended") < shown.index("Importing customers.csv")
    )
    assert links(entries) == [f"{HERE}/jobs", f"{HERE}/imports/{done.id}", f"{HERE}/jobs"]


def test_a_failed_job_leads_to_the_list_with_its_reason(shop: Shop) -> None:
    shop.import_file("ID,Income\n1,5\n")
    shop.import_file("nothing")
    _, entries = show(shop)
    assert "Failed" in words(entries)
    assert links(entries)[0] == f"{HERE}/jobs"
