"""Audiences: saved where customers are chosen, listed, looked at, changed and set aside; each role sees what it may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dash import html, no_update

from tests.webapp.months import DAYS, counted
from tests.webapp.pages.segment_shop import Visitor, links, stranger_to, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.pages import audience as audience_page
from webapp.pages import audiences as audiences_page
from webapp.pages import movement, segment
from webapp.pages.audience import acts, details, today
from webapp.pages.customers import parts, saving
from webapp.pages.models.preview import audience_words
from webapp.services.data.datasets import confirm_legal_basis
from webapp.services.errors import Forbidden, NotFound
from webapp.services.modelling.promotions import promote_version
from webapp.services.segmenting import audience_today
from webapp.services.segmenting.audience_choices import Choice
from webapp.services.segmenting.audiences import AudienceSummary, list_audiences, save_audience
from webapp.services.segmenting.promotion_preview import AudienceChange
from webapp.ui.audiences import chosen_words

RICH = "income~ge~60000"


@pytest.fixture
def shop(months_shop: Shop) -> Shop:
    return months_shop


@pytest.fixture
def made(shop: Shop) -> AudienceSummary:
    with shop.writing() as session:
        choice = Choice({"f": RICH})
        return save_audience(session, shop.actor, shop.resources.store, "customers", choice, name="<b>Rich</b>", note="two\nlines")


def page_of(shop: Shop, made: AudienceSummary, role: MemberRole = MemberRole.ADMIN) -> list[Any]:
    """Everything that the page of an audience shows."""
    with shop.reading() as session:
        view = Visitor(shop, role).view(session, "audiences", made.id)
        now = today.read_today(view)
        return [details.show_head(view, now), today.show_today(view, now), details.show_details(view)]


def list_of(shop: Shop, role: MemberRole = MemberRole.ADMIN, **query: str) -> Any:
    with shop.reading() as session:
        return audiences_page.show_audiences(Visitor(shop, role).view(session, "audiences", **query))


def ids(content: Any) -> set[str]:
    return {str(part.id) for part in walk(content) if getattr(part, "id", None)}


def test_the_empty_page_teaches_where_audiences_come_from(shop: Shop) -> None:
    found = list_of(shop)
    assert "No audience yet" in words(found)
    assert {href.rpartition("/")[2] for href in links(found)} == {"customers", "segments", "movement"}
    assert "Marketers, analysts and admins can save one" in words(list_of(shop, MemberRole.VIEWER))


def test_the_dialog_says_whom_it_would_save_and_proposes_a_name(shop: Shop) -> None:
    with shop.reading() as session:
        view = Visitor(shop, MemberRole.MARKETER).view(session, "customers", f=RICH, save="1")
        opened, body, resting = saving.open_saving(view, wanted=True)
        assert saving.open_saving(view, wanted=False) == (no_update,) * 3
        nobody = saving.open_saving(Visitor(shop).view(session, "customers", f="income~ge~9000000"), wanted=True)
        unknown = saving.open_saving(Visitor(shop).view(session, "customers", f="nothing~ge~1"), wanted=True)
    assert (opened, resting) == (True, False)
    assert "Income at least 60,000. From version 1, customers of 31 Jan 2026." in words(body)
    assert [part.value for part in walk(body) if getattr(part, "type", "") == "text"] == ["Customers by income, version 1"]
    assert (nobody[0], nobody[2], unknown[2]) == (True, True, True)
    assert "Nobody is left to save" in words(nobody[1])
    assert "no such column" in words(unknown[1])


def test_saving_leads_to_the_audience_and_a_refusal_stays_in_the_dialog(shop: Shop, said: list[Any]) -> None:
    with shop.writing() as session:
        view = Visitor(shop, MemberRole.MARKETER).view(session, "customers", f=RICH)
        href, marks, sentences = saving.save_shown(view, 1, ["Rich", "A note"])
        assert saving.save_shown(view, None, ["Rich", ""]) == (no_update, [no_update] * 2, [no_update] * 2)
        again = saving.save_shown(view, 2, ["Rich", ""])
        (known,) = list_audiences(session, shop.actor, "customers")
    assert href.endswith(f"/audiences/{known.id}")
    assert (known.note, known.origin and known.origin.words) == ("A note", ("Income at least 60,000",))
    assert (marks, sentences) == ([False, False], ["", ""])
    assert f"Rich is saved: {known.size} customers" in words(said)
    assert again[0] is no_update
    assert again[1] == [True, False]
    assert "audience of that name" in again[2][0]


FORGED = ({"type": "Div"}, ["Rich"], 5, True, 0)


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("field", [0, 1])
def test_what_is_no_text_is_refused_at_its_field_and_nothing_is_saved(shop: Shop, made: AudienceSummary, forged: Any, field: int) -> None:
    values: list[Any] = ["Rich", "A note"]
    values[field] = forged
    marks = [place == field for place in range(2)]
    with shop.writing() as session:
        assert saving.save_shown(Visitor(shop).view(session, "customers", f=RICH), 1, values)[:2] == (no_update, marks)
        assert acts.save_details(Visitor(shop).view(session, "audiences", made.id), 1, values)[0] == marks
        assert [each.name for each in list_audiences(session, shop.actor, "customers")] == [made.name]


def test_every_selection_leads_to_saving_it(shop: Shop) -> None:
    report = counted(shop, *DAYS)
    with shop.reading() as session:
        marketer = Visitor(shop, MemberRole.MARKETER)
        moved = movement.show_page(marketer.view(session, "movement", m=report.id))
        key = report.groups[0].key
        head = segment.show_head(marketer.view(session, "segments", key))
        grid = parts.show_head(marketer.view(session, "customers"))
        viewer = segment.show_head(Visitor(shop, MemberRole.VIEWER).view(session, "segments", key))
    saves = [href for href in links(moved) if href.endswith("save=1")]
    flows = sum(1 for was, row in enumerate(report.customers.total.flows) for now, size in enumerate(row) if size and was != now)
    joined = sum(map(bool, report.customers.total.joined)) if report.listed else 0
    assert len(saves) == flows + joined + bool(report.watched)
    assert any(f"segment_key%7Ein%7E{key}" in href or f"segment_key~in~{key}" in href for href in links(head) if "save=1" in href)
    assert "customers-save-open" in ids(grid)
    assert not [href for href in links(viewer) if "save=1" in href]


def test_the_list_says_what_each_is_and_keeps_the_archived_ones_apart(shop: Shop, made: AudienceSummary, said: list[Any]) -> None:
    text = words(list_of(shop))
    for told in ("<b>Rich</b>", str(made.size), "Income at least 60,000", "version 1, customers of 31 Jan 2026", made.created_by):
        assert told in text
    assert "Archived" not in text
    with shop.writing() as session:
        view = Visitor(shop, MemberRole.MARKETER).view(session, "audiences", made.id)
        assert acts.set_aside(view, None) is no_update
        assert acts.set_aside(view, 1) == "archived 1"
    assert "No live audience" in words(list_of(shop))
    assert "<b>Rich</b>" in words(list_of(shop, archived="1"))
    head, *_ = page_of(shop, made)
    assert "Archived" in words(head)
    assert "audience-restore" in ids(head)
    with shop.writing() as session:
        assert acts.bring_back(Visitor(shop, MemberRole.MARKETER).view(session, "audiences", made.id), 1) == "restored 1"
    assert "<b>Rich</b>" in words(list_of(shop))
    assert "You can bring it back at any time" in words(said)


def test_the_page_says_what_it_is_who_is_still_there_and_where(shop: Shop, made: AudienceSummary) -> None:
    head, now, below = page_of(shop, made)
    assert f"{made.size} customers, frozen on" in words(head)
    forms = [href.rpartition("/")[2] for href in links(head) if "/customers." in href]
    assert forms == ["customers.csv", "customers.xlsx", "customers.parquet"]
    for told in ("Still customers", "May be written to", "withdrawn", "given", "unknown", "version 1, the champion"):
        assert told in words(now)
    assert "Version 1, customers of 31 Jan 2026, snapshot 1" in words(below)
    assert [part.value for part in walk(below) if getattr(part, "type", "") == "text"] == ["<b>Rich</b>"]


def test_lists_of_an_older_snapshot_say_so_and_who_left_since(shop: Shop) -> None:
    """The champion is of January; in February customer 2 is gone, and twelve have joined."""
    with shop.writing() as session:
        made = save_audience(session, shop.actor, shop.resources.store, "customers", Choice({}, 1), name="January")
    text = words(page_of(shop, made))
    older = "of snapshot 1 (31 Jan 2026), on which version 1 was fitted; the newest is snapshot 2. 1 of these 150 have left since."
    assert f"What “See customers” lists is {older} Files leave them out." in text
    assert "as they were in its snapshot 1 (31 Jan 2026); the newest is snapshot 2" in text
    assert "Where they are today" not in text
    with shop.reading() as session:
        view = Visitor(shop).view(session, "customers", f=made.query)
        assert f"This list is {older}" in words(parts.show_bar(view))
        assert "12 customers imported since then have no segment yet" in words(parts.show_head(view))
        newest = Visitor(shop).view(session, "customers", f=made.query, v="2")
        assert "This list is" not in words(parts.show_bar(newest))
    assert "See customers" not in words(page_of(shop, made, MemberRole.VIEWER))
    with shop.writing() as session:
        promote_version(session, shop.actor, "customers", 2)
    text = words(page_of(shop, made))
    assert "Where they are today" in text
    assert "See customers” lists" not in text


def test_viewers_read_it_without_people_and_without_what_they_were_chosen_by(shop: Shop, made: AudienceSummary) -> None:
    text = words([*page_of(shop, made, MemberRole.VIEWER), list_of(shop, MemberRole.VIEWER)])
    for hidden in ("Income", "withdrawn", "May be written to", "Download", "See customers", "Archive", "Save changes"):
        assert hidden not in text, hidden
    assert "two lines" in text
    assert "marketer role" in text
    with shop.writing() as session:
        one = save_audience(session, shop.actor, shop.resources.store, "customers", Choice({"q": "150"}), name="One")
    shown = words(page_of(shop, one, MemberRole.VIEWER))
    assert "Under 10 customers" in shown
    assert "under 10" in shown


def test_name_and_note_can_be_changed_and_a_refusal_is_said_at_its_field(shop: Shop, made: AudienceSummary) -> None:
    with shop.writing() as session:
        view = Visitor(shop, MemberRole.MARKETER).view(session, "audiences", made.id)
        assert acts.save_details(view, None, ["X", ""]) == ([no_update] * 2, [no_update] * 2, no_update)
        assert acts.save_details(view, 1, ["Wealthy", "Mine"])[2] == "saved 1"
        marks, _, kept = acts.save_details(view, 2, ["", "Mine"])
        long = acts.save_details(view, 3, ["Wealthy", "x" * 2_001])
        (known,) = list_audiences(session, shop.actor, "customers")
    assert (marks, kept, long[0]) == ([True, False], no_update, [False, True])
    assert (known.name, known.note, known.size) == ("Wealthy", "Mine", made.size)


def test_strangers_find_no_page_and_viewers_cannot_act(shop: Shop, made: AudienceSummary) -> None:
    with shop.reading() as session:
        view = stranger_to(shop, Visitor(shop).view(session, "audiences", made.id))
        for shown in (today.read_today, details.show_details):
            with pytest.raises(NotFound):
                shown(view)
    with shop.writing() as session:
        viewer = Visitor(shop, MemberRole.VIEWER).view(session, "audiences", made.id)
        for act in (lambda: acts.set_aside(viewer, 1), lambda: acts.bring_back(viewer, 1), lambda: acts.save_details(viewer, 1, ["X", ""])):
            with pytest.raises(Forbidden):
                act()


def test_before_the_first_version_the_page_says_that_there_are_no_segments(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv((20, 20)))
    with shop.writing() as session:
        made = save_audience(session, shop.actor, shop.resources.store, "customers", Choice(), name="All")
    _, now, below = page_of(shop, made)
    assert "There are no segments yet" in words(now)
    assert "Customers of" in words(below)


def test_one_look_counts_consent_once_and_leaves_the_buttons_of_a_head_that_stays(
    shop: Shop, made: AudienceSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, count = [], audience_today._consents
    monkeypatch.setattr(audience_today, "_consents", lambda *of: counts.append(of) or count(*of))
    with shop.writing() as session:
        view = Visitor(shop).view(session, "audiences", made.id)
        head, drawn, now = audience_page.show_counted(view, None)
        assert len(counts) == 1
        assert [head is no_update, now is no_update] == [False, False]
        again, still, now = audience_page.show_counted(view, drawn)
        assert (again, still, now is no_update) == (no_update, no_update, False)
        acts.set_aside(view, 1)
        assert "Archived" in words(audience_page.show_counted(view, drawn)[0])


def test_where_nobody_may_leave_the_download_is_off_and_the_page_says_why(sqlite_resources: Resources) -> None:
    """Their consent is unknown until an admin confirms a legal basis."""
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv((10, 10)))
    with shop.writing() as session:
        made = save_audience(session, shop.actor, sqlite_resources.store, "customers", Choice(), name="Everybody")
    head = page_of(shop, made)[0]
    assert "Nobody may leave: none of these customers is known to consent." in words(head)
    assert any(href.endswith("/customers/data") for href in links(head))
    assert [part.disabled for part in walk(head) if "Download" in words(part) and isinstance(part, html.Button)] == [True]
    assert not [href for href in links(head) if "/customers." in href]
    assert "Nobody" not in words(page_of(shop, made, MemberRole.VIEWER)[0])
    with shop.writing() as session:
        confirm_legal_basis(session, shop.actor, "customers")
    head = page_of(shop, made)[0]
    assert "Nobody may leave" not in words(head)
    assert [href for href in links(head) if "/customers." in href]


def test_long_choices_are_cut_in_lists_and_told_whole_on_the_page(shop: Shop, made: AudienceSummary) -> None:
    assert made.origin is not None
    origin = replace(made.origin, words=("a", "b", "c", "d"))
    assert (chosen_words(origin, most=2), chosen_words(origin)) == ("a; 3 more", "a; b; c; d")
    assert chosen_words(replace(origin, words=())) == "Everybody"


@pytest.mark.parametrize(
    ("retired", "changed", "said_"),
    [
        (("Gone",), (), "Gone retires"),
        ((), ("A", "B"), "A and B have other customers"),
        (("Gone", "Too"), ("A",), "Gone and Too retire; A has other customers"),
    ],
)
def test_the_preview_says_what_becomes_of_an_audiences_segments(retired: tuple[str, ...], changed: tuple[str, ...], said_: str) -> None:
    assert audience_words(AudienceChange("X", 10, retired, changed)) == said_
