"""Two teams in one workspace: every role in each, and everything that team A owns says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask

from tests.contract.browser import PASSWORD, Browser
from tests.webapp.working import customers_csv, import_file, recluster
from webapp.edge import Resources, unit_of_work
from webapp.models import MemberRole
from webapp.services.access import Actor, actor_for_user, operator
from webapp.services.people.users import add_user, create_token, ensure_team
from webapp.services.planning.campaigns import create_campaign, tag_segment
from webapp.services.scheduling.schedules import add_schedule
from webapp.services.segmenting.audience_choices import Choice
from webapp.services.segmenting.audiences import save_audience
from webapp.services.segmenting.segment_looks import describe_segment
from webapp.services.segmenting.segment_notes import add_note
from webapp.services.segmenting.segments import show_segments
from webapp.services.work.jobs import list_jobs

CANARY = "Canary4711"
TEAMS = ("team-a", "team-b")


@dataclass(frozen=True)
class Owned:
    """What team A owns, by id."""

    dataset: str
    import_id: str
    segment: str
    campaign: str
    tag: str
    job: str
    schedule: str
    audience: str


@dataclass(frozen=True)
class World:
    """The server with both teams in it."""

    app: Flask
    resources: Resources
    owned: Owned
    tokens: dict[str, str]
    """By team, a viewer's; by team and role, as in "team-a/analyst", that role's."""

    def browser(self, team: str = "a", role: str = "admin", **options: Any) -> Browser:
        """A member's browser, signed in."""
        opened = Browser(self.app, **options)
        answer = opened.sign_in(f"{role}@{team}.example")
        assert answer.status_code == 303, answer.text
        return opened

    def stranger(self) -> Browser:
        return Browser(self.app)

    def addresses(self, team: str = "team-a") -> list[str]:
        """Every kind of address that speaks of what team A owns."""
        owned = self.owned
        home = f"/t/{team}/{owned.dataset}"
        parts = (
            *(
                "",
                "/segments",
                f"/segments/{owned.segment}",
                f"/segments/{owned.segment}/customers.csv",
                "/segments/all/customers.csv",
                "/customers",
                "/customers.csv",
                "/customer",
                "/data",
                "/explore",
                "/movement",
                "/compare",
            ),
            *(
                f"/imports/{owned.import_id}",
                f"/imports/{owned.import_id}/rejects.csv",
                "/campaigns",
                f"/campaigns/{owned.campaign}",
                "/audiences",
                f"/audiences/{owned.audience}",
                *(f"/audiences/{owned.audience}/customers.{ending}" for ending in ("csv", "xlsx", "parquet")),
                "/lab",
                "/lab/1",
                "/models",
                "/models/1",
                "/models/1/card.html",
                "/models/1/card.md",
                "/jobs",
            ),
        )
        own = ("", "/new", "/team", "/team?tab=tokens", "/team?tab=audit", "/team?tab=settings", "/team/audit.csv", "/account", "/new-team")
        beside = (f"{home}/team", f"{home}/account")
        return [*(f"/t/{team}{part}" for part in own), *(home + part for part in parts), *beside]

    def foreign_addresses(self, team: str) -> list[str]:
        """Those of them that somebody of team B cannot open, whatever their role: all of A's, and A's ids under B's own address."""
        return [path for path in self.addresses(team) if team == "team-a" or f"/{self.owned.dataset}" in path]


def fill(resources: Resources) -> tuple[Owned, dict[str, str]]:
    """Make both teams, their members and tokens, and give team A customers, segments, a campaign and a job."""
    tokens = {}
    for team in TEAMS:
        with unit_of_work(resources) as session:
            boss = operator(ensure_team(session, team))
            for role in MemberRole:
                add_user(session, boss, f"{role}@{team[-1]}.example", role, password=PASSWORD)
                tokens[f"{team}/{role}"] = create_token(session, boss, name=f"script of a {role}", role=role).token
            tokens[team] = tokens[f"{team}/{MemberRole.VIEWER}"]
    with unit_of_work(resources, read_only=True) as session:
        actor = actor_of(session, "admin@a.example", "team-a")
    detail = import_file(resources, actor, customers_csv().replace("Leeds", CANARY), dataset=f"Base {CANARY}")
    recluster(resources, actor, detail.dataset, k=3)
    return _plan(resources, actor, detail.dataset, detail.id), tokens


def actor_of(session: Any, email: str, team: str) -> Actor:
    from sqlalchemy import select  # only this helper asks the database itself

    from webapp.models import User

    return actor_for_user(session, session.scalars(select(User.id).where(User.email == email)).one(), team)


def _plan(resources: Resources, actor: Actor, dataset: str, import_id: str) -> Owned:
    with unit_of_work(resources) as session:
        overview = show_segments(session, actor, dataset)
        assert overview is not None
        segment = overview.styles[0].key
        campaign = create_campaign(session, actor, dataset, name=f"Plan {CANARY}", channel="email")
        tag = tag_segment(session, actor, dataset, campaign.id, segment)
        add_note(session, actor, dataset, segment, f"Note {CANARY}")
        describe_segment(session, actor, dataset, segment, f"Words {CANARY}")
        job = list_jobs(session, actor, dataset)[0]
        schedule = add_schedule(session, actor, dataset, kind="recluster", cron="0 6 * * 1")
        choice = Choice({"f": f"segment_key~in~{segment}"})
        audience = save_audience(session, actor, resources.store, dataset, choice, name=f"List {CANARY}", note=f"Note {CANARY}")
        return Owned(dataset, import_id, segment, campaign.id, tag.id, job.id, schedule.id, audience.id)
