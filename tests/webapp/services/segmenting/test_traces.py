"""A dataset over time: counted with the champion, each day with its own attributes, and read by everybody of the team."""

from __future__ import annotations

from datetime import date
from unittest.mock import patch

import pytest
from sqlalchemy import select

from segmentation.artifact import unpack_assignments
from segmentation.lineage import Fate
from tests.webapp.conftest import Prepare
from tests.webapp.months import FEBRUARY, FILE, GROWN, JANUARY, moved
from tests.webapp.working import Shop, claim, open_shop, run_claimed, run_jobs
from webapp.edge import Resources
from webapp.models import Job, JobStatus, MemberRole, ModelVersion, SegmentTrace
from webapp.services.errors import Conflict, Forbidden, NotFound
from webapp.services.filtering.coarse import count_of, two_digits
from webapp.services.modelling import promotions, tracing
from webapp.services.segmenting import traces
from webapp.services.segmenting.lineages import show_lineage
from webapp.services.segmenting.promotion_preview import preview_promotion
from webapp.services.segmenting.traces import Traces
from webapp.services.work import jobs
from webapp.tasks import tracing as task

MARCH = date(2026, 3, 31)


@pytest.fixture
def empty(resources: Resources) -> Shop:
    return open_shop(resources)


def filled(resources: Resources) -> Shop:
    """Customers of January with a champion of three segments."""
    opened = open_shop(resources)
    opened.import_file(FILE, as_of=JANUARY)
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare: Prepare) -> Shop:
    return prepare(filled)


@pytest.fixture
def sqlite_shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def read(shop: Shop) -> Traces:
    with shop.reading() as session:
        found = traces.list_traces(session, shop.actor, "customers")
    assert found is not None
    return found


def group_of(shop: Shop, key: str) -> int:
    """The cluster in which the champion's own fit has this customer of the first file; rows lie in the order of keys."""
    with shop.reading() as session:
        version = session.scalars(select(ModelVersion).where(ModelVersion.number == 1)).one()
        labels = unpack_assignments(shop.resources.store.read_bytes(shop.actor.team_id, "labels", version.labels_digest)).label
    return int(labels[sorted(map(str, range(1, 151))).index(key)])


def test_nothing_is_counted_without_a_champion(empty: Shop) -> None:
    empty.import_file(FILE)
    with empty.reading() as session:
        assert traces.list_traces(session, empty.actor, "customers") is None
        assert session.scalars(select(Job).where(Job.kind == "trace")).all() == []


def test_the_first_champion_is_counted_by_itself_as_it_was_fitted(shop: Shop) -> None:
    found = read(shop)
    with shop.reading() as session:
        profiles = session.scalars(select(ModelVersion)).one().profiles or {}
    sizes = [segment["size"] for segment in profiles["segments"]]
    assert [division.sizes for division in found.divisions] == [tuple(sizes)]
    assert found.divisions[0].total_spend == pytest.approx(profiles["value"])
    assert (found.current, found.missing, found.comparable, found.job) == (True, 0, False, None)


def test_an_import_adds_a_day_with_who_joined_and_who_moved(shop: Shop) -> None:
    start, end = group_of(shop, "1"), group_of(shop, "140")
    assert start != end
    shop.import_file(moved(GROWN, 1, 140), as_of=FEBRUARY)
    before, now = read(shop).divisions
    assert (before.as_of, now.as_of) == (JANUARY, FEBRUARY)
    assert now.moves is not None
    assert sum(now.moves.joined) == now.moves.joined[end] == 12
    assert now.moves.flows[start][end] == now.moves.moved == 1
    assert now.sizes[start] == before.sizes[start] - 1
    assert now.customers == 162


def test_an_earlier_day_is_counted_with_what_was_known_on_it(shop: Shop) -> None:
    """Under a champion that was fitted later, the customer who moved is still counted where they were then."""
    shop.import_file(moved(GROWN, 1, 140), as_of=FEBRUARY)
    shop.recluster(k=3, promote=True)
    found = read(shop)
    assert found.version == 2
    before, now = found.divisions
    assert now.moves is not None
    assert now.moves.moved == 1
    assert (before.customers, now.customers) == (150, 162)


