"""A team whose every text field holds markup and a formula, and the addresses of everything that it has.

Who adds a field that people can type into adds a line to `FIELDS`; the contract tests and the journeys look for it from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.webapp.working import import_file, recluster, run_jobs
from webapp.edge import Resources, unit_of_work
from webapp.models import Campaign, Import, ImportStatus, MemberRole, Segment, SegmentNote, Team, User
from webapp.services.access import Actor, actor_for_user, operator
from webapp.services.modelling import sweeps
from webapp.services.people.users import add_user, create_token, ensure_team
from webapp.services.planning import campaigns
from webapp.services.segmenting.audience_choices import Choice
from webapp.services.segmenting.audiences import save_audience
from webapp.services.segmenting.segments import rename_segment, show_segments
from webapp.ui.page import Page
from webapp.ui.places import HOME, NEW, address

FORMULA = '=HYPERLINK("http://evil.example","x")'
"""What a spreadsheet would run."""


def markup(where: str) -> str:
    """Markup that would say by itself that it ran, and names the field it was typed into."""
    return f"<img src=x onerror=pwned=1><b>{where}</b>"


@dataclass(frozen=True)
class Held:
    """What the hostile team has, by what addresses call it."""

    team: str
    dataset: str
    import_id: str
    segment: str
    campaign: str
    audience: str
    customer: str


@dataclass(frozen=True)
class Field:
    """A text that people type: what it is called here, and how it gets in (None: with the customer file)."""

    name: str
    plant: Callable[[Session, Actor, Held], object] | None = None


def _rename_user(session: Session, actor: Actor, _held: Held) -> None:
    session.execute(update(User).where(User.id == actor.user_id).values(name=markup("user")))


def _describe(session: Session, _actor: Actor, held: Held) -> None:
    session.execute(update(Segment).where(Segment.key == held.segment).values(description=markup("description")))


def _annotate(session: Session, actor: Actor, held: Held) -> None:
    segment = session.scalars(select(Segment).where(Segment.key == held.segment)).one()
    now = datetime.now(UTC)
    session.add(
        SegmentNote(team_id=actor.team_id, segment_id=segment.id, text=markup("note") + FORMULA, created_by=actor.name, created_at=now)
    )


def _remark(session: Session, _actor: Actor, held: Held) -> None:
    session.execute(update(Campaign).where(Campaign.id == held.campaign).values(note=markup("campaign-note") + FORMULA))


FIELDS = (
    Field("team"),
    Field("dataset"),
    Field("file"),
    Field("header"),
    Field("category"),
    Field("attribute"),
    Field("campaign"),
    Field("segment", lambda session, actor, held: rename_segment(session, actor, held.dataset, held.segment, markup("segment"))),
    Field("description", _describe),
    Field("note", _annotate),
    Field("campaign-note", _remark),
    Field("audience"),
    Field("audience-note"),
    Field("token", lambda session, actor, _held: create_token(session, actor, name=markup("token"), role=MemberRole.VIEWER)),
    Field("user", _rename_user),
)


def hostile_csv(customers: int = 240, *, seed: int = 1) -> str:
    """Two planted groups; a header, a category and an attribute with markup, and formulas among the words."""
    rng = np.random.default_rng(seed)
    header, category, attribute = (_quoted(markup(name)) for name in ("header", "category", "attribute"))
    lines = [f"ID,Income,Recency,Spend_Wine,Purchases_Web,Purchases_Store,{header},Town,Remark,Accepted,Response"]
    for number in range(1, customers + 1):
        rich = number % 2
        amounts = f"{rng.normal(20_000 + 50_000 * rich, 1_500):.0f},{rng.integers(0, 100)},{rng.normal(100 + 900 * rich, 20):.2f}"
        orders = f"{rng.poisson(2 + 6 * rich) + 1},{rng.poisson(3 + rich) + 1}"
        remark = attribute if number == 7 else _quoted(f"-{number} x")
        words = f"{rng.integers(1, 90)},{(category, _quoted(FORMULA), 'Leeds')[number % 3]},{remark}"
        lines.append(f"{number},{amounts},{orders},{words},{int(rng.random() < 0.1)},{int(rng.random() < 0.1 + 0.3 * rich)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def make_hostile_team(resources: Resources, password: str) -> Held:
    """The team, a member of each role (`viewer@north.example`, ...), and one of everything there is, with `FIELDS` filled."""
    with unit_of_work(resources) as session:
        team = ensure_team(session, markup("team"))
        boss = operator(team)
        for role in MemberRole:
            add_user(session, boss, f"{role}@north.example", role, password=password)
        slug, admin = team.slug, session.scalars(select(User.id).where(User.email == "admin@north.example")).one()
        actor = actor_for_user(session, admin, slug)
    held = _fill(resources, actor)
    with unit_of_work(resources) as session:
        for field in FIELDS:
            if field.plant is not None:
                field.plant(session, actor, held)
    return held


def _fill(resources: Resources, actor: Actor) -> Held:
    brought = import_file(resources, actor, hostile_csv(), dataset=markup("dataset"))
    dataset = brought.dataset
    assert brought.status == ImportStatus.DONE, brought
    recluster(resources, actor, dataset, k=2)
    with unit_of_work(resources) as session:
        session.execute(update(Import).where(Import.id == brought.id).values(file_name=markup("file") + ".csv"))
        sweeps.request_sweep(session, actor, dataset, algorithms=("kmeans",))
    run_jobs(resources)
    with unit_of_work(resources) as session:
        overview = show_segments(session, actor, dataset)
        assert overview is not None
        key = overview.styles[0].key
        made = campaigns.create_campaign(
            session, actor, dataset, name=markup("campaign"), channel="email", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 24)
        )
        campaigns.tag_segment(session, actor, dataset, made.id, key)
        frozen = save_audience(
            session, actor, resources.store, dataset, Choice(), name=markup("audience"), note=markup("audience-note") + FORMULA
        )
        slug = session.scalars(select(Team.slug).where(Team.id == actor.team_id)).one()
    return Held(slug, dataset, brought.id, key, made.id, frozen.id, "7")


ITEMS: dict[str, Callable[[Held], str]] = {
    "segments": lambda held: held.segment,
    "campaigns": lambda held: held.campaign,
    "audiences": lambda held: held.audience,
    "imports": lambda held: held.import_id,
    "lab": lambda held: "1",
    "models": lambda held: "1",
}
"""What stands behind a page that shows one item, by the page's path."""
QUERIES: dict[str, Callable[[Held], dict[str, str]]] = {"customer": lambda held: {"key": held.customer}}
"""What a page asks for in its query, by its path."""
TABS = {
    "segment": ("movement", "customers", "campaigns", "history"),
    "data": ("distributions", "correlations", "changes", "imports"),
    "explore": ("outcomes", "rfm"),
}
"""Further faces of a page, by its name."""


def address_of(page: Page, held: Held) -> str:
    """Where `page` stands for this team; KeyError where a page with items is not in `ITEMS`."""
    if page.path == NEW:
        return address(held.team, None, page.path)
    item = ITEMS[page.path](held) if page.item else None
    query = QUERIES.get(page.path, lambda _held: {})(held)
    return address(held.team, held.dataset, HOME if page.path == HOME else page.path, item, **query)
