"""How tests of pages look at a page: as somebody, at an address; and what the callback said in notices and stores."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.webapp.working import Shop
from webapp.edge import Display, View, parse_path
from webapp.models import MemberRole
from webapp.ui import jobs, notices

HERE = "/t/north-market/customers"


def look(shop: Shop, session: Session, path: str, *, search: str = "", role: MemberRole = MemberRole.ADMIN) -> View:
    """What a callback body gets when a member of the team is at `path`."""
    place = parse_path(path, search)
    assert place is not None
    return View(session, shop.member(role), shop.resources, Display(), path, place.dataset, place.page, place.item, place.query)


def hear(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What bodies set beside their answer from now on, as (id, properties)."""
    heard: list[tuple[str, dict[str, Any]]] = []
    for module in (notices, jobs):
        monkeypatch.setattr(module, "set_props", lambda id, props: heard.append((str(id), props)))
    return heard
