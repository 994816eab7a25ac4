"""Filters as text in an address, as words, and as what somebody typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema
from webapp.services.filtering.filters import (
    CONDITIONS,
    MOST_FILTERS,
    Condition,
    Facts,
    Filter,
    FilterColumn,
    Form,
    describe_filter,
    filter_columns,
    filters_to_query,
    make_filter,
    parse_filters,
)

SCHEMA = Schema(
    (
        Column(CUSTOMER_KEY, "Id", Role.CUSTOMER_ID, Kind.TEXT, "Customer"),
        Column("income", "Income", Role.INCOME, Kind.DECIMAL, "Income"),
        Column("spend_wine", "W", Role.SPEND, Kind.DECIMAL, "Wine"),
        Column("spend_meat", "M", Role.SPEND, Kind.DECIMAL, "Meat"),
        Column("birth_year", "Y", Role.BIRTH_YEAR, Kind.INTEGER, "Year of birth"),
        Column("since", "S", Role.ENROLLED_ON, Kind.DATE, "Customer since"),
        Column("city", "C", Role.CATEGORY, Kind.TEXT, "City"),
        Column("responded", "R", Role.OUTCOME, Kind.INTEGER, "Responds"),
        Column("email", "E", Role.CONTACT, Kind.TEXT, "E-mail"),
        Column("confidence", "Conf", Role.NUMBER, Kind.DECIMAL, "Confidence"),
    )
)
FACTS = {"income": Facts(0.0, 9e4, (20_000.0, 40_000.0, 60_000.0), missing=3), "since": Facts()}
COLUMNS = filter_columns(SCHEMA, segments={"a1": "Loyal", "b2": "New"}, hidden={"email"}, facts=FACTS)


def parsed(text: str) -> tuple[Filter, ...]:
    found = parse_filters({"f": text}, COLUMNS)
    assert not found.problems, found.problems
    return found.filters


def column(name: str) -> FilterColumn:
    return next(column for column in COLUMNS if column.name == name)


def test_columns_are_an_allow_list_with_spend_as_a_whole() -> None:
    names = [column.name for column in COLUMNS]
    expected = [
        "segment_key",
        "confidence",
        "income",
        "spend_total",
        "spend_wine",
        "spend_meat",
        "birth_year",
        "since",
        "city",
        "responded",
    ]
    assert names == [*expected, "confidence_in_file"]
    assert "email" in {column.name for column in filter_columns(SCHEMA)}
    assert "segment_key" not in {column.name for column in filter_columns(SCHEMA)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("income~ge~50000", "Income at least €50,000"),
        ("income~le~1.5", "Income at most €1.50"),
        ("income~bt~1000|2000", "Income €1,000 to €2,000"),
        ("income~q~1", "Income: lowest quarter (up to €20,000 or not known)"),
        ("income~q~4", "Income: highest quarter (over €60,000)"),
        ("income~none", "Income missing"),
        ("birth_year~ge~1970", "Year of birth at least 1970"),
        ("since~ge~2026-03-01", "Customer since from 1 Mar 2026"),
        ("since~le~2026-03-31", "Customer since until 31 Mar 2026"),
        ("city~in~Leeds|York", "City: Leeds or York"),
        ("city~ni~Leeds", "City: not Leeds"),
        ("city~in~A|B|C|D", "City: A, B or 2 more"),
        ("city~has~ee", "City contains “ee”"),
        ("responded~yes", "Responds: yes"),
        ("segment_key~in~a1", "Segment: Loyal"),
        ("segment_key~none", "Without a segment"),
        ("confidence~le~0.6", "Confidence at most 0.60"),
        ("confidence_in_file~ge~2", "Confidence at least 2"),
    ],
)
def test_a_filter_of_an_address_reads_in_plain_words_and_is_written_again(text: str, words: str) -> None:
    (found,) = parsed(text)
    assert describe_filter(found, COLUMNS, "€") == words
    assert filters_to_query([found]) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("income", "no column and condition"),
        ("income~ge", "one value"),
        ("income~ge~x", "no number"),
        ("income~ge~nan", "no number"),
        ("income~ge~inf", "no number"),
        ("income~ge~1|2", "one value"),
        ("income~bt~1", "two values"),
        ("income~bt~2|1", "larger"),
        ("income~in~1", "cannot be filtered that way"),
        ("income~q~5", "1, 2, 3 or 4"),
        ("birth_year~q~1", "1, 2, 3 or 4"),
        ("since~ge~31-12-2026", "no date"),
        ("city~in~", "1 to 50 values"),
        ("city~in~a%00", "character"),
        ("responded~yes~1", "no value"),
        ("segment_key~in~zz", "no such segment"),
        ("email~has~x", "no such column"),
        ("customer_key~has~x", "no such column"),
        ("1; DROP TABLE x~ge~1", "no such column"),
    ],
)
def test_what_is_wrong_with_a_filter_is_said_and_the_others_count(text: str, said: str) -> None:
    found = parse_filters({"f": f"{text}*city~in~York"}, COLUMNS)
    assert found.filters == (Filter("city", Condition.ONE_OF, ("York",)),)
    assert len(found.problems) == 1
    assert said in found.problems[0]
    assert found.problems[0].startswith("The filter “")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("spend", " Near it: spend_total, spend_wine and spend_meat."),
        ("incmoe", " Near it: income."),
        ("email", ""),
        ("", ""),
    ],
)
def test_columns_that_come_near_an_unknown_name_are_told(name: str, near: str) -> None:
    (problem,) = parse_filters({"f": f"{name}~ge~1000"}, COLUMNS).problems
    assert problem == f"The filter “{name}~ge~1000” cannot be used: there is no such column to filter by.{near}"


def test_an_address_without_filters_or_with_too_many() -> None:
    assert parse_filters({}, COLUMNS).filters == ()
    assert filters_to_query(()) is None
    assert len(parsed("*".join(["income~ge~1"] * 3))) == 1
    many = parse_filters({"f": "*".join(f"income~ge~{n}" for n in range(20))}, COLUMNS)
    assert len(many.filters) == MOST_FILTERS
    assert many.problems
    assert parse_filters({"f": "income~ge~1*" * 1000}, COLUMNS).problems


@given(
    st.lists(
        st.text(min_size=1, max_size=8).filter(lambda word: word.strip() == word and "\x00" not in word),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_every_word_can_be_filtered_by(words: list[str]) -> None:
    each = Filter("city", Condition.ONE_OF, tuple(words))
    text = filters_to_query([each, Filter("income", Condition.AT_LEAST, ("5",))]) or ""
    try:
        text.encode()
    except UnicodeEncodeError:
        return  # half a character, which no address can hold
    assert parse_filters({"f": text}, COLUMNS).filters[0] == each


def test_what_somebody_types_is_checked_as_an_address_is() -> None:
    assert make_filter(column("income"), "ge", [" 5e4 "]) == Filter("income", Condition.AT_LEAST, ("50000",))
    assert make_filter(column("city"), "in", ["York", "York", None]).values == ("York",)
    with pytest.raises(ValueError, match="no number"):
        make_filter(column("income"), "ge", ["much"])
    with pytest.raises(ValueError, match="that way"):
        make_filter(column("city"), "drop", [])


def test_every_condition_has_its_words() -> None:
    values = {Form.DATE: "2026-01-01", Form.WORD: "York", Form.SEGMENT: "a1"}
    for found in COLUMNS:
        known = replace(found, facts=Facts(quartiles=(date(2026, 1, 1),) * 3 if found.form is Form.DATE else (1.0, 2.0, 3.0)))
        for condition in CONDITIONS[found.form]:
            value = "2" if condition is Condition.QUARTER else values.get(found.form, "1")
            given_values = [] if condition in (Condition.YES, Condition.NO, Condition.MISSING) else [value]
            each = make_filter(known, condition.value, given_values * (2 if condition is Condition.BETWEEN else 1))
            assert found.label in describe_filter(each, [known]) or condition is Condition.MISSING
