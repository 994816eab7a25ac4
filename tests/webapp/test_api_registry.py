"""REST operations of the registry: promote, roll back, challenge, and who was champion when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.webapp.scored import token
from tests.webapp.working import Shop
from webapp.api import OPERATIONS
from webapp.api.description import describe
from webapp.app import create_app
from webapp.models import MemberRole

HERE = "/api/v1/datasets/customers"


@pytest.fixture
def shop(imported_shop: Shop) -> Shop:
    """Version 1 is the champion; 2 is ready."""
    for k in (3, 2):
        imported_shop.recluster(k=k)
    return imported_shop


@pytest.fixture
def client(shop: Shop) -> Iterator[FlaskClient]:
    with create_app(resources=shop.resources).test_client() as client:
        yield client


def send(client: FlaskClient, headers: dict[str, str], act: str, **body: Any) -> tuple[int, Any]:
    answer = client.post(f"{HERE}/{act}", json=body, headers=headers)
    return answer.status_code, answer.json


def test_a_version_challenges_is_promoted_and_rolled_back(shop: Shop, client: FlaskClient) -> None:
    headers = token(shop, MemberRole.ANALYST)
    status, challenger = send(client, headers, "challenge", version=2)
    assert (status, challenger["number"], challenger["challenger"]) == (200, 2, True)
    assert send(client, headers, "promote", version=2, note="Fewer.", expected=1) == (200, {"champion": 2, "previous": 1})
    assert send(client, headers, "promote", version=1, expected=1)[0] == 409
    assert send(client, headers, "rollback", expected=2) == (200, {"champion": 1, "previous": 2})
    status, refused = send(client, headers, "rollback")
    assert (status, refused["code"]) == (409, "nothing_before")
    listed = client.get(f"{HERE}/versions", headers=headers).json["versions"]
    assert [(each["number"], each["champion"], each["challenger"]) for each in listed] == [(2, False, False), (1, True, False)]


def test_the_champion_of_a_day_is_answered_with_the_history(shop: Shop, client: FlaskClient) -> None:
    headers = token(shop, MemberRole.VIEWER)
    send(client, token(shop, MemberRole.ANALYST), "promote", version=2, note="Fewer.")
    today = datetime.now(UTC).date()
    found = client.get(f"{HERE}/champions?on={today}", headers=headers).json
    assert (found["on"], found["champion"]) == (str(today), 2)
    assert [(each["version"], each["note"], each["until"] is None) for each in found["history"]] == [
        (2, "Fewer.", True),
        (1, "The first version with segments in it.", False),
    ]
    assert client.get(f"{HERE}/champions?on={today - timedelta(days=1)}", headers=headers).json["champion"] is None
    assert client.get(f"{HERE}/champions", headers=headers).json["champion"] == 2


def test_a_version_is_removed_unless_somebody_relies_on_it(shop: Shop, client: FlaskClient) -> None:
    headers = token(shop, MemberRole.ANALYST)
    status, refused = send(client, headers, "versions/remove", version=1)
    assert (status, refused["code"], refused["details"]["reasons"]) == (409, "relied_on", ["champion"])
    status, removed = send(client, headers, "versions/remove", version=2)
    assert (status, removed["number"], removed["status"]) == (200, 2, "removed")


def test_viewers_read_versions_in_coarse_figures(shop: Shop, client: FlaskClient) -> None:
    """Two significant digits, and three of the smallest segment's share, whose size is exact; `evaluated_on` counts customers."""
    for role, coarse in ((MemberRole.VIEWER, True), (MemberRole.MARKETER, False)):
        listed = client.get(f"{HERE}/versions", headers=token(shop, role)).json["versions"]
        assert len(listed) == 2
        for version in listed:
            figures = {name: value for name, value in version["figures"].items() if name != "evaluated_on"}
            assert all(float(f"{value:.3g}") == value for value in figures.values()) is coarse
            assert len(figures) > 5


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("promote", {}, "version"),
        ("promote", {"version": "two"}, "version"),
        ("promote", {"version": 2, "note": "x" * 2_001}, "note"),
        ("rollback", {"note": 5}, "note"),
        ("challenge", {"version": 0}, "version"),
        ("rollback", {"version": 1}, "version"),
        ("versions/remove", {}, "version"),
    ],
)
def test_a_bad_field_is_named_and_nothing_moves(shop: Shop, client: FlaskClient, act: str, body: dict[str, Any], field: str) -> None:
    status, refused = send(client, token(shop, MemberRole.ANALYST), act, **body)
    assert (status, refused["details"]["field"]) == (422, field)
    assert client.get(f"{HERE}/champions", headers=token(shop)).json["champion"] == 1


def test_roles_and_other_teams_are_kept_out(shop: Shop, client: FlaskClient) -> None:
    for act, body in (("promote", {"version": 2}), ("rollback", {}), ("challenge", {"version": 2}), ("versions/remove", {"version": 2})):
        assert send(client, token(shop, MemberRole.MARKETER), act, **body)[0] == 403
        assert send(client, token(shop, MemberRole.ADMIN, stranger=True), act, **body)[0] == 404
    assert client.get(f"{HERE}/champions", headers=token(shop, MemberRole.ADMIN, stranger=True)).status_code == 404


def test_the_description_has_them() -> None:
    paths = describe(OPERATIONS)["paths"]
    assert {"/promote", "/rollback", "/challenge", "/champions", "/versions/remove"} <= {
        path.removeprefix("/api/v1/datasets/{dataset}") for path in paths
    }
