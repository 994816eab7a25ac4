"""Data: columns, snapshots and files of a dataset."""

from __future__ import annotations

from typing import Any

import pytest
from dash.development.base_component import Component

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import links, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.pages import data, new

WITH_GAPS = customers_csv((40,)).replace("Leeds", "", 3)


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


def shown(shop: Shop) -> tuple[Component, list[Any]]:
    with shop.reading() as session:
        head, body = data.show_data(look(shop, session, f"{HERE}/data"))
    return head, body


def test_columns_are_shown_with_what_is_missing(shop: Shop) -> None:
    shop.import_file(WITH_GAPS)
    head, body = shown(shop)
    assert "40 customers with" in words(head)
    assert "1 column has gaps" in words(body)
    assert "92.5%" in words(body)


@pytest.mark.parametrize(("share", "text"), [(1.0, "100%"), (0.99999, "99.9%"), (0.9893, "98.9%"), (0.0, "0%")])
def test_full_means_full(share: float, text: str) -> None:
    assert data.filled_text(share) == text


def test_every_file_and_snapshot_leads_to_its_import(shop: Shop) -> None:
    first = shop.import_file(customers_csv((40,)))
    second = shop.import_file(customers_csv((40, 20)))
    _, body = shown(shop)
    assert {f"{HERE}/imports/{first.id}", f"{HERE}/imports/{second.id}"} == set(links(body))
    assert words(body).count("Current") == 1


def test_a_refused_file_is_listed_as_refused(shop: Shop) -> None:
    shop.import_file("nothing")
    head, body = shown(shop)
    assert "nothing imported yet" in words(head)
    assert "Refused" in words(body)


def test_the_upload_says_its_limit_and_where_it_goes(shop: Shop) -> None:
    shop.import_file(customers_csv((40,)))
    with shop.reading() as session:
        upload = data.show_upload(look(shop, session, f"{HERE}/data"))
    form = next(part for part in walk(upload) if getattr(part, "className", "") == "sc-upload").to_plotly_json()["props"]
    assert (form["data-url"], form["data-dataset"], form["data-limit"]) == ("/t/north-market/uploads", "customers", "200")
    assert "up to 200 MB" in words(upload)


def test_who_cannot_import_has_no_upload(shop: Shop) -> None:
    with shop.reading() as session:
        assert data.show_upload(look(shop, session, f"{HERE}/data", role=MemberRole.MARKETER)) is None


def test_a_new_dataset_asks_for_its_name(shop: Shop) -> None:
    with shop.reading() as session:
        form = new.show_form(look(shop, session, "/t/north-market/new"))
    assert any("sc-upload-name" in str(getattr(part, "class_name", "")) for part in walk(form) if isinstance(part, Component))
    assert "What to call these customers" in words(form)


def test_the_lowest_and_highest_value_are_for_those_who_may_see_customers(shop: Shop) -> None:
    shop.import_file(customers_csv())
    lowest = f"{min(float(line.split(',')[2]) for line in customers_csv().splitlines()[1:]):,.2f}"
    for role in MemberRole:
        with shop.reading() as session:
            _, body = data.show_data(look(shop, session, f"{HERE}/data", role=role))
        hints = [part for part in walk(body) if "One customer's value" in str(getattr(part, "title", ""))]
        assert bool(hints) is (role == MemberRole.VIEWER)
        assert (lowest in words(body)) is (role != MemberRole.VIEWER)
