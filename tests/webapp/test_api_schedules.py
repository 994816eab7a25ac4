"""REST operations of schedules: whose name they act in, what they refuse, and that another team finds none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.webapp.planned import Planned, open_planned
from tests.webapp.test_api_operations import V, imported, refused, token
from webapp.app import create_app
from webapp.edge import Resources
from webapp.inbox import Inbox
from webapp.models import ApiToken, AuditEvent, MemberRole, Schedule
from webapp.services.people.audit_words import sentence
from webapp.services.people.tokens import list_tokens, revoke_token
from webapp.services.scheduling.ticks import fire_tick

HERE = f"{V}/datasets/real/schedules"
MONDAYS = {"kind": "recluster", "cron": "0 6 * * mon", "parameters": {"k": 3, "seed": 4}}


@pytest.fixture
def shop(sqlite_resources: Resources) -> Planned:
    opened = open_planned(sqlite_resources)
    imported(opened)
    return opened


@pytest.fixture
def client(shop: Planned) -> FlaskClient:
    return create_app(resources=shop.resources).test_client()


def add(client: FlaskClient, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    answer = client.post(HERE, json=MONDAYS | body, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def fire(shop: Planned, schedule_id: str) -> str:
    """What becomes of it when it is due, a moment from now."""
    with shop.writing() as session:
        session.execute(update(Schedule).values(next_due=datetime.now(UTC) - timedelta(seconds=1)))
        return str(fire_tick(session, schedule_id, Inbox(shop.resources.config.inbox)))


def test_a_schedule_is_made_listed_changed_paused_resumed_run_and_deleted(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop, MemberRole.ANALYST)
    made = add(client, headers)
    assert (made["when"], made["zone"], made["enabled"], made["last"]) == ("Mondays at 06:00", "UTC", True, None)
    assert made["parameters"] == {"algorithm": "kmeans", "k": 3, "seed": 4, "features": None}
    assert client.get(HERE, headers=token(shop, MemberRole.VIEWER)).json == {"dataset": "real", "schedules": [made]}
    one = f"{V}/schedules/{made['id']}"
    changed = client.patch(one, json={"cron": "30 7 * * *", "parameters": {"k": "auto"}}, headers=headers).json
    assert (changed["when"], changed["next_due"][11:16]) == ("Every day at 07:30", "07:30")
    assert (changed["parameters"]["k"], changed["parameters"]["seed"]) == (None, 0), "parameters are sent as a whole"
    assert client.patch(one, headers=headers).json == changed
    assert client.post(f"{one}/pause", headers=headers).json["next_due"] is None
    still = client.patch(one, json={"cron": "0 6 * * *"}, headers=headers).json
    assert (still["enabled"], still["next_due"]) == (False, None), "a change wakes nothing"
    assert client.post(f"{one}/resume", headers=headers).json["next_due"] is not None
    job = client.post(f"{one}/run", headers=headers)
    assert (job.status_code, job.json["kind"], job.json["status"]) == (202, "recluster", "queued")
    refused(client.post(f"{one}/run", headers=headers), 409)
    assert client.get(one, headers=headers).json["last"]["job"] == job.json["id"]
    assert client.delete(one, headers=headers).json["id"] == made["id"]
    refused(client.get(one, headers=headers), 404)
    assert client.get(job.json["url"], headers=headers).json["status"] == "queued"


def test_the_log_says_what_a_token_did_and_from_what_it_changed_it(shop: Planned, client: FlaskClient) -> None:
    headers = token(shop, MemberRole.ANALYST)
    client.patch(f"{V}/schedules/{add(client, headers)['id']}", json={"cron": "0 7 * * *"}, headers=headers)
    with shop.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("schedule.")).order_by(AuditEvent.at)).all()
        prefix = session.scalars(select(ApiToken.prefix)).one()
        assert {event.actor for event in events} == {f"token {prefix}"}
        assert [sentence(event.action, event.subject, event.details) for event in events] == [
            "Scheduled re-clustering of real: Mondays at 06:00",
            "Changed the schedule of real from Mondays at 06:00 to Every day at 07:00",
        ]


def test_it_acts_as_its_token_and_pauses_when_that_has_ended(shop: Planned, client: FlaskClient) -> None:
    made = add(client, token(shop, MemberRole.ANALYST))
    assert made["created_by"].startswith("token sct_")
    assert fire(shop, made["id"]) == "started"
    viewer = token(shop, MemberRole.VIEWER)
    last = client.get(f"{V}/schedules/{made['id']}", headers=viewer).json["last"]
    assert client.get(f"{V}/jobs/{last['job']}", headers=viewer).json["created_by"] == made["created_by"]
    with shop.writing() as session:
        (ended,) = (each for each in list_tokens(session, shop.actor) if each.role is MemberRole.ANALYST)
        revoke_token(session, shop.actor, ended.id)
    assert fire(shop, made["id"]) == "paused"
    shown = client.get(f"{V}/schedules/{made['id']}", headers=viewer).json
    assert (shown["enabled"], made["created_by"] in shown["paused_because"]) == (False, True)
    admin = token(shop)
    resumed = client.post(f"{V}/schedules/{made['id']}/resume", headers=admin).json
    assert resumed["created_by"] != made["created_by"]
    assert fire(shop, made["id"]) != "paused"


@pytest.mark.parametrize(
    "ending", [{"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"role": MemberRole.MARKETER}], ids=["expired", "another role"]
)
def test_a_token_that_expired_or_may_less_runs_nothing(shop: Planned, client: FlaskClient, ending: dict[str, Any]) -> None:
    made = add(client, token(shop, MemberRole.ANALYST))
    with shop.writing() as session:
        session.execute(update(ApiToken).values(**ending))
    assert fire(shop, made["id"]) == "paused"


def changed_by_another(shop: Planned, client: FlaskClient, schedule_id: str) -> dict[str, Any]:
    return dict(client.patch(f"{V}/schedules/{schedule_id}", json={"cron": "0 7 * * *"}, headers=token(shop)).json)


def test_a_change_leaves_it_its_authors_and_the_log_says_whose_it_was(shop: Planned, client: FlaskClient) -> None:
    made = add(client, token(shop, MemberRole.ANALYST))
    assert changed_by_another(shop, client, made["id"])["created_by"] == made["created_by"]
    with shop.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "schedule.changed")).one()
        assert event.actor.startswith("token sct_")
        assert event.actor != event.details["acts_as"] == made["created_by"]


@pytest.mark.parametrize("ending", [{"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"role": MemberRole.MARKETER}], ids=["ended", "less"])
def test_what_its_author_may_no_more_goes_on_in_the_name_of_who_changes_it(
    shop: Planned, client: FlaskClient, ending: dict[str, Any]
) -> None:
    made = add(client, token(shop, MemberRole.ANALYST))
    with shop.writing() as session:
        session.execute(update(ApiToken).values(**ending))
    changed = changed_by_another(shop, client, made["id"])
    assert changed["created_by"].startswith("token sct_")
    assert changed["created_by"] != made["created_by"]
    assert fire(shop, made["id"]) == "started"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "tidy"}, "kind"),
        ({"cron": "often"}, "cron"),
        ({"cron": 6}, "cron"),
        ({"parameters": [3]}, "parameters"),
        ({"parameters": {"k": 1}}, "k"),
        ({"parameters": {"promote": True}}, "promote"),
        ({"kind": "import_folder"}, "k"),
        ({"user_id": "x"}, "user_id"),
    ],
)
def test_what_cannot_be_scheduled_names_its_field(shop: Planned, client: FlaskClient, body: dict[str, Any], field: str) -> None:
    refused(client.post(HERE, json=MONDAYS | body, headers=token(shop)), 422, field)
    with shop.reading() as session:
        assert session.scalars(select(Schedule)).all() == []


def test_another_team_finds_none_of_them(shop: Planned, client: FlaskClient) -> None:
    made, headers = add(client, token(shop)), token(shop, stranger=True)
    one = f"{V}/schedules/{made['id']}"
    for method, path in (
        ("GET", HERE),
        ("POST", HERE),
        ("GET", one),
        ("PATCH", one),
        ("DELETE", one),
        *(("POST", f"{one}/{act}") for act in ("pause", "resume", "run")),
    ):
        body = {"POST": MONDAYS if path == HERE else None, "PATCH": {"cron": "0 7 * * *"}}.get(method)
        refused(client.open(path, method=method, json=body, headers=headers), 404)
    assert client.get(one, headers=token(shop)).json == made
