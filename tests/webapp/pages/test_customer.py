"""The Customer page."""

from __future__ import annotations

from datetime import date

import pytest

from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, links, overview_of, stranger_to, words
from tests.webapp.working import Shop
from webapp.models import MemberRole
from webapp.pages import customer as page
from webapp.pages.customer.known import unusual, usual_text, value_text
from webapp.pages.customer.parts import sure_words
from webapp.services.browsing.customer import Attribute
from webapp.services.errors import Forbidden
from webapp.services.segmenting.typical import Typical
from webapp.ui.places import customer_address


def test_a_customer_stands_beside_their_segment(shop: Shop) -> None:
    with shop.reading() as session:
        head, body = page.show_customer(Visitor(shop, MemberRole.MARKETER).view(session, "customer", key="77"))
    shown = words([head, body])
    names = [style.name for style in overview_of(shop).styles]
    assert "Customer 77" in shown
    assert sum(name in words(head) for name in names) >= 2  # the segment and the next one
    for part in ("What is known of them", "Who they are", "Why they are in", "What would move them to", "Their segment in each version"):
        assert part in shown
    assert "Consent unknown" in shown
    found = links([head, body])
    assert f"/t/{TEAM}/{DATASET}/models/1" in found
    assert any("/imports/" in link for link in found)


@pytest.mark.parametrize("key", ["", "nobody", "a/b", '"<script>'])
def test_an_unknown_key_is_said_calmly(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        head, body = page.show_customer(Visitor(shop).view(session, "customer", key=key))
    assert "No such customer" in words(body)
    assert key in words(head)
    assert any(link.startswith(f"/t/{TEAM}/{DATASET}/customers") for link in links(body))


def test_roles_and_teams(shop: Shop) -> None:
    with shop.reading() as session:
        with pytest.raises(Forbidden):
            page.show_customer(Visitor(shop, MemberRole.VIEWER).view(session, "customer", key="77"))
        _, body = page.show_customer(stranger_to(shop, Visitor(shop).view(session, "customer", key="77")))
        assert "No such customer" in words(body)


def attribute(value: float | date | str | None, usual: Typical | None, **changes: str) -> Attribute:
    parts = {"name": "x", "label": "X", "role": "number", "kind": "decimal", **changes}
    return Attribute(**parts, value=value, segment=usual, everybody=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "usual", "found"),
    [
        (5.0, Typical(3.0, 1.0, 9.0), None),
        (9.5, Typical(3.0, 1.0, 9.0), "High"),
        (0.5, Typical(3.0, 1.0, 9.0), "Low"),
        (date(2026, 1, 1), Typical(date(2025, 1, 1), date(2024, 1, 1), date(2025, 6, 1)), "High"),
        (1.0, Typical(share=0.01), "Rare"),
        (0.0, Typical(share=0.01), None),
        (0.0, Typical(share=0.99), "Rare"),
        ("York", Typical(share=0.9, word="Bath", words={"Bath": 0.9, "York": 0.02}), "Rare"),
        ("Hull", Typical(share=0.9, word="Bath", words={"Bath": 0.9}), "Rare"),
        ("Bath", Typical(share=0.9, word="Bath", words={"Bath": 0.9}), None),
        (None, Typical(3.0, 1.0, 9.0), None),
        (5.0, None, None),
    ],
)
def test_what_hardly_anybody_in_the_segment_has_is_marked(
    value: float | date | str | None, usual: Typical | None, found: str | None
) -> None:
    assert unusual(attribute(value, usual)) == found


def test_values_read_as_people_do() -> None:
    assert value_text(attribute(1_234.0, None, role="income"), 1_234.0, "EUR") == "€1,234"
    assert value_text(attribute(1970.0, None, name="birth_year", kind="integer"), 1970.0, None) == "1970"
    assert value_text(attribute(1.0, None, role="flag"), 1.0, None) == "yes"
    assert value_text(attribute(None, None), None, None) == "not known"
    assert value_text(attribute(None, None), date(2026, 3, 1), None) == "1 Mar 2026"
    assert usual_text(attribute(1.0, None, role="flag"), Typical(share=0.25), None) == "25% yes"
    assert usual_text(attribute("x", None), Typical(share=0.25, word="Bath"), None) == "Bath, 25%"
    assert usual_text(attribute("x", None, role="contact"), Typical(share=0.25, word="a@x"), None) == "–"
    assert [sure_words(sure) for sure in (0.95, 0.7, 0.4, None)] == [
        "a clear case",
        "fairly clear",
        "on the border",
        "confidence not known",
    ]


def test_keys_with_any_character_have_an_address() -> None:
    assert customer_address("t", "d", "a/b ?&#%") == "/t/t/d/customer?key=a%2Fb+%3F%26%23%25"
