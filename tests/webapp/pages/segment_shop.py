"""What tests of the segment and campaign pages start from, and how they read what a page shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from tests.webapp.working import Shop
from webapp.edge import Display, View
from webapp.models import MemberRole
from webapp.services.segmenting import segments
from webapp.services.segmenting.segments import SegmentsOverview

TEAM, DATASET = "north-market", "customers"


@dataclass(frozen=True)
class Visitor:
    """Somebody of the team looking at the dataset."""

    shop: Shop
    role: MemberRole = MemberRole.ADMIN
    display: Display = field(default_factory=Display)

    def view(self, session: Session, page: str, item: str | None = None, **query: str) -> View:
        actor = self.shop.member(self.role)
        path = "/".join(part for part in (f"/t/{TEAM}/{DATASET}/{page}", item) if part)
        return View(session, actor, self.shop.resources, self.display, path, DATASET, page, item, query)


def stranger_to(shop: Shop, view: View) -> View:
    """The same request by an admin of another team."""
    return replace(view, actor=shop.stranger)


def overview_of(shop: Shop) -> SegmentsOverview:
    with shop.reading() as session:
        found = segments.show_segments(session, shop.actor, DATASET)
    assert found is not None
    return found


def walk(content: Any) -> Iterator[Any]:
    """Every component and piece of text in what a callback answered."""
    if isinstance(content, list | tuple):
        for part in content:
            yield from walk(part)
    elif isinstance(content, Component):
        yield content
        yield from walk(getattr(content, "children", None))
        yield from walk(getattr(content, "label", None))
        yield from walk(getattr(content, "content", None))
    elif content is not None:
        yield content


def words(content: Any) -> str:
    """The text that is shown, its pieces one blank apart."""
    return " ".join(" ".join(str(part) for part in walk(content) if not isinstance(part, Component)).split())


def links(content: Any) -> list[str]:
    """Where its links lead."""
    return [part.href for part in walk(content) if isinstance(part, Component) and getattr(part, "href", None)]


def ids(content: Any) -> list[Any]:
    """The ids in it."""
    return [part.id for part in walk(content) if isinstance(part, Component) and getattr(part, "id", None) is not None]


def options(content: Any, of: Any) -> list[str]:
    """The texts that the list with id `of` offers."""
    chosen = next(part for part in walk(content) if isinstance(part, Component) and getattr(part, "id", None) == of)
    return [option["label"] for option in chosen.options]


def listed(content: Any) -> list[str]:
    """Captions of the tables whose rows are lists on a phone."""
    tables = [part for part in walk(content) if "sc-listed" in str(getattr(part, "className", ""))]
    return [words(part.children[0]) for part in tables]
