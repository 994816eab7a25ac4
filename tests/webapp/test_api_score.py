"""`POST /api/v1/datasets/{d}/score`: what a script sends, and what it hears."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.contract.conftest import config_at
from tests.webapp.scored import EVERY, HEADERS, dataset_of, file_for, open_scored_shop, records, score, stored_places, token
from tests.webapp.working import Shop
from webapp.api import scoring as api
from webapp.app import create_app
from webapp.edge import open_resources
from webapp.models import MemberRole

URL = "/api/v1/datasets/customers/score"


@pytest.fixture(scope="module")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that scoring never changes."""
    folder = tmp_path_factory.mktemp("scored")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    resources = open_resources(config_at(folder))
    yield open_scored_shop(resources, "gmm", "kmeans")
    resources.engine.dispose()


@pytest.fixture(scope="module")
def client(shop: Shop) -> FlaskClient:
    return create_app(resources=shop.resources).test_client()


@pytest.fixture(scope="module")
def headers(shop: Shop) -> dict[str, str]:
    return token(shop)


def refused(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem that was answered: in words, without anything from inside."""
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert {"title", "status", "detail", "code"} <= set(answer.json)
    assert "Traceback" not in answer.text
    return dict(answer.json)


def test_a_customer_is_placed_with_reasons(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post(URL, json={"customers": records()[:2]}, headers=headers)
    assert answer.status_code == 200
    assert set(answer.json) == {"dataset", "version", "instead", "as_of", "customers", "unknown_columns", "warnings"}
    assert answer.json["instead"] is None
    assert (answer.json["dataset"], answer.json["version"], answer.json["as_of"]) == ("customers", 2, "2013-12-28")
    first = answer.json["customers"][0]
    assert set(first) == {
        *("customer_key", "segment", "confidence", "runner_up", "reasons", "unlike_training", "unlike_because", "missing", "missing_text")
    }
    assert set(first["segment"]) == set(first["runner_up"]) == {"key", "name"}
    assert set(first["reasons"][0]) == {"measure", "label", "value", "own", "runner_up", "contribution", "text"}
    assert (first["customer_key"], first["unlike_training"], first["unlike_because"], first["missing"]) == ("=K0", False, [], [])
    assert first["reasons"][0]["text"].startswith(first["reasons"][0]["label"])


def test_values_that_cannot_be_true_are_warned_of(client: FlaskClient, headers: dict[str, str]) -> None:
    rows = [records()[0], records()[0] | {"Income": -5}]
    answer = client.post(URL, json={"customers": rows}, headers=headers).json
    assert answer["warnings"] == [
        {"field": "customers[1].Income", "value": "-5", "reason": "below zero, but income cannot be negative; taken as missing"}
    ]
    assert answer["customers"][1]["missing"] != []


def test_oddities_and_gaps_are_told(client: FlaskClient, headers: dict[str, str]) -> None:
    rows = [records()[0] | {"Income": 9_000_000}, records()[0] | {"Income": None}]
    odd, gap = client.post(URL, json={"customers": rows}, headers=headers).json["customers"]
    assert odd["unlike_training"] is True
    assert odd["unlike_because"][0]["text"].startswith("Income 9,000,000, far from this segment's")
    assert set(odd["unlike_because"][0]) == {"measure", "label", "value", "own", "distance", "text"}
    assert (gap["missing"], gap["unlike_training"]) == (["Income"], False)
    assert gap["missing_text"] == "1 of 4 features unknown, filled with the median: Income"


@pytest.mark.parametrize("algorithm", EVERY)
def test_every_algorithm_places_stored_customers_as_they_are_stored(
    shop: Shop, client: FlaskClient, headers: dict[str, str], algorithm: str
) -> None:
    dataset = dataset_of(shop, algorithm)
    expected = stored_places(shop, dataset)
    answer = client.post(f"/api/v1/datasets/{dataset}/score", json={"customers": records(file_for(algorithm))}, headers=headers)
    for found in answer.json["customers"]:
        place = (found["segment"] and found["segment"]["key"], np.float32(found["confidence"]).tobytes())
        assert (*place, found["runner_up"] and found["runner_up"]["key"]) == expected[found["customer_key"]]


def test_versions_can_be_asked_for(client: FlaskClient, headers: dict[str, str]) -> None:
    for name in ("v", "version"):
        assert client.post(URL, query_string={name: 1}, json={"customers": []}, headers=headers).json["version"] == 1
    refused(client.post(URL, query_string={"v": 9}, json={"customers": []}, headers=headers), 404)
    assert refused(client.post(URL, query_string={"v": "x"}, json={"customers": []}, headers=headers), 422)["details"]["field"] == "version"


def test_nobody_and_ten_thousand(client: FlaskClient, headers: dict[str, str], shop: Shop) -> None:
    assert client.post(URL, json={"customers": []}, headers=headers).json["customers"] == []
    many = (records() * 42)[: api.MOST_SCORED]
    answer = client.post(URL, json={"customers": many}, headers=headers)
    assert (answer.status_code, len(answer.json["customers"])) == (200, api.MOST_SCORED)
    singles = [each["segment"]["key"] for each in answer.json["customers"][:240]]
    assert singles == [each.segment.key for each in score(shop, records()).customers]  # type: ignore[union-attr]


# Refusals


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "customers"),
        ("null", 422, "customers"),
        ([], 422, "customers"),
        ({"customers": {}}, 422, "customers"),
        ({"customers": "all"}, 422, "customers"),
        ({"customers": [1]}, 422, "customers[0]"),
        ({"customers": [{}, []]}, 422, "customers[1]"),
        ({"customers": [], "team_id": "x"}, 422, "team_id"),
        ({"customers": [{}]}, 422, "customers[0].Income"),
        ({"customers": [dict(records()[0], Visits="often")]}, 422, "customers[0].Visits"),
        ({"customers": [records()[0], dict(records()[0], Visits=[1])]}, 422, "customers[1].Visits"),
        ({"customers": [{}] * 10_001}, 422, "customers"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_its_field(
    client: FlaskClient, headers: dict[str, str], body: Any, status: int, field: str
) -> None:
    assert refused(client.post(URL, json=body, headers=headers), status)["details"]["field"] == field


@pytest.mark.parametrize("data", [b"", b"{", b'{"customers": [', b"\xff\xfe{", b'{"customers": [' + b"[" * 100_000, b"nonsense", b"\x00"])
def test_what_is_no_json_is_400(client: FlaskClient, headers: dict[str, str], data: bytes) -> None:
    assert "JSON" in refused(client.post(URL, data=data, content_type="application/json", headers=headers), 400)["detail"]


@pytest.mark.parametrize("kind", [None, "text/csv", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_other_content_is_415(client: FlaskClient, headers: dict[str, str], kind: str | None) -> None:
    answer = client.post(URL, data=b'{"customers": []}', content_type=kind, headers=headers)
    assert "Content-Type: application/json" in refused(answer, 415)["detail"]


def test_a_body_that_is_too_large_is_413(client: FlaskClient, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    four_and_a_half_megabytes = json.dumps({"customers": [{**records()[0], "note": "x" * 4_500_000}]})
    assert client.post(URL, data=four_and_a_half_megabytes, content_type="application/json", headers=headers).status_code == 200
    monkeypatch.setattr(api, "SCORE_BYTES", 1 << 20)
    detail = refused(client.post(URL, data=four_and_a_half_megabytes, content_type="application/json", headers=headers), 413)["detail"]
    assert detail == "At most 1 MB can be sent at once. Send the customers in parts."


def test_who_may_score(shop: Shop, client: FlaskClient) -> None:
    body = {"customers": records()[:1]}
    for role, status in ((MemberRole.VIEWER, 403), (MemberRole.MARKETER, 200), (MemberRole.ANALYST, 200), (MemberRole.ADMIN, 200)):
        assert client.post(URL, json=body, headers=token(shop, role)).status_code == status
    assert "marketer" in refused(client.post(URL, json=body, headers=token(shop, MemberRole.VIEWER)), 403)["detail"]
    assert client.post(URL, json=body).status_code == 401
    refused(client.post(URL, json=body, headers=token(shop, MemberRole.ADMIN, stranger=True)), 404)


def test_the_body_of_who_may_not_is_never_read(shop: Shop, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "read_json", None)
    for headers, status in (({}, 401), (token(shop, MemberRole.VIEWER), 403)):
        assert client.post(URL, data=b"{", content_type="application/json", headers=headers).status_code == status


def test_no_other_verb(client: FlaskClient, headers: dict[str, str]) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert client.open(URL, method=method, headers=headers).status_code in (401, 404, 405), method


def test_a_dataset_without_a_champion_is_409(shop: Shop, client: FlaskClient, headers: dict[str, str]) -> None:
    slug = shop.import_file("ID,Income\n1,5\n2,6\n", dataset="Fresh").dataset
    problem = refused(client.post(f"/api/v1/datasets/{slug}/score", json={"customers": [{"Income": 5}]}, headers=headers), 409)
    assert problem["code"] == "no_champion"
    assert "promote a version" in problem["detail"]


WORDS = st.text(max_size=12) | st.sampled_from(["5", "1,5", "04-05-2013", "\ud800", "\0"])
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def leaves(content: Any) -> Iterator[Any]:
    """Every value that holds no others."""
    if isinstance(content, list | dict):
        for part in content.values() if isinstance(content, dict) else content:
            yield from leaves(part)
    else:
        yield content


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from([*HEADERS, "x", "\ud800", "", "spend_wine"]), VALUES, max_size=12), max_size=3))
def test_no_values_make_it_fail(client: FlaskClient, headers: dict[str, str], changes: list[dict[str, Any]]) -> None:
    rows = [{**records()[place], **change} for place, change in enumerate(changes)]
    body = json.dumps({"customers": rows})
    answer = client.post(URL, data=body, content_type="application/json", headers=headers)
    # Python writes `NaN` and `Infinity`, which are no JSON (RFC 8259).
    no_json = any(isinstance(value, float) and not math.isfinite(value) for value in leaves(rows))
    assert answer.status_code in ((400,) if no_json else (200, 422)), answer.text
    json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_who_else_is_in_a_request_decides_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    first, second = ({**record, "Income": income} for record, income in zip(records()[:2], ("900,000", "9,5"), strict=True))
    alone = client.post(URL, json={"customers": [first]}, headers=headers).json["customers"]
    together = client.post(URL, json={"customers": [first, second]}, headers=headers).json["customers"]
    assert together[0] == alone[0]


def test_a_customer_of_whom_nothing_is_known_is_placed_without_confidence(client: FlaskClient, headers: dict[str, str]) -> None:
    (found,) = client.post(URL, json={"customers": [dict.fromkeys(records()[0])]}, headers=headers).json["customers"]
    assert found["confidence"] is None
    assert found["missing"]
