"""Cron expressions: what they mean, when they come next, and how people say it. Wall-clock times; the zone is the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from webapp.services.errors import Invalid

LONGEST = 100
FIELDS = 5
_LOOK_BACK = (timedelta(hours=2), timedelta(days=2), timedelta(days=62), timedelta(days=800))
"""How far before now the latest run is looked for, nearest first: so that a minutely one is found without counting every minute."""
_WEEKDAYS = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_WEEKDAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LAST_DAY = "L"


def clean_cron(text: str) -> str:
    """The expression with single blanks; Invalid unless it has five fields that are a time which comes."""
    cron = " ".join(text.split()).upper()
    if len(cron) > LONGEST or len(cron.split()) != FIELDS:
        raise _invalid("has five parts: minute, hour, day of the month, month, day of the week")
    try:
        next(CronSim(cron, datetime.now(UTC)))
    except CronSimError as error:
        raise _invalid(f"cannot be read ({str(error).lower()})") from None
    except StopIteration:
        raise _invalid("names a day that never comes") from None
    return cron


def runs_after(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The moments later than `after` (aware) at which the expression comes in `zone`, in UTC, each later than the one before.

    A time of day that clocks skip comes when they have been put forward, one that they show twice comes the first time: once a day, either
    way. What recurs within the hour, or in every hour, follows time as it passes.
    """
    last = after
    for run in CronSim(cron, after.astimezone(zone)):
        moment = run.astimezone(UTC)
        if moment > last:
            yield moment
            last = moment


def next_run(cron: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first of `runs_after`."""
    return next(runs_after(cron, zone, after))


def next_runs(cron: str, zone: ZoneInfo, after: datetime, number: int) -> tuple[datetime, ...]:
    """The first `number` of `runs_after`, on the clocks of `zone`."""
    return tuple(run.astimezone(zone) for run in islice(runs_after(cron, zone, after), number))


def latest_due(cron: str, zone: ZoneInfo, first: datetime, now: datetime) -> datetime:
    """The last run not later than `now`, where `first` is one of them."""
    for span in _LOOK_BACK:
        latest: datetime | None = None
        for run in runs_after(cron, zone, max(first, now - span)):
            if run > now:
                break
            latest = run
        if latest is not None or now - span <= first:
            return latest or first
    return first


def describe_cron(cron: str) -> str:
    """What people say: "Mondays at 06:00", "On the 1st of each month at 06:00"; for what is rarer, what it says word by word."""
    minute, hour, day, month, weekday = cron.split()
    if not (minute.isdigit() and hour.isdigit()) or month != "*" or "*" not in (day, weekday):
        return _read_out(cron)
    at = f"at {int(hour):02d}:{int(minute):02d}"
    if day == weekday == "*":
        return f"Every day {at}"
    if day == _LAST_DAY:
        return f"On the last day of each month {at}"
    if day.isdigit():
        return f"On the {_ordinal(int(day))} of each month {at}"
    number = str(_WEEKDAY_NAMES.index(weekday)) if weekday in _WEEKDAY_NAMES else weekday
    return f"{_WEEKDAYS[int(number)]} {at}" if number.isdigit() else _read_out(cron)


def _read_out(cron: str) -> str:
    return str(CronSim(cron, datetime.now(UTC)).explain())


def _ordinal(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th") if day not in (11, 12, 13) else "th"
    return f"{day}{ending}"


def _invalid(what: str) -> Invalid:
    return Invalid(f"A cron expression {what}. Mondays at six are `0 6 * * 1`.", details={"field": "cron"})
