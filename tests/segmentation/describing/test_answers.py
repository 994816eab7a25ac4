"""Which measures are a yes or no, and levels in the words of the file."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.describing.answers import with_answers, yes_or_no
from segmentation.describing.profiles import Measure
from segmentation.roles import Column, Kind, Role, Schema

CONTRACT = Column("contract", "Contract", Role.CATEGORY, Kind.TEXT, "Contract", folds={"monthly": "Month-to-month"})


def share(name: str, label: str) -> Measure:
    return Measure(name, label, label, "share", True)


def test_zeros_and_ones_are_a_yes_or_no_unless_they_are_a_share_of_orders() -> None:
    table = pd.DataFrame({"phone": [1.0, 0, np.nan], "share_web": [1.0, 0, 1], "share_deals": [1.0, 0.5, 0], "teens": [1.0, 0, 0]})
    measures = (
        share("phone", "Phone service"),
        share("share_web", "Web share of orders"),
        share("share_deals", "Deal share of orders"),
        Measure("teens", "Teenagers", "Teens", "count", False),
    )
    assert [each.yes_or_no for each in with_answers(measures, table, table, Schema(()))] == [True, False, False, False]
    assert yes_or_no(np.array([np.nan, 1.0, 0.0]))
    assert not yes_or_no(np.array([0.0, 2.0]))


def test_levels_are_written_as_most_customers_have_them() -> None:
    table = pd.DataFrame({"contract_is_month_to_month": [1.0, 1, 1, 0, 0], "contract_is_dsl": [0.0, 0, 0, 1, 1]})
    customers = pd.DataFrame({"contract": ["monthly", "Month-to-month", "monthly", "DSL", "dsl "]})
    measures = (share("contract_is_month_to_month", "Contract: month-to-month"), share("contract_is_dsl", "Contract: dsl"))
    found = with_answers(measures, table, customers, Schema((CONTRACT,)))
    assert [each.label for each in found] == ["Contract: Month-to-month", "Contract: DSL"]
    assert [each.short for each in found] == ["Month-to-month", "DSL"]


def test_yes_and_no_have_short_labels_that_say_of_what() -> None:
    table = pd.DataFrame({name: [1.0, 0.0] for name in ("tech_is_no", "tech_is_yes", "tech_is_no_internet_service")})
    customers = pd.DataFrame({"tech": ["No", "Yes", "No internet service"]})
    column = Column("tech", "Tech", Role.CATEGORY, Kind.TEXT, "Tech support")
    measures = tuple(share(name, f"Tech support: {name.removeprefix('tech_is_').replace('_', ' ')}") for name in table)
    found = with_answers(measures, table, customers, Schema((column,)))
    assert [each.short for each in found] == ["No tech support", "Tech support", "No internet service"]


def test_levels_of_a_column_that_is_not_there_stay_as_they_are() -> None:
    table = pd.DataFrame({"tier_is_gold": [1.0, 0.0]})
    (found,) = with_answers((share("tier_is_gold", "Tier: gold"),), table, table, Schema((CONTRACT,)))
    assert (found.label, found.yes_or_no) == ("Tier: gold", True)
