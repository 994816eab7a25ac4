"""What an address speaks of: team, dataset, page, item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

HOME = "home"
NEW = "new"
NEW_TEAM = "new-team"
TEAM = "team"
ACCOUNT = "account"
TEAM_WIDE = frozenset({NEW, NEW_TEAM, TEAM, ACCOUNT})
"""Pages that a team has without a dataset too; no dataset is called so."""


@dataclass(frozen=True)
class Place:
    """Where somebody is: `/t/<team>/<dataset>/<page>/<item>?<query>`.

    `page` is "home" where the address names none; a page of `TEAM_WIDE` may stand without a dataset.
    """

    team: str
    dataset: str | None = None
    page: str = HOME
    item: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)


def parse_path(path: str, search: str = "") -> Place | None:
    """The place an address speaks of; None where it is no page of a team."""
    parts = [unquote(part) for part in path.removeprefix("/").split("/")]
    if parts[0] != "t" or not 2 <= len(parts) <= 5 or not all(parts):
        return None
    query = dict(parse_qsl(search.lstrip("?")))
    team, rest = parts[1], parts[2:]
    if len(rest) == 1 and rest[0] in TEAM_WIDE:
        return Place(team, page=rest[0], query=query)
    dataset, page, item = [*rest, None, None, None][:3]
    return Place(team, dataset, page or HOME, item, query)
