"""What the parts of Data share: words from files, cut where they are long, and values as people read them."""

from __future__ import annotations

from datetime import datetime

from dash import html

from webapp.services.data.snapshots import ColumnQuality
from webapp.ui.components import Child, button, icon
from webapp.ui.format import MISSING, day, number


def clipped(text: str, *, wide: bool = False) -> html.Span:
    """Somebody's own words on one line, whole when pointed at."""
    return html.Span(text, className="sc-cut wide" if wide else "sc-cut", title=text)


def value_words(value: float | str | None, column: ColumnQuality) -> str:
    """A lowest, typical or highest value of a column."""
    if value is None:
        return MISSING
    if column.kind == "date" and isinstance(value, str):
        return day(datetime.fromisoformat(value))
    if isinstance(value, str):
        return value
    if column.role == "birth_year":
        return f"{value:.0f}"
    return number(value, 0 if float(value).is_integer() or abs(value) >= 1000 else 2)


def show_all(words: str, href: str) -> Child:
    """The way to the rest of a list."""
    return button(words, href=href, kind="ghost", small=True)


def note(text: str) -> html.Span:
    return html.Span([icon("info-circle"), " ", text])
