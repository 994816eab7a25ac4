"""Customers who are not stored, placed as if they were."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.contract.conftest import config_at
from tests.webapp.scored import EVERY, copied, dataset_of, file_for, open_scored_shop, records, score, stored_places, touching_csv
from tests.webapp.working import Shop, count_rows, open_shop
from webapp.edge import Resources, open_resources
from webapp.models import AuditEvent, Customer, MemberRole, ModelVersion, Snapshot
from webapp.services.access import team_dataset
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.modelling import scoring, stored_models
from webapp.services.modelling.promotions import promote_version
from webapp.services.modelling.versions import find_version, request_recluster
from webapp.services.segmenting.segments import rename_segment
from webapp.store import StoreError


@pytest.fixture(scope="module")
def kept(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop for tests that change nothing."""
    folder = tmp_path_factory.mktemp("scored")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    resources = open_resources(config_at(folder))
    yield open_scored_shop(resources)
    resources.engine.dispose()


@pytest.fixture
def shop(kept: Shop, tmp_path: Path) -> Iterator[Shop]:
    """A shop of a test's own."""
    with copied(kept, tmp_path / "workspace") as own:
        yield own


@pytest.mark.parametrize("algorithm", EVERY)
def test_stored_customers_are_placed_as_they_are_stored(kept: Shop, algorithm: str) -> None:
    dataset = dataset_of(kept, algorithm)
    expected = stored_places(kept, dataset)
    rows = records(file_for(algorithm))
    scores = score(kept, rows, dataset=dataset)
    together = {
        each.customer_key: (each.segment and each.segment.key, np.float32(each.confidence).tobytes(), each.runner_up and each.runner_up.key)
        for each in scores.customers
    }
    assert together == expected
    assert [each.row for each in scores.customers] == list(range(len(rows)))
    for row in rows[::37]:
        [alone] = score(kept, [row], dataset=dataset).customers
        found = (alone.segment and alone.segment.key, np.float32(alone.confidence).tobytes(), alone.runner_up and alone.runner_up.key)
        assert found == expected[row["ID"]]


def test_no_segment_is_an_answer(kept: Shop) -> None:
    scores = score(kept, records(), dataset=dataset_of(kept, "hdbscan"))
    nowhere = [each for each in scores.customers if each.segment is None]
    assert nowhere
    assert all(each.explanation.reasons == () for each in nowhere)


def test_on_either_database(resources: Resources) -> None:
    shop = open_scored_shop(resources)
    expected = stored_places(shop, "customers")
    scores = score(shop, records())
    assert {each.customer_key: each.segment and each.segment.key for each in scores.customers} == {
        key: place[0] for key, place in expected.items()
    }
    assert (scores.dataset, scores.version) == ("customers", 1)
    with pytest.raises(NotFound):
        score(shop, records()[:1], version=9)


def test_a_frame_is_as_good_as_records(kept: Shop) -> None:
    frame = pd.read_csv(io.StringIO(touching_csv()))
    with_gaps = score(kept, frame)
    assert with_gaps == score(kept, records())


def test_values_as_numbers_booleans_and_null(kept: Shop) -> None:
    [as_text] = score(kept, records()[3:4]).customers
    row: dict[str, Any] = dict(records()[3])
    words = ("ID", "Since", "City", "Member")
    typed = {header: cell if header in words else float(cell) if cell else None for header, cell in row.items()}
    assert score(kept, [typed | {"Member": row["Member"] == "yes"}]).customers == (as_text,)
    told = score(kept, [typed | {"Income": None}]).customers[0].explanation
    assert told.missing == ("Income",)


def test_the_champion_by_default_and_any_ready_version(shop: Shop) -> None:
    first = score(shop, records()[:5])
    shop.recluster(algorithm="gmm", k=2)
    assert score(shop, records()[:5]) == first
    second = score(shop, records()[:5], version=2)
    assert second.version == 2
    assert second.customers != first.customers
    with shop.writing() as session:
        promote_version(session, shop.actor, "customers", 2)
    assert score(shop, records()[:5]) == second
    assert score(shop, records()[:5], version=1) == first


def test_names_are_those_of_now(shop: Shop) -> None:
    [before] = score(shop, records()[:1]).customers
    assert before.segment is not None
    with shop.writing() as session:
        rename_segment(session, shop.actor, "customers", before.segment.key, "Old friends")
    [after] = score(shop, records()[:1]).customers
    assert after.segment == scoring.SegmentName(before.segment.key, "Old friends")


