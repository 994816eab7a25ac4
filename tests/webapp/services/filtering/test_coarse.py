"""What viewers read of segments: no figure, and no difference of two, tells of one customer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segmentation.describing.bands import stability_band
from segmentation.describing.customer_map import FEWEST, coarse_map, customer_map
from segmentation.describing.profile_types import Profiles, SegmentProfile
from tests.segmentation.made import made_world
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services.errors import Forbidden
from webapp.services.filtering.coarse import coarse, nice, share_of, stability_of, two_digits
from webapp.services.filtering.filtering import SMALLEST_GROUP
from webapp.services.segmenting import filtered_segments, segments

ROLES = [MemberRole.MARKETER, MemberRole.ANALYST, MemberRole.ADMIN]


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv((60, 60, 41)))
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def seen(shop: Shop, role: MemberRole, f: str = "") -> Profiles:
    with shop.reading() as session:
        found = filtered_segments.show_filtered(session, shop.member(role), shop.resources.store, "customers", {"f": f})
    assert found is not None
    return found.overview.profiles


@pytest.mark.parametrize(("value", "rounded"), [(60_001, 60_000), (0.1238, 0.12), (-3_461, -3_500), (0.0, 0.0), (7, 7)])
def test_two_digits_are_left(value: float, rounded: float) -> None:
    assert two_digits(value) == pytest.approx(rounded)


@pytest.mark.parametrize(("least", "step"), [(0.012, 0.02), (3, 5), (5, 5), (51, 100), (0, 0)])
def test_steps_are_round(least: float, step: float) -> None:
    assert nice(least) == pytest.approx(step)


def test_a_share_moves_in_steps_of_five_customers_or_a_per_cent() -> None:
    assert share_of(0.234, 100_000) == 0.23
    assert share_of(10 / 41, 41) == share_of(10 / 40, 40) == 0.2


@pytest.mark.parametrize(
    ("exact", "read"),
    [(0.9637, 0.96), (0.8512, 0.86), (0.8488, 0.85), (0.7474, 0.74), (0.5991, 0.59), (0.6049, 0.6), (1.0, 1.0), (0.0, 0.0)],
)
def test_a_stability_has_two_digits_and_stays_in_its_band(exact: float, read: float) -> None:
    assert stability_of(exact) == read
    assert stability_band(read) == stability_band(exact)
    assert stability_of(None) is None


def test_every_segments_stability_is_rounded_however_small_it_is() -> None:
    exact = made_world().profiles(stability=[0.9637] * 3)
    small = replace(exact, segments=(replace(exact.segments[0], size=4), *exact.segments[1:]))
    assert {each.stability for each in coarse(small).segments} == {0.96}


@pytest.mark.parametrize("f", ["", "city~in~Leeds"])
def test_a_viewers_map_has_no_customer(sqlite_resources: Resources, f: str) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv((150, 150, 150)))
    shop.recluster(k=3)
    exact, plane = seen(shop, MemberRole.ADMIN).map, seen(shop, MemberRole.VIEWER, f).map
    assert exact is not None
    assert plane is not None
    assert plane.coarse
    assert len(plane.x) == len(set(plane.cluster)) <= 3
    assert all(2 * at % 1 == 0 for at in (*plane.x, *plane.y))
    assert not set(zip(exact.x, exact.y, strict=True)) & set(zip(plane.x, plane.y, strict=True))
    assert not set(exact.x_edges) & set(plane.x_edges[1:])


@pytest.mark.parametrize("role", ROLES)
def test_whoever_may_see_customers_reads_every_figure_and_point(shop: Shop, role: MemberRole) -> None:
    viewers, exact = seen(shop, MemberRole.VIEWER), seen(shop, role)
    assert exact.map is not None
    assert not exact.map.coarse
    assert len(exact.map.x) > 100
    assert exact != viewers
    assert seen(shop, role) is exact


def test_cells_of_the_map_with_fewer_than_ten_are_empty_wherever_the_few_are() -> None:
    rng = np.random.default_rng(3)
    crowd = rng.normal(0, 0.3, (400, 3))
    few = rng.normal(0, 0.01, (FEWEST - 1, 3)) + np.array([6.0, 0.0, 0.0])
    label = np.zeros(len(crowd) + len(few), dtype=np.int16)
    label[len(crowd) :] = 1
    whole = customer_map(np.concatenate([crowd, few]), label, 0)
    assert whole is not None
    found = coarse_map(whole)
    assert found is not None
    assert found.cluster == (0,)
    density = np.array(found.density)
    assert density.max() == 1
    right = density[:, density.shape[1] * 3 // 4 :].max(), density[:, : density.shape[1] // 4].max()
    assert min(right) == 0  # the few lie at one end of the first component


def test_the_difference_of_two_champions_tells_no_value() -> None:
    """Brute force: means times sizes, before and after one customer has left, against what that customer has."""
    world = made_world()
    before = world.profiles()
    rng = np.random.default_rng(0)
    close, tried = 0, 0
    label = world.assignments.label
    for row in rng.choice(len(label), 12, replace=False):
        cluster = int(label[row])
        segment = before.segments[cluster]
        for each in segment.differences:
            measure = before.measure(each.measure)
            sd = abs((each.mean - each.overall_mean) / each.z) if each.z else 0.0
            if measure.yes_or_no or measure.unit == "share" or not sd:
                continue
            truth = each.mean + 1.3 * sd
            after = (each.mean * segment.size - truth) / (segment.size - 1)
            later = replaced(before, cluster, each.measure, after)
            first, second = (figure(coarse(profiles), cluster, each.measure) for profiles in (before, later))
            guess = first * segment.size - second * (segment.size - 1)
            exact = each.mean * segment.size - after * (segment.size - 1)
            assert exact == pytest.approx(truth)
            tried += 1
            close += abs(guess - truth) <= 0.2 * abs(truth)
    assert tried > 30
    assert close <= 0.25 * tried  # no more than saying the rounded mean would


def replaced(profiles: Profiles, cluster: int, measure: str, mean: float) -> Profiles:
    """The same with one mean moved and one customer fewer."""
    segment = profiles.segments[cluster]
    moved = tuple(replace(each, mean=mean) if each.measure == measure else each for each in segment.differences)
    own = replace(segment, size=segment.size - 1, differences=moved)
    every = tuple(own if place == cluster else each for place, each in enumerate(profiles.segments))
    return replace(profiles, customers=profiles.customers - 1, segments=every)


def figure(profiles: Profiles, cluster: int, measure: str) -> float:
    return next(each.mean for each in profiles.segments[cluster].differences if each.measure == measure)


def test_the_attack_that_was_made() -> None:
    """Mean income 60,001 of 41 and 59,997 of 40: exactly, the one who left has 60,161."""
    profiles = made_world().profiles()
    means = []
    for size, mean in ((41, 60_001.0), (40, 59_997.0)):
        moved = replaced(profiles, 0, profiles.segments[0].differences[0].measure, mean)
        own = replace(moved.segments[0], size=size)
        money = own.differences[0].measure
        means.append((figure(coarse(replace(moved, segments=(own, *moved.segments[1:]))), 0, money), size))
    (first, many), (second, fewer) = means
    assert abs(first * many - second * fewer - 60_161) > 100 or first == second


def test_sizes_and_shares_stay_exact_and_all_else_has_two_digits(shop: Shop) -> None:
    exact, viewers = seen(shop, MemberRole.ADMIN), seen(shop, MemberRole.VIEWER)
    assert [(each.size, each.share) for each in viewers.segments] == [(each.size, each.share) for each in exact.segments]
    for segment in viewers.segments:
        for each in segment.differences:
            for value in (each.mean, each.rest_mean, each.overall_mean, each.median, each.z):
                assert value == pytest.approx(float(f"{value:.1e}"))
        assert {round(share * 100, 6) % 1 for each in segment.distributions for share in (*each.segment, *each.rest)} <= {0.0, 1.0}
        assert segment.border == 0


def test_words_are_made_from_the_rounded_figures(shop: Shop) -> None:
    viewers = seen(shop, MemberRole.VIEWER)
    for segment in viewers.segments:
        assert segment.persona
        again = coarse(viewers)
        assert again.segments[segment.cluster].evidence == segment.evidence


def test_what_hardly_anybody_has_is_not_compared_at_all() -> None:
    profiles = made_world().profiles()
    rare = replace(profiles.measures[0], yes_or_no=True)
    few = tuple(
        replace(
            segment,
            differences=tuple(replace(each, mean=3 / segment.size) if each.measure == rare.name else each for each in segment.differences),
        )
        for segment in profiles.segments
    )
    found = coarse(replace(profiles, measures=(rare, *profiles.measures[1:]), segments=few))
    assert [each.name for each in found.measures] == [each.name for each in profiles.measures[1:]]
    assert not any(each.measure == rare.name for segment in found.segments for each in segment.differences)


def small(profiles: Profiles, size: int) -> SegmentProfile:
    first = replace(profiles.segments[0], size=size)
    return coarse(replace(profiles, segments=(first, *profiles.segments[1:]))).segments[0]


def test_a_segment_under_ten_shows_its_size_alone() -> None:
    profiles = made_world().profiles()
    found = small(profiles, SMALLEST_GROUP - 1)
    assert found.size == SMALLEST_GROUP - 1
    assert (found.value, found.value_share, found.value_mean, found.recency_mean) == (None,) * 4
    assert (found.differences, found.distributions, found.mix, found.outcomes, found.rules, found.evidence) == ((),) * 6
    assert "Fewer than 10" in found.persona
    assert small(profiles, SMALLEST_GROUP).differences


def test_a_word_of_one_to_nine_customers_is_no_part_of_a_mix() -> None:
    profiles = made_world().profiles()
    first = profiles.segments[0]
    part = next(each for each in first.mix)
    rest = profiles.customers - first.size
    parts = tuple(
        replace(part, whole=whole, part=f"{whole}{n}", segment=n / first.size, rest=100 / rest)
        for whole in ("city", "spend")
        for n in (0, 1, 9, 10)
    )
    found = coarse(replace(profiles, segments=(replace(first, mix=parts), *profiles.segments[1:]))).segments[0].mix
    assert [each.part for each in found] == ["city0", "city10", "spend0", "spend1", "spend9", "spend10"]


def test_viewers_read_the_champion_and_no_other_version(shop: Shop) -> None:
    shop.recluster(k=2)
    viewer = shop.member(MemberRole.VIEWER)
    with shop.reading() as session:
        champion = segments.show_segments(session, viewer, "customers")
        assert champion is not None
        number = champion.version.number
        key = champion.styles[0].key
        assert segments.show_segments(session, viewer, "customers", version=number) == champion
        other = 3 - number
        for ask in (
            lambda: segments.show_segments(session, viewer, "customers", version=other),
            lambda: segments.show_segment(session, viewer, "customers", key, version=other),
            lambda: filtered_segments.show_filtered(session, viewer, shop.resources.store, "customers", {}, version=other),
        ):
            with pytest.raises(Forbidden, match="champion"):
                ask()
        for role in ROLES:
            assert segments.show_segments(session, shop.member(role), "customers", version=other) is not None
        told = segments.show_stability(session, viewer, "customers", other)
        assert sum(each.size for each in told) == 161
