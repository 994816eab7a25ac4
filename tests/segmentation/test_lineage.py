from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segmentation.lineage import (
    CONTINUED_FROM,
    KNOWN,
    LEAST_OF_LARGER,
    OF_STRONGEST,
    Fate,
    Lineage,
    Link,
    Return,
    Side,
    answers_in,
    correct_lineage,
    shared_means,
    trace_lineage,
    trace_returns,
)
from tests.conftest import LONG
from tests.segmentation.made import made_world

labels = st.lists(st.integers(0, 4), min_size=1, max_size=80).map(lambda xs: np.array(xs, dtype=np.int16))


def repeated(*runs: tuple[int, int]) -> np.ndarray:
    return np.concatenate([np.full(count, label, dtype=np.int16) for label, count in runs])


def traced(previous: np.ndarray, current: np.ndarray) -> Lineage:
    """The lineage where both versions know the same customers."""
    return trace_lineage(*(Side(side, np.bincount(side[side >= 0])) for side in (previous, current)))


@given(labels)
def test_a_version_continues_itself(version: np.ndarray) -> None:
    matching = traced(version, version)
    present = set(version.tolist())
    assert {now: before for now, before in matching.pairs.items() if before is not None} == {label: label for label in present}


@settings(max_examples=60)
@given(labels, st.permutations(range(5)))
def test_new_numbers_change_no_pair(version: np.ndarray, order: list[int]) -> None:
    renumbered = np.array(order, dtype=np.int16)[version]
    matching = traced(version, renumbered)
    assert all(matching.pairs[order[label]] == label for label in set(version.tolist()))


@settings(max_examples=60)
@given(labels.flatmap(lambda first: st.tuples(st.just(first), st.lists(st.integers(-1, 3), min_size=len(first), max_size=len(first)))))
@example((np.array([0, 0, 0, 1, 1, 1, 1], dtype=np.int16), [0, 0, 0, 1, -1, -1, -1]))  # of the second cluster too few are placed to say
def test_pairs_are_one_to_one_meaningful_and_the_best_there_are(pair: tuple[np.ndarray, list[int]]) -> None:
    previous, current = pair[0], np.array(pair[1], dtype=np.int16)
    matching = traced(previous, current)
    overlap = matching.overlap
    assert overlap.sum() == (current >= 0).sum()
    pairs = {now: before for now, before in matching.pairs.items() if before is not None}
    assert len(set(pairs.values())) == len(pairs)
    smaller = np.minimum(overlap.sum(axis=1)[:, None], overlap.sum(axis=0)[None, :])
    larger = np.maximum(overlap.sum(axis=1)[:, None], overlap.sum(axis=0)[None, :])
    strongest = np.maximum(overlap.max(axis=1, initial=0)[:, None], overlap.max(axis=0, initial=0)[None, :])
    enough = (overlap >= CONTINUED_FROM * smaller) & (overlap >= LEAST_OF_LARGER * larger) & (overlap >= OF_STRONGEST * strongest)
    bound = bound_elsewhere(overlap, matching.sizes[0]) | bound_elsewhere(overlap.T, matching.sizes[1]).T
    placed = (overlap.sum(axis=1) >= KNOWN * matching.sizes[0])[:, None] & (overlap.sum(axis=0) >= KNOWN * matching.sizes[1])[None, :]
    allowed = np.where(enough & placed & ~bound, overlap, 0)
    assert all(allowed[before, now] > 0 for now, before in pairs.items())
    square = np.zeros((5, 5), dtype=int)
    square[: allowed.shape[0], : allowed.shape[1]] = allowed
    best = max(sum(square[row, column] for row, column in enumerate(order)) for order in permutations(range(5)))
    assert sum(allowed[before, now] for now, before in pairs.items()) == best


