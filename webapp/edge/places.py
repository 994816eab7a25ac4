"""What an address speaks of: team, dataset, page, item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

HOME = "home"
NEW = "new"


@dataclass(frozen=True)
class Place:
    """Where somebody is: `/t/<team>/<dataset>/<page>/<item>?<query>`.

    `page` is "home" where the address names none, and "new" for an import into a new dataset.
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
    if rest == [NEW]:
        return Place(team, page=NEW, query=query)
    dataset, page, item = [*rest, None, None, None][:3]
    return Place(team, dataset, page or HOME, item, query)
