"""The schedules on the page of jobs: in words, made in a dialog that answers while one chooses, and changed by those who may."""

from __future__ import annotations

from typing import Any

import pytest
from dash import no_update
from sqlalchemy import update

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import ids, words
from tests.webapp.working import Shop, open_shop, run_jobs
from webapp.edge import Resources
from webapp.models import MemberRole, Membership, Team
from webapp.pages.jobs import adding
from webapp.pages.jobs import schedules as page
from webapp.pages.jobs.ids import ACT, OPEN
from webapp.services.access import Actor
from webapp.services.data.datasets import ensure_dataset
from webapp.services.errors import Forbidden, NotFound
from webapp.services.scheduling import schedules
from webapp.services.scheduling.ticks import fire_tick
from webapp.services.work import jobs

WEEKLY = ("week", "06:00", "1", "1", "")
PAGE = f"{HERE}/jobs"


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team in Berlin with an empty dataset."""
    made = open_shop(sqlite_resources)
    with made.writing() as session:
        ensure_dataset(session, made.actor, "Customers")
        session.execute(update(Team).values(time_zone="Europe/Berlin"))
    return made


def shown(shop: Shop, role: MemberRole = MemberRole.ADMIN) -> Any:
    with shop.reading() as session:
        return page.show_schedules(look(shop, session, PAGE, role=role))


def add(shop: Shop, kind: str = "recluster", *chosen: Any, k: Any = "best") -> tuple[Any, ...]:
    with shop.writing() as session:
        return adding.add(look(shop, session, PAGE), 1, kind, k, "kmeans", *(chosen or WEEKLY))


def press(shop: Shop, act: str, role: MemberRole = MemberRole.ADMIN) -> tuple[Any, ...]:
    with shop.writing() as session:
        (listed,) = schedules.list_schedules(session, shop.actor)
        return page.act(look(shop, session, PAGE, role=role), {"type": ACT, "act": act, "schedule": listed.id})


def buttons(content: Any) -> list[str]:
    return [name["act"] if name["type"] == ACT else name["type"] for name in ids(content) if isinstance(name, dict)]


def test_before_the_first_it_says_what_schedules_are_for(shop: Shop) -> None:
    assert "Nothing comes by itself yet" in words(shown(shop))
    assert buttons(shown(shop)) == [OPEN]
    assert buttons(shown(shop, MemberRole.MARKETER)) == []


def test_a_schedule_reads_as_people_say_it(shop: Shop) -> None:
    assert add(shop, k="4")[:2] == (False, "")
    text = words(shown(shop))
    with shop.reading() as session:
        (made,) = schedules.list_schedules(session, shop.actor)
    assert made.next_due is not None
    assert f"Mondays at 06:00 (Europe/Berlin), next {made.next_due.day} {made.next_due:%b %Y}" in text
    assert "Finds 4 segments. Method: K-means." in text
    assert "waits for somebody to promote it" in text
    assert "the latest missed run is made up for" in text
    assert "No worker is running" in text
    assert buttons(shown(shop)) == [OPEN, "run", "pause", "remove"]


def test_with_a_worker_nobody_is_warned_and_viewers_have_no_buttons(shop: Shop) -> None:
    add(shop)
    with shop.writing() as session:
        jobs.beat(session, "worker-1")
    assert "No worker" not in words(shown(shop))
    for role in (MemberRole.VIEWER, MemberRole.MARKETER):
        assert buttons(shown(shop, role)) == []
        assert "Mondays at 06:00" in words(shown(shop, role))


def test_the_folder_is_named_and_nothing_of_the_machine(shop: Shop) -> None:
    add(shop, "import_folder", "own", "", "1", "1", "*/10 * * * *")
    text = words(shown(shop))
    assert "the folder north-market/customers of the inbox" in text
    assert "Every 10th minute of every hour (Europe/Berlin), next" in text
    assert str(shop.resources.config.inbox) not in text


@pytest.mark.parametrize(
    ("chosen", "cron"),
    [
        (("day", "02:30", "1", "1", ""), "30 2 * * *"),
        (("week", "06:00:00", "0", "1", ""), "0 6 * * 0"),
        (("month", "23:59", "1", "L", ""), "59 23 L * *"),
        (("own", None, None, None, "5 4 * * *"), "5 4 * * *"),
    ],
)
def test_choices_become_an_expression(chosen: tuple[Any, ...], cron: str) -> None:
    assert adding.chosen_cron(*chosen) == cron


def preview(shop: Shop, *chosen: Any) -> str:
    with shop.reading() as session:
        return words(adding.show_preview(look(shop, session, PAGE), *chosen))


def test_the_dialog_says_what_the_choices_mean_and_the_next_three_runs(shop: Shop) -> None:
    text = preview(shop, *WEEKLY)
    assert text.startswith("Mondays at 06:00 (Europe/Berlin) The next runs: Monday, ")
    assert text.count("06:00") == 4


@pytest.mark.parametrize(
    "chosen", [("week", "26:00", "1", "1", ""), ("week", None, "1", "1", ""), ("own", "", "", "", "soon"), (None,) * 5]
)
def test_what_is_no_time_is_said_in_the_dialog_and_nothing_is_added(shop: Shop, chosen: tuple[Any, ...]) -> None:
    told = preview(shop, *chosen)
    assert "Choose a day and a time" in told or "A cron expression" in told
    assert add(shop, "recluster", *chosen) == (no_update, told, no_update)
    assert "Nothing comes by itself yet" in words(shown(shop))


@pytest.mark.parametrize(
    ("every", "kind", "hidden"),
    [
        ("day", "recluster", (False, True, True, True, False)),
        ("week", "recluster", (False, False, True, True, False)),
        ("month", "import_folder", (False, True, False, True, True)),
        ("own", "import_folder", (True, True, True, False, True)),
    ],
)
def test_only_what_matters_is_asked_for(shop: Shop, every: str, kind: str, hidden: tuple[bool, ...]) -> None:
    with shop.reading() as session:
        *flags, folder = adding.show_fields(look(shop, session, PAGE), every, kind)
    assert tuple(flags) == hidden
    assert ("north-market/customers" in folder) is (kind == "import_folder")


def test_pause_and_resume(shop: Shop, said: list[Any]) -> None:
    add(shop)
    press(shop, "pause")
    assert "Paused" in words(shown(shop))
    assert "next" not in words(shown(shop)).split("Finds")[0].split("(Europe/Berlin)")[1]
    assert buttons(shown(shop)) == [OPEN, "run", "resume", "remove"]
    press(shop, "resume")
    assert "Resumed in your name: Mondays at 06:00" in words(said)


def test_run_now_shows_what_became_of_it(shop: Shop) -> None:
    add(shop, "import_folder")
    changed, job, *_ = press(shop, "run")
    assert changed
    with shop.reading() as session:
        assert jobs.show_job(session, shop.actor, job).kind == "import_folder"
    assert "Importing the folder of Customers Waiting" in words(shown(shop))
    run_jobs(shop.resources)
    assert "Done No file was there." in words(shown(shop))


def test_deleting_asks_first(shop: Shop) -> None:
    add(shop)
    *_, opened, text, asked = press(shop, "remove")
    assert opened is True
    assert text.startswith("Mondays at 06:00")
    with shop.writing() as session:
        assert page.remove(look(shop, session, PAGE), None, asked) == (no_update, no_update)
        assert page.remove(look(shop, session, PAGE), 1, asked)[0] is False
    assert "Nothing comes by itself yet" in words(shown(shop))


def test_one_whose_maker_left_says_why_it_pauses(shop: Shop) -> None:
    add(shop)
    with shop.writing() as session:
        session.query(Membership).delete()
        (listed,) = schedules.list_schedules(session, shop.actor)
        assert listed.next_due is not None
        fire_tick(session, listed.id, None, listed.next_due)  # type: ignore[arg-type]
    text = words(shown(shop))
    assert "Paused" in text
    assert text.count("admin@north.example may not do this in North Market any more.") == 1


@pytest.mark.parametrize("act", ["run", "pause", "resume", "remove"])
def test_strangers_find_nothing_and_viewers_are_refused(shop: Shop, act: str) -> None:
    add(shop)
    with shop.writing() as session:
        (listed,) = schedules.list_schedules(session, shop.actor)
    pressed = {"type": ACT, "act": act, "schedule": listed.id}
    with shop.writing() as session, pytest.raises(NotFound):
        page.act(look_as(shop, session, shop.stranger), pressed)
    if act != "remove":  # that one only asks; the answer is refused
        with pytest.raises(Forbidden):
            press(shop, act, MemberRole.VIEWER)


def look_as(shop: Shop, session: Any, actor: Actor) -> Any:
    from dataclasses import replace

    return replace(look(shop, session, PAGE), actor=actor)
