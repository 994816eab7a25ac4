"""Numbers, dates and amounts as people read them: `1,240`, `12.4%`, a true minus, `2.4×`, `23 Nov 2026`."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, tzinfo

from webapp.services.data.currencies import SIGNS
from webapp.services.filtering.filtering import SMALLEST_GROUP

MINUS = "−"
MISSING = "–"
_MOMENTS = ((60, 1, "second"), (3600, 60, "minute"), (86_400, 3600, "hour"), (7 * 86_400, 86_400, "day"))


def _missing(value: float | None) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _true_minus(text: str) -> str:
    if text.startswith("-"):
        return f"{MINUS}{text[1:]}" if text.strip("-0.,%") else text[1:]  # never a negative zero
    return text


def number(value: float | None, decimals: int = 0) -> str:
    """`1,240`; a dash where there is no value."""
    return MISSING if _missing(value) else _true_minus(f"{value:,.{decimals}f}")


def signed(value: float | None, decimals: int = 1) -> str:
    """`+0.5`, `−0.3`, `0.0`."""
    if _missing(value):
        return MISSING
    text = number(value, decimals)
    positive = value is not None and value > 0 and bool(text.strip("0.,"))
    return f"+{text}" if positive else text


def percent(share: float | None, decimals: int | None = None) -> str:
    """A share of 1 as `24%`, and below 10% as `9.6%`; never `0.1238`. Nothing and everything need no decimals."""
    if share is None or _missing(share):
        return MISSING
    if decimals is None:
        decimals = 1 if 0 < abs(share) < 0.0995 else 0
    if share in (0, 1):
        decimals = 0
    return _true_minus(f"{share * 100:.{decimals}f}%")


def times(ratio: float | None, decimals: int = 1) -> str:
    """`2.4×`."""
    return MISSING if _missing(ratio) else f"{number(ratio, decimals)}×"


def money(amount: float | None, currency: str | None = None, decimals: int = 0) -> str:
    """`€1,346`; without a currency no sign; one without a sign is written after the amount."""
    if amount is None or _missing(amount):
        return MISSING
    text = number(abs(amount), decimals)
    sign = MINUS if amount < 0 and text.strip("0.,") else ""
    if currency and currency not in SIGNS:
        return f"{sign}{text} {currency}"
    return f"{sign}{SIGNS.get(currency or '', '')}{text}"


def short_number(value: float | None) -> tuple[str, str]:
    """A figure and its unit for a tile: ("1.36", "M"), ("12.4", "k"), ("606", "")."""
    if value is None or _missing(value):
        return MISSING, ""
    for limit, unit in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            scaled = value / limit if unit != "k" else value / 1e3
            return number(scaled, 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0), unit
    return number(value), ""


def currency_sign(currency: str | None) -> str:
    """What stands before an amount of `currency`, or nothing."""
    return SIGNS.get(currency or "", "")


def count(n: int, singular: str, plural: str | None = None) -> str:
    """`1 row`, `2,240 rows`."""
    return f"{number(n)} {singular if n == 1 else plural or f'{singular}s'}"


def customers_or_few(customers: int | None) -> str:
    """`28`; `under 10` where nobody is told how few, and perhaps there are none."""
    return f"under {SMALLEST_GROUP}" if customers is None else number(customers)


def day(when: date | datetime | None) -> str:
    """`23 Nov 2026`."""
    return MISSING if when is None else f"{when.day} {when:%b %Y}"


def days(first: date, last: date) -> str:
    """`5 Dec 2026`, `18 to 20 Dec 2026`, `20 Nov to 12 Dec 2026`, `20 Dec 2026 to 4 Jan 2027`: what both share is said once."""
    if first == last:
        return day(last)
    if first.year != last.year:
        return f"{day(first)} to {day(last)}"
    return f"{first.day} to {day(last)}" if first.month == last.month else f"{first.day} {first:%b} to {day(last)}"


def exact_time(when: datetime | None) -> str:
    """`23 Nov 2026, 14:05 UTC`."""
    return MISSING if when is None else f"{day(_utc(when))}, {_utc(when):%H:%M} UTC"


def moment(when: datetime, zone: tzinfo) -> str:
    """`23 Nov 2026, 14:05` on the clocks of `zone`."""
    here = when.astimezone(zone)
    return f"{day(here)}, {here:%H:%M}"


def relative_time(when: datetime | None, now: datetime) -> str:
    """`just now`, `5 minutes ago`, `3 days ago`; after a week the date."""
    if when is None:
        return MISSING
    seconds = max(0.0, (_utc(now) - _utc(when)).total_seconds())
    if seconds < 10:
        return "just now"
    for limit, unit, word in _MOMENTS:
        if seconds < limit:
            return f"{count(int(seconds // unit), word)} ago"
    return day(_utc(when))


def duration(seconds: float | None) -> str:
    """`0.4 s`, `21 s`, `2 min 5 s`, `1 h 3 min`."""
    if seconds is None or _missing(seconds):
        return MISSING
    if seconds < 10:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def file_size(size: int) -> str:
    """`412 B`, `219 kB`, `84.0 MB`."""
    for limit, unit, decimals in ((1e9, "GB", 1), (1e6, "MB", 1), (1e3, "kB", 0)):
        if size >= limit:
            return f"{number(size / limit, decimals)} {unit}"
    return f"{size} B"


def listing(words: list[str] | tuple[str, ...]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def filled_text(share: float) -> str:
    """`100%` only where nothing is missing."""
    return "100%" if share >= 1 else percent(min(share, 0.999), 1)


def by(name: str) -> str:
    """Who did something, as people say it; the audit log calls the command line `cli`."""
    return "command line" if name == "cli" else name
