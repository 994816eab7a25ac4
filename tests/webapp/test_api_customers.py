"""Customers of a segment by HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.app import create_app
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services.people.users import create_token
from webapp.services.segmenting import segments


def filled(resources: Resources) -> Shop:
    header, *rows = customers_csv((50, 50, 50)).splitlines()
    lines = [f"{header},Email", *(f"{row},p{number}@x.example" for number, row in enumerate(rows))]
    opened = open_shop(resources)
    opened.import_file("\n".join(lines), mapping={"schema": {"Email": "contact"}})
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


@pytest.fixture
def app(shop: Shop) -> Flask:
    return create_app(resources=shop.resources)


def ask(shop: Shop, app: Flask, path: str, role: MemberRole = MemberRole.MARKETER, *, stranger: bool = False) -> TestResponse:
    with shop.writing() as session:
        token = create_token(session, shop.stranger if stranger else shop.actor, name="t", role=role).token
    return app.test_client().get(f"/api/v1/segments/{path}", headers={"Authorization": f"Bearer {token}"})


def first_segment(shop: Shop) -> Any:
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
    assert overview is not None
    return overview.styles[0], overview.profiles.segments[0].size


def test_pages_hold_each_customer_once_with_plain_values(shop: Shop, app: Flask) -> None:
    style, size = first_segment(shop)
    found: list[dict[str, Any]] = []
    for offset in range(0, size, 20):
        answer = ask(shop, app, f"{style.key}/customers?limit=20&offset={offset}&sort=income&desc=1").json
        assert (answer["dataset"], answer["segment"], answer["total"], answer["limit"]) == ("customers", style.key, size, 20)
        found += answer["customers"]
    assert len({each["customer_key"] for each in found}) == size
    assert [each["income"] for each in found] == sorted((each["income"] for each in found), reverse=True)
    assert {each["segment_name"] for each in found} == {style.name}
    assert all(len(each["since"]) == 10 and each["since"].startswith("2024-03-") for each in found)
    assert {each["email"] for each in found} == {"•••"}
    assert ask(shop, app, f"{style.key}/customers?limit=1", MemberRole.ADMIN).json["customers"][0]["email"].endswith("@x.example")


def test_filters_and_search_narrow_it(shop: Shop, app: Flask) -> None:
    style, size = first_segment(shop)
    answer = ask(shop, app, f"{style.key}/customers?f=city~in~York&q=york&limit=1000").json
    assert {each["city"] for each in answer["customers"]} == {"York"}
    assert 0 < answer["total"] == len(answer["customers"]) < size


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("limit=0", 422, "limit"),
        ("limit=5000", 422, "limit"),
        ("offset=-1", 422, "offset"),
        ("desc=yes", 422, "desc"),
        ("sort=email", 422, "sort"),
        ("sort=1;DROP", 422, "sort"),
        ("f=email~has~p1", 422, "f"),
        ("f=nothing~ge~1", 422, "f"),
        ("version=x", 422, "version"),
        ("version=99", 404, None),
    ],
)
def test_what_cannot_be_asked_names_the_field(shop: Shop, app: Flask, query: str, status: int, field: str | None) -> None:
    answer = ask(shop, app, f"{first_segment(shop)[0].key}/customers?{query}")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json.get("field") == field or field in str(answer.json)


def test_roles_and_teams(shop: Shop, app: Flask) -> None:
    path = f"{first_segment(shop)[0].key}/customers"
    assert ask(shop, app, path, MemberRole.VIEWER).status_code == 403
    assert ask(shop, app, path, MemberRole.ANALYST).status_code == 200
    assert ask(shop, app, path, MemberRole.ADMIN, stranger=True).status_code == 404
    assert ask(shop, app, "nothing/customers").status_code == 404
    assert app.test_client().get(f"/api/v1/segments/{path}").status_code == 401
