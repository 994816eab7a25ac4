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
from webapp.pages.jobs.ids import ACT, CHANGE, OPEN
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
        return adding.save(look(shop, session, PAGE), 1, None, kind, k, "kmeans", *(chosen or WEEKLY))


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
    assert buttons(shown(shop)) == [OPEN, "run", CHANGE, "pause", "remove"]


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
        return words(adding.show_preview(look(shop, session, PAGE), None, "best", "kmeans", *chosen))


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


def opened(shop: Shop) -> tuple[Any, ...]:
    """The form that Change opens for the only schedule, from its title on."""
    with shop.reading() as session:
        (listed,) = schedules.list_schedules(session, shop.actor)
        is_open, *form = adding.fill(look(shop, session, PAGE), {"type": CHANGE, "schedule": listed.id})
    assert is_open is True
    return tuple(form)


def test_change_opens_the_form_as_the_schedule_stands_and_new_opens_it_empty(shop: Shop) -> None:
    add(shop, "recluster", "month", "23:05", "1", "L", "", k="4")
    title, confirm, edited, error, kind, kept, *rest = opened(shop)
    assert (title, confirm, error, kind, kept) == ("Change the schedule", "Save the changes", "", "recluster", True)
    assert edited is not None
    assert rest[:5] == ["4", "kmeans", "month", "23:05", "1"]
    assert rest[5] == "L"
    with shop.reading() as session:
        view = look(shop, session, PAGE)
        assert adding.fill(view, {"type": OPEN, "at": "card"})[1:6] == ("New schedule", "Add the schedule", None, "", "recluster")
        assert adding.fill(view, None) == (no_update,) * len(adding.fill(view, {"type": OPEN, "at": "card"}))


@pytest.mark.parametrize(
    ("cron", "every"),
    [
        ("30 2 * * *", "day"), ("0 6 * * 0", "week"), ("59 23 L * *", "month"), ("0 6 31 * *", "own"),
        ("0 6 * * MON", "own"), ("*/20 8-18 * * 1-5", "own"), ("0 6 1 1 *", "own"),
    ],
)  # fmt: skip
def test_an_expression_becomes_the_choices_that_make_it_again(cron: str, every: str) -> None:
    choices = adding.choices_of(cron)
    assert choices[0] == every
    assert adding.chosen_cron(*choices) == cron


def test_a_change_names_what_it_changes_and_keeps_what_the_form_does_not_show(shop: Shop, said: list[Any]) -> None:
    with shop.writing() as session:
        asked = {"k": 4, "seed": 7, "features": ["spend"]}
        schedules.add_schedule(session, shop.actor, "customers", kind="recluster", cron="0 6 * * 1", parameters=asked)
    _, _, edited, _, kind, _, _, method, *chosen = opened(shop)
    with shop.writing() as session:
        view = look(shop, session, PAGE)
        assert words(adding.show_preview(view, edited, "4", method, *chosen)).endswith("Nothing is changed yet.")
        chosen[1] = "07:30"
        told = "from Mondays at 06:00, 4 segments to Mondays at 07:30, 5 segments."
        text = words(adding.show_preview(view, edited, "5", method, *chosen))
        assert text.endswith(f"Changes {told} It stays in the name of {shop.actor.name}.")
        assert adding.save(view, 1, edited, kind, "5", method, *chosen)[:2] == (False, "")
        (listed,) = schedules.list_schedules(session, shop.actor)
    assert f"Changed {told}" in words(said)
    assert (listed.cron, listed.parameters) == ("30 7 * * 1", {"algorithm": "kmeans", "k": 5, "seed": 7, "features": ["spend"]})


def test_what_the_form_never_offers_is_refused(shop: Shop) -> None:
    add(shop)
    _, _, edited, _, kind, _, _, method, *chosen = opened(shop)
    for k in ("99", "many", None, 3):
        with shop.writing() as session:
            assert adding.save(look(shop, session, PAGE), 1, edited, kind, k, method, *chosen)[1] == "Choose how many segments."
    with shop.writing() as session, pytest.raises(Forbidden):
        adding.save(look(shop, session, PAGE, role=MemberRole.MARKETER), 1, edited, kind, "4", method, *chosen)
    with shop.writing() as session, pytest.raises(NotFound):
        adding.save(look_as(shop, session, shop.stranger), 1, edited, kind, "4", method, *chosen)


def test_pause_and_resume(shop: Shop, said: list[Any]) -> None:
    add(shop)
    press(shop, "pause")
    assert "Paused" in words(shown(shop))
    assert "next" not in words(shown(shop)).split("Finds")[0].split("(Europe/Berlin)")[1]
    assert buttons(shown(shop)) == [OPEN, "run", CHANGE, "resume", "remove"]
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
