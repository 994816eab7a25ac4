"""The model card of a version: all of it, escaped everywhere, and for viewers the champion's alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from werkzeug.test import TestResponse

from segmentation.codec import from_json
from segmentation.roles import Schema
from tests.contract.browser import PASSWORD, Browser
from tests.contract.conftest import cheap_hashes as cheap_hashes
from tests.webapp.working import Shop
from webapp.app import create_app
from webapp.models import Dataset, MemberRole, Segment, Snapshot
from webapp.services.errors import Conflict, Forbidden, NotFound
from webapp.services.modelling.promotions import Stretch
from webapp.services.modelling.versions import request_recluster
from webapp.services.people.users import add_user
from webapp.services.segmenting.model_cards import ModelCard, show_card
from webapp.ui.model_card import Document, Section, card_document, card_markdown

DATASET = "customers"
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) | **bold** `code` \n# Title & =1+1"


@pytest.fixture
def shop(imported_shop: Shop) -> Shop:
    """Version 1 is the champion; 2 is ready."""
    imported_shop.recluster(k=3, note="The first one.")
    imported_shop.recluster(algorithm="hdbscan", k=None)
    return imported_shop


def card_of(shop: Shop, number: int = 1, role: MemberRole = MemberRole.ADMIN) -> ModelCard:
    with shop.reading() as session:
        return show_card(session, shop.member(role), DATASET, number)


def section(document: Document, title: str) -> Section:
    return next(each for each in document.sections if each.title == title)


def test_a_card_says_all_that_somebody_needs_to_know(shop: Shop) -> None:
    card = card_of(shop)
    document = card_document(card)
    assert [each.title for each in document.sections] == [
        "Intended use",
        "Where it comes from",
        "Data",
        "Recipe",
        "Algorithm",
        "Figures",
        "Segments",
        "Rules",
        "Limits",
    ]
    origin, data = dict(section(document, "Where it comes from").facts), dict(section(document, "Data").facts)
    assert (origin["Author"], origin["Note"]) == (shop.actor.name, "The first one.")
    assert "Note" not in dict(section(card_document(card_of(shop, 2)), "Where it comes from").facts)
    assert origin["Live"].endswith("to now")
    assert data["Customers"] == "150"
    assert data["Snapshot"].startswith("1, as of")
    assert "Response" in data["Outcomes"]
    recipe = section(document, "Recipe").grid
    assert recipe is not None
    assert card.making.recipe is not None
    assert [row[0] for row in recipe.rows] == [feature.label for feature in card.making.recipe.features]
    method = dict(section(document, "Algorithm").facts)
    assert method["Seed"] == "0"
    assert re.search(r"numpy \d+\.\d+.*scikit-learn \d+\.\d+", method["Made with"])
    figures = section(document, "Figures").grid
    assert figures is not None
    separation = next(row for row in figures.rows if row[1] == "silhouette")
    assert separation[2].startswith(f"{card.report.figures['silhouette']:.2f}")
    assert separation[3] == f"{card.report.figures['silhouette_null']:.2f}"
    sizes = section(document, "Segments").grid
    assert sizes is not None
    assert [int(row[1]) for row in sizes.rows] == [each.size for each in card.profiles.segments]
    rules = section(document, "Rules").grid
    assert rules is not None
    assert {row[0] for row in rules.rows} <= {style.name for style in card.styles}
    assert card.report.verdict.headline in " ".join(section(document, "Limits").text)


def test_a_time_of_less_than_a_day_is_told_with_its_hours(shop: Shop) -> None:
    noon = datetime(2026, 11, 26, 12, 5, tzinfo=UTC)
    told = [
        dict(section(card_document(replace(card, live=(Stretch(1, noon, until, "ann", "", False),))), "Where it comes from").facts)["Live"]
        for card in [card_of(shop)]
        for until in (noon + timedelta(hours=2), noon + timedelta(days=2), None)
    ]
    assert told == [
        "26 Nov 2026, 12:05 UTC to 26 Nov 2026, 14:05 UTC",
        "26 Nov 2026 to 28 Nov 2026",
        "26 Nov 2026 to now",
    ]


def test_settings_that_an_algorithm_found_for_itself_are_on_it(shop: Shop) -> None:
    assert dict(section(card_document(card_of(shop, 2)), "Algorithm").facts)["Share"] != "–"


def test_sensitive_columns_are_named_and_those_that_found_segments_are_owned_up_to(shop: Shop) -> None:
    card = card_of(shop)
    assert "No column was marked sensitive" in section(card_document(card), "Limits").text[-1]
    columns = tuple(replace(column, sensitive=column.name in ("city", "visits")) for column in card.data.columns)
    marked = replace(card, data=replace(card.data, columns=columns))
    assert marked.making.recipe is not None
    used = {feature.measure for feature in marked.making.recipe.features} & {"city", "visits"}
    words = section(card_document(marked), "Limits").text[-1]
    assert all(column.label in words for column in marked.data.sensitive)
    assert ("Somebody asked for" in words) is bool(used)


def test_viewers_read_the_champions_card_in_coarse_figures(shop: Shop) -> None:
    viewer = card_of(shop, role=MemberRole.VIEWER)
    assert viewer.coarse
    assert viewer.profiles != card_of(shop).profiles
    with pytest.raises(Forbidden):
        card_of(shop, 2, MemberRole.VIEWER)
    assert not card_of(shop, 2, MemberRole.MARKETER).coarse
    with shop.reading() as session, pytest.raises(NotFound):
        show_card(session, shop.stranger, DATASET, 1)
    with shop.writing() as session:
        request_recluster(session, shop.actor, DATASET)
    with pytest.raises(Conflict, match="not ready"):
        card_of(shop, 3)


def test_viewers_read_no_exact_count_of_those_without_a_value_or_beyond_the_bounds(shop: Shop) -> None:
    """With 150 customers, one or two lie beyond each bound."""
    for role, coarse in ((MemberRole.VIEWER, True), (MemberRole.MARKETER, False)):
        recipe = section(card_document(card_of(shop, role=role)), "Recipe").grid
        assert recipe is not None
        counts = {cell for row in recipe.rows for cell in row[3:] if cell != "–"}
        assert any(cell in "123456789" for cell in counts) is not coarse
        assert ("under 10" in counts) is coarse
        assert all(cell == "under 10" or int(cell.replace(",", "")) % 5 == 0 for cell in counts) is coarse
        assert ("under 10<" in card_file(shop, role, "1/card.html").text) is coarse


# ---- files ----


class Tags(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def hostile(shop: Shop) -> Shop:
    """Names, labels and notes that would be markup."""
    shop.recluster(k=3, seed=4, note=HOSTILE, promote=True)
    with shop.writing() as session:
        session.query(Dataset).one().name = "<b>Shop</b>"
        for segment in session.query(Segment):
            segment.chosen_name = f"<img src=x onerror=alert({segment.slot})> | **S{segment.slot}**"
        snapshot = session.query(Snapshot).one()
        schema = from_json(Schema, snapshot.column_schema)
        columns = [dict(column, label=f"<i>{column['label']}</i> | x") for column in snapshot.column_schema["columns"]]
        assert len(columns) == len(schema.columns)
        snapshot.column_schema = dict(snapshot.column_schema, columns=columns)
    return shop


def card_file(shop: Shop, role: MemberRole, path: str) -> TestResponse:
    """What a member of the team gets under the version's address."""
    email = f"reader-{role}@north.example"
    with shop.writing() as session:
        add_user(session, shop.actor, email, role, password=PASSWORD)
    browser = Browser(create_app(resources=shop.resources))
    browser.sign_in(email)
    return browser.get(f"/t/north-market/customers/models/{path}")


