"""The job bar, the pulse that pages follow, notices, cancelling and re-clustering."""

from __future__ import annotations

from typing import Any

import pytest
from dash import no_update
from sqlalchemy import select

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import ids, links, words
from tests.webapp.working import Shop, customers_csv, run_jobs
from webapp.models import Job, MemberRole
from webapp.services.data.datasets import ensure_dataset
from webapp.services.errors import Forbidden
from webapp.services.modelling import versions
from webapp.services.segmenting import traces
from webapp.services.work import jobs as services
from webapp.ui import jobs, recluster

Said = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A shop with customers and a re-cluster that waits for a worker."""
    shop.import_file(customers_csv())
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers", k=3)
    return shop


def pulse(shop: Shop, heard: dict[str, Any] | None, *, path: str = HERE, role: MemberRole = MemberRole.ADMIN) -> tuple[Any, ...]:
    with shop.reading() as session:
        return jobs.show_pulse(look(shop, session, path, role=role), heard)


def test_the_first_look_makes_no_page_read_again(busy: Shop) -> None:
    changed, heard, *_, tick = pulse(busy, None)
    assert changed is no_update
    assert heard["jobs"] == 1
    assert tick == jobs.BUSY_MS


def test_nothing_new_changes_nothing(busy: Shop) -> None:
    heard = pulse(busy, None)[1]
    assert pulse(busy, heard)[:2] == (no_update, no_update)


def test_the_bar_says_what_waits_and_that_no_worker_is_there(busy: Shop) -> None:
    bar, bell = pulse(busy, None)[2:4]
    assert "Finding segments: version 1" in words(bar)
    assert "no worker is running" in words(bar)
    assert "1" in words(bell)


def test_a_job_that_ended_moves_the_pulse_and_says_so_with_a_link(busy: Shop, said: Said) -> None:
    heard = pulse(busy, None)[1]
    run_jobs(busy.resources)
    changed, _, bar, *_, tick = pulse(busy, heard)
    assert changed["jobs"] == 0
    assert changed["done"] != heard["done"]
    assert bar is None
    assert tick == jobs.IDLE_MS
    [(place, props)] = said
    assert place == "notice"
    assert "Segments are ready: version 1." in words(props["children"])
    assert links(props["children"]) == [f"{HERE}/segments?v=1"]


def test_an_older_job_is_no_news_where_the_last_one_went_with_its_dataset(busy: Shop, said: Said) -> None:
    run_jobs(busy.resources)
    heard = pulse(busy, None)[1]
    with busy.writing() as session:
        last = session.scalars(select(Job).where(Job.kind == "recluster")).one()
        session.delete(last)
    changed = pulse(busy, heard)[0]
    assert changed["told"] != heard["told"]
    assert said == []


def test_the_notice_names_the_dataset_where_there_are_several(busy: Shop, said: Said) -> None:
    with busy.writing() as session:
        ensure_dataset(session, busy.actor, "Newsletter")
    heard = pulse(busy, None)[1]
    run_jobs(busy.resources)
    pulse(busy, heard)
    [(_, props)] = [each for each in said if each[0] == "notice"]
    assert "Segments are ready: version 1 of Customers." in words(props["children"])


def test_on_the_jobs_own_page_no_notice_repeats_it(shop: Shop, said: Said) -> None:
    detail = shop.import_file(customers_csv())
    pulse(shop, {"jobs": 1, "done": None}, path=f"{HERE}/imports/{detail.id}")
    assert said == []


def test_why_a_job_failed_is_in_its_notice(shop: Shop, said: Said) -> None:
    shop.import_file("ID,Income\n1,5\n1,7\n")
    shop.import_file("nothing")
    pulse(shop, {"jobs": 1, "done": None})
    assert "failed" in words(said[0][1]["children"])
    assert links(said[0][1]["children"]) == [f"{HERE}/jobs"]


def test_viewers_see_the_bar_without_cancel(busy: Shop) -> None:
    assert any(isinstance(name, dict) and name["type"] == "cancel-job" for name in ids(pulse(busy, None)[2]))
    assert not any(isinstance(name, dict) for name in ids(pulse(busy, None, role=MemberRole.VIEWER)[2]))


def test_cancel_stops_the_job_that_was_meant(busy: Shop, said: Said) -> None:
    with busy.writing() as session:
        waiting = services.list_jobs(session, busy.actor)[0]
        pressed = [{"type": "cancel-job", "job": "another", "at": "bar"}, {"type": "cancel-job", "job": waiting.id, "at": "jobs"}]
        assert jobs.cancel_clicked(look(busy, session, HERE), [None, 1], pressed) == waiting.id
        assert services.show_job(session, busy.actor, waiting.id).status == "cancelled"
    assert "being cancelled" in words(said[0][1]["children"])


def test_a_button_that_only_appeared_cancels_nothing(busy: Shop) -> None:
    with busy.writing() as session:
        assert jobs.cancel_clicked(look(busy, session, HERE), [None], [{"job": "x"}]) is no_update


def test_recluster_starts_one_job_however_often_it_is_pressed(shop: Shop, said: Said) -> None:
    shop.import_file(customers_csv())
    with shop.writing() as session:
        view = look(shop, session, HERE)
        first, second = (recluster.start(view, 1, "3", 7) for _ in range(2))
        version = versions.list_versions(session, shop.actor, "customers")
    assert first == second == (False, first[1])
    assert [item.seed for item in version] == [7]
    assert "You can leave this page" in words(said[0][1]["children"])


@pytest.mark.parametrize(("chosen", "k"), [("best", None), (None, None), ("5", 5)])
def test_the_chosen_number_is_asked_for(chosen: str | None, k: int | None, shop: Shop, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.import_file(customers_csv())
    asked: dict[str, Any] = {}
    genuine = versions.request_recluster
    monkeypatch.setattr(versions, "request_recluster", lambda *args, **options: asked.update(options) or genuine(*args, **options))
    with shop.writing() as session:
        recluster.start(look(shop, session, HERE), 1, chosen, None)
    assert asked.pop("store") is shop.resources.store
    assert asked == {"algorithm": "kmeans", "k": k, "seed": 0, "features": None, "note": "", "unless_there": True}


def test_who_cannot_recluster_has_no_button_and_no_way(shop: Shop) -> None:
    shop.import_file(customers_csv())
    assert recluster.recluster_button(shop.member(MemberRole.MARKETER), at="home") is None
    assert recluster.recluster_button(shop.member(MemberRole.ANALYST), at="home") is not None
    with shop.writing() as session, pytest.raises(Forbidden):
        recluster.start(look(shop, session, HERE, role=MemberRole.MARKETER), 1, "best", 0)


def test_progress_is_said_to_screen_readers() -> None:
    bar = jobs.progress(0.62, "Resampling").children[1].to_plotly_json()["props"]
    assert (bar["role"], bar["aria-valuenow"], bar["aria-label"]) == ("progressbar", "62", "Resampling")


def test_work_that_nobody_asked_for_makes_pages_read_again_but_no_bar_and_no_notice(shop: Shop, said: Said) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    heard = pulse(shop, None)[1]
    with shop.writing() as session:
        traces.count_again(session, shop.actor, "customers")
    changed, heard, bar, bell, entries, tick = pulse(shop, heard)
    assert (changed["jobs"], bar, tick) == (1, None, jobs.BUSY_MS)
    assert "none at work" in words(bell)
    assert "Counting" not in words(entries)
    run_jobs(shop.resources)
    changed, *_ = pulse(shop, heard)
    assert changed["done"] != heard["done"]
    assert said == []
