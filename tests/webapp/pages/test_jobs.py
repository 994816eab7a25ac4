"""Jobs: what runs, what ran, and why it failed."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import ids, links, listed, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs, store_file
from webapp.edge import Resources
from webapp.models import Import, MemberRole
from webapp.pages import home, jobs
from webapp.services.data import imports
from webapp.services.modelling import versions
from webapp.services.work import jobs as services
from webapp.ui.waiting_files import waiting_files


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


def test_a_quiet_team_is_told_what_will_be_here(shop: Shop) -> None:
    shop.import_file(customers_csv())
    with shop.reading() as session:
        assert "Nothing is running" in words(jobs.show_running(look(shop, session, f"{HERE}/jobs")))


def test_waiting_jobs_can_be_cancelled_by_those_who_could_start_them(shop: Shop) -> None:
    shop.import_file(customers_csv())
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers")
    with shop.reading() as session:
        shown = jobs.show_running(look(shop, session, f"{HERE}/jobs"))
        for_viewer = jobs.show_running(look(shop, session, f"{HERE}/jobs", role=MemberRole.VIEWER))
    assert "Finding segments: version 1" in words(shown)
    assert "No worker is running" in words(shown)
    assert [name["at"] for name in ids(shown) if isinstance(name, dict)] == ["jobs"]
    assert not any(isinstance(name, dict) for name in ids(for_viewer))


def test_with_a_worker_nobody_is_warned(shop: Shop) -> None:
    shop.import_file(customers_csv())
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers")
        services.beat(session, "worker-1")
    with shop.reading() as session:
        assert "No worker" not in words(jobs.show_running(look(shop, session, f"{HERE}/jobs")))


def test_history_says_why_a_job_failed_and_links_to_its_result(shop: Shop) -> None:
    done = shop.import_file(customers_csv())
    failed = shop.import_file("nothing")
    with shop.reading() as session:
        shown = jobs.show_history(look(shop, session, f"{HERE}/jobs"))
    assert "1 job failed" in words(shown)
    assert failed.message
    assert failed.message in words(shown)
    assert [words(part) for part in walk(shown) if getattr(part, "className", "") == "nw"] == ["just now"] * 2  # one line on a phone too
    assert listed(shown) == ["Jobs that ended, newest first"]
    assert {f"{HERE}/imports/{done.id}", f"{HERE}/imports/{failed.id}"} == set(links(shown))


def test_other_teams_jobs_are_not_there(shop: Shop) -> None:
    shop.import_file(customers_csv())
    with shop.reading() as session:
        listed = services.list_jobs(session, shop.stranger)
    assert listed == ()


def test_a_seed_that_somebody_chose_is_said_and_the_default_is_not(shop: Shop) -> None:
    shop.import_file(customers_csv())
    for seed in (0, 41):
        with shop.writing() as session:
            versions.request_recluster(session, shop.actor, "customers", seed=seed)
        with shop.reading() as session:
            running = words(jobs.show_running(look(shop, session, f"{HERE}/jobs")))
        run_jobs(shop.resources)
        with shop.reading() as session:
            ended = words(jobs.show_history(look(shop, session, f"{HERE}/jobs")))
        assert ("Seed 41." in running, "Seed 41." in ended, "Seed 0" in running + ended) == (seed == 41, seed == 41, False)


def test_files_that_wait_are_called_out_with_what_to_do_for_those_who_can(shop: Shop) -> None:
    shop.import_file(customers_csv())
    refused = shop.import_file("nothing")
    file = store_file(shop.resources, shop.actor, customers_csv((9,), first=500), "<b>new.csv")
    with shop.writing() as session:
        session.execute(update(Import).where(Import.id == refused.id).values(file_name="bad.csv"))
        asked = imports.start_import(session, shop.actor, "customers", file)
    run_jobs(shop.resources)
    with shop.reading() as session:
        shown = waiting_files(look(shop, session, f"{HERE}/jobs"))
        home_page, _ = home.show_home(look(shop, session, HERE))
        assert waiting_files(look(shop, session, HERE, role=MemberRole.MARKETER)) is None
        assert waiting_files(look(shop, session, "/t/north-market")) is None
    text = words(shown)
    assert text.startswith("2 files wait for somebody <b>new.csv To confirm")
    assert "look at its check" in text
    assert f"bad.csv Refused {refused.message} Nothing of it is stored. Mend the file" in text
    assert links(shown) == [f"{HERE}/imports/{asked.id}", f"{HERE}/imports/{refused.id}"]
    assert text in words(home_page)
    with shop.writing() as session:
        for each in (asked, refused):
            imports.discard_import(session, shop.actor, shop.resources.store, each.id)
        assert waiting_files(look(shop, session, HERE)) is None
