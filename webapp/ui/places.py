"""Addresses of pages, built in one place (the edge parses them)."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from webapp.edge import Place, parse_path
from webapp.edge.places import ACCOUNT, HOME, NEW, NEW_TEAM, TEAM

__all__ = [
    "ACCOUNT",
    "HOME",
    "NEW",
    "NEW_TEAM",
    "TEAM",
    "Place",
    "account_address",
    "address",
    "audience_address",
    "audience_file_address",
    "audiences_address",
    "audit_csv_address",
    "campaign_address",
    "campaigns_address",
    "card_address",
    "compare_address",
    "customer_address",
    "customers_address",
    "customers_csv_address",
    "data_address",
    "explore_address",
    "home_address",
    "import_address",
    "item_number",
    "jobs_address",
    "lab_address",
    "models_address",
    "movement_address",
    "new_address",
    "new_team_address",
    "parse_path",
    "plan_address",
    "rejects_address",
    "save_address",
    "segment_address",
    "segments_address",
    "selection_csv_address",
    "steps_address",
    "team_address",
    "team_page_address",
    "upload_address",
]


def address(team: str, dataset: str | None = None, page: str = HOME, item: str | None = None, /, **query: object) -> str:
    """The address of a page; `query` values that are None are left out."""
    parts = ["t", team, dataset, None if page == HOME else page, item]
    path = "/" + "/".join(quote(part, safe="") for part in parts if part)
    asked = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(asked)}" if asked else path


def item_number(item: str | None) -> int | None:
    """The number that an address names behind its page; None where it names none."""
    return int(item) if item and item.isascii() and item.isdigit() and len(item) < 10 else None


def team_address(team: str) -> str:
    return address(team)


def new_address(team: str) -> str:
    return address(team, None, NEW)


def new_team_address(team: str) -> str:
    """Where somebody starts a team of their own; `team` is the one that they come from."""
    return address(team, None, NEW_TEAM)


def audit_csv_address(team: str, **query: object) -> str:
    """The Flask route that gives the audit log as CSV, filtered as the page is."""
    return address(team, TEAM, "audit.csv", None, **query)


def team_page_address(team: str, dataset: str | None = None, **query: object) -> str:
    """Members, tokens, audit log; the dataset stays in the context where there is one."""
    return address(team, dataset, TEAM, None, **query)


def account_address(team: str, dataset: str | None = None) -> str:
    """One's own name and password."""
    return address(team, dataset, ACCOUNT)


def customers_address(team: str, dataset: str, **query: object) -> str:
    """The grid over everybody, with its filters."""
    return address(team, dataset, "customers", None, **query)


def customer_address(team: str, dataset: str, key: str, **query: object) -> str:
    """One customer. The key stands in the query, for it may hold any character, a slash too."""
    return address(team, dataset, "customer", None, key=key, **query)


def selection_csv_address(team: str, dataset: str, **query: object) -> str:
    """The Flask route that gives the customers of a selection as CSV: filters, search and order as the grid's address has them."""
    return address(team, dataset, "customers.csv", None, **query)


def home_address(team: str, dataset: str) -> str:
    return address(team, dataset)


def steps_address(team: str, dataset: str) -> str:
    """Home with the first steps, also where somebody has put them away."""
    return address(team, dataset, HOME, None, steps=1)


def segments_address(team: str, dataset: str, *, version: int | None = None) -> str:
    return address(team, dataset, "segments", v=version)


def segment_address(team: str, dataset: str, key: str, *, version: int | None = None, tab: str | None = None) -> str:
    return address(team, dataset, "segments", key, v=version, tab=tab)


def data_address(team: str, dataset: str, **query: object) -> str:
    """The snapshots; `query` says which one is looked at, and how."""
    return address(team, dataset, "data", None, **query)


def explore_address(team: str, dataset: str, **query: str | None) -> str:
    return address(team, dataset, "explore", **query)


def import_address(team: str, dataset: str, import_id: str) -> str:
    return address(team, dataset, "imports", import_id)


def campaigns_address(team: str, dataset: str, **query: object) -> str:
    """The list or, with `tab="calendar"`, the calendar, with their filters."""
    return address(team, dataset, "campaigns", None, **query)


def plan_address(team: str, dataset: str, *, segment: str, name: str) -> str:
    """Campaigns with the dialog open for a new campaign of that name, to be tagged to the segment with that key."""
    return campaigns_address(team, dataset, new=1, segment=segment, name=name)


def campaign_address(team: str, dataset: str, campaign_id: str) -> str:
    return address(team, dataset, "campaigns", campaign_id)


def audiences_address(team: str, dataset: str, **query: object) -> str:
    """The audiences that are live, or with `archived=1` the others."""
    return address(team, dataset, "audiences", None, **query)


def audience_address(team: str, dataset: str, audience_id: str) -> str:
    return address(team, dataset, "audiences", audience_id)


def audience_file_address(team: str, dataset: str, audience_id: str, form: str) -> str:
    """The Flask route that gives the customers of an audience, `form` being "csv", "xlsx" or "parquet"."""
    return f"{audience_address(team, dataset, audience_id)}/customers.{form}"


def save_address(team: str, dataset: str, **query: object) -> str:
    """The grid with its filters, and the dialog open that saves its customers as an audience."""
    return customers_address(team, dataset, **query, save=1)


def models_address(team: str, dataset: str, *, version: int | None = None) -> str:
    """All versions, or the page of one."""
    return address(team, dataset, "models", None if version is None else str(version))


def compare_address(team: str, dataset: str, *, before: int | None = None, after: int | None = None) -> str:
    """Two versions side by side; which ones the page chooses where none are named."""
    return address(team, dataset, "compare", None, a=before, b=after)


def movement_address(team: str, dataset: str, **query: object) -> str:
    """Who moved, `from` and `to` a version ("v3"), a version on a snapshot ("v3s5") or a snapshot as the champion sees it ("s5")."""
    return address(team, dataset, "movement", None, **query)


def card_address(team: str, dataset: str, version: int, form: str) -> str:
    """The Flask route that gives a version's model card, `form` being "html" or "md"."""
    return f"{models_address(team, dataset, version=version)}/card.{form}"


def lab_address(team: str, dataset: str, *, sweep: int | None = None, **query: object) -> str:
    """The newest sweep, or the one with that number."""
    return address(team, dataset, "lab", None if sweep is None else str(sweep), **query)


def jobs_address(team: str, dataset: str) -> str:
    return address(team, dataset, "jobs")


def upload_address(team: str) -> str:
    """The Flask route that takes a file."""
    return f"{address(team)}/uploads"


def rejects_address(team: str, dataset: str, import_id: str) -> str:
    """The Flask route that gives an import's rejected rows as CSV."""
    return f"{import_address(team, dataset, import_id)}/rejects.csv"


def customers_csv_address(team: str, dataset: str, key: str, *, version: int | None = None) -> str:
    """The Flask route that gives a segment's customers as CSV."""
    path = f"{segment_address(team, dataset, key)}/customers.csv"
    return path if version is None else f"{path}?v={version}"
