"""Search as people meet it: options in groups, a count in words, links that lead there."""

from __future__ import annotations

import pytest
from dash import html

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import links, walk, words
from tests.webapp.working import Shop, customers_csv
from webapp.app import PAGES
from webapp.models import MemberRole
from webapp.services.planning import campaigns
from webapp.services.segmenting.audience_choices import Choice
from webapp.services.segmenting.audiences import archive_audience, save_audience
from webapp.ui import search


def find(shop: Shop, text: str, *, path: str = HERE, role: MemberRole = MemberRole.ADMIN) -> tuple[list[object], str]:
    with shop.reading() as session:
        found, count = search.show_found(look(shop, session, path, role=role), text, PAGES)
    return found, words(count)


def options(found: object) -> list[html.A]:
    return [part for part in walk(found) if isinstance(part, html.A)]


def test_options_stand_in_named_groups_and_are_counted(shop: Shop) -> None:
    shop.import_file(customers_csv())
    with shop.writing() as session:
        campaign = campaigns.create_campaign(session, shop.actor, "customers", name="12 days", channel="email")
    found, count = find(shop, "12")
    groups = [part.to_plotly_json()["props"]["aria-label"] for part in walk(found) if getattr(part, "role", "") == "group"]
    assert groups == ["Customers", "Campaigns"]
    assert all(option.role == "option" for option in options(found))
    assert links(found) == [*(f"{HERE}/customer?key={key}" for key in (12, 120, 121, 122, 123)), f"{HERE}/campaigns/{campaign.id}"]
    assert count.startswith("6 results. More may fit")


def test_an_audience_leads_to_its_page_and_says_when_it_is_archived(shop: Shop) -> None:
    shop.import_file(customers_csv())
    with shop.writing() as session:
        audience = save_audience(session, shop.actor, shop.resources.store, "customers", Choice({}), name="Spring mailing")
    found, _ = find(shop, "spring")
    assert links(found) == [f"{HERE}/audiences/{audience.id}"]
    assert words(found).endswith("Spring mailing , Audience")
    with shop.writing() as session:
        archive_audience(session, shop.actor, "customers", audience.id)
    assert words(find(shop, "spring")[0]).endswith("Spring mailing , Archived")


def test_a_key_with_any_character_leads_to_its_customer(shop: Shop) -> None:
    shop.import_file('Id,Income\n"a/b?&c",5\n')
    assert links(find(shop, "a/b")[0]) == [f"{HERE}/customer?key=a%2Fb%3F%26c"]


@pytest.mark.parametrize(
    ("text", "page"), [("upload", "data"), ("rollback", "models"), ("jobs", "jobs"), ("elbow", "lab"), ("Rfm", "explore")]
)
def test_pages_are_found_by_what_people_type(shop: Shop, text: str, page: str) -> None:
    shop.import_file("Id,Income\n1,5\n")
    assert links(find(shop, text)[0])[0] == f"{HERE}/{page}"


def test_one_letter_finds_pages_by_their_title_alone(shop: Shop) -> None:
    shop.import_file("Id,Income\n1,5\n")
    assert f"{HERE}/data" not in links(find(shop, "u")[0])


def test_pages_above_ones_role_are_not_found(shop: Shop) -> None:
    shop.import_file("Id,Income\n1,5\n")
    assert "/t/north-market/new" in links(find(shop, "new dataset")[0])
    assert links(find(shop, "new dataset", role=MemberRole.VIEWER)[0]) == []


def test_without_a_dataset_only_pages_of_the_team_are_found(shop: Shop) -> None:
    shop.import_file("Id,Income\n1,5\n")
    assert links(find(shop, "upload", path="/t/north-market")[0]) == ["/t/north-market/new"]


def test_nothing_found_says_what_was_looked_at(shop: Shop) -> None:
    shop.import_file("Id,Income\n1,5\n")
    found, count = find(shop, "<b>zzz</b>")
    assert found == []
    assert count.startswith("Nothing is called “<b>zzz</b>”. Looked at: segments")
    assert "Customers are for marketers" in find(shop, "zzz", role=MemberRole.VIEWER)[1]
