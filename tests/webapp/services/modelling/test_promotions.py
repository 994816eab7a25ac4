"""Who was champion when, the way back, and that neither changes where anybody is placed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.webapp.conftest import Prepared, copied, open_folder
from tests.webapp.scored import records, touching_csv
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources, unit_of_work
from webapp.models import AuditEvent, MemberRole, Promotion, Team
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.modelling import challengers, promotions, versions
from webapp.services.modelling.scoring import CustomerScore, Scores, score_customers
from webapp.services.work import jobs

DATASET = "customers"
COUNTS = (3, 2, 4)
"""Segments of versions 1, 2 and 3, all on the same customers."""


@pytest.fixture(scope="module")
def three(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("three")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    shop = open_shop(open_folder(folder))
    shop.import_file(touching_csv())
    for k in COUNTS:
        shop.recluster(k=k, promote=k == 3)
    shop.resources.engine.dispose()
    return folder, shop


@pytest.fixture
def shop(three: Prepared, tmp_path: Path) -> Iterator[Shop]:
    """Version 1 is the champion; 2 and 3 are ready."""
    with copied(three, tmp_path / "three") as opened:
        yield opened


def promote(shop: Shop, number: int, **options: object) -> None:
    with shop.writing() as session:
        promotions.promote_version(session, shop.actor, DATASET, number, **options)  # type: ignore[arg-type]


def roll_back(shop: Shop, **options: object) -> promotions.Promoted:
    with shop.writing() as session:
        return promotions.roll_back(session, shop.actor, DATASET, **options)  # type: ignore[arg-type]


def target(shop: Shop) -> int | None:
    with shop.reading() as session:
        return promotions.rollback_target(session, shop.actor, DATASET)


def test_a_rollback_leads_to_the_version_before_and_once_more_to_the_one_before_that(shop: Shop) -> None:
    assert target(shop) is None
    for number in (2, 3):
        promote(shop, number)
    assert target(shop) == 2
    assert roll_back(shop, note=" Names were wrong. ") == promotions.Promoted(2, 3)
    assert roll_back(shop, expected=2) == promotions.Promoted(1, 2)
    with pytest.raises(Conflict, match="No version was champion before"):
        roll_back(shop)
    promote(shop, 3)
    assert target(shop) == 1
    with shop.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "version.rolled_back").order_by(AuditEvent.at)).all()
        assert [(event.subject, event.details["previous"], event.details["note"]) for event in events] == [
            ("customers/2", 3, "Names were wrong."),
            ("customers/1", 2, ""),
        ]


def test_history_says_who_was_champion_from_when_to_when(shop: Shop) -> None:
    promote(shop, 2, note="Fewer are enough.")
    roll_back(shop)
    with shop.reading() as session:
        now, before, first = promotions.live_history(session, shop.actor, DATASET)
    assert [each.version for each in (now, before, first)] == [1, 2, 1]
    assert (now.until, before.until, first.until) == (None, now.since, before.since)
    assert (now.rollback, before.rollback, before.note, before.by) == (True, False, "Fewer are enough.", shop.actor.name)


def backdated(session: Session, *moments: datetime) -> None:
    moves = session.scalars(select(Promotion).order_by(Promotion.created_at)).all()
    for move, moment in zip(moves, moments, strict=True):
        move.created_at = moment
    session.flush()


def test_the_champion_of_any_day_is_that_at_its_end_where_the_team_is(shop: Shop) -> None:
    promote(shop, 2)
    noon, late = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
    with shop.writing() as session:
        backdated(session, noon, late)

        def on(when: object) -> int | None:
            return promotions.champion_on(session, shop.actor, DATASET, when)  # type: ignore[arg-type]

        assert [on(noon - timedelta(seconds=1)), on(noon), on(late - timedelta(seconds=1)), on(late)] == [None, 1, 1, 2]
        assert [on(day) for day in (noon.date() - timedelta(days=1), noon.date(), late.date(), late.date() + timedelta(days=1))] == [
            None,
            1,
            2,
            2,
        ]
        session.get_one(Team, shop.actor.team_id).time_zone = "Europe/Berlin"  # where it was the 6th already
        session.flush()
        assert [on(late.date()), on(late.date() + timedelta(days=1))] == [1, 2]
        with pytest.raises(Invalid):
            on(datetime.max.date())


def test_a_rollback_from_an_old_page_and_by_somebody_who_may_not_are_refused(shop: Shop) -> None:
    promote(shop, 2)
    with pytest.raises(Conflict) as refusal:
        roll_back(shop, expected=1)
    assert refusal.value.code == "champion_moved"
    for actor, error in ((shop.member(MemberRole.MARKETER), Forbidden), (shop.stranger, NotFound)):
        for act in (
            lambda session, actor: promotions.roll_back(session, actor, DATASET),
            lambda session, actor: challengers.set_challenger(session, actor, DATASET, 3),
            lambda session, actor: challengers.withdraw_challenger(session, actor, DATASET),
        ):
            with shop.writing() as session, pytest.raises(error):
                act(session, actor)
    with shop.reading() as session:
        assert versions.list_versions(session, shop.actor, DATASET)[1].champion


def test_of_a_promotion_and_a_rollback_at_once_one_wins_and_the_other_is_told(resources: Resources) -> None:
    """Two real transactions, on both databases."""
    shop = open_shop(resources)
    shop.import_file(customers_csv((50, 50, 50)))
    for k in COUNTS:
        shop.recluster(k=k)
    promote(shop, 2)
    together = Barrier(2)

    def act(move: Callable[[Session], object]) -> str:
        together.wait()
        try:
            with unit_of_work(shop.resources) as session:
                move(session)
        except Conflict as refusal:
            return refusal.code
        return "moved"

    moves: list[Callable[[Session], object]] = [
        lambda session: promotions.promote_version(session, shop.actor, DATASET, 3, expected=2),
        lambda session: promotions.roll_back(session, shop.actor, DATASET, expected=2),
    ]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(act, moves)) == ["champion_moved", "moved"]
    with shop.reading() as session:
        history = promotions.live_history(session, shop.actor, DATASET)
        assert len(history) == 3
        champion = next(each.number for each in versions.list_versions(session, shop.actor, DATASET) if each.champion)
        assert history[0].version == champion


# ---- the challenger ----


def challenger(shop: Shop) -> int | None:
    with shop.reading() as session:
        return next((each.number for each in versions.list_versions(session, shop.actor, DATASET) if each.challenger), None)


def test_a_challenger_stands_until_it_is_withdrawn_replaced_or_champion(shop: Shop) -> None:
    with shop.writing() as session:
        assert challengers.set_challenger(session, shop.actor, DATASET, 2).challenger
    with shop.writing() as session:
        challengers.set_challenger(session, shop.actor, DATASET, 3)
        with pytest.raises(Conflict, match="is the champion"):
            challengers.set_challenger(session, shop.actor, DATASET, 1)
    assert challenger(shop) == 3
    promote(shop, 3)
    assert challenger(shop) is None
    with shop.writing() as session:
        challengers.set_challenger(session, shop.actor, DATASET, 1)
        challengers.withdraw_challenger(session, shop.actor, DATASET)
    assert challenger(shop) is None
    with shop.reading() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("version.challenge"))).all()
    assert sorted(actions) == ["version.challenge_ended", *["version.challenges"] * 3]


def test_a_recluster_can_be_asked_for_as_challenger_and_never_moves_the_champion(shop: Shop) -> None:
    made = shop.recluster(k=2, seed=5, challenge=True, note="Every month")
    assert (made.number, made.challenger, made.champion, made.note) == (4, True, False, "Every month")
    with shop.reading() as session:
        assert promotions.live_history(session, shop.actor, DATASET)[0].version == 1


def test_a_failed_or_cancelled_recluster_changes_nothing_that_people_see(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def seen() -> tuple[object, ...]:
        with shop.reading() as session:
            ready = [each for each in versions.list_versions(session, shop.actor, DATASET) if each.status == "ready"]
            return (ready, promotions.live_history(session, shop.actor, DATASET), scored(shop, session))

    before = seen()
    with shop.writing() as session:
        job = versions.request_recluster(session, shop.actor, DATASET, promote=True)
        jobs.cancel_job(session, shop.actor, job.id)
    assert seen() == before
    monkeypatch.setattr("webapp.tasks.reclustering.store_identities", lambda *_: 1 / 0)
    assert shop.recluster(k=3, seed=8, promote=True, challenge=True).status == "failed"
    assert seen() == before


# ---- scores ----


def scored(shop: Shop, session: Session, version: int | None = None) -> Scores:
    return score_customers(session, shop.actor, shop.resources.store, DATASET, records()[:40], version=version)


@pytest.fixture(scope="module")
def recorded(three: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, dict[int, tuple[CustomerScore, ...]]]]:
    with copied(three, tmp_path_factory.mktemp("recorded") / "shop") as opened:
        with opened.reading() as session:
            known = {number: scored(opened, session, number).customers for number in (1, 2, 3)}
        yield opened, known


@settings(max_examples=12, deadline=None)
@given(moves=st.lists(st.sampled_from([1, 2, 3, "back"]), min_size=1, max_size=6))
def test_after_any_promotions_and_rollbacks_scores_are_those_recorded(
    recorded: tuple[Shop, dict[int, tuple[CustomerScore, ...]]], moves: list[int | str]
) -> None:
    shop, known = recorded
    standing = [1]
    with shop.writing() as session:
        for move in moves:
            if isinstance(move, int) and move != standing[-1]:
                promotions.promote_version(session, shop.actor, DATASET, move)
                standing.append(move)
            elif move == "back" and len(standing) > 1:
                promotions.roll_back(session, shop.actor, DATASET)
                standing.pop()
            assert scored(shop, session).customers == known[standing[-1]]
        assert {number: scored(shop, session, number).customers for number in known} == known
        session.rollback()
