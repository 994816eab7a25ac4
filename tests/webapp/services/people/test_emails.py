"""Addresses: one spelling for each, and no second account that looks like the first."""

from __future__ import annotations

import pytest

from webapp.services.errors import Invalid
from webapp.services.people.emails import clean_email


@pytest.mark.parametrize("typed", ["Ana@North.example ", "ａｎａ@north.example", "ana＠north.example", "\u00a0ana@north.example"])
def test_spellings_of_one_address_are_one(typed: str) -> None:
    assert clean_email(typed) == "ana@north.example"


def test_a_domain_may_be_in_any_script() -> None:
    assert clean_email("Ana@Müller.example") == clean_email("ana@mu\u0308ller.example") == "ana@müller.example"


@pytest.mark.parametrize(
    "typed",
    [
        "a\u200bna@north.example",
        "ana\u00ad@north.example",
        "ana@nor\u200bth.example",
        "ana@north\u202e.example",
        "an\u0430@north.example",
        "\u0130na@north.example",
        "a\u0131a@north.example",
        "ana\x00@north.example",
        "ana@north\x7f.example",
        "ana@\ud800.example",
        "a na@north.example",
    ],
)
def test_look_alikes_are_no_address(typed: str) -> None:
    with pytest.raises(Invalid):
        clean_email(typed)
