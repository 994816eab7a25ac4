"""A single day as people and programs write it, in its parts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from segmentation.roles import DateOrder

YEAR_FIRST, SHORT_WIDE, SHORT_NARROW, IN_WORDS, NUMBERED, SECONDS, UNREAD = (
    "year_first", "short_wide", "short_narrow", "in_words", "numbered", "seconds", "unread",
)  # fmt: skip
SHORT = frozenset({SHORT_WIDE, SHORT_NARROW})
"""Two numbers whose order has to be known, and a year of four or of two digits."""
LAST_SERIAL = 2_958_465  # 31 December 9999
_MONTHS: dict[str, int] = {}
for _names in (
    "january february march april may june july august september october november december",
    "januar februar maerz april mai juni juli august september oktober november dezember",
    "janner feber marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "jan feb mrz apr mai jun jul aug sept okt nov dez",
    "janv fevr mars avr mai juin juil aout sept oct nov dec",
    "ene feb mar abr may jun jul ago set oct nov dic",
    "jaen fev maer avr mai jun jui ago sept okt nov dic",
):
    _MONTHS |= {word: number for number, word in enumerate(_names.split(), 1) if word != "jui"}
_ENGLISH = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAY = re.compile(
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|mo|di|mi|do|fr|sa|so"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo)[., ]+(?=.*\d)"
)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\.?")
_SHORT = re.compile(r"(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{4}|\d{2})|(\d{1,2}) (\d{1,2}) (\d{4})")
_NUMBER = re.compile(r"\d{1,7}(?:\.\d+)?")
_WORDED = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|\.|º|o)?\s*(?:de\s+|of\s+)?([a-z]+)\.?,?\s*(?:de\s+|del\s+)?(\d{4}|\d{2})")
_WORD_FIRST = re.compile(r"([a-z]+)\.?\s*(\d{1,2})(?:st|nd|rd|th)?\s+(\d{4}|\d{2})")
_YEAR_WORD = re.compile(r"(\d{4})\s*([a-z]+)\.?\s*(\d{1,2})")


@dataclass(frozen=True)
class Day:
    """A text's `form` and its numbers: year, month, day where they are known; first, second and year in a short form; else one number."""

    form: str
    a: int = 0
    b: int = 0
    c: int = 0
    wide: bool = True


def read_day(text: str) -> Day:
    """The parts of `text`, which has no time of day in it."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, number = map(int, match.groups())
        return Day(YEAR_FIRST, year, month, number)
    if match := _SHORT.fullmatch(text):
        a, b, c = (part for part in match.groups() if part is not None)
        return Day(SHORT_WIDE if len(c) == 4 else SHORT_NARROW, int(a), int(b), int(c), wide=len(c) == 4)
    if text.isdigit() and len(text) == 8:
        return Day(YEAR_FIRST, int(text[:4]), int(text[4:6]), int(text[6:]))
    if text.isdigit() and len(text) in (10, 13):
        return Day(SECONDS, int(text), wide=len(text) == 13)
    if _NUMBER.fullmatch(text) and 1 <= float(text) < LAST_SERIAL + 1:
        return Day(NUMBERED, int(float(text)))
    return _in_words(text)


def _in_words(text: str) -> Day:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(letter))
    plain = re.sub(r"[-/,\s]+", " ", _WEEKDAY.sub("", plain, count=1)).strip()
    if match := _WORDED.fullmatch(plain):
        day, month, year = match.groups()
    elif match := _WORD_FIRST.fullmatch(plain):
        month, day, year = match.groups()
    elif match := _YEAR_WORD.fullmatch(plain):
        year, month, day = match.groups()
    else:
        return Day(UNREAD)
    number = _MONTHS.get(month)
    return Day(IN_WORDS, int(year), number, int(day), wide=len(year) == 4) if number else Day(UNREAD)


def number_of_day(day: Day, order: DateOrder, pivot: int) -> date | str:
    """The day in a column of that `order`, or what it is instead of one; a year of two digits below `pivot` is one of ours, 20..."""
    if day.form in (YEAR_FIRST, IN_WORDS):
        return _calendar(day.a if day.wide else _century(day.a, pivot), day.b, day.c)
    if day.form in SHORT:
        return _short(day, order, pivot)
    if day.form == SECONDS:
        return f"not a date but {'milli' if day.wide else ''}seconds since 1970; write it as year-month-day"
    if day.form == NUMBERED:
        return "not a date but a number among dates; where it is Excel's count of days, format the cell as a date"
    return f"not a date ({order.replace('_', ' ')})"


def excel_day(day: Day) -> date | str:
    """The day of Excel's number, in whose calendar 1900 is a leap year."""
    if day.a == 60:
        return "not a date: there is no 29 February 1900"
    return date(1899, 12, 31 if day.a < 60 else 30) + timedelta(days=day.a)


def is_contrary(day: Day, order: DateOrder) -> bool:
    """Whether the day is written in another order than `order` alone."""
    if day.form not in SHORT:
        return False
    if order == "year_first":
        return day.wide
    number, month = (day.a, day.b) if order == "day_first" else (day.b, day.a)
    return 1 <= number <= 12 < month <= 31


def _short(day: Day, order: DateOrder, pivot: int) -> date | str:
    year = day.c if day.wide else _century(day.c, pivot)
    if order == "year_first":
        if is_contrary(day, order):
            return "not written year first, as this column's dates are"
        return _calendar(_century(day.a, pivot), day.b, day.c)
    number, month = (day.a, day.b) if order == "day_first" else (day.b, day.a)
    if is_contrary(day, order):
        return f"not a {order.replace('_', '-')} date, as this column's are"
    return _calendar(year, month, number)


def _century(year: int, pivot: int) -> int:
    return year + (2000 if year < pivot else 1900)


def _calendar(year: int, month: int, number: int) -> date | str:
    try:
        return date(year, month, number)
    except ValueError:
        if 1 <= month <= 12 and 29 <= number <= 31:
            in_year = f" {year}" if (month, number) == (2, 29) else ""
            return f"not a date: there is no {number} {_ENGLISH[month - 1]}{in_year}"
        return "not a date: there is no such day or month"
