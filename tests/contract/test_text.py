"""Text is text: what people type, and what files bring, is never markup in a page and never a formula in a file."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segmentation.formulas import STARTS
from tests.contract.browser import Browser, payload
from tests.contract.conftest import config_at
from tests.hostile import FIELDS, FORMULA, TABS, Held, address_of, make_hostile_team, markup
from webapp.app import PAGES, create_app
from webapp.edge import open_resources, unit_of_work
from webapp.services.access import Actor
from webapp.services.data.datasets import confirm_legal_basis

PASSWORD = "blue tractor seven"
MARK = "onerror=pwned"
TEXTUAL = {"children", "label", "title", "value", "placeholder", "aria-label", "href", "data", "pathname", "search", "rowData", "download"}
"""Properties that the browser shows as text, or that hold data; none of them is read as markup."""
NOT_SHOWN_YET = {"note", "campaign-note", "token", "user", "attribute", "category", "file"}
"""Fields that need not be on a page that this test fills: some pages ask for them later, by themselves."""


@pytest.fixture(scope="module")
def hostile(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Held]]:
    """An admin of the hostile team, signed in."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    resources = open_resources(config_at(folder))
    held = make_hostile_team(resources, PASSWORD)
    with unit_of_work(resources) as session:
        confirm_legal_basis(session, _admin(session), held.dataset)
    browser = Browser(create_app(resources=resources))
    assert browser.sign_in("admin@north.example").status_code == 303
    yield browser, held
    resources.engine.dispose()


def _admin(session: Any) -> Actor:
    from sqlalchemy import select  # only this helper asks the database itself

    from webapp.models import Team
    from webapp.services.access import operator

    return operator(session.scalars(select(Team)).one())


@pytest.fixture(scope="module")
def answers(hostile: tuple[Browser, Held]) -> list[tuple[str, Any]]:
    """What every page asks for when it is opened, on every tab."""
    browser, held = hostile
    found = []
    for page in PAGES:
        address = address_of(page, held)
        path, _, query = address.partition("?")
        for search in (f"?{query}" if query else "", *(f"?tab={tab}" for tab in TABS.get(page.name, ()))):
            for callback in browser.callbacks():
                if callback["prevent_initial_call"]:
                    continue
                answer = browser.send(payload(callback, path, search=search))
                if answer.status_code == 200 and answer.is_json:
                    found.append((f"{path}{search} {callback['output']}", answer.json))
    return found


def walk(value: Any, trail: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text in an answer, with the names of the properties that lead to it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from walk(part, (*trail, name))
    elif isinstance(value, list):
        for part in value:
            yield from walk(part, trail)
    elif isinstance(value, str):
        yield trail, value


def test_typed_text_stands_only_where_text_is_shown(answers: list[tuple[str, Any]]) -> None:
    for where, answer in answers:
        for trail, text in walk(answer):
            if MARK not in text:
                continue
            if "figure" in trail:
                assert "<img" not in text, (where, trail, text)  # Plotly reads markup, so it has to come escaped
            else:
                assert trail[-1] in TEXTUAL, (where, trail, text)


def test_no_part_of_a_page_reads_markup(answers: list[tuple[str, Any]]) -> None:
    for where, answer in answers:
        for trail, text in walk(answer):
            assert not (trail[-1] == "type" and text in ("Markdown", "DangerouslySetInnerHTML")), where
            assert "dangerously_allow" not in str(trail), where


def test_every_field_is_seen_somewhere(answers: list[tuple[str, Any]]) -> None:
    """So that the absence of markup means something."""
    texts = [text for _, answer in answers for _, text in walk(answer)]
    missing = {field.name for field in FIELDS if not any(markup(field.name) in text or f"<b>{field.name}" in text for text in texts)}
    assert missing <= NOT_SHOWN_YET | {"header"}, missing  # a header becomes a label of plain words


def test_every_field_of_a_file_is_neutral_and_numbers_stay_numbers(hostile: tuple[Browser, Held]) -> None:
    browser, held = hostile
    answer = browser.get(f"/t/{held.team}/{held.dataset}/segments/all/customers.csv")
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert len(rows) == 240
    cells = [cell for row in rows for cell in row.values()]
    assert f"'{FORMULA}" in cells
    assert any(MARK in cell for cell in cells)
    for cell in cells:
        assert not cell or cell[0] not in STARTS or _is_number(cell), cell
    assert all(_is_number(row["income"]) for row in rows)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
