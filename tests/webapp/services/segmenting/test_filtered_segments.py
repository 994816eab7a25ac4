"""What filters leave of a version's segments: the same figures as those customers alone have, for each role what it may see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, update

from segmentation.describing.intervals import mean_interval
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp import bulk
from webapp.edge import Resources
from webapp.models import MemberRole, ModelVersion
from webapp.services.access import Actor
from webapp.services.errors import NotFound
from webapp.services.modelling.kept_measures import AREA, CLUSTER
from webapp.services.segmenting import filtered_segments
from webapp.services.segmenting.filtered_segments import FilteredSegments, show_filtered

ROLES = list(MemberRole)


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv())
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def shown(shop: Shop, f: str = "", actor: Actor | None = None, version: int | None = None) -> FilteredSegments:
    with shop.reading() as session:
        found = show_filtered(session, actor or shop.actor, shop.resources.store, "customers", {"f": f}, version=version)
    assert found is not None
    return found


def kept(shop: Shop) -> pd.DataFrame:
    """The measures as they were kept."""
    with shop.reading() as session:
        digest = session.scalars(select(ModelVersion.measures_digest)).one()
    assert digest is not None
    with bulk.column_engine() as connection:
        path = shop.resources.store.verified_path(shop.actor.team_id, AREA, digest)
        return connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).df()


def test_without_filters_the_whole_version_is_shown(shop: Shop) -> None:
    found = shown(shop)
    assert not found.filtered
    assert found.overview is found.whole
    assert [segment.state for segment in found.segments] == ["shown"] * 3
    assert (found.selection.count, found.selection.total) == (180, 180)


def test_a_filter_leaves_the_figures_of_those_customers(shop: Shop) -> None:
    found = shown(shop, "income~ge~40000")
    measured = kept(shop)
    left = measured[measured["income"] >= 40_000]
    assert found.filtered
    assert found.overview.profiles.customers == found.selection.count == len(left)
    assert found.overview.profiles.value == pytest.approx(left["spend"].sum(), rel=1e-9)
    for segment, style in zip(found.overview.profiles.segments, found.overview.styles, strict=True):
        own = left[left[CLUSTER] == segment.cluster]
        assert style == found.whole.styles[segment.cluster]
        assert segment.size == len(own)
        interval, expected = segment.value_mean, mean_interval(own["spend"].to_numpy())
        assert interval is not None
        assert expected is not None
        assert (interval.mean, interval.low, interval.high) == pytest.approx((expected.mean, expected.low, expected.high), rel=1e-9)
        for each in segment.differences:
            values = left[each.measure]
            assert each.z == pytest.approx((own[each.measure].mean() - values.mean()) / values.std(ddof=0), rel=1e-9, abs=1e-9)
    states = {segment.style.key: segment.state for segment in found.segments}
    gone = set(range(3)) - set(left[CLUSTER])
    assert [states[style.key] for place, style in enumerate(found.whole.styles) if place in gone] == ["empty"] * len(gone)


def test_the_map_has_the_customers_who_are_left(shop: Shop) -> None:
    found = shown(shop, "income~ge~40000")
    whole, plane = found.whole.profiles.map, found.overview.profiles.map
    assert whole is not None
    assert plane is not None
    assert plane.x_edges == whole.x_edges
    inside = set(zip(np.round(whole.x, 3), np.round(whole.y, 3), whole.cluster, strict=True))
    assert set(zip(np.round(plane.x, 3), np.round(plane.y, 3), plane.cluster, strict=True)) <= inside
    assert set(plane.cluster) == {segment.cluster for segment in found.overview.profiles.segments}


def test_nobody_left_is_an_answer(shop: Shop) -> None:
    found = shown(shop, "income~ge~9000000")
    assert (found.filtered, found.selection.count, found.overview.profiles.segments) == (True, 0, ())
    assert [segment.state for segment in found.segments] == ["empty"] * 3


def test_the_same_question_again_reads_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shown(shop, "income~ge~45000")
    monkeypatch.setattr(filtered_segments, "sums_at", None)
    assert shown(shop, "income~ge~45000").overview.profiles is first.overview.profiles


def test_a_viewer_is_never_answered_from_what_others_may_see(shop: Shop) -> None:
    admins = shown(shop, "city~in~Leeds").overview.profiles
    viewers = shown(shop, "city~in~Leeds", shop.member(MemberRole.VIEWER)).overview.profiles
    assert viewers is not admins
    assert shown(shop, "city~in~Leeds", shop.member(MemberRole.VIEWER)).overview.profiles is viewers


def test_a_version_without_measures_says_so_and_shows_the_whole(shop: Shop) -> None:
    with shop.writing() as session:
        session.execute(update(ModelVersion.__table__).values(measures_digest=None))
    found = shown(shop, "income~ge~40000")
    assert (found.measured, found.filtered) == (False, False)
    assert found.overview.profiles.customers == 180


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_filter_by_a_fixed_option(shop: Shop, role: MemberRole) -> None:
    found = shown(shop, "income~q~4", shop.member(role))
    assert found.filtered
    sizes = [segment.profile.size for segment in found.segments if segment.profile]
    assert sum(sizes) == found.overview.profiles.customers


def test_a_viewer_sees_nothing_of_a_segment_of_which_too_few_are_left(shop: Shop) -> None:
    open_to_all = shown(shop, "income~q~2")
    small = [segment for segment in open_to_all.segments if segment.profile and segment.profile.size < 10]
    found = shown(shop, "income~q~2", shop.member(MemberRole.VIEWER))
    held = {segment.style.key for segment in found.segments if segment.state == "held"}
    assert held == set(found.selection.held)
    assert {segment.style.key for segment in small} <= held
    assert all(segment.profile is None for segment in found.segments if segment.state == "held")
    assert all(segment.size >= 10 for segment in found.overview.profiles.segments)


def test_what_a_viewer_may_not_ask_is_left_out(shop: Shop) -> None:
    found = shown(shop, "income~ge~40000", shop.member(MemberRole.VIEWER))
    assert not found.filtered
    assert found.selection.problems
    assert found.overview.profiles.customers == 180


def test_another_team_finds_nothing(shop: Shop) -> None:
    with shop.reading() as session, pytest.raises(NotFound):
        show_filtered(session, shop.stranger, shop.resources.store, "customers", {"f": "income~ge~1"})


def test_before_the_first_version_there_is_nothing_to_filter(sqlite_resources: Resources) -> None:
    opened = open_shop(sqlite_resources)
    opened.import_file(customers_csv())
    with opened.reading() as session:
        assert show_filtered(session, opened.actor, opened.resources.store, "customers", {}) is None


def test_measures_are_kept_in_the_order_of_the_snapshot_and_the_same_fit_gives_the_same_file(shop: Shop) -> None:
    measured = kept(shop)
    assert len(measured) == 180
    shop.recluster(k=3)
    with shop.reading() as session:
        digests = session.scalars(select(ModelVersion.measures_digest)).all()
        sizes = show_filtered(session, shop.actor, shop.resources.store, "customers", {}, version=1)
    assert sizes is not None
    assert digests[0] == digests[1]
    assert list(measured[CLUSTER].value_counts().sort_index()) == [segment.size for segment in sizes.whole.profiles.segments]