def test_of_two_states_of_a_day_the_last_one_counts(shop: Shop) -> None:
    shop.import_file(GROWN, as_of=MARCH)
    shop.import_file(moved(GROWN, 1, 140), as_of=MARCH)
    found = read(shop)
    assert [division.as_of for division in found.divisions] == [JANUARY, MARCH]
    assert found.divisions[-1].moves is not None
    assert found.divisions[-1].moves.moved == 1
    with shop.reading() as session:
        assert len(session.scalars(select(SegmentTrace)).all()) == 3


def test_a_day_that_lacks_a_column_says_so_and_the_others_are_counted(sqlite_shop: Shop) -> None:
    with patch.object(task, "used_columns", side_effect=lambda model, schema: _without_income(model, schema)):
        sqlite_shop.import_file(GROWN, as_of=FEBRUARY)
    found = read(sqlite_shop)
    assert not found.current
    assert found.missing == 0
    [problem] = [problem for day, problem in found.unreadable if day == FEBRUARY]
    assert "lack what the model was fitted on" in problem


def _without_income(model: object, schema: object) -> object:
    wanted = task.Schema(tuple(column for column in schema if column.role != "income"))  # type: ignore[attr-defined]
    return task_used(model, wanted)


task_used = task.used_columns


def test_what_changes_while_it_is_counted_gets_a_job_of_its_own(sqlite_shop: Shop) -> None:
    sqlite_shop.recluster(k=2)
    with sqlite_shop.writing() as session:
        traces.count_again(session, sqlite_shop.actor, "customers")
    job = claim(sqlite_shop.resources)
    assert job is not None
    count = task.count_all

    def count_while_the_champion_moves(*arguments: object) -> object:
        with sqlite_shop.writing() as session:
            promotions.promote_version(session, sqlite_shop.actor, "customers", 2)
        return count(*arguments)  # type: ignore[arg-type]

    with patch.object(task, "count_all", count_while_the_champion_moves):
        run_claimed(sqlite_shop.resources, job)
    assert read(sqlite_shop).missing == 1
    with sqlite_shop.reading() as session:
        waiting = session.scalars(select(Job).where(Job.kind == "trace", Job.status == JobStatus.QUEUED)).all()
    assert len(waiting) == 1
    run_jobs(sqlite_shop.resources)
    assert (read(sqlite_shop).version, read(sqlite_shop).current) == (2, True)


def test_a_job_that_failed_leaves_the_count_to_be_asked_for_again(sqlite_shop: Shop) -> None:
    with patch.object(task, "count_all", side_effect=RuntimeError("the disk is full")):
        sqlite_shop.import_file(GROWN, as_of=FEBRUARY)
    found = read(sqlite_shop)
    assert (found.current, found.missing, found.job) == (False, 1, None)
    with sqlite_shop.writing() as session:
        traces.count_again(session, sqlite_shop.actor, "customers")
        traces.count_again(session, sqlite_shop.actor, "customers")
    assert (job := read(sqlite_shop).job) is not None
    assert job.subject == "Customers"
    run_jobs(sqlite_shop.resources)
    assert read(sqlite_shop).comparable
    with sqlite_shop.reading() as session:
        assert [job.kind for job in jobs.list_jobs(session, sqlite_shop.actor) if job.status == "failed"] == ["trace"]


def test_only_the_latest_days_are_counted(sqlite_shop: Shop) -> None:
    with patch.object(tracing, "MOST_SNAPSHOTS", 2):
        sqlite_shop.import_file(GROWN, as_of=FEBRUARY)
        sqlite_shop.import_file(moved(GROWN, 1, 140), as_of=MARCH)
        found = read(sqlite_shop)
    assert [division.as_of for division in found.divisions] == [FEBRUARY, MARCH]
    assert found.divisions[0].moves is None


@pytest.mark.parametrize("role", list(MemberRole))
def test_every_role_reads_and_only_those_who_import_have_it_counted(sqlite_shop: Shop, role: MemberRole) -> None:
    somebody = sqlite_shop.member(role)
    with sqlite_shop.writing() as session:
        assert traces.list_traces(session, somebody, "customers") is not None
        assert traces.find_succession(session, somebody, "customers") is None
        if role in (MemberRole.ANALYST, MemberRole.ADMIN):
            traces.count_again(session, somebody, "customers")
        else:
            with pytest.raises(Forbidden):
                traces.count_again(session, somebody, "customers")


