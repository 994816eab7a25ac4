"""Models: versions, the report of one, and promotion."""

from __future__ import annotations

from typing import Any

import pytest
from dash import no_update

from tests.webapp.looking import HERE, hear, look
from tests.webapp.pages.segment_shop import ids, links, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.pages import models
from webapp.services import versions
from webapp.services.errors import Conflict, Forbidden


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What bodies set beside their answer."""
    return hear(monkeypatch)


@pytest.fixture
def two(shop: Shop) -> Shop:
    """Version 1 is the champion, version 2 a candidate."""
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    shop.recluster(k=2)
    return shop


def seen(shop: Shop, search: str = "", role: MemberRole = MemberRole.ADMIN) -> tuple[Any, Any, int | None]:
    with shop.reading() as session:
        return models.show_models(look(shop, session, f"{HERE}/models", search=search, role=role))


def picked(content: Any) -> list[str]:
    return [words(part) for part in walk(content) if getattr(part, "className", None) == "pick"]


def test_without_a_version_the_next_step_is_offered(shop: Shop) -> None:
    shop.import_file(customers_csv())
    _, body, champion = seen(shop)
    assert "No version yet" in words(body)
    assert champion is None
    assert [name["at"] for name in ids(body) if isinstance(name, dict)] == ["models"]


def test_the_champion_and_its_verdict_are_shown(two: Shop) -> None:
    head, body, champion = seen(two)
    with two.reading() as session:
        report = versions.show_report(session, two.actor, "customers", 1)
    assert champion == 1
    assert "2 versions. Your team works with version 1." in words(head)
    assert report.verdict.headline in words(body)
    assert "v1" in picked(body)[-1]
    assert "Champion" in picked(body)[-1]


def test_another_version_is_shown_when_the_address_asks(two: Shop) -> None:
    _, body, _ = seen(two, "?v=2")
    assert "Version 2." in words(body)
    assert "v2" in picked(body)[-1]


def test_every_number_that_was_tried_has_a_row_and_the_fitted_one_is_marked(two: Shop) -> None:
    with two.reading() as session:
        sweep = versions.show_report(session, two.actor, "customers", 1).sweep
    _, body, _ = seen(two)
    assert words(body).count("Defensible") + words(body).count("Does not repeat") + words(body).count("too small") == len(sweep) - 1
    assert words(body).count("Fitted") == 1


def test_only_candidates_can_be_promoted_and_only_by_those_who_may(two: Shop) -> None:
    assert [name["version"] for name in ids(seen(two)[1]) if isinstance(name, dict) and name["type"] == "promote-open"] == [2]
    assert not [name for name in ids(seen(two, role=MemberRole.MARKETER)[1]) if isinstance(name, dict)]
    assert f"{HERE}/segments?v=2" in links(seen(two)[1])


def test_a_version_that_failed_says_why(shop: Shop) -> None:
    shop.import_file("ID,Income,Visits\n1,5,3\n")
    failed = shop.recluster()
    assert failed.status == "failed"
    _, body, _ = seen(shop)
    assert "Version 1: the fit failed" in words(body)
    assert failed.status_message
    assert failed.status_message in words(body)


def test_promoting_moves_the_champion_and_says_so(two: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    with two.writing() as session:
        view = look(two, session, f"{HERE}/models")
        assert models.promote(view, None, 2, "", 1) == (no_update, no_update, no_update)
        assert models.promote(view, 1, 2, "Easier to explain", 1)[0] is False
    assert seen(two)[2] == 2
    assert "Version 2 is the champion now" in words(said[0][1]["children"])


def test_who_promotes_from_an_old_page_is_stopped(two: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    with two.writing() as session, pytest.raises(Conflict):
        models.promote(look(two, session, f"{HERE}/models"), 1, 2, "", 7)
    with two.writing() as session, pytest.raises(Forbidden):
        models.promote(look(two, session, f"{HERE}/models", role=MemberRole.VIEWER), 1, 2, "", 1)
    assert said == []
