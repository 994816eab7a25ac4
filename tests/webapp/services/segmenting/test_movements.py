"""Who moved, as services tell it: counted in a job, adding up, split by cause, and every flow a selection of customers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from sqlalchemy import select

from segmentation.movement import Split
from segmentation.pipeline import SegmentModel
from segmentation.roles import Schema
from tests.webapp.months import DAYS, FILE, JANUARY, V1, V2, counted, open_months
from tests.webapp.scored import few_draws, touching_csv
from tests.webapp.working import Shop, claim, count_rows, open_shop, run_claimed, run_jobs
from webapp.edge import Resources
from webapp.models import Job, JobStatus, MemberRole, Movement
from webapp.services.access import Actor
from webapp.services.browsing import customers, exports
from webapp.services.browsing.customers import CustomerQuery
from webapp.services.errors import Conflict, Forbidden, NotFound
from webapp.services.modelling.promotions import promote_version
from webapp.services.segmenting import flows, movements, selections
from webapp.services.segmenting.movements import Asked, MovementReport, Uncounted
from webapp.services.work import jobs
from webapp.tasks import moving
from webapp.tasks.blocks import used_columns


@pytest.fixture
def shop(months_shop: Shop) -> Shop:
    return months_shop


def read(shop: Shop, before: Asked = V1, after: Asked = V2, actor: Actor | None = None) -> MovementReport | Uncounted:
    with shop.reading() as session:
        return movements.show_movement(session, actor or shop.actor, "customers", before, after)


def selected(shop: Shop, query: str, version: int = 2, actor: Actor | None = None) -> list[str]:
    """The keys of the customers whom the filters in an address leave."""
    with shop.reading() as session:
        store = shop.resources.store
        asked = CustomerQuery({"f": query}, version=version)
        page = customers.page_customers(session, actor or shop.actor, store, "customers", asked, start=0, stop=1_000)
    return sorted(page.rows["customer_key"], key=int)


def adds_up(split: Split) -> bool:
    parts = [part for part in (split.customers, split.model) if part is not None]
    return all(
        split.after[group] - split.before[group] == sum(part.net(group) for part in parts) + split.own[group]
        for group in range(len(split.before))
    )


def adds_up_in_total(split: Split) -> bool:
    return all(
        after - before == split.total.net(group) for group, (before, after) in enumerate(zip(split.before, split.after, strict=True))
    )


def test_a_pair_is_counted_once_in_the_background_on_either_database(resources: Resources) -> None:
    shop = open_months(resources)
    assert read(shop) == replace(read(shop), job=None, failed=None)
    with shop.writing() as session:
        first = movements.count_movement(session, shop.actor, "customers", V1, V2)
        again = movements.count_movement(session, shop.actor, "customers", V1, V2)
    assert first is not None
    assert again is not None
    assert first.id == again.id
    waiting = read(shop)
    assert isinstance(waiting, Uncounted)
    assert waiting.job is not None
    run_jobs(shop.resources)
    assert isinstance(read(shop), MovementReport)
    with shop.writing() as session:
        assert movements.count_movement(session, shop.actor, "customers", V1, V2) is None
        assert count_rows(session, Movement) == [1]
    assert len(selected(shop, flows.flow_filter(counted(shop).id, was=flows.JOINED))) == 12


def test_movement_between_versions_adds_up_in_customers_and_value(shop: Shop) -> None:
    found = counted(shop)
    assert found.spend is not None
    assert adds_up(found.customers)
    assert adds_up(found.spend)
    assert (sum(found.customers.before), sum(found.customers.after)) == (150, 161)
    assert found.shared == 149
    assert sum(found.customers.total.joined) == 12
    assert sum(found.customers.total.left) == 1
    with shop.reading() as session:
        store = shop.resources.store
        rows = exports.save_customers(session, shop.actor, store, "customers", Path(store.root) / "now.csv", CustomerQuery(version=2))
        frame = pd.read_csv(rows.path)
    assert rows.withheld > 0
    assert len(frame) + rows.withheld == 161


def test_between_two_days_by_one_model_only_customers_move(shop: Shop) -> None:
    found = counted(shop, *DAYS)
    assert found.customers.model is not None
    assert found.customers.customers is not None
    assert found.customers.model.moved == 0
    assert found.customers.customers.moved == 4
    assert found.customers.total.flows == found.customers.customers.flows


def test_on_one_snapshot_only_the_model_moves(shop: Shop) -> None:
    shop.recluster(k=3)
    found = counted(shop, V2, Asked(3))
    assert found.customers.customers is not None
    assert found.customers.model is not None
    assert found.customers.customers.moved == 0
    assert found.customers.model.flows == found.customers.total.flows
    assert found.watched == 0


def test_a_flow_is_a_selection_of_those_customers(shop: Shop) -> None:
    """In grids and in files, where consent holds; the parts of the split too."""
    found = counted(shop, *DAYS)
    total = found.customers.total
    for was, group in enumerate(found.groups):
        for now, other in enumerate(found.groups):
            keys = selected(shop, flows.flow_filter(found.id, was=group.key, now=other.key))
            assert len(keys) == total.flows[was][now]
        assert len(selected(shop, flows.flow_filter(found.id, was=flows.JOINED, now=group.key))) == total.joined[was]
        came = total.moved_in(was) + total.joined[was]
        assert len(selected(shop, flows.changed_filter(found.id, group.key, came=True))) == came
        assert len(selected(shop, flows.changed_filter(found.id, group.key, came=False))) == total.moved_out(was)
    joined = selected(shop, flows.flow_filter(found.id, was=flows.JOINED))
    assert joined == [str(key) for key in range(201, 213)]
    with shop.writing() as session:
        asked = CustomerQuery({"f": flows.flow_filter(found.id, was=flows.JOINED)}, version=2)
        out = exports.export_customers(session, shop.actor, shop.resources.store, "customers", asked)
    assert out.rows + out.withheld == 12
    assert out.withheld in (2, 3)


def test_the_parts_of_a_split_are_selections_too(shop: Shop) -> None:
    found = counted(shop)
    assert found.customers.model is not None
    for old, group in enumerate(found.groups):
        for now, other in enumerate(found.groups):
            keys = [style.key for style in found.groups]
            asked = flows.flow_filter(found.id, by_old=group.key, now=other.key)
            with shop.reading() as session:
                chosen = selections.select_customers(session, shop.actor, shop.resources.store, "customers", {"f": asked}, version=2)
            if old in found.old and now in found.new:
                assert chosen.problems == ()
                assert chosen.count == found.customers.model.flows[old][now], keys


def test_the_customers_of_a_flow_are_found_in_another_snapshot(shop: Shop) -> None:
    """Version 1 stands on January, where newcomers are not."""
    found = counted(shop, *DAYS)
    assert selected(shop, flows.flow_filter(found.id, was=flows.JOINED), version=1) == []
    moved_keys = {"1", "148", "149", "150"}
    changed = {key for group in found.groups for key in selected(shop, flows.changed_filter(found.id, group.key, came=False), version=1)}
    assert changed == moved_keys


def test_valuable_customers_on_the_way_down_are_watched(shop: Shop) -> None:
    """148 to 150 were among those who spend most and spend like the first group now; 1 went up."""
    found = counted(shop, *DAYS)
    assert selected(shop, flows.watch_filter(found.id, "moved")) == ["148", "149", "150"][-found.watched :]
    assert 0 < found.watched <= 3


def test_an_old_version_that_cannot_read_the_new_snapshot_leaves_a_total(shop: Shop) -> None:
    def lacking(model: SegmentModel, schema: Schema) -> Schema:
        without_income = Schema(tuple(column for column in schema if column.role != "income"))
        return used_columns(model, schema if model.clusterer.k == 2 or next(calls) == 0 else without_income)

    calls = iter(range(9))
    with patch.object(moving, "used_columns", lacking):
        found = counted(shop)
    assert "Income" in found.problem
    assert (found.customers.customers, found.customers.model) == (None, None)
    assert adds_up_in_total(found.customers)
    assert found.watched == 0


def test_who_may_not_see_customers_sees_no_moves(shop: Shop) -> None:
    found = counted(shop)
    viewer = shop.member(MemberRole.VIEWER)
    with pytest.raises(Forbidden):
        read(shop, actor=viewer)
    with shop.writing() as session, pytest.raises(Forbidden):
        movements.count_movement(session, viewer, "customers", V1, V2)
    with shop.reading() as session:
        asked = {"f": flows.flow_filter(found.id, was=flows.JOINED)}
        chosen = selections.select_customers(session, viewer, shop.resources.store, "customers", asked)
    assert chosen.rows is None
    assert len(chosen.problems) == 1
    assert not [column.name for column in chosen.columns if column.name.startswith("moved-")]


def test_marketers_may_have_it_counted(shop: Shop) -> None:
    marketer = shop.member(MemberRole.MARKETER)
    with shop.writing() as session:
        assert movements.count_movement(session, marketer, "customers", V1, V2) is not None
    run_jobs(shop.resources)
    assert isinstance(read(shop, actor=marketer), MovementReport)


def test_another_team_finds_nothing(shop: Shop) -> None:
    found = counted(shop)
    with pytest.raises(NotFound):
        read(shop, actor=shop.stranger)
    with shop.reading() as session, pytest.raises(NotFound):
        movements.movement_sides(session, shop.stranger, "customers", found.id)
    shop.import_file(FILE, dataset="Beside")
    with shop.reading() as session, pytest.raises(NotFound):
        movements.movement_sides(session, shop.actor, "beside", found.id)
    with shop.reading() as session:
        asked = {"f": flows.flow_filter(found.id, was=flows.JOINED)}
        chosen = selections.select_customers(session, shop.actor, shop.resources.store, "beside", asked)
    assert len(chosen.problems) == 1


def test_what_is_missing_or_not_ready_is_said(shop: Shop) -> None:
    with pytest.raises(NotFound, match="version 9"):
        read(shop, V1, Asked(9))
    with pytest.raises(NotFound, match="snapshot 7"):
        read(shop, V1, Asked(1, 7))
    shop.import_file(FILE, dataset="Fresh")
    with shop.reading() as session, pytest.raises(Conflict, match="no segments yet"):
        movements.show_movement(session, shop.actor, "fresh", Asked(), Asked())


def test_a_failed_count_says_why_and_can_be_asked_for_again(shop: Shop) -> None:
    with shop.writing() as session:
        movements.count_movement(session, shop.actor, "customers", V1, V2)
    job = claim(shop.resources)
    assert job is not None
    with shop.writing() as session:
        jobs.finish_job(session, job.fence, JobStatus.FAILED, "The disk is full.")
    found = read(shop)
    assert isinstance(found, Uncounted)
    assert (found.job, found.failed) == (None, "The disk is full.")
    assert isinstance(counted(shop), MovementReport)


def test_a_job_that_is_done_twice_changes_nothing(shop: Shop) -> None:
    before = counted(shop)
    with shop.writing() as session:
        jobs.enqueue_job(session, shop.actor, kind="move", dataset_id=session.scalars(select(Job.dataset_id)).first(), subject_id=before.id)
    job = claim(shop.resources)
    assert job is not None
    run_claimed(shop.resources, job)
    assert read(shop) == before


def test_the_usual_pair_is_the_champion_on_its_last_two_days(shop: Shop) -> None:
    with shop.reading() as session:
        assert movements.usual_sides(session, shop.actor, "customers") == DAYS


def test_on_one_day_the_usual_pair_is_the_former_champion_else_the_last_two_snapshots(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)

    def usual() -> tuple[Asked, Asked] | None:
        with shop.reading() as session:
            return movements.usual_sides(session, shop.actor, "customers")

    shop.import_file(FILE, as_of=JANUARY)
    shop.recluster(k=3)
    shop.recluster(k=2)
    assert usual() is None, "version 2 never was champion"
    shop.import_file(FILE.replace("\n3,", "\n999,"), as_of=JANUARY)
    assert usual() == (Asked(1, 1), Asked(1, 2))
    shop.recluster(k=2, promote=True)
    assert usual() == (Asked(1), Asked(3))
    with shop.writing() as session:
        promote_version(session, shop.actor, "customers", 1)
    assert usual() == (Asked(3), Asked(1))


def test_a_stand_in_moves_nobody_who_is_what_they_were(sqlite_resources: Resources) -> None:
    """Ward cannot place later customers; what is kept of those fitted is what its stand-in says of them too."""
    shop = open_shop(sqlite_resources)
    shop.import_file(touching_csv(), as_of=JANUARY)
    with few_draws():
        first = shop.recluster(algorithm="ward", k=3)
        shop.import_file(touching_csv().replace("K1,", "K9999,", 1), as_of=JANUARY)
        shop.recluster(k=3)
    assert first.figures["agreement"] < 1
    found = counted(shop)
    assert found.customers.customers is not None
    assert found.customers.customers.moved == 0
    assert sum(found.customers.total.joined) == 1
