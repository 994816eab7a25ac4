"""Generated customers month by month: only joining, growing, the drawn file at the end, and the planted segments in it."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from segmentation.errors import SegmentationError
from segmentation.months import CHANGED, LONGEST_PAUSE, MonthlyState, monthly_states
from segmentation.synthetic import SyntheticCustomers, synthetic_customers


@pytest.fixture(scope="module")
def drawn() -> SyntheticCustomers:
    return synthetic_customers(1_200, segments=4, separation=6.0, seed=3)


@pytest.fixture(scope="module")
def states(drawn: SyntheticCustomers) -> tuple[MonthlyState, ...]:
    return monthly_states(drawn, 6, seed=3)


def test_days_are_month_ends_and_the_last_day_on_which_anybody_joined(drawn: SyntheticCustomers, states: tuple[MonthlyState, ...]) -> None:
    last = pd.to_datetime(drawn.customers["Dt_Customer"], format="%d-%m-%Y").max().date()
    days = [state.as_of for state in states]
    assert days[-1] == last
    assert days == sorted(set(days))
    assert all((pd.Timestamp(day) + pd.Timedelta(days=1)).day == 1 for day in days[:-1])


def test_the_last_state_is_the_drawn_file_but_for_the_order_of_joining(drawn: SyntheticCustomers, states: tuple[MonthlyState, ...]) -> None:
    now = states[-1].customers
    pd.testing.assert_frame_equal(now.drop(columns="Dt_Customer"), drawn.customers.drop(columns="Dt_Customer"))
    assert sorted(now["Dt_Customer"]) == sorted(drawn.customers["Dt_Customer"])


def test_from_month_to_month_customers_only_join(states: tuple[MonthlyState, ...]) -> None:
    for before, after in pairwise(states):
        assert set(before.customers["ID"]) < set(after.customers["ID"])
    for state in states:
        joined = pd.to_datetime(state.customers["Dt_Customer"], format="%d-%m-%Y")
        assert joined.max().date() <= state.as_of


def test_amounts_and_answers_grow_but_for_those_who_lived_otherwise(states: tuple[MonthlyState, ...]) -> None:
    for before, after in pairwise(states):
        then = before.customers.set_index("ID")
        now = after.customers.set_index("ID").loc[then.index]
        assert (now["Response"] >= then["Response"]).all()
        same = (now["Income"].fillna(0) == then["Income"].fillna(0)) & (now["Kidhome"] == then["Kidhome"])
        assert same.mean() > 1 - CHANGED
        assert (now.loc[same, "MntWines"] >= then.loc[same, "MntWines"]).mean() > 0.999
        assert now["MntWines"].sum() > then["MntWines"].sum()


def test_what_does_not_change_with_time_stays(states: tuple[MonthlyState, ...]) -> None:
    now = states[-1].customers.set_index("ID")
    for state in states[:-1]:
        then = state.customers.set_index("ID")
        for name in ("Year_Birth", "Education", "Dt_Customer"):
            assert then[name].equals(now.loc[then.index, name])
        assert then["Recency"].between(0, LONGEST_PAUSE - 1).all()


def test_later_segments_join_later(drawn: SyntheticCustomers, states: tuple[MonthlyState, ...]) -> None:
    segment = pd.Series(drawn.truth, index=drawn.customers["ID"])
    shares = [np.bincount(segment[state.customers["ID"]], minlength=4) / len(state.customers) for state in (states[0], states[-1])]
    assert shares[0][0] > shares[1][0] + 0.02
    assert shares[0][3] < shares[1][3] - 0.02


def test_the_same_arguments_give_the_same_states(drawn: SyntheticCustomers, states: tuple[MonthlyState, ...]) -> None:
    for first, again in zip(states, monthly_states(drawn, 6, seed=3), strict=True):
        assert first.as_of == again.as_of
        pd.testing.assert_frame_equal(first.customers, again.customers)
    assert not states[0].customers.equals(monthly_states(drawn, 6, seed=4)[0].customers)


def test_one_month_is_the_last(drawn: SyntheticCustomers) -> None:
    [only] = monthly_states(drawn, 1)
    assert isinstance(only.as_of, date)
    assert len(only.customers) == 1_200


@pytest.mark.parametrize("months", [0, -1, 25])
def test_months_that_cannot_be_told_are_refused(drawn: SyntheticCustomers, months: int) -> None:
    with pytest.raises(SegmentationError, match="ask for 1 to 24"):
        monthly_states(drawn, months)