def bound_elsewhere(overlap: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Pairs of a row that has most of its customers in another column, in which no other row has most of its own."""
    bound = np.zeros(overlap.shape, dtype=bool)
    home = {row: int(cells.argmax()) for row, cells in enumerate(overlap) if cells.max(initial=0) > sizes[row] / 2}
    for row, column in home.items():
        if list(home.values()).count(column) == 1:
            bound[row] = np.arange(overlap.shape[1]) != column
    return bound


def test_a_split_keeps_its_larger_part_and_the_other_is_split_off() -> None:
    matching = traced(repeated((0, 100)), repeated((0, 40), (1, 60)))
    assert matching.pairs == {0: None, 1: 0}
    assert matching.split == {0: 0}
    assert matching.retired == ()


def test_a_merge_keeps_the_larger_and_the_other_is_merged_into_it() -> None:
    matching = traced(repeated((0, 40), (1, 60)), repeated((0, 100)))
    assert matching.pairs == {0: 1}
    assert matching.merged == {0: 0}


def test_scattered_segments_are_retired_and_new() -> None:
    previous = np.repeat(np.arange(4, dtype=np.int16), 25)
    current = np.tile(np.arange(4, dtype=np.int16), 25)
    matching = traced(previous, current)
    assert set(matching.pairs.values()) == {None}
    assert matching.retired == (0, 1, 2, 3)


def test_all_pairs_together_share_most_even_if_the_largest_overlap_is_given_up() -> None:
    previous = repeated((0, 20), (1, 18))
    current = repeated((0, 10), (1, 10), (0, 9), (1, 9))
    assert traced(previous, current).pairs in ({0: 0, 1: 1}, {0: 1, 1: 0})
    greedy_trap = traced(repeated((0, 10), (0, 9), (1, 9)), repeated((0, 10), (1, 9), (0, 9)))
    assert greedy_trap.pairs == {0: 1, 1: 0}


def test_nobody_in_common() -> None:
    nobody = np.empty(0, dtype=np.int16)
    assert traced(nobody, nobody).pairs == {}
    unplaced = traced(np.array([-1, -1], np.int16), np.array([0, 1], np.int16))
    assert unplaced.pairs == {0: None, 1: None}


def test_labels_of_different_customers_are_refused() -> None:
    with pytest.raises(ValueError, match="2 previous and 1 current"):
        traced(np.zeros(2, np.int16), np.zeros(1, np.int16))


MIRRORED = {
    Fate.CONTINUED: Fate.CONTINUED,
    Fate.SPLIT: Fate.MERGED,
    Fate.MERGED: Fate.SPLIT,
    Fate.NEW: Fate.RETIRED,
    Fate.RETIRED: Fate.NEW,
}


@st.composite
def versions(draw: st.DrawFn) -> tuple[Side, Side]:
    """Two versions with customers in common, others beside them, and profiles."""
    before, now = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    cells = draw(st.lists(st.integers(0, 40), min_size=before * now, max_size=before * now))
    overlap = np.array(cells).reshape(before, now)
    old = np.concatenate([np.full(count, place // now, np.int16) for place, count in enumerate(cells)])
    new = np.concatenate([np.full(count, place % now, np.int16) for place, count in enumerate(cells)])
    order = np.random.default_rng(draw(st.integers(0, 9))).permutation(len(old))
    sides = []
    for labels, known in ((old[order], overlap.sum(axis=1)), (new[order], overlap.sum(axis=0))):
        strangers = draw(st.lists(st.sampled_from([0, 0, 5, 400]), min_size=len(known), max_size=len(known)))
        means = draw(st.lists(st.tuples(*[st.sampled_from([-1.0, -0.9, 0.0, 0.1, 1.0])] * 2), min_size=len(known), max_size=len(known)))
        sides.append(Side(labels, known + np.array(strangers), np.array(means)))
    return sides[0], sides[1]


def seen_back(link: Link) -> tuple[object, ...]:
    return (MIRRORED[link.kind], link.current, link.previous, link.shared, link.of_current, link.of_previous, link.distance, link.by)


def fields(link: Link) -> tuple[object, ...]:
    return (link.kind, link.previous, link.current, link.shared, link.of_previous, link.of_current, link.distance, link.by)


@settings(max_examples=1_000 if LONG else 60)
@given(versions())
def test_tracing_back_tells_the_mirror_image(sides: tuple[Side, Side]) -> None:
    there, back = trace_lineage(*sides), trace_lineage(*reversed(sides))
    assert sorted(map(repr, map(fields, there.links))) == sorted(map(repr, map(seen_back, back.links)))


@settings(max_examples=1_000 if LONG else 60)
@given(versions())
def test_every_cluster_stands_in_one_link(sides: tuple[Side, Side]) -> None:
    lineage = trace_lineage(*sides)
    check_links(lineage)
    check_figures(lineage)


def check_links(lineage: Lineage) -> None:
    is_what = [link.current for link in lineage.links if link.kind in (Fate.CONTINUED, Fate.SPLIT, Fate.NEW)]
    became = [link.previous for link in lineage.links if link.kind in (Fate.CONTINUED, Fate.MERGED, Fate.RETIRED)]
    assert is_what == list(range(len(lineage.sizes[1])))
    assert sorted(became) == list(range(len(lineage.sizes[0])))
    assert {link.current for link in lineage.links if link.kind is Fate.RETIRED} <= {None}
    assert {link.previous for link in lineage.links if link.kind is Fate.NEW} <= {None}


def check_figures(lineage: Lineage) -> None:
    for link in lineage.links:
        if link.kind in (Fate.SPLIT, Fate.MERGED):
            assert link.shared == lineage.overlap[link.previous, link.current]
            assert (link.of_current if link.kind is Fate.SPLIT else link.of_previous) > 0.5
        assert all(share is None or 0 <= share <= 1 for share in (link.of_previous, link.of_current))


@st.composite
def loyal_versions(draw: st.DrawFn) -> tuple[Side, Side, list[int]]:
    """Versions of which each previous cluster keeps more than half of its customers in a current one of its own, with those."""
    before = draw(st.integers(1, 4))
    now = before + draw(st.integers(0, 2))
    homes = draw(st.permutations(range(now)))[:before]
    counts = st.sampled_from([0, 0, 1, 2, 5, 30, 200])
    overlap = np.array(draw(st.lists(counts, min_size=before * now, max_size=before * now))).reshape(before, now)
    left, joined = (np.array(draw(st.lists(counts, min_size=many, max_size=many))) for many in (before, now))
    overlap[range(before), homes] = 0
    overlap[range(before), homes] = overlap.sum(axis=1) + left + 1
    old = np.repeat(np.repeat(np.arange(before, dtype=np.int16), now), overlap.ravel())
    new = np.repeat(np.tile(np.arange(now, dtype=np.int16), before), overlap.ravel())
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    previous = Side(old, overlap.sum(axis=1) + left, rng.normal(size=(before, 2)))
    return previous, Side(new, overlap.sum(axis=0) + 10 * joined, rng.normal(size=(now, 2))), list(homes)


@settings(max_examples=1_000 if LONG else 60)
@given(loyal_versions())
def test_no_two_segments_swap_who_keep_more_than_half_of_their_customers(versions: tuple[Side, Side, list[int]]) -> None:
    """Whatever else happens, with however many newcomers: who keeps most of its customers is itself, or is told as merged."""
    previous, current, homes = versions
    for lineage in (trace_lineage(previous, current), swapped(trace_lineage(current, previous))):
        for old, new in enumerate(homes):
            assert lineage.pairs[new] in (old, None)
            assert [cluster for cluster, partner in lineage.pairs.items() if partner == old] in ([new], [])


def swapped(lineage: Lineage) -> Lineage:
    links = tuple(Link(*seen_back(link)) for link in lineage.links)  # type: ignore[arg-type]
    return Lineage(links, lineage.overlap.T, (lineage.sizes[1], lineage.sizes[0]), None)


@settings(max_examples=1_000 if LONG else 60)
@given(versions(), st.data())
def test_a_person_is_right_and_nothing_else_is_paired_anew(sides: tuple[Side, Side], data: st.DataObject) -> None:
    lineage = trace_lineage(*sides)
    new = data.draw(st.integers(0, len(sides[1].sizes) - 1))
    old = data.draw(st.sampled_from([None, *range(len(sides[0].sizes))]))
    corrected = correct_lineage(lineage, new, old)
    check_links(corrected)
    assert corrected.pairs[new] == old
    assert answers_in(corrected) == {new: old}
    others = {cluster: partner for cluster, partner in lineage.pairs.items() if cluster != new and partner not in (None, old)}
    assert {cluster: partner for cluster, partner in corrected.pairs.items() if cluster != new and partner is not None} == others
    again = trace_lineage(*sides, answers_in(corrected))
    check_links(again)
    assert again.pairs[new] == old
    assert answers_in(again) == {new: old}


def test_two_answers_cannot_name_one_segment() -> None:
    lineage = traced(repeated((0, 50), (1, 50)), repeated((0, 50), (1, 50)))
    swapped = correct_lineage(correct_lineage(lineage, 0, 1), 1, 0)
    assert answers_in(swapped) == {0: 1, 1: 0}
    assert answers_in(correct_lineage(swapped, 1, 1)) == {1: 1}
    side = Side(np.zeros(5, np.int16), np.array([5]))
    with pytest.raises(ValueError, match="Two answers"):
        trace_lineage(side, Side(np.repeat(np.arange(2, dtype=np.int16), [2, 3]), np.array([2, 3])), {0: 0, 1: 0})
    for current, continues in ((2, 0), (0, 2), (-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="no such cluster"):
            correct_lineage(lineage, current, continues)


def test_the_last_three_of_a_dying_segment_do_not_make_another_one_continue_it() -> None:
    known = repeated((0, 300), (1, 3)), repeated((0, 300), (1, 3))
    gone = trace_lineage(Side(known[0], np.array([300, 450])), Side(known[1], np.array([300, 200])))
    assert (gone.pairs, gone.retired) == ({0: 0, 1: None}, (1,))
    small = trace_lineage(Side(known[0], np.array([300, 3])), Side(known[1], np.array([300, 200])))
    assert (small.pairs, small.merged, small.split) == ({0: 0, 1: None}, {1: 1}, {})
    scattered = repeated((0, 300), (1, 300), (2, 300), (3, 3)), repeated((0, 285), (3, 15), (1, 284), (3, 16), (2, 284), (3, 16), (3, 3))
    assert traced(*scattered).pairs == {0: 0, 1: 1, 2: 2, 3: None}
    one_source = repeated((0, 300), (1, 3)), repeated((0, 283), (1, 17), (1, 3))
    assert (traced(*one_source).pairs, traced(*one_source).split, traced(*one_source).merged) == ({0: 0, 1: None}, {1: 0}, {1: 1})


def test_newcomers_with_ten_wanderers_are_new_and_not_split_off() -> None:
    previous, current = repeated((0, 200), (1, 10)), repeated((0, 190), (1, 10), (1, 10))
    for size in (40, 400):
        lineage = trace_lineage(Side(previous[:200], np.array([200])), Side(current[:200], np.array([190, size])))
        assert [link.kind for link in lineage.links] == [Fate.CONTINUED, Fate.NEW]
        assert (lineage.links[1].shared, lineage.links[1].of_current) == (10, 10 / size)


def test_where_most_customers_are_others_the_profiles_decide() -> None:
    rng = np.random.default_rng(3)
    means = np.array([[-1.0, 0.0, 1.0], [1.0, 0.0, -1.0], [0.0, 1.5, 0.0], [0.0, -1.5, 0.0]])
    order, previous = np.array([2, 0, 3, 1]), np.repeat(np.arange(4, dtype=np.int16), 20)
    place = np.argsort(order)
    current = place[previous].astype(np.int16)
    sides = Side(previous, np.full(4, 100), means), Side(current, np.full(4, 100), means[order] + rng.normal(0, 0.1, (4, 3)))
    lineage = trace_lineage(*sides)
    assert lineage.pairs == {new: int(old) for new, old in enumerate(order)}
    assert {link.by for link in lineage.links} == {"profile"}
    far = trace_lineage(sides[0], Side(current, np.full(4, 100), means[order] + 3.0))
    assert {link.kind for link in far.links} == {Fate.NEW, Fate.RETIRED}
    halves = np.array([means[0] + 0.3, means[0] - 0.3])
    nobody = np.empty(0, np.int16)
    between = trace_lineage(Side(nobody, np.full(4, 100), means), Side(nobody, np.full(2, 50), halves))
    assert between.pairs == {0: None, 1: None}, "as near to the one half as to the other"
    unknown = trace_lineage(*(Side(side.labels, side.sizes) for side in sides))
    assert {link.kind for link in unknown.links} == {Fate.NEW, Fate.RETIRED}


def test_profiles_do_not_speak_against_customers() -> None:
    """All of A stayed together in a cluster that has grown tenfold: what lies where A lay is not A."""
    means = np.array([[1.0, 1.0], [-1.0, -1.0]])
    labels = repeated((0, 40), (1, 40))
    lineage = trace_lineage(Side(labels, np.array([40, 40]), means), Side(labels, np.array([400, 400]), means[::-1]))
    assert set(lineage.pairs.values()) == {None}
    assert lineage.merged == {0: 0, 1: 1}


def test_shared_means_are_in_standard_deviations_of_both() -> None:
    world = made_world()
    profiles = world.profiles()
    means = shared_means(profiles, profiles)
    assert means is not None
    old, new = means
    fitted = sorted(measure.name for measure in profiles.measures if measure.fitted)
    assert old.shape == (3, len(fitted))
    np.testing.assert_allclose(old, new)
    spend = fitted.index("spend")
    table = world.table["spend"].to_numpy()
    by_segment = [np.nanmean(table[world.assignments.label == cluster]) for cluster in range(3)]
    np.testing.assert_allclose(np.diff(old[:, spend]), np.diff(by_segment) / np.nanstd(table), rtol=1e-6)


def test_sizes_must_be_those_of_all_customers() -> None:
    with pytest.raises(ValueError, match="more shared customers"):
        trace_lineage(Side(np.zeros(5, np.int16), np.array([4])), Side(np.zeros(5, np.int16), np.array([5])))


def test_a_cluster_comes_back_that_the_version_between_had_not() -> None:
    """Of the earlier clusters 0 goes on as 1; 1 is gone, and its customers are most of the new cluster 0."""
    earlier, current = repeated((0, 50), (1, 50)), repeated((1, 45), (0, 5), (0, 40), (2, 10))
    sides = [Side(labels, np.bincount(labels)) for labels in (earlier, current)]
    assert trace_returns(*sides, {1: 0}, {1}) == (Return(previous=1, current=0, shared=40, size=50),)
    assert trace_returns(*sides, {1: 0}, {0}) == (), "what is not gone does not come back"
    assert trace_returns(*sides, {1: 0, 0: None}, {1}) == (), "of which is known that it is another one"


@given(sides=versions(), data=st.data())
def test_what_comes_back_was_gone_and_is_one_to_one(sides: tuple[Side, Side], data: st.DataObject) -> None:
    earlier, current = (range(len(side.sizes)) for side in sides)
    known = data.draw(st.dictionaries(st.sampled_from(current), st.none())) if current else {}
    gone = data.draw(st.sets(st.sampled_from(earlier))) if earlier else set()
    found = trace_returns(*sides, known, gone)
    assert {each.previous for each in found} <= gone
    assert not {each.current for each in found} & known.keys()
    assert len({each.previous for each in found}) == len({each.current for each in found}) == len(found)
    assert all(0 <= each.shared <= each.size for each in found)
    whole = trace_lineage(*sides)
    of_half = {
        link.current: link.previous
        for link in whole.links
        if link.kind is Fate.CONTINUED and (link.by == "profile" or half_of_either(whole.overlap, link))
    }
    assert {each.current: each.previous for each in trace_returns(*sides, {}, set(earlier))} == of_half


def half_of_either(overlap: np.ndarray, link: Link) -> bool:
    """Whether most of the known customers of both clusters of a link are in the other."""
    return bool(2 * link.shared > overlap[link.previous].sum() and 2 * link.shared > overlap[:, link.current].sum())


def test_what_has_most_customers_of_a_gone_cluster_and_more_of_another_one_is_not_that() -> None:
    """The gone clusters 1 (of 150) and 0 (of 190) were one in between; what became of both halves is neither."""
    earlier, current = repeated((0, 190), (1, 150)), repeated((0, 90), (1, 100), (0, 85), (1, 65))
    sides = [Side(labels, np.bincount(labels)) for labels in (earlier, current)]
    assert trace_lineage(*sides).pairs == {0: 1, 1: 0}
    assert trace_returns(*sides, {}, {0, 1}) == (Return(previous=0, current=1, shared=100, size=190),)
