"""What a team makes of a segment, what it writes down, and the time line of all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import AuditEvent, MemberRole, Segment
from webapp.services.access import Actor
from webapp.services.errors import Forbidden, Invalid, NotFound, ServiceError
from webapp.services.planning import campaigns
from webapp.services.segmenting import segment_history, segment_looks, segment_notes, segments
from webapp.services.segmenting.segment_history import Happening

SHOP = "customers"


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


def keys(shop: Shop) -> list[str]:
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, SHOP)
    assert overview is not None
    return [style.key for style in overview.styles]


def slots(shop: Shop) -> dict[str, int]:
    with shop.reading() as session:
        return dict(session.execute(select(Segment.key, Segment.slot)).all())


def events(shop: Shop, action: str) -> list[tuple[str, dict[str, Any]]]:
    with shop.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.at))
        return [(row.subject, row.details) for row in rows]


def test_a_free_pair_is_taken_and_kept_by_later_versions(shop: Shop) -> None:
    key = keys(shop)[0]
    with shop.writing() as session:
        assert segment_looks.recolour_segment(session, shop.actor, SHOP, key, 7).slot == 7
    assert slots(shop)[key] == 7
    assert events(shop, "segment.recoloured") == [(key, {"dataset": SHOP, "before": 1, "after": 7})]
    shop.recluster(k=3, seed=4)
    with shop.reading() as session:
        assert segments.show_segment(session, shop.actor, SHOP, key, version=2).style.slot == 7


def test_a_pair_in_use_is_swapped_so_that_no_two_look_alike(shop: Shop) -> None:
    first, second, third = keys(shop)
    with shop.writing() as session:
        segment_looks.recolour_segment(session, shop.actor, SHOP, first, 2)
    assert slots(shop) == {first: 2, second: 1, third: 3}
    assert {subject for subject, _ in events(shop, "segment.recoloured")} == {first, second}


def test_choices_say_which_pairs_are_free_and_whose_the_others_are(shop: Shop) -> None:
    first, second, _ = keys(shop)
    with shop.reading() as session:
        choices = segment_looks.look_choices(session, shop.actor, SHOP, first)
    assert [choice.slot for choice in choices] == list(range(1, 9))
    assert [choice.slot for choice in choices if choice.current] == [1]
    holders = {choice.slot: choice.holder.key for choice in choices if choice.holder}
    assert holders[2] == second
    assert set(holders) == {2, 3}


@pytest.mark.parametrize("slot", [0, -1, 65])
def test_a_pair_that_does_not_exist_is_refused(shop: Shop, slot: int) -> None:
    with shop.writing() as session, pytest.raises(Invalid):
        segment_looks.recolour_segment(session, shop.actor, SHOP, keys(shop)[0], slot)


def test_the_same_pair_again_changes_and_records_nothing(shop: Shop) -> None:
    with shop.writing() as session:
        segment_looks.recolour_segment(session, shop.actor, SHOP, keys(shop)[0], 1)
    assert events(shop, "segment.recoloured") == []


def test_words_of_the_teams_own_are_kept_and_can_be_given_back(shop: Shop) -> None:
    key = keys(shop)[0]
    with shop.writing() as session:
        assert segment_looks.describe_segment(session, shop.actor, SHOP, key, "  They shop\r\non Sundays. ") == "They shop\non Sundays."
    with shop.reading() as session:
        assert segments.show_segment(session, shop.actor, SHOP, key).description == "They shop\non Sundays."
    with shop.writing() as session:
        assert segment_looks.describe_segment(session, shop.actor, SHOP, key, " ") == ""
        with pytest.raises(Invalid, match="600"):
            segment_looks.describe_segment(session, shop.actor, SHOP, key, "x" * 601)
    assert [details["after"] for _, details in events(shop, "segment.described")] == ["They shop\non Sundays.", ""]


def test_a_name_that_is_the_evidences_own_is_no_name_of_the_teams(shop: Shop) -> None:
    key = keys(shop)[0]
    with shop.writing() as session:
        before = segments.rename_segment(session, shop.actor, SHOP, key, "Regulars")
        found = session.scalars(select(Segment).where(Segment.key == key)).one()
        segments.rename_segment(session, shop.actor, SHOP, key, found.name)
        assert (before.name, found.chosen_name) == ("Regulars", None)
        segments.rename_segment(session, shop.actor, SHOP, key, found.name)
    assert len(events(shop, "segment.renamed")) == 2  # the third changed nothing


def test_notes_are_listed_newest_first_and_only_their_author_or_an_admin_removes_them(shop: Shop) -> None:
    key, marketer = keys(shop)[0], shop.member(MemberRole.MARKETER)
    colleague = replace(marketer, name="colleague@north.example")
    with shop.writing() as session:
        first = segment_notes.add_note(session, marketer, SHOP, key, "They reply to post.")
        second = segment_notes.add_note(session, colleague, SHOP, key, "Not before noon.")
        notes = segment_notes.list_notes(session, marketer, SHOP, key)
        assert [(note.text, note.removable) for note in notes] == [("Not before noon.", False), ("They reply to post.", True)]
        with pytest.raises(Forbidden, match="Only colleague"):
            segment_notes.remove_note(session, marketer, SHOP, key, second.id)
        segment_notes.remove_note(session, marketer, SHOP, key, first.id)
        segment_notes.remove_note(session, shop.actor, SHOP, key, second.id)
        assert segment_notes.list_notes(session, shop.actor, SHOP, key) == ()
    assert "post" not in str(events(shop, "segment.noted"))  # a removed note is gone, from the log too


@pytest.mark.parametrize("text", ["", "  ", "x" * 601, "a\x00b"])
def test_a_note_that_is_none_is_refused(shop: Shop, text: str) -> None:
    with shop.writing() as session, pytest.raises(Invalid):
        segment_notes.add_note(session, shop.actor, SHOP, keys(shop)[0], text)


def test_the_time_line_has_everything_newest_first(both: Shop) -> None:
    key, other = keys(both)[:2]
    both.recluster(k=3, seed=4)
    with both.writing() as session:
        name = segments.show_segment(session, both.actor, SHOP, key).style.name
        segments.rename_segment(session, both.actor, SHOP, key, "Regulars")
        segment_looks.describe_segment(session, both.actor, SHOP, key, "They come back.")
        segment_looks.recolour_segment(session, both.actor, SHOP, key, 5)
        note = segment_notes.add_note(session, both.actor, SHOP, key, "Ask Ann.")
        gone = segment_notes.add_note(session, both.actor, SHOP, key, "Gone.")
        segment_notes.remove_note(session, both.actor, SHOP, key, gone.id)
        campaign = campaigns.create_campaign(session, both.actor, SHOP, name="Spring", channel="email")
        tag = campaigns.tag_segment(session, both.actor, SHOP, campaign.id, key)
        campaigns.tag_segment(session, both.actor, SHOP, campaign.id, other)
        campaigns.untag_segment(session, both.actor, SHOP, tag.id)
    with both.reading() as session:
        line = segment_history.show_history(session, both.actor, SHOP, key)
    assert [entry.at for entry in line] == sorted((entry.at for entry in line), reverse=True)
    assert [entry.what for entry in reversed(line)] == [
        Happening.FOUND,
        Happening.CONTINUED,
        Happening.RENAMED,
        Happening.DESCRIBED,
        Happening.RECOLOURED,
        Happening.NOTED,
        Happening.NOTE_REMOVED,
        Happening.TAGGED,
        Happening.UNTAGGED,
    ]
    said = {entry.what: entry for entry in line}
    assert (said[Happening.FOUND].version, said[Happening.CONTINUED].version) == (1, 2)
    assert (said[Happening.RENAMED].before, said[Happening.RENAMED].after) == (name, "Regulars")
    assert (said[Happening.RECOLOURED].before, said[Happening.RECOLOURED].after) == ("1", "5")
    assert (said[Happening.NOTED].note, said[Happening.NOTED].after) == (note.id, "Ask Ann.")
    assert (said[Happening.TAGGED].campaign, said[Happening.TAGGED].after) == (campaign.id, "Spring")
    assert {entry.by for entry in line} == {both.actor.name}


ACTS: list[tuple[Callable[[Session, Actor, str], object], MemberRole]] = [
    (lambda session, actor, key: segment_looks.recolour_segment(session, actor, SHOP, key, 5), MemberRole.ANALYST),
    (lambda session, actor, key: segment_looks.describe_segment(session, actor, SHOP, key, "x"), MemberRole.ANALYST),
    (lambda session, actor, key: segment_notes.add_note(session, actor, SHOP, key, "x"), MemberRole.MARKETER),
    (lambda session, actor, key: segment_notes.list_notes(session, actor, SHOP, key), MemberRole.VIEWER),
    (lambda session, actor, key: segment_history.show_history(session, actor, SHOP, key), MemberRole.VIEWER),
    (lambda session, actor, key: segment_looks.look_choices(session, actor, SHOP, key), MemberRole.VIEWER),
]


@pytest.mark.parametrize(("act", "from_role"), ACTS)
def test_each_role_may_what_the_matrix_says_and_strangers_find_nothing(
    shop: Shop, act: Callable[[Session, Actor, str], object], from_role: MemberRole
) -> None:
    roles, key = list(MemberRole), keys(shop)[0]
    for role in roles:
        with shop.writing() as session:
            if roles.index(role) >= roles.index(from_role):
                act(session, shop.member(role), key)
            else:
                with pytest.raises(Forbidden):
                    act(session, shop.member(role), key)
    for actor, name in ((shop.stranger, key), (shop.actor, "nothing")):
        with shop.writing() as session, pytest.raises(ServiceError) as refused:
            act(session, actor, name)
        assert isinstance(refused.value, NotFound)


def test_a_note_of_another_segment_is_not_found(shop: Shop) -> None:
    first, second, _ = keys(shop)
    with shop.writing() as session:
        note = segment_notes.add_note(session, shop.actor, SHOP, first, "x")
        with pytest.raises(NotFound):
            segment_notes.remove_note(session, shop.actor, SHOP, second, note.id)
