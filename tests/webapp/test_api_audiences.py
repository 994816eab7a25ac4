"""Audiences by HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.webapp.months import V1, V2, counted
from tests.webapp.working import Shop
from webapp.app import create_app
from webapp.models import MemberRole
from webapp.services.people.users import create_token


@pytest.fixture
def shop(months_shop: Shop) -> Shop:
    return months_shop


@pytest.fixture
def app(shop: Shop) -> Flask:
    return create_app(resources=shop.resources)


def ask(
    shop: Shop, app: Flask, path: str = "", *, role: MemberRole = MemberRole.MARKETER, stranger: bool = False, **options: Any
) -> TestResponse:
    """GET, or POST where there is `json`."""
    with shop.writing() as session:
        token = create_token(session, shop.stranger if stranger else shop.actor, name="t", role=role).token
    send = app.test_client().post if "json" in options else app.test_client().get
    return send(f"/api/v1/audiences{path}", headers={"Authorization": f"Bearer {token}"}, **options)


def test_filters_become_an_audience_that_is_listed_shown_and_read_page_by_page(shop: Shop, app: Flask) -> None:
    answer = ask(shop, app, json={"name": "Rich", "note": "two\nlines", "f": "income~ge~60000"})
    assert answer.status_code == 201
    made = answer.json
    assert (made["dataset"], made["name"], made["note"], made["chosen_by"]) == (
        "customers",
        "Rich",
        "two\nlines",
        ["Income at least 60,000"],
    )
    assert (made["version"], made["snapshot"], made["as_of"], made["archived"]) == (1, 1, "2026-01-31", False)
    assert ask(shop, app).json == {"dataset": "customers", "audiences": [made]}
    assert ask(shop, app, "?archived=1").json["audiences"] == []
    now = ask(shop, app, f"/{made['id']}").json
    assert now["audience"] == made
    assert sum(now["consents"].values()) == now["present"]
    assert (now["reachable"], now["champion"]) == (now["consents"]["given"], 1)
    assert sum(each["customers"] for each in now["segments"]) + now["unplaced"] == now["present"]
    pages = [ask(shop, app, f"/{made['id']}/customers?limit=20&offset={offset}&sort=income&desc=1").json for offset in (0, 20)]
    assert (pages[0]["audience"], pages[0]["total"], pages[0]["limit"]) == (made["id"], made["size"], 20)
    incomes = [each["income"] for page in pages for each in page["customers"]]
    assert incomes == sorted(incomes, reverse=True)
    assert min(incomes) >= 60_000
    narrowed = ask(shop, app, f"/{made['id']}/customers?f=city~in~Leeds").json
    assert 0 < narrowed["total"] < made["size"]


def test_a_segment_and_a_flow_become_audiences_with_names_of_their_own(shop: Shop, app: Flask) -> None:
    flows = counted(shop, V1, V2)
    was, now = flows.groups[-1], flows.groups[0]
    segment = ask(shop, app, json={"segment": was.key}).json
    assert segment["name"] == f"{was.name}, version 1"
    size = flows.customers.total.flows[len(flows.groups) - 1][0]
    flow = ask(shop, app, json={"before": 1, "after": 2, "was": was.key, "now": now.key})
    assert (flow.json["size"], flow.json["name"]) == (size, f"From {was.name} to {now.name}, version 1 to 2")
    assert ask(shop, app, json={"before": 1, "after": 2, "was": "new", "now": "nothing"}).status_code == 422
    uncounted = ask(shop, app, json={"before": 2, "after": 1})
    assert (uncounted.status_code, uncounted.json["code"]) == (409, "not_counted")
    assert ask(shop, app, json={"before": 9, "after": 1}).status_code == 404
    joined = ask(shop, app, json={"before": 1, "after": 2, "was": "new"}).json
    assert ask(shop, app, f"/{joined['id']}/customers").json["total"] == joined["size"] == 12, "the champion lists no newcomers"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"f": "nothing~ge~1"}, "f"),
        ({"f": "income~ge~9000000"}, "f"),
        ({"segment": "nothing"}, "f"),
        ({"name": "a\nb", "everybody": True}, "name"),
        ({}, "everybody"),
        ({"everybody": False}, "everybody"),
        ({"everybody": True, "q": "a"}, "everybody"),
        ({"segment": ""}, "segment"),
        ({"f": "**"}, "f"),
        ({"q": "  "}, "q"),
        ({"was": "", "now": ""}, "was"),
        ({"team_id": "x"}, "team_id"),
        ({"note": "x" * 2_001}, "note"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_field(shop: Shop, app: Flask, sent: dict[str, Any], field: str) -> None:
    answer = ask(shop, app, json=sent)
    assert (answer.status_code, answer.json["details"]["field"]) == (422, field)
    assert ask(shop, app).json["audiences"] == []


def test_viewers_read_rounded_figures_and_no_rows(shop: Shop, app: Flask) -> None:
    made = ask(shop, app, json={"name": "Few", "q": "150"}).json
    viewer = {"role": MemberRole.VIEWER}
    (shown,) = ask(shop, app, **viewer).json["audiences"]
    assert (shown["name"], shown["size"], shown["chosen_by"], shown["as_of"]) == ("Few", None, None, None)
    now = ask(shop, app, f"/{made['id']}", **viewer).json
    assert (now["present"], now["consents"], now["reachable"]) == (None, None, None)
    assert (now["segments"], now["unplaced"]) == ([], 0)
    assert ask(shop, app, f"/{made['id']}/customers", **viewer).status_code == 403
    assert ask(shop, app, json={"name": "X"}, **viewer).status_code == 403


def test_strangers_find_no_audience(shop: Shop, app: Flask) -> None:
    made = ask(shop, app, json={"name": "Rich", "everybody": True}).json
    for path in (f"/{made['id']}", f"/{made['id']}/customers", "?dataset=customers"):
        assert ask(shop, app, path, stranger=True).status_code == 404, path
    assert ask(shop, app, stranger=True, json={"dataset": "customers", "name": "X", "everybody": True}).status_code == 404