def test_nothing_that_people_bring_is_markup_on_the_page(hostile: Shop) -> None:
    answer = card_file(hostile, MemberRole.VIEWER, "3/card.html")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="customers-version-3-card.html"')
    page = Tags()
    page.feed(answer.text)
    assert not page.tags & {"script", "img", "b", "i", "a"}
    assert "alert(1)</script>" in page.text
    assert "<b>Shop</b>" in page.text


def test_files_are_for_those_who_may_read_the_card(hostile: Shop) -> None:
    answer = card_file(hostile, MemberRole.MARKETER, "1/card.md")
    assert (answer.status_code, answer.content_type) == (200, "text/markdown; charset=utf-8")
    assert answer.text.startswith("# Model card: ")
    assert card_file(hostile, MemberRole.VIEWER, "1/card.md").status_code == 403
    assert card_file(hostile, MemberRole.ANALYST, "nine/card.html").status_code == 404


def test_nothing_that_people_bring_is_markup_in_markdown(hostile: Shop) -> None:
    text = card_markdown(card_document(card_of(hostile, 3)))
    for mark in ("<script", "<img", "<b>", "<i>", "](javascript", "**bold**", "`code`"):
        assert mark not in text.replace("\\" + mark[0], "")
    assert not re.search(r"(?<!\\)[<>`]", text)
    assert "\n# Title" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    tables = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    assert set(tables) <= {5, 6}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Not on one scale (k-means), 4.1% & more!", "Not on one scale (k-means), 4.1% & more!"),
        ("total_spend + 5 - 3 ~ 2 #1", "total_spend + 5 - 3 ~ 2 \\#1"),
        ("__x__ ~~y~~ *z*", "\\_\\_x\\_\\_ \\~\\~y\\~\\~ \\*z\\*"),
        ("- a list", "\\- a list"),
        ("--- rule", "\\--- rule"),
        ("12. July", "12\\. July"),
        ("-5 degrees, 12.5 euros", "-5 degrees, 12.5 euros"),
        ("&lt;b&gt; R&D", "\\&lt;b\\&gt; R&D"),
        ("![x](y) | <b>", "!\\[x\\](y) \\| \\<b\\>"),
    ],
)
def test_markdown_escapes_what_would_be_markup_and_nothing_else(text: str, written: str) -> None:
    lines = card_markdown(Document("Card", text, ())).splitlines()
    assert lines[2] == written
