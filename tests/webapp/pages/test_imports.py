"""An import's page: at work, check, roles, confirmation, result, refusal."""

from __future__ import annotations

from typing import Any

import pytest
from dash import no_update
from dash.development.base_component import Component

from segmentation.intake import Finding
from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import ids, links, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs, store_file
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.pages import imports
from webapp.pages.imports.check import findings_card
from webapp.services.data import imports as services
from webapp.services.data.datasets import ensure_dataset
from webapp.services.errors import Forbidden

BROKEN = customers_csv((40,)) + ",20000,40,30,2,9,3,2024-03-01,York,0\n"


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


def upload(shop: Shop, content: str) -> str:
    """Start the check of a file, as the upload does; the import's id."""
    file = store_file(shop.resources, shop.actor, content)
    with shop.writing() as session:
        slug = ensure_dataset(session, shop.actor, "Customers").slug
        return services.start_import(session, shop.actor, slug, file).id


def checked(shop: Shop, content: str) -> str:
    found = upload(shop, content)
    run_jobs(shop.resources)
    return found


def seen(shop: Shop, import_id: str, role: MemberRole = MemberRole.ADMIN) -> Component:
    with shop.reading() as session:
        return imports.show_import(look(shop, session, f"{HERE}/imports/{import_id}", role=role))


def buttons(content: Any) -> list[str]:
    return [name for name in ids(content) if isinstance(name, str) and name in ("import-confirm", "import-recheck")]


def test_while_it_is_read_stage_and_share_are_shown(shop: Shop) -> None:
    content = seen(shop, upload(shop, customers_csv((40,))))
    assert "Checking customers.csv" in words(content)
    assert "Nothing is changed until you import" in words(content)
    assert "Waiting for a worker" in words(content)
    assert buttons(content) == []


def test_the_check_counts_what_would_happen_and_the_button_says_so(shop: Shop) -> None:
    shop.import_file(customers_csv((40,)))
    content = seen(shop, checked(shop, customers_csv((40, 20), seed=1)))
    assert "What would happen: 20 customers join" in words(content)
    assert "Compared with 40 customers of the file who are here already" in words(content)
    assert "Import 60 customers" in words(content)


def test_each_column_has_its_role_to_change_and_its_reason(shop: Shop) -> None:
    content = seen(shop, checked(shop, customers_csv((40,))))
    roles = [part for part in walk(content) if isinstance(getattr(part, "id", None), dict)]
    assert [part.id["column"] for part in roles][:2] == ["ID", "Income"]
    assert [part.value for part in roles][:2] == ["customer_id", "income"]
    assert "Role of ID: " in words(content)


def test_rejected_rows_are_shown_with_line_and_reason_and_can_be_taken(shop: Shop) -> None:
    found = checked(shop, BROKEN)
    with shop.reading() as session:
        report = services.show_import(session, shop.actor, found).report
    content = seen(shop, found)
    assert report is not None
    assert report.rejected > 0
    assert report.rejects[0].reason in words(content)
    assert f"{HERE}/imports/{found}/rejects.csv" in links(content)


def test_who_cannot_import_sees_the_check_but_no_buttons(shop: Shop) -> None:
    found = checked(shop, customers_csv((40,)))
    content = seen(shop, found, MemberRole.VIEWER)
    assert buttons(content) == []
    assert not [name for name in ids(content) if isinstance(name, dict)]
    with shop.writing() as session, pytest.raises(Forbidden):
        imports.confirm(look(shop, session, f"{HERE}/imports/{found}", role=MemberRole.VIEWER), 1)


def test_changed_roles_are_checked_again(shop: Shop) -> None:
    found = checked(shop, customers_csv((40,)))
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/imports/{found}")
        assert imports.check_again(view, None, [], []) == (no_update, no_update)
        content, job = imports.check_again(view, 1, ["ignore"], [{"type": "import-role", "column": "City"}])
    assert "Checking customers.csv" in words(content)
    assert job
    run_jobs(shop.resources)
    roles = {part.id["column"]: part.value for part in walk(seen(shop, found)) if isinstance(getattr(part, "id", None), dict)}
    assert roles["City"] == "ignore"


def test_confirming_imports_and_the_result_leads_on(shop: Shop) -> None:
    found = checked(shop, BROKEN)
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/imports/{found}")
        assert imports.confirm(view, None) == (no_update, no_update)
        content, job = imports.confirm(view, 1)
    assert "Importing customers.csv" in words(content)
    assert job
    run_jobs(shop.resources)
    result = seen(shop, found)
    assert "Your customers are here" in words(result)
    assert "Find segments" in words(result)
    assert "Snapshot 1 holds the result" in words(result)
    assert any(isinstance(name, dict) and name["type"] == "recluster-open" for name in ids(result))


def test_the_same_file_again_says_that_nothing_changed(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    again = shop.import_file(customers_csv())
    assert "Nothing changed: every row was known already" in words(seen(shop, again.id))


def test_a_refused_file_says_why_and_what_to_do(shop: Shop) -> None:
    refused = shop.import_file("nothing")
    content = seen(shop, refused.id)
    assert refused.message
    assert refused.message in words(content)
    assert "Nothing was changed" in words(content)
    assert f"{HERE}/data" in links(content)


def test_findings_that_changed_a_value_come_first() -> None:
    note = Finding("dates", "note", "Dates are day first", "Since", 12, (2, 3, 4, 5))
    flag = Finding("born", "flag", "3 years of birth before 1901", "Year", 3, (194, 241, 341))
    text = words(findings_card((note, flag)))
    assert text.index("3 years of birth") < text.index("Dates are day first")
    assert "Lines 194, 241, 341" in text
    assert "Lines 2, 3, 4, 5 and 8 more" in text
    assert "1 handled as shown, 1 to know" in text


def test_progress_ends_with_the_job(shop: Shop) -> None:
    found = upload(shop, customers_csv((40,)))
    with shop.reading() as session:
        assert "Waiting" in words(imports.show_progress(look(shop, session, f"{HERE}/imports/{found}")))
    run_jobs(shop.resources)
    with shop.reading() as session:
        assert words(imports.show_progress(look(shop, session, f"{HERE}/imports/{found}"))) == ""
