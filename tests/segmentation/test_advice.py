"""When it is time to re-cluster."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.advice import OLD_DAYS, Standing, advise
from segmentation.drift import Drift, drift_of_counts, measure_drift

STEADY, SOME, LARGE = Drift(0.02, 10, 0.01), Drift(0.15, 10, 0.01), Drift(0.4, 10, 0.01)
CALM = Standing(
    fitted=1,
    newest=2,
    days=30,
    before=2000,
    now=2000,
    joined=0,
    left=0,
    segments=STEADY,
    measures=(("Income", STEADY), ("Spend", STEADY)),
    placed=2000,
    unlike=2,
    stability=0.95,
)


def found(standing: Standing, code: str) -> str:
    return next(reason.text for reason in advise(standing).reasons if reason.code == code)


def test_where_nothing_moved_there_is_no_need() -> None:
    advice = advise(CALM)
    assert advice.answer == "no"
    assert {reason.code for reason in advice.reasons} == {"segments", "measures", "unlike", "turnover", "age"}


@pytest.mark.parametrize(
    ("changed", "answer", "first"),
    [
        ({"segments": SOME}, "soon", "segments"),
        ({"segments": LARGE}, "yes", "segments"),
        ({"measures": (("Income", LARGE), ("Spend", STEADY))}, "yes", "measures_large"),
        ({"measures": (("Income", SOME), ("Spend", STEADY))}, "soon", "measures_some"),
        ({"unlike": 60}, "soon", "unlike"),
        ({"unlike": 200}, "yes", "unlike"),
        ({"joined": 100}, "soon", "turnover"),
        ({"left": 399}, "soon", "turnover"),
        ({"joined": 400}, "yes", "turnover"),
        ({"left": 400}, "yes", "turnover"),
        ({"days": OLD_DAYS + 1}, "soon", "age"),
        ({"stability": 0.6}, "soon", "stability"),
    ],
)
def test_each_thing_by_itself_asks_for_it(changed: dict[str, object], answer: str, first: str) -> None:
    advice = advise(replace(CALM, **changed))  # type: ignore[arg-type]
    assert (advice.answer, advice.reasons[0].code) == (answer, first)


def test_the_measures_that_moved_most_are_named() -> None:
    measures = tuple((name, Drift(0.3 + place / 10, 10, 0.01)) for place, name in enumerate("ABCDE"))
    assert found(replace(CALM, measures=measures), "measures_large").startswith("E (PSI 0.70), D (PSI 0.60), C (PSI 0.50) and 2 more")


def test_a_handful_of_odd_customers_among_few_proves_nothing() -> None:
    assert advise(replace(CALM, placed=30, unlike=1)).answer == "no"
    assert advise(replace(CALM, placed=3000, unlike=100)).answer == "soon"


def test_what_a_version_cannot_tell_is_left_out() -> None:
    codes = {reason.code for reason in advise(replace(CALM, unlike=None, stability=None, measures=(), joined=None, left=None)).reasons}
    assert codes == {"segments", "age"}


@given(st.lists(st.integers(0, 500), min_size=2, max_size=8), st.integers(2, 5))
def test_shares_that_stay_do_not_drift(sizes: list[int], times: int) -> None:
    counts = np.array(sizes)
    drift = drift_of_counts(counts, counts * times)
    if counts.sum():
        assert drift.word == "steady"
    else:
        assert np.isnan(drift.psi)


def test_counted_bins_say_the_same_as_words() -> None:
    before, after = ["a"] * 60 + ["b"] * 40, ["a"] * 20 + ["b"] * 80
    assert drift_of_counts(np.array([60, 40]), np.array([20, 80])) == measure_drift(np.array(before), np.array(after))


def test_counts_of_other_bins_are_refused() -> None:
    with pytest.raises(ValueError, match="same bins"):
        drift_of_counts(np.array([1, 2]), np.array([1, 2, 3]))


def test_of_the_customers_of_the_fit_nobody_is_called_unlike_them() -> None:
    assert "unlike" not in {reason.code for reason in advise(replace(CALM, newest=1, days=0)).reasons}
    assert advise(replace(CALM, days=0, unlike=200)).answer == "yes"  # other customers may have come on the same day


def test_who_joined_and_who_left_is_said() -> None:
    """As in a base that a file replaced, on one day."""
    replaced = replace(CALM, newest=4, days=0, before=2300, now=1496, left=804)
    assert found(replaced, "turnover") == "804 of the 2,300 that the segments were found on (35.0%) are gone."
    assert found(replaced, "age") == "The segments were found on snapshot 1; the newest, snapshot 4, has the same day."
    added = replace(CALM, days=0, before=2300, now=2360, joined=60)
    assert found(added, "turnover") == "60 of 2,360 customers (2.5%) joined since and have no segment yet; that is little."
    assert advise(added).answer == "no"


def test_snapshots_of_one_day_are_not_called_the_customers_of_today() -> None:
    assert "of today" not in found(replace(CALM, days=0, joined=None, left=None), "age")
    assert "of today" in found(replace(CALM, newest=1, days=0), "age")
    assert "turnover" not in {reason.code for reason in advise(replace(CALM, newest=1, days=0)).reasons}