def test_the_day_is_that_of_the_latest_snapshot(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(touching_csv(), as_of=date(2014, 1, 1))
    shop.recluster(k=3, features=["spend", "tenure"], promote=True)

    def tenure(scores: scoring.Scores) -> set[Any]:
        return {why.value for each in scores.customers for why in each.explanation.reasons if why.measure == "tenure"}

    before = score(shop, records())
    shop.import_file(touching_csv(rows=10, seed=8).replace("K", "L"), as_of=date(2014, 12, 31))
    after = score(shop, records())
    assert (before.as_of, after.as_of) == (date(2014, 1, 1), date(2014, 12, 31))
    assert max(tenure(after)) - max(tenure(before)) == pytest.approx(12, abs=0.1)


def test_there_is_nothing_to_score_by_without_a_champion(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    with pytest.raises(NotFound, match="no such dataset"):
        score(shop, records()[:1])
    shop.import_file(touching_csv())
    with pytest.raises(Conflict, match="Re-cluster this dataset, or promote") as refusal:
        score(shop, records()[:1])
    assert refusal.value.code == "no_champion"
    with shop.writing() as session:
        request_recluster(session, shop.actor, "customers", k=3)
    with pytest.raises(Conflict, match="not ready"):
        score(shop, records()[:1], version=1)
    with pytest.raises(NotFound, match="no version 2"):
        score(shop, records()[:1], version=2)


def test_only_who_may_see_customers(kept: Shop) -> None:
    for role in MemberRole:
        if role is MemberRole.VIEWER:
            with pytest.raises(Forbidden, match="marketer"):
                score(kept, records()[:1], actor=kept.member(role))
        else:
            assert score(kept, records()[:1], actor=kept.member(role)).customers
    with pytest.raises(NotFound, match="no such dataset"):
        score(kept, records()[:1], actor=kept.stranger)


def test_what_is_missing_or_cannot_be_read_is_named(kept: Shop) -> None:
    row = records()[1]
    for rows, field, words in (
        ([{header: cell for header, cell in row.items() if header != "Income"}], "customers[0].Income", "needs a column.* “Income”"),
        ([row, {header: cell for header, cell in row.items() if header != "Visits"}], "customers[1].Visits", "Customer 1 has no “Visits”"),
        ([row, row | {"Income": "plenty"}], "customers[1].Income", "customers\\[1\\].Income: “plenty” is not a number"),
        ([row | {"Visits": 1.5}], "customers[0].Visits", "“1.5” is not a whole number"),
        ([row | {"Visits": {"a": 1}}], "customers[0].Visits", "“an object” is not a single value"),
        ([row | {"income": 5}], "customers[0].Income", "mean the same column"),
    ):
        with pytest.raises(Invalid, match=words) as refusal:
            score(kept, rows)
        assert refusal.value.details["field"] == field
    with pytest.raises(Invalid, match="2 more values cannot be read either") as refusal:
        score(kept, [row | {"Income": "x", "Visits": "y"}, row | {"Income": "z"}])
    told = [error["field"] for error in refusal.value.details["errors"]]
    assert told == ["customers[0].Income", "customers[0].Visits", "customers[1].Income"]


def test_outcomes_keys_and_other_columns_are_not_needed(kept: Shop) -> None:
    row = records()[1]
    few = {header: row[header] for header in ("Income", "Spend_Wine", "Spend_Meat", "Orders_Web", "Orders_Store", "Visits")}
    [bare], [full] = score(kept, [few]).customers, score(kept, [row]).customers
    assert (bare.customer_key, full.customer_key) == (None, "K1")
    assert (bare.segment, bare.confidence, bare.explanation) == (full.segment, full.confidence, full.explanation)
    assert score(kept, [row | {"Response": "x", "Shoe size": 43}]).unknown_columns == ("Shoe size",)


def test_columns_that_the_dataset_ignores_are_known_to_it(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(touching_csv(), mapping={"schema": {"City": "ignore"}})
    shop.recluster(k=3, promote=True)
    assert score(shop, [records()[0] | {"Town": "York"}]).unknown_columns == ("Town",)


def test_what_cannot_be_true_is_missing_and_told(kept: Shop) -> None:
    row = records()[1]
    found = score(kept, [row, row | {"Income": -5}, row | {"Income": 1e308}, row | {"Income": None}])
    _, negative, endless, unknown = found.customers
    assert negative.explanation == endless.explanation == unknown.explanation
    assert [(flag.place, flag.column, flag.value) for flag in found.flags] == [(1, "Income", "-5"), (2, "Income", "1e+308")]


def test_nobody_like_that_in_training(kept: Shop) -> None:
    [found] = score(kept, [records()[0] | {"Income": 9_000_000}]).customers
    assert found.explanation.unlike
    assert [odd.measure for odd in found.explanation.oddities] == ["income"]
    assert not any(each.explanation.unlike for each in score(kept, records()[:20]).customers)


def test_scoring_stores_nothing(shop: Shop) -> None:
    tables = (AuditEvent, Customer, ModelVersion, Snapshot)
    with shop.reading() as session:
        before = count_rows(session, *tables)
    with shop.writing() as session:
        scoring.score_customers(session, shop.actor, shop.resources.store, "customers", records())
    with shop.reading() as session:
        assert count_rows(session, *tables) == before


def test_a_damaged_model_refuses_even_when_it_was_read_before(shop: Shop) -> None:
    assert score(shop, records()[:1]).customers
    with shop.reading() as session:
        version = find_version(session, shop.actor, team_dataset(session, shop.actor, "customers"), None)
        digest = version.model_digest  # type: ignore[union-attr]
    path = shop.resources.store.path(shop.actor.team_id, "model", digest)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        score(shop, records()[:1])
    path.unlink()
    with pytest.raises(StoreError, match="missing"):
        score(shop, records()[:1])


def test_a_model_is_read_once_and_few_are_kept(kept: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    score(kept, records()[:1])
    monkeypatch.setattr(kept.resources.store, "read_bytes", None)
    assert score(kept, records()[:1]).customers
    assert stored_models._model.cache_info().maxsize == stored_models.CACHED_MODELS <= 64
