"""Two versions side by side: agreement, matches and profiles, on one snapshot and on two."""

from __future__ import annotations

import time
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from segmentation.artifact import pack_assignments, unpack_assignments
from segmentation.clustering import Assignments
from segmentation.lineage import Fate
from tests.webapp.months import counted
from tests.webapp.working import Shop
from webapp.models import MemberRole
from webapp.services.access import Actor
from webapp.services.errors import Conflict, Forbidden, NotFound
from webapp.services.modelling import versions
from webapp.services.segmenting import compared
from webapp.services.segmenting.compared import VersionsCompared
from webapp.services.segmenting.labelled import open_labelled
from webapp.services.segmenting.movements import Uncounted


@pytest.fixture
def shop(months_shop: Shop) -> Shop:
    return months_shop


def compare(shop: Shop, before: int, after: int, actor: Actor | None = None) -> VersionsCompared:
    with shop.reading() as session:
        found = compared.compare_versions(session, actor or shop.actor, shop.resources.store, "customers", before, after)
    assert isinstance(found, VersionsCompared), found
    return found


def labels(shop: Shop, number: int) -> np.ndarray:
    with shop.reading() as session:
        found = open_labelled(session, shop.actor, "customers", number).labels(shop.resources.store)
    assert found is not None
    return found.label


def test_on_one_snapshot_the_labels_tell_all(shop: Shop) -> None:
    """Nothing was counted for it."""
    shop.recluster(k=4)
    found, was, now = compare(shop, 2, 3), labels(shop, 2), labels(shop, 3)
    assert found.same_snapshot
    assert found.placed == 161
    assert found.left_out == 0
    assert [sum(row) for row in found.table] == list(found.before.sizes)
    assert found.rand == pytest.approx(adjusted_rand_score(was, now), abs=1e-9)
    assert found.information == pytest.approx(adjusted_mutual_info_score(was, now), abs=1e-9)


def test_a_version_is_just_like_itself(shop: Shop) -> None:
    found = compare(shop, 2, 2)
    assert (found.rand, found.information) == (1.0, pytest.approx(1.0))
    assert {match.fate for match in found.matches} == {Fate.CONTINUED}
    assert all(change.apart == 0 for segment in found.changes for change in segment.measures)


def test_on_two_snapshots_the_customers_of_both_count(shop: Shop) -> None:
    with shop.reading() as session:
        waiting = compared.compare_versions(session, shop.actor, shop.resources.store, "customers", 1, 2)
    assert isinstance(waiting, Uncounted)
    movement = counted(shop)
    found = compare(shop, 1, 2)
    assert not found.same_snapshot
    assert found.placed + found.left_out == movement.shared == 149
    assert (found.before.customers, found.after.customers) == (150, 161)


def test_every_segment_of_both_has_its_match(shop: Shop) -> None:
    """Those with one key are continued; every other one says what it was or became, with what they share."""
    counted(shop)
    found = compare(shop, 1, 2)
    before, after = ({style.key for style in side.styles} for side in (found.before, found.after))
    continued = {match.after.key for match in found.matches if match.fate is Fate.CONTINUED and match.after is not None}
    assert continued == before & after
    told = [match.after.key for match in found.matches if match.fate in (Fate.CONTINUED, Fate.SPLIT, Fate.NEW) and match.after]
    assert sorted(told) == sorted(after)
    gone = [match.before.key for match in found.matches if match.fate in (Fate.MERGED, Fate.RETIRED) and match.before]
    assert sorted(gone) == sorted(before - after)
    for match in found.matches:
        if match.before is not None and match.after is not None:
            assert match.shared == found.table[found.before.styles.index(match.before)][found.after.styles.index(match.after)]


def test_profiles_of_continued_segments_are_told_in_plain_units(shop: Shop) -> None:
    shop.recluster(k=4)
    found = compare(shop, 2, 3)
    assert found.changes
    for segment in found.changes:
        assert [abs(change.apart) for change in segment.measures] == sorted(
            (abs(change.apart) for change in segment.measures), reverse=True
        )
        spend = next(change for change in segment.measures if change.label == "Spend")
        assert spend.unit == "money"
        assert np.sign(spend.after - spend.before) == np.sign(spend.apart)


def test_viewers_compare_nothing_and_strangers_find_nothing(shop: Shop) -> None:
    with pytest.raises(Forbidden):
        compare(shop, 1, 2, shop.member(MemberRole.VIEWER))
    with pytest.raises(NotFound):
        compare(shop, 1, 2, shop.stranger)


def test_versions_that_are_missing_or_not_ready_are_refused_with_the_reason(shop: Shop) -> None:
    with pytest.raises(NotFound, match="version 9"):
        compare(shop, 1, 9)
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers", k=3)
    with pytest.raises(Conflict, match="not ready yet"):
        compare(shop, 2, 3)


def test_a_million_customers_are_compared_within_twice_the_reading_of_both_label_columns(shop: Shop) -> None:
    """All else of a version is small however many customers it has: only its labels and sizes are made large."""
    shop.recluster(k=3)
    draw = np.random.default_rng(2)
    store, team = shop.resources.store, shop.actor.team_id
    made = [draw.integers(0, k, 1_000_000).astype(np.int16) for k in (2, 3)]
    sure = draw.random(1_000_000).astype(np.float32)
    packed = [pack_assignments(Assignments(label, sure, label[::-1])) for label in made]
    digests = [store.put_bytes(team, "labels", data) for data in packed]

    def read_both(*_: object) -> tuple[np.ndarray, ...]:
        return tuple(unpack_assignments(store.read_bytes(team, "labels", digest)).label for digest in digests)

    compare(shop, 2, 3)
    with (
        patch.object(compared, "_labels_of_one_snapshot", read_both),
        patch.object(compared, "_sizes", lambda *_: [np.bincount(label) for label in made]),
    ):
        found = compare(shop, 2, 3)
        reading, answering = (best_of_three(each) for each in (read_both, lambda: compare(shop, 2, 3)))
    assert found.placed == 1_000_000
    assert answering < 2 * reading, (answering, reading)


def best_of_three(work: Callable[[], object]) -> float:
    """Seconds."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
