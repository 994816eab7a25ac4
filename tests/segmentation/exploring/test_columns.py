"""Columns as they are stored, and what lies far out, against figures by another way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from segmentation.exploring.columns import explore_columns, is_drawn
from segmentation.exploring.outliers import far_out
from segmentation.roles import Column, Kind, Role, Schema


def column(name: str, role: Role, kind: Kind, **more: object) -> Column:
    return replace(Column(name, name, role, kind, name.capitalize()), **more)  # type: ignore[arg-type]


SCHEMA = Schema(
    (
        column("customer_key", Role.CUSTOMER_ID, Kind.TEXT),
        column("mail", Role.CONTACT, Kind.TEXT),
        column("born", Role.BIRTH_YEAR, Kind.INTEGER),
        column("since", Role.ENROLLED_ON, Kind.DATE),
        column("spend", Role.SPEND, Kind.DECIMAL),
        column("happy", Role.FLAG, Kind.INTEGER),
        column("city", Role.CATEGORY, Kind.TEXT, folds={"york": "York"}, sensitive=True),
    )
)


def frame(rows: int = 200, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_key": [str(place) for place in range(rows)],
            "mail": [f"{place}@x.example" for place in range(rows)],
            "born": pd.Series(rng.integers(1950, 2001, rows), dtype="Int64").mask(rng.random(rows) < 0.1),
            "since": pd.Series(pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D")).astype("datetime64[s]"),
            "spend": np.where(rng.random(rows) < 0.05, np.nan, rng.gamma(2, 50, rows)),
            "happy": pd.Series(rng.integers(0, 2, rows), dtype="Int64"),
            "city": pd.Series(rng.choice(["York", "york", "Bath"], rows), dtype=object),
        }
    )


def test_keys_and_contacts_are_not_drawn() -> None:
    assert [each.name for each in SCHEMA if not is_drawn(each)] == ["customer_key", "mail"]
    found = explore_columns(frame(), SCHEMA, everybody=200)
    assert [each.measure for each in found.spreads] == ["born", "since", "spend", "happy"]
    assert [each.category for each in found.levels] == ["city"]
    assert found.sensitive == ("city",)


def test_dates_are_counted_by_month_and_years_by_year() -> None:
    customers = frame()
    found = {each.measure: each for each in explore_columns(customers, SCHEMA, everybody=200).spreads}
    months = customers["since"].dt.to_period("M").value_counts(normalize=True).sort_index()
    assert found["since"].names[0] == "Jan 2023"
    assert len(found["since"].names) == 23 == len(months)
    assert found["since"].shares == pytest.approx(months.to_numpy(), abs=1e-6)
    born = customers["born"].dropna().astype(int)
    assert found["born"].names[:2] == ("1950 to 1951", "1952 to 1953")  # 51 years are too many bars
    assert found["born"].shares[0] == pytest.approx(float(born.isin([1950, 1951]).mean()), abs=1e-6)
    assert found["born"].missing == pytest.approx(float(customers["born"].isna().mean()))


def test_words_are_folded_and_flags_have_names() -> None:
    customers = frame()
    found = explore_columns(customers, SCHEMA, everybody=200)
    york = int(customers["city"].str.lower().eq("york").sum())
    assert (found.levels[0].levels[0].label, found.levels[0].levels[0].customers) == ("York", york)
    happy = found.spreads[3]
    assert happy.names == ("No", "Yes")
    assert happy.shares[1] == pytest.approx(float(customers["happy"].mean()), abs=1e-6)


def test_two_snapshots_have_the_same_bins_and_words_whichever_comes_first() -> None:
    one, other = frame(), frame(300, seed=2)
    other.loc[:99, "spend"] *= 20
    other.loc[:49, "city"] = "Hull"
    first = explore_columns(one, SCHEMA, everybody=200, beside=other)
    second = explore_columns(other, SCHEMA, everybody=300, beside=one)
    assert [each.edges for each in first.spreads] == [each.edges for each in second.spreads]
    assert {each.label for each in first.levels[0].levels} == {each.label for each in second.levels[0].levels} == {"York", "Bath", "Hull"}
    assert next(each for each in first.levels[0].levels if each.label == "Hull").customers == 0


def test_nobody_and_nothing_known_are_drawn_as_nothing() -> None:
    empty = explore_columns(frame().iloc[:0], SCHEMA, everybody=0)
    assert all(each.known == 0 for each in empty.spreads)
    unknown = frame()
    unknown["since"] = pd.Series(pd.NaT, index=unknown.index).astype("datetime64[s]")
    assert explore_columns(unknown, SCHEMA, everybody=200).spreads[1].missing == 1


def test_far_out_is_beyond_three_quartile_distances_on_both_scales() -> None:
    assert far_out(10, 20, negative=True) == (-20, 50)
    bounds = far_out(3, 50, negative=False)
    assert bounds is not None
    assert bounds[1] == pytest.approx(np.expm1(np.log1p(50) + 3 * (np.log1p(50) - np.log1p(3))))
    assert far_out(35_000, 68_000, negative=False) == pytest.approx((-64_000, np.expm1(np.log1p(68e3) + 3 * np.log(68_001 / 35_001))))
    assert far_out(5, 5, negative=False) is None
    assert far_out(0, 1e300, negative=False) is not None


def test_long_tails_are_no_outliers_but_a_slip_of_the_keyboard_is() -> None:
    values = np.random.default_rng(3).lognormal(4, 0.8, 5000)
    bounds = far_out(*np.quantile(values, [0.25, 0.75]), negative=False)
    assert bounds is not None
    assert ((values < bounds[0]) | (values > bounds[1])).sum() <= 2
    assert bounds[1] < 1e5
