"""What is found out about a snapshot when it is made, for old ones when somebody looks, and RFM by anybody's cut points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import inspect, update

from segmentation.errors import MissingRole
from segmentation.exploring import exploration as library
from segmentation.exploring.rfm import NAMES
from tests.webapp.conftest import Prepare
from tests.webapp.exploring import explored_csv, make_explored_shop
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole, Snapshot
from webapp.services.access import team_dataset
from webapp.services.data import exploration
from webapp.services.data.exploration import ExploredSnapshot, RfmChoice, RfmView
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import NotFound
from webapp.store import StoreError


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    assert opened.import_file(explored_csv()).status == "done"
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


@pytest.fixture(scope="module")
def read_only(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The same for tests that change nothing, made once."""
    made = make_explored_shop(sqlite_template, tmp_path_factory.mktemp("explored"))
    yield made
    made.resources.engine.dispose()


def look(shop: Shop, role: MemberRole = MemberRole.VIEWER) -> ExploredSnapshot:
    with shop.reading() as session:
        found = exploration.show_exploration(session, shop.member(role), shop.resources.store, "customers")
    assert found is not None
    return found


def rfm(shop: Shop, role: MemberRole = MemberRole.MARKETER, **choice: object) -> RfmView:
    with shop.reading() as session:
        asked = RfmChoice(**{"cuts": {}, **choice})  # type: ignore[arg-type]
        found = exploration.show_rfm(session, shop.member(role), shop.resources.store, "customers", asked)
    assert found is not None
    return found


def forget(shop: Shop) -> None:
    """Make all snapshots as they were before explorations were stored."""
    with shop.writing() as session:
        session.execute(update(Snapshot).values(exploration=None))


def test_an_import_stores_what_it_found_out(read_only: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exploration, "explore", None)  # nothing is computed when somebody looks
    found = look(read_only)
    assert found.snapshot == 1
    assert (found.exploration.customers, found.exploration.sample) == (240, 240)
    assert [outcome.label for outcome in found.exploration.outcomes] == ["Accepted", "Response"]
    assert found.exploration.sensitive == ("gender",)
    assert found.exploration.outcomes[1].associations[0].measure == "spend"


def test_an_old_snapshot_is_looked_at_when_somebody_does(shop: Shop) -> None:
    stored = look(shop)
    forget(shop)
    assert look(shop) == stored
    assert look(shop) == stored  # and once more from what the process keeps


def test_an_old_snapshot_whose_file_is_gone_says_so(shop: Shop) -> None:
    forget(shop)
    with shop.writing() as session:
        snapshot = latest_snapshot(session, team_dataset(session, shop.actor, "customers"))
        assert snapshot is not None
        shop.resources.store.remove(shop.actor.team_id, "snapshot", snapshot.digest)
    with pytest.raises(StoreError, match="restore it from a backup"):
        look(shop)


def test_only_a_sample_of_many_customers_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "SAMPLE", 100)
    shop.import_file(explored_csv(300))
    found = look(shop).exploration
    assert (found.customers, found.sample) == (300, 100)
    forget(shop)
    assert look(shop).exploration == found


def test_the_same_file_again_keeps_what_was_found(shop: Shop) -> None:
    before = look(shop)
    shop.import_file(explored_csv())
    assert look(shop) == before


def test_a_snapshot_is_read_without_its_exploration(read_only: Shop) -> None:
    with read_only.reading() as session:
        snapshot = latest_snapshot(session, team_dataset(session, read_only.actor, "customers"))
        assert "exploration" in inspect(snapshot).unloaded  # type: ignore[union-attr]


def test_nothing_is_known_before_the_first_import(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file("nothing")
    with shop.reading() as session:
        assert exploration.show_exploration(session, shop.actor, shop.resources.store, "customers") is None
        assert exploration.show_rfm(session, shop.actor, shop.resources.store, "customers", RfmChoice({})) is None


def test_another_team_sees_nothing(read_only: Shop) -> None:
    with read_only.reading() as session:
        for show in (exploration.show_exploration, lambda *where: exploration.show_rfm(*where, RfmChoice({}))):
            with pytest.raises(NotFound):
                show(session, read_only.stranger, read_only.resources.store, "customers")


def test_rfm_is_that_of_the_stored_customers(read_only: Shop) -> None:
    found = rfm(read_only)
    frame = pd.read_csv(pd.io.common.StringIO(explored_csv()))
    assert found.there == NAMES
    assert found.summary.customers == found.summary.everyone.customers == len(frame)
    assert found.summary.everyone.spend == pytest.approx(frame["Spend_Wine"].sum())
    assert found.summary.everyone.hits == frame["Response"].sum()
    assert found.summary.cuts == found.usual
    assert np.histogram(frame["Recency"], [-1, *np.array(found.usual.recency) + 0.5, 200])[0] == pytest.approx(48, abs=12)


def test_typed_cut_points_are_used_and_the_others_stay_usual(read_only: Shop) -> None:
    found = rfm(read_only, cuts={"recency": ["7", "30.5", "", "60"]})
    assert found.summary.cuts.recency == (7.0, 30.5, 60.0)
    assert found.summary.cuts.monetary == found.usual.monetary
    assert found.refused == {}
    assert rfm(read_only, cuts={"recency": ["", ""]}).summary.cuts == found.usual


def test_refused_cut_points_leave_the_usual_ones(read_only: Shop) -> None:
    found = rfm(read_only, cuts={"recency": ["30", "7"], "monetary": ["ten"], "frequency": ["2"]})
    assert "must rise" in found.refused["recency"]
    assert "no number" in found.refused["monetary"]
    assert (found.summary.cuts.recency, found.summary.cuts.frequency) == (found.usual.recency, (2.0,))


def test_any_outcome_can_be_rated_and_the_last_is_by_default(read_only: Shop) -> None:
    frame = pd.read_csv(pd.io.common.StringIO(explored_csv()))
    for asked, name in ((None, "Response"), ("accepted", "Accepted"), ("nothing of the kind", "Response")):
        found = rfm(read_only, outcome=asked)
        assert found.outcome is not None
        assert found.outcome.label == name
        assert found.summary.everyone.hits == frame[name].sum()
    assert [outcome.label for outcome in found.outcomes] == ["Accepted", "Response"]


def test_data_without_recency_and_orders_is_told_what_it_lacks(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file("ID,Spend_Wine,Visits\n" + "".join(f"{i},{i % 9},{i % 5}\n" for i in range(40)))
    with pytest.raises(MissingRole, match="This data has spend only"):
        rfm(shop)


def test_viewers_read_coarse_figures_by_the_usual_cut_points(read_only: Shop) -> None:
    exact, viewers = look(read_only, MemberRole.MARKETER).exploration, look(read_only).exploration
    assert any(spread.high is not None for spread in exact.spreads)
    assert all(spread.low is None and spread.high is None for spread in viewers.spreads)
    assert all(level.customers >= 10 for each in viewers.levels for level in each.levels)
    asked = {"recency": ["1", "2"]}
    assert rfm(read_only, cuts=asked).summary.cuts.recency == (1.0, 2.0)
    found = rfm(read_only, MemberRole.VIEWER, cuts=asked)
    assert (found.summary.cuts, found.free) == (found.usual, False)
    assert all(cell.tally.customers == 0 or cell.tally.customers >= 10 for cell in found.summary.cells)
