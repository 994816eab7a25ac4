"""Names that crossed are mended in one act: no two are alike, none goes unasked, and one act brings them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import AuditEvent, MemberRole, Segment
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.segmenting import segment_history, segments
from webapp.services.segmenting.evidence_names import NameChange, accept_names, propose_names, restore_names
from webapp.services.segmenting.segment_history import Happening

DATASET = "customers"


def made(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv())
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(made)


@pytest.fixture
def both(prepare: Prepare) -> Shop:
    """On both databases in turn."""
    return prepare(made)


def names(shop: Shop) -> dict[str, str]:
    """What segments are called, by key, in the order of the version's clusters."""
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, DATASET)
    assert overview is not None
    return {style.key: style.name for style in overview.styles}


def keep_names(shop: Shop, kept: Sequence[str]) -> None:
    """Have the segments called so by the evidence of some version before."""
    with shop.writing() as session:
        known = {each.key: each for each in session.scalars(select(Segment))}
        for key, name in zip(names(shop), kept, strict=True):
            known[key].name = known[key].short_name = name


def call(shop: Shop, key: str, name: str) -> None:
    with shop.writing() as session:
        segments.rename_segment(session, shop.actor, DATASET, key, name)


def proposed(shop: Shop, key: str | None = None) -> tuple[NameChange, ...]:
    with shop.reading() as session:
        return propose_names(session, shop.actor, DATASET, key=key)


def accept(shop: Shop, changes: Sequence[NameChange], key: str | None = None) -> None:
    with shop.writing() as session:
        accept_names(session, shop.actor, DATASET, seen(changes), key=key)


def seen(changes: Sequence[NameChange]) -> dict[str, tuple[str, str]]:
    return {each.style.key: (each.style.name, each.renamed.name) for each in changes}


def events(shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    with shop.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == "segment.renamed").order_by(AuditEvent.at))
        return [(row.subject, row.details) for row in rows]


def test_two_names_that_crossed_are_swapped_in_one_act_and_back_by_another(both: Shop) -> None:
    found = names(both)
    (first, a), (second, b), (third, c) = found.items()
    keep_names(both, (b, a, c))
    changes = proposed(both)
    assert seen(changes) == {first: (b, a), second: (a, b)}
    assert not any(each.chosen for each in changes)
    accept(both, changes)
    assert names(both) == found
    together = {first: [b, a], second: [a, b]}
    assert events(both) == [
        (first, {"dataset": DATASET, "before": b, "after": a, "together": together}),
        (second, {"dataset": DATASET, "before": a, "after": b, "together": together}),
    ]
    with both.writing() as session:
        (entry,) = (each for each in segment_history.show_history(session, both.actor, DATASET, first) if each.what is Happening.RENAMED)
        restore_names(session, both.actor, DATASET, entry.together)
    assert names(both) == {first: b, second: a, third: c}
    assert proposed(both) == tuple(NameChange(each.style, each.renamed, True) for each in proposed(both))  # a person wanted them so


def test_a_ring_is_mended_at_once_whichever_of_it_is_asked_for(shop: Shop) -> None:
    found = names(shop)
    keys, (a, b, c) = list(found), found.values()
    keep_names(shop, (b, c, a))
    assert proposed(shop) == proposed(shop, keys[1])
    assert len(proposed(shop)) == 3
    accept(shop, proposed(shop, keys[2]), keys[2])
    assert names(shop) == found
    assert proposed(shop) == ()


def test_who_has_a_name_that_is_wanted_takes_the_evidences_own(shop: Shop) -> None:
    found = names(shop)
    (first, a), (second, b), (_, c) = found.items()
    keep_names(shop, (b, "Weekend families", c))
    assert seen(proposed(shop, first)) == {first: (b, a)}
    assert seen(proposed(shop, second)) == {first: (b, a), second: ("Weekend families", b)}
    assert proposed(shop) == proposed(shop, second)


def test_a_name_that_a_person_chose_is_told_before_it_goes(shop: Shop) -> None:
    found = names(shop)
    (first, a), (second, b), (_, c) = found.items()
    keep_names(shop, (b, "Nobody", c))
    call(shop, second, a)
    assert {each.style.key: each.chosen for each in proposed(shop)} == {first: False, second: True}
    accept(shop, proposed(shop))
    assert names(shop) == found
    call(shop, first, "")  # an emptied name is the evidence's, which is this one now
    assert names(shop) == found


def test_short_names_come_with_the_names(shop: Shop) -> None:
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, DATASET)
        assert overview is not None
    a, b, c = overview.styles
    keep_names(shop, (b.name, a.name, c.name))
    accept(shop, proposed(shop))
    with shop.reading() as session:
        now = segments.show_segments(session, shop.actor, DATASET)
        assert now is not None
    assert now.styles[:2] == overview.styles[:2]


def test_a_name_of_a_segment_that_the_version_has_not_gets_a_number(shop: Shop) -> None:
    found = names(shop)
    (first, a), *_ = found.items()
    with shop.writing() as session:
        segment = session.scalars(select(Segment).where(Segment.key == first)).one()
        segment.name = "Weekend families"
        team, dataset, at = segment.team_id, segment.dataset_id, segment.created_at
        session.add(Segment(team_id=team, dataset_id=dataset, key="gone", slot=7, name=a, short_name=a, created_at=at))
    assert [each.renamed.name for each in proposed(shop, first)] == [f"{a} 2"]


def test_nothing_is_renamed_where_somebody_changed_a_name_meanwhile(both: Shop) -> None:
    (first, a), (_, b), (_, c) = names(both).items()
    keep_names(both, (b, a, c))
    changes = proposed(both)
    call(both, first, "Regulars")
    before = names(both)
    with pytest.raises(Conflict, match="Look again"):
        accept(both, changes)
    assert names(both) == before
    with both.writing() as session, pytest.raises(Conflict, match="renamed since"):
        restore_names(session, both.actor, DATASET, {key: (after, was) for key, (was, after) in seen(changes).items()})
    assert names(both) == before


def test_no_two_segments_of_a_version_are_called_alike(shop: Shop) -> None:
    (first, a), (second, b), *_ = names(shop).items()
    with pytest.raises(Invalid, match="Another segment is called"):
        call(shop, first, b.upper())
    call(shop, first, "Regulars")
    call(shop, second, a)
    with pytest.raises(Invalid, match="Another segment is called"):
        call(shop, first, "")
    with shop.writing() as session, pytest.raises(Invalid):
        restore_names(session, shop.actor, DATASET, {first: (a, "Regulars")})
    assert list(names(shop).values())[:2] == ["Regulars", a]


def test_who_may_not_name_segments_reads_what_crossed_and_changes_nothing(shop: Shop) -> None:
    (first, a), (_, b), (_, c) = names(shop).items()
    keep_names(shop, (b, a, c))
    with shop.writing() as session:
        changes = propose_names(session, shop.member(MemberRole.VIEWER), DATASET)
        assert len(changes) == 2
        for act in (accept_names, restore_names):
            with pytest.raises(Forbidden):
                act(session, shop.member(MemberRole.MARKETER), DATASET, seen(changes))
            with pytest.raises(NotFound):
                act(session, shop.stranger, DATASET, seen(changes))
        with pytest.raises(NotFound):
            propose_names(session, shop.stranger, DATASET)
        with pytest.raises(NotFound):
            propose_names(session, shop.actor, DATASET, key="nobody")
    assert names(shop)[first] == b
