"""What is known of a customer, column by column, beside what is usual in their segment and among everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from dash import html

from segmentation.roles import Role
from webapp.services.browsing.customer import Attribute, CustomerDetail
from webapp.services.segmenting.typical import Typical
from webapp.ui import format
from webapp.ui.components import Child, Children, badge, card
from webapp.ui.tables import Column, table

RARE = 0.05
"""A word or an answer that fewer than this part of a segment share is unusual there."""
GROUPS: Mapping[str, tuple[Role, ...]] = {
    "Who they are": (
        *(Role.BIRTH_YEAR, Role.AGE, Role.INCOME, Role.DEPENDENTS, Role.ORDINAL, Role.CATEGORY, Role.FLAG, Role.NUMBER, Role.RATIO),
    ),
    "What they spend": (Role.SPEND, Role.AMOUNT),
    "How they buy": (Role.PURCHASES, Role.VISITS, Role.COUNT),
    "Since when": (Role.ENROLLED_ON, Role.RECENCY_DAYS),
    "What came of it": (Role.OUTCOME,),
    "Contact and consent": (Role.CONTACT, Role.CONSENT),
}
_MONEY = (Role.INCOME, Role.SPEND, Role.AMOUNT)


def known_card(detail: CustomerDetail) -> html.Section:
    """A table for each group of columns that there is."""
    parts: list[Child] = []
    for title, roles in GROUPS.items():
        found = [attribute for attribute in detail.attributes if attribute.role in roles]
        if found:
            parts.append(known_table(title, found, detail))
    sub = "Beside the middle of the segment and of everybody. Marked: outside of nine in ten customers of the segment, or rare there."
    if detail.segment is None:
        sub = "Beside the middle of everybody."
    return card("What is known of them", sub, parts, flush=True)


def known_table(title: str, found: Sequence[Attribute], detail: CustomerDetail) -> html.Div:
    """One group: the customer's own value, and what is usual."""
    columns: list[Column[Attribute]] = [
        Column(html.Span(title, className="sc-group-head"), lambda attribute: html.Span(attribute.label)),
        Column("Customer", lambda attribute: own_cell(attribute, detail.currency), numeric=True),
    ]
    if detail.segment is not None:
        columns.append(Column("Segment", lambda attribute: usual_text(attribute, attribute.segment, detail.currency), numeric=True))
    columns.append(Column("Everybody", lambda attribute: usual_text(attribute, attribute.everybody, detail.currency), True, wide=True))
    return table(columns, found, caption=title, dense=True, class_name="sc-known")


def own_cell(attribute: Attribute, currency: str | None) -> Children:
    """The value, marked where it is unusual for the segment."""
    text = html.B(value_text(attribute, attribute.value, currency))
    found = unusual(attribute)
    return text if found is None else [badge(found, "neutral", _ICONS.get(found)), " ", text]


_ICONS = {"High": "arrow-up", "Low": "arrow-down", "Rare": "asterisk"}


def unusual(attribute: Attribute) -> str | None:
    """ "High" or "Low" beyond nine in ten customers of the segment, "Rare" for an answer that hardly anybody there gives; else None."""
    value, usual = attribute.value, attribute.segment
    if value is None or usual is None or attribute.masked:
        return None
    if usual.words is not None:
        return "Rare" if usual.words.get(str(value), 0.0) < RARE else None
    if usual.share is not None:
        return "Rare" if (usual.share if value else 1 - usual.share) < RARE else None
    if usual.low is None or usual.high is None or isinstance(value, str):
        return None
    if value > usual.high:  # type: ignore[operator]
        return "High"
    return "Low" if value < usual.low else None  # type: ignore[operator]


def usual_text(attribute: Attribute, usual: Typical | None, currency: str | None) -> str:
    """The median, the share of yes, or the commonest word with its share; a dash where nothing is known."""
    if usual is None or attribute.role == Role.CONTACT:
        return format.MISSING
    if usual.word is not None:
        return f"{usual.word}, {format.percent(usual.share)}"
    if usual.share is not None:
        return f"{format.percent(usual.share)} yes"
    return value_text(attribute, usual.median, currency)


def value_text(attribute: Attribute, value: float | date | str | None, currency: str | None) -> str:
    """A value of that column as people read it."""
    if value is None:
        return "not known"
    if isinstance(value, date):
        return format.day(value)
    if isinstance(value, str):
        return value
    if attribute.role in (Role.FLAG, Role.OUTCOME):
        return "yes" if value else "no"
    if attribute.kind == "integer" and "year" in attribute.name.split("_"):
        return f"{value:.0f}"
    decimals = 0 if value.is_integer() or abs(value) >= 1_000 else 2
    return format.money(value, currency, decimals) if attribute.role in _MONEY else format.number(value, decimals)
