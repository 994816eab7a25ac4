"""REST operations beside reading and scoring: re-cluster, jobs, campaigns, tags, imports; and that their description is true."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.webapp.conftest import Prepare
from tests.webapp.planned import DATASET, KEYS, Planned, open_planned
from tests.webapp.working import customers_csv, import_file, run_jobs
from webapp.api import OPERATIONS
from webapp.api.description import describe, schema_of
from webapp.app import create_app
from webapp.models import ApiToken, AuditEvent, Campaign, MemberRole
from webapp.services.access import Actor
from webapp.services.data import imports
from webapp.services.people.tokens import create_token
from webapp.services.planning import campaigns

V = "/api/v1"


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Planned:
    return prepare_sqlite(open_planned)


@pytest.fixture
def client(shop: Planned) -> FlaskClient:
    return create_app(resources=shop.resources).test_client()


def token(shop: Planned, role: MemberRole = MemberRole.ADMIN, *, stranger: bool = False) -> dict[str, str]:
    with shop.writing() as session:
        made = create_token(session, shop.stranger if stranger else shop.actor, name="script", role=role)
    return {"Authorization": f"Bearer {made.token}"}


def refused(answer: TestResponse, status: int, field: str | None = None) -> dict[str, Any]:
    """The problem that was answered, in words and about that field."""
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    assert {"title", "status", "detail", "code"} <= set(answer.json)
    if field is not None:
        assert answer.json["details"]["field"] == field
    return dict(answer.json)


# ---- campaigns ----


def test_a_campaign_is_planned_read_and_tagged(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop, MemberRole.MARKETER)
    body = {"name": "<script>x</script>", "channel": "post", "starts_on": "2026-12-01", "note": "=1+1\nمرحبا 🎄", "segments": [KEYS[0]]}
    made = client.post(f"{V}/campaigns", json=body, headers=headers)
    assert made.status_code == 201
    assert {name: made.json[name] for name in ("name", "channel", "status", "starts_on", "ends_on", "note", "dataset", "customers")} == {
        **{name: body[name] for name in ("name", "channel", "starts_on", "note")},
        "status": "draft",
        "ends_on": None,
        "dataset": DATASET,
        "customers": 100,
    }
    tagged = client.post(f"{V}/campaigns/{made.json['id']}/tags", json={"segment": KEYS[1]}, headers=headers)
    again = client.post(f"{V}/campaigns/{made.json['id']}/tags", json={"segment": KEYS[1]}, headers=headers)
    assert (tagged.status_code, tagged.json) == (200, again.json)
    assert tagged.json == {"campaign": made.json["id"], "segment": KEYS[1], "segment_name": "Deal seekers", "tag": tagged.json["tag"]}
    read = client.get(f"{V}/campaigns", headers=token(shop, MemberRole.VIEWER))
    assert read.json["dataset"] == DATASET
    (campaign,) = read.json["campaigns"]
    assert [segment["key"] for segment in campaign["segments"]] == [KEYS[0], KEYS[1]]
    assert (campaign["customers"], campaign["note"]) == (160, body["note"])
    assert client.get(f"{V}/campaigns?segment={KEYS[2]}", headers=headers).json["campaigns"] == []
    with shop.reading() as session:
        actors = set(session.scalars(select(AuditEvent.actor).where(AuditEvent.action.startswith("campaign."))))
        prefix = session.scalars(select(ApiToken.prefix)).first()
    assert actors == {f"token {prefix}"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "Spring"}, "channel"),
        ({"name": 5, "channel": "post"}, "name"),
        ({"name": "Spring", "channel": "pigeon"}, "channel"),
        ({"name": "Spring", "channel": "post", "team_id": "x"}, "team_id"),
        ({"name": "Spring", "channel": "post", "starts_on": "tomorrow"}, "starts_on"),
        ({"name": "Spring", "channel": "post", "starts_on": "2026-02-02", "ends_on": "2026-02-01"}, "ends_on"),
        ({"name": "a\x00b", "channel": "post"}, "name"),
        ({"name": "Spring", "channel": "post", "note": "\ud800"}, "note"),
        ({"name": "Spring", "channel": "post", "note": "x" * 2001}, "note"),
        ({"name": "Spring", "channel": "post", "segments": KEYS[0]}, "segments"),
        ({"name": "Spring", "channel": "post", "status": "lost"}, "status"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(shop: Planned, client: FlaskClient, body: dict[str, Any], field: str) -> None:
    refused(client.post(f"{V}/campaigns", json=body, headers=token(shop)), 422, field)
    with shop.reading() as session:
        assert session.scalars(select(Campaign)).all() == []


def test_a_segment_that_is_not_there_leaves_no_campaign_behind(shop: Planned, client: FlaskClient) -> None:
    body = {"name": "Spring", "channel": "post", "segments": [KEYS[0], "nothing"]}
    refused(client.post(f"{V}/campaigns", json=body, headers=token(shop)), 404)
    with shop.reading() as session:
        assert session.scalars(select(Campaign)).all() == []


def test_the_dataset_is_asked_for_only_where_there_are_several(shop: Planned, client: FlaskClient) -> None:
    headers, body = token(shop), {"name": "Spring", "channel": "post"}
    import_file(shop.resources, shop.actor, customers_csv((5,)), dataset="Other")
    assert "customers, other" in refused(client.get(f"{V}/campaigns", headers=headers), 422, "dataset")["detail"]
    refused(client.post(f"{V}/campaigns", json=body, headers=headers), 422, "dataset")
    assert client.post(f"{V}/campaigns?dataset=other", json=body, headers=headers).json["dataset"] == "other"
    assert client.post(f"{V}/campaigns", json={**body, "dataset": DATASET}, headers=headers).json["dataset"] == DATASET
    assert len(client.get(f"{V}/campaigns?dataset=other", headers=headers).json["campaigns"]) == 1
    refused(client.get(f"{V}/campaigns?dataset=nope", headers=headers), 404)
    refused(client.get(f"{V}/campaigns", headers=token(shop, stranger=True)), 404)


@pytest.mark.parametrize(
    ("data", "kind", "status"), [("{", "application/json", 400), ("[]", "application/json", 422), ("x", "text/csv", 415)]
)
def test_a_body_that_is_no_object_is_refused(shop: Planned, client: FlaskClient, data: str, kind: str, status: int) -> None:
    refused(client.post(f"{V}/campaigns", data=data, content_type=kind, headers=token(shop)), status)


# ---- re-cluster and jobs ----


def imported(shop: Planned) -> None:
    import_file(shop.resources, shop.actor, customers_csv((30, 30, 30)), dataset="Real")


def test_a_recluster_is_a_job_that_can_be_followed_and_its_version_is_listed(shop: Planned, client: FlaskClient) -> None:
    imported(shop)
    headers = token(shop, MemberRole.ANALYST)
    asked = client.post(f"{V}/datasets/real/recluster", json={"k": 3, "seed": 4, "promote": True, "algorithm": "kmeans"}, headers=headers)
    again = client.post(f"{V}/datasets/real/recluster", headers=headers)
    assert (asked.status_code, again.status_code, again.json["id"]) == (202, 202, asked.json["id"])
    assert (asked.json["status"], asked.json["kind"], asked.json["version"]) == ("queued", "recluster", 1)
    run_jobs(shop.resources)
    assert client.get(asked.json["url"], headers=token(shop, MemberRole.VIEWER)).json["status"] == "done"
    (version,) = client.get(f"{V}/datasets/real/versions", headers=headers).json["versions"]
    assert (version["number"], version["champion"], version["k"], version["seed"]) == (1, True, 3, 4)


def test_a_version_that_is_there_is_answered_with_the_job_that_made_it_where_that_is_wished(shop: Planned, client: FlaskClient) -> None:
    imported(shop)
    headers, address = token(shop, MemberRole.ANALYST), f"{V}/datasets/real/recluster"
    for k in (3, 2):
        client.post(address, json={"k": k}, headers=headers)
        run_jobs(shop.resources)
    again = client.post(address, json={"k": 2, "promote": True, "unless_there": True}, headers=headers)
    assert (again.status_code, again.json["status"], again.json["version"]) == (202, "done", 2)
    listed = client.get(f"{V}/datasets/real/versions", headers=headers).json["versions"]
    assert [(each["number"], each["champion"]) for each in listed] == [(2, True), (1, False)]
    twin = client.post(address, json={"k": 2}, headers=headers)
    assert (twin.json["status"], twin.json["version"]) == ("queued", 3)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"algorithm": "magic"}, "algorithm"),
        ({"k": 1}, "k"),
        ({"k": "three"}, "k"),
        ({"k": True}, "k"),
        ({"seed": -1}, "seed"),
        ({"seed": 10**30}, "seed"),
        ({"features": "spend"}, "features"),
        ({"features": []}, "features"),
        ({"features": {"spend": "much"}}, "features"),
        ({"features": {"spend": 11}}, "features"),
        ({"promote": "yes"}, "promote"),
        ({"role": "admin"}, "role"),
    ],
)
def test_a_wish_that_cannot_be_granted_names_its_field(shop: Planned, client: FlaskClient, body: dict[str, Any], field: str) -> None:
    refused(client.post(f"{V}/datasets/{DATASET}/recluster", json=body, headers=token(shop)), 422, field)


def test_a_job_is_stopped_and_one_that_has_ended_stays(shop: Planned, client: FlaskClient) -> None:
    imported(shop)
    headers = token(shop, MemberRole.ANALYST)
    job = client.post(f"{V}/datasets/real/recluster", json={"k": "auto", "features": {"income": 1, "spend": 0.5}}, headers=headers).json
    for _ in range(2):
        stopped = client.post(f"{job['url']}/cancel", headers=headers)
        assert (stopped.status_code, stopped.json["status"]) == (200, "cancelled")


# ---- imports ----


def upload(client: FlaskClient, headers: dict[str, str], dataset: str = "real", **fields: str) -> TestResponse:
    data = {"file": (io.BytesIO(customers_csv((20,), first=500).encode()), "later.csv"), **fields}
    return client.post(f"{V}/datasets/{dataset}/imports", data=data, content_type="multipart/form-data", headers=headers)


def test_a_file_is_imported_by_a_job(shop: Planned, client: FlaskClient) -> None:
    imported(shop)
    headers = token(shop, MemberRole.ANALYST)
    answer = upload(client, headers, as_of="2026-06-01")
    assert (answer.status_code, answer.json["file_name"], answer.json["job"]["kind"]) == (202, "later.csv", "import")
    run_jobs(shop.resources)
    assert client.get(answer.json["job"]["url"], headers=headers).json["status"] == "done"
    real = next(each for each in client.get(f"{V}/datasets", headers=headers).json["datasets"] if each["slug"] == "real")
    assert (real["customers"], real["as_of"]) == (110, "2026-06-01")
    dry = upload(client, headers, check="true", mapping='{"schema": {"City": "ignore"}}')
    assert dry.json["job"]["kind"] == "check_import"
    discarding = f"{V}/imports/{dry.json['import_id']}/discard"
    refused(client.post(discarding, headers=headers), 409)
    run_jobs(shop.resources)
    gone = client.post(discarding, headers=headers)
    assert (gone.status_code, gone.json["dataset"], gone.json["dataset_removed"]) == (200, "real", False)
    refused(client.post(discarding, headers=headers), 409)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"as_of": "soon"}, "as_of"),
        ({"check": "1"}, "check"),
        ({"mapping": "{"}, "mapping"),
        ({"mapping": "[]"}, "mapping"),
        ({"x": "1"}, "x"),
    ],
)
def test_a_bad_field_beside_the_file_is_named(shop: Planned, client: FlaskClient, fields: dict[str, str], field: str) -> None:
    refused(upload(client, token(shop), DATASET, **fields), 422, field)


def test_a_request_without_a_file_or_with_one_that_is_too_large_is_refused(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop)
    refused(client.post(f"{V}/datasets/{DATASET}/imports", headers=headers), 422, "file")
    large = {"file": (io.BytesIO(b"x" * ((shop.resources.config.upload_megabytes << 20) + (1 << 17))), "large.csv")}
    refused(client.post(f"{V}/datasets/{DATASET}/imports", data=large, content_type="multipart/form-data", headers=headers), 413)


# ---- who may, and other teams ----


def concrete(shop: Planned, path: str) -> str:
    """The path with what the team owns in it."""
    with shop.reading() as session:
        known = campaigns.list_campaigns(session, shop.actor, DATASET)
    job = shop.__dict__.setdefault("_job", "x")
    names = {"campaign": known[0].id, "job": job, "schedule": "x", "key": KEYS[0], "import_id": "x", "audience": "x"}
    return V + path.format(dataset=DATASET, **names)


@pytest.mark.parametrize("role", list(MemberRole))
def test_tokens_may_what_their_role_may(shop: Planned, client: FlaskClient, role: MemberRole) -> None:
    shop.plan()
    headers, actor = token(shop, role), Actor("x", "x", "x", "x", role)
    for operation in OPERATIONS:
        answer = client.open(concrete(shop, operation.path), method=operation.method, headers=headers)
        assert (answer.status_code == 403) is not actor.may(operation.needs), (operation.name, answer.status_code)
        # The planned shop has segments and no file of customers: who asks for them is told that the store lacks it.
        assert answer.status_code < 500 or (operation.name in ("list_segment_customers", "save_audience") and answer.status_code == 503)


def test_another_team_finds_nothing(shop: Planned, client: FlaskClient) -> None:
    imported(shop)
    campaign = shop.plan("Spring", KEYS[0])
    job = client.post(f"{V}/datasets/real/recluster", headers=token(shop)).json["id"]
    with shop.reading() as session:
        mine = imports.list_imports(session, shop.actor, "real")[0].id
    headers = token(shop, stranger=True)
    for method, path, body in (
        ("GET", f"datasets/{DATASET}/versions", None),
        ("POST", f"datasets/{DATASET}/recluster", {}),
        ("GET", f"jobs/{job}", None),
        ("POST", f"jobs/{job}/cancel", None),
        ("POST", f"imports/{mine}/undo", None),
        ("GET", f"campaigns?dataset={DATASET}", None),
        ("POST", "campaigns", {"name": "X", "channel": "post", "dataset": DATASET}),
        ("POST", f"campaigns/{campaign.id}/tags", {"segment": KEYS[0]}),
        ("GET", f"audiences?dataset={DATASET}", None),
        ("POST", "audiences", {"dataset": DATASET}),
    ):
        refused(client.open(f"{V}/{path}", method=method, json=body, headers=headers), 404)
    refused(upload(client, headers, "real"), 404)
    assert client.get(f"{V}/jobs/{job}", headers=token(shop)).json["status"] == "queued"


def test_a_segment_of_another_team_cannot_be_tagged(shop: Planned, client: FlaskClient) -> None:
    import_file(shop.resources, shop.stranger, customers_csv((5,)), dataset="Theirs")
    headers = token(shop, stranger=True)
    made = client.post(f"{V}/campaigns", json={"name": "X", "channel": "post"}, headers=headers).json["id"]
    refused(client.post(f"{V}/campaigns/{made}/tags", json={"segment": KEYS[0]}, headers=headers), 404)


def test_no_token_no_answer_and_no_body_read(client: FlaskClient) -> None:
    for operation in OPERATIONS:
        answer = client.open(
            V + re.sub(r"\{\w+\}", "x", operation.path), method=operation.method, data=b"{", content_type="application/json"
        )
        assert answer.status_code == 401, operation.name


# ---- the description ----


def test_the_description_is_of_exactly_what_there_is(shop: Planned, client: FlaskClient) -> None:
    described = client.get(f"{V}/openapi.json", headers=token(shop, MemberRole.VIEWER)).json
    written = {(method.upper(), path) for path, operations in described["paths"].items() for method in operations}
    served = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith(f"{V}/") and not rule.rule.endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert written == served
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


def test_the_description_is_for_those_with_a_token_or_a_session(client: FlaskClient) -> None:
    refused(client.get(f"{V}/openapi.json"), 401)


def test_every_reference_leads_somewhere_and_every_field_is_described() -> None:
    described = describe(OPERATIONS)
    schemas = described["components"]["schemas"]
    for name in re.findall(r"#/components/schemas/(\w+)", str(described)):
        assert schemas[name], name
    body = described["paths"][f"{V}/campaigns"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (body["required"], body["additionalProperties"]) == (["name", "channel"], False)
    assert set(described["paths"][f"{V}/datasets/{{dataset}}/imports"]["post"]["requestBody"]["content"]) == {"multipart/form-data"}


def test_answers_are_as_described(shop: Planned, client: FlaskClient) -> None:
    """Names and kinds of every answered object, against its schema."""
    imported(shop)
    shop.plan("Spring", KEYS[0])
    schemas, headers = describe(OPERATIONS)["components"]["schemas"], token(shop)
    job = client.post(f"{V}/datasets/real/recluster", headers=headers).json["id"]
    paths = describe(OPERATIONS)["paths"]
    for path, where in (
        ("/datasets", "/datasets"),
        (f"/datasets/{DATASET}/versions", "/datasets/{dataset}/versions"),
        (f"/campaigns?dataset={DATASET}", "/campaigns"),
        (f"/jobs/{job}", "/jobs/{job}"),
    ):
        schema = paths[V + where]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        check(client.get(V + path, headers=headers).json, schema, schemas)


def check(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    if "$ref" in schema:
        return check(value, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        kinds = [each for each in schema["anyOf"] if (each.get("type") == "null") == (value is None)]
        return check(value, kinds[0], schemas)
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None), "array": list, "object": dict}
    assert isinstance(value, kinds.get(schema.get("type", ""), object)), (value, schema)
    for item in value if isinstance(value, list) else ():
        check(item, schema["items"], schemas)
    if "properties" in schema:
        assert set(value) == set(schema["properties"])
        for name, part in value.items():
            check(part, schema["properties"][name], schemas)
    return None


def test_what_json_has_no_form_for_cannot_be_described() -> None:
    with pytest.raises(TypeError, match="cannot be described"):
        schema_of(set, {})