def test_who_may_not_see_customers_sees_no_groups_of_a_few(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(moved(GROWN, 1, 140), as_of=FEBRUARY)
    with sqlite_shop.reading() as session:
        for role in MemberRole:
            found = traces.list_traces(session, sqlite_shop.member(role), "customers")
            assert found is not None
            assert (found.divisions[-1].moves is None) == (role == MemberRole.VIEWER)
            assert found.divisions[-1].customers == 162


def test_what_viewers_read_of_spend_and_outcomes_over_time_is_rounded(sqlite_shop: Shop) -> None:
    """Lines are drawn from it, and a line holds its points."""
    with sqlite_shop.reading() as session:
        exact, coarse = (
            traces.list_traces(session, sqlite_shop.member(role), "customers") for role in (MemberRole.MARKETER, MemberRole.VIEWER)
        )
    assert exact is not None
    assert coarse is not None
    for known, read in zip(exact.divisions, coarse.divisions, strict=True):
        assert known.spend is not None
        assert read.spend == tuple(map(two_digits, known.spend)) != known.spend
        assert [each.hits for each in read.outcomes] == [count_of(each.hits) or 0 for each in known.outcomes]


def test_another_teams_dataset_is_not_there(sqlite_shop: Shop) -> None:
    with sqlite_shop.writing() as session:
        for ask in (traces.list_traces, traces.find_succession, traces.count_again):
            with pytest.raises(NotFound):
                ask(session, sqlite_shop.stranger, "customers")
        with pytest.raises(NotFound):
            tracing.plan_trace(session, sqlite_shop.stranger, session.scalars(select(Job.dataset_id)).first() or "")


def test_without_segments_there_is_nothing_to_count_by(empty: Shop) -> None:
    empty.import_file(FILE)
    with empty.writing() as session, pytest.raises(Conflict, match="Find segments first"):
        traces.count_again(session, empty.actor, "customers")


def test_a_promotion_tells_which_segments_continued(shop: Shop) -> None:
    shop.recluster(k=2)
    with shop.writing() as session:
        promotions.promote_version(session, shop.actor, "customers", 2)
    with shop.reading() as session:
        found = traces.find_succession(session, shop.actor, "customers")
    assert found is not None
    assert (found.version, found.previous, found.previous_as_of) == (2, 1, JANUARY)
    assert len(found.continued) + len(found.new) == 2
    assert len(found.continued) + len(found.retired) == 3
    assert sum(found.before.values()) == 150
    with shop.reading() as session:
        lineage = show_lineage(session, shop.actor, "customers", 2)
    assert lineage is not None
    merged = {link.previous.key: link.current for link in lineage.links if link.kind is Fate.MERGED and link.previous}
    assert found.into == merged != {}


def test_after_a_rollback_what_was_split_off_is_in_its_whole_again(shop: Shop) -> None:
    shop.recluster(k=4, promote=True)
    with shop.writing() as session:
        lineage = show_lineage(session, shop.actor, "customers", 2)
        ahead = preview_promotion(session, shop.actor, "customers", 1)
        promotions.roll_back(session, shop.actor, "customers")
        found = traces.find_succession(session, shop.actor, "customers")
    assert lineage is not None
    assert found is not None
    split = {link.current.key: link.previous for link in lineage.links if link.kind is Fate.SPLIT and link.current}
    assert {each.style.key: each.into for each in ahead.of("retired")} == found.into == split != {}


def test_a_promotion_between_versions_that_nobody_compared_does_not_say_where_customers_went(shop: Shop) -> None:
    shop.recluster(k=2)
    shop.recluster(k=2, seed=7)
    for number in (2, 3):
        with shop.writing() as session:
            promotions.promote_version(session, shop.actor, "customers", number)
    with shop.reading() as session:
        found = traces.find_succession(session, shop.actor, "customers")
    assert found is not None
    assert found.into == {}


def test_a_rollback_brings_back_what_lived_before(shop: Shop) -> None:
    shop.recluster(k=2)
    with shop.writing() as session:
        promotions.promote_version(session, shop.actor, "customers", 2)
    with shop.reading() as session:
        gone = traces.find_succession(session, shop.actor, "customers")
        ahead = preview_promotion(session, shop.actor, "customers", 1)
    assert gone is not None
    assert gone.retired
    assert not gone.back
    assert {each.style for each in ahead.of("back")} == set(gone.retired)
    with shop.writing() as session:
        promotions.roll_back(session, shop.actor, "customers")
    with shop.reading() as session:
        found = traces.find_succession(session, shop.actor, "customers")
    assert found is not None
    assert (set(found.back), found.new, ahead.of("new")) == (set(gone.retired), (), ())
