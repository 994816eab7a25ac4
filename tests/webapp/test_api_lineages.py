"""The lineage of a version, and its correction, by REST."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.app import create_app
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services.people.tokens import create_token

PATH = "/api/v1/datasets/customers/lineage"


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv((70, 50, 30)))
    opened.recluster(k=3)
    opened.recluster(k=3, seed=4)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def headers(shop: Shop, role: MemberRole = MemberRole.ANALYST) -> dict[str, str]:
    with shop.writing() as session:
        made = create_token(session, shop.actor, name="script", role=role)
    return {"Authorization": f"Bearer {made.token}"}


def test_a_lineage_is_read_and_corrected(shop: Shop) -> None:
    client: FlaskClient = create_app(resources=shop.resources).test_client()
    sent = headers(shop)
    found = client.get(f"{PATH}?version=2", headers=sent).json
    assert (found["dataset"], found["version"], found["reference"]) == ("customers", 2, 1)
    assert [(link["kind"], link["by"]) for link in found["links"]] == [("continued", "customers")] * 3
    first, second = (link["current"] for link in found["links"][:2])
    corrected = client.post(PATH, json={"version": 2, "segment": first, "continues": second}, headers=sent)
    assert corrected.status_code == 200, corrected.text
    assert corrected.json["links"][0]["by"] == "person"
    assert corrected.json["links"][0]["current"] == second
    assert client.get(f"{PATH}?version=2", headers=sent).json == corrected.json
    assert (
        client.post(PATH, json={"version": 2, "segment": second, "continues": None}, headers=sent).json["links"][0]["kind"] != "continued"
    )


def test_refusals_say_why(shop: Shop) -> None:
    client: FlaskClient = create_app(resources=shop.resources).test_client()
    sent = headers(shop)
    assert client.get(PATH, headers=sent).status_code == 404, "the champion is the first version"
    assert client.post(PATH, json={"version": 1, "segment": "x", "continues": None}, headers=sent).status_code == 409
    wrong = client.post(PATH, json={"version": 2, "segment": "x", "continues": None}, headers=sent)
    assert (wrong.status_code, wrong.json["details"]["field"]) == (422, "segment")
    assert client.post(PATH, json={"version": 2, "segment": "x"}, headers=sent).status_code == 422
    assert client.get(f"{PATH}?version=2", headers=headers(shop, MemberRole.VIEWER)).status_code == 403
    marketer = headers(shop, MemberRole.MARKETER)
    assert client.post(PATH, json={"version": 2, "segment": "x", "continues": None}, headers=marketer).status_code == 403


def test_a_correction_is_taken_back_and_another_team_finds_none(shop: Shop) -> None:
    client: FlaskClient = create_app(resources=shop.resources).test_client()
    sent, found = headers(shop), client.get(f"{PATH}?version=2", headers=headers(shop)).json
    first, second = (link["current"] for link in found["links"][:2])
    body = {"version": 2, "segment": second}
    assert client.post(f"{PATH}/take-back", json=body, headers=sent).status_code == 409, "nobody said anything yet"
    client.post(PATH, json={"version": 2, "segment": first, "continues": second}, headers=sent)
    with shop.writing() as session:
        stranger = create_token(session, shop.stranger, name="script", role=MemberRole.ADMIN).token
    for path in ("", "/take-back"):
        answer = client.post(
            f"{PATH}{path}", json=body | ({} if path else {"continues": None}), headers={"Authorization": f"Bearer {stranger}"}
        )
        assert answer.status_code == 404
    assert client.post(f"{PATH}/take-back", json=body, headers=headers(shop, MemberRole.MARKETER)).status_code == 403
    assert client.post(f"{PATH}/take-back", json=body, headers=sent).json == found
