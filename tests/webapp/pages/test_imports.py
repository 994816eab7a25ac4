"""An import's page: at work, check, roles, confirmation, result, refusal."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
from dash import no_update
from dash.development.base_component import Component
from sqlalchemy import select

from segmentation.codec import from_json
from segmentation.intake import FileFormat, Finding
from segmentation.roles import Schema
from tests.webapp.looking import HERE, hear, look
from tests.webapp.pages.segment_shop import ids, links, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs, store_file
from webapp.bulk import read_snapshot
from webapp.edge import Resources
from webapp.models import Dataset, MemberRole
from webapp.pages import imports
from webapp.pages.imports.choices import Choice, choices_in
from webapp.pages.imports.findings import findings_card
from webapp.pages.imports.ids import Ids
from webapp.services.data import imports as services
from webapp.services.data import quality
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.reports import ImportReport
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import Forbidden
from webapp.services.modelling.promotions import promote_version
from webapp.services.work.jobs import cancel_job
from webapp.ui import discarding

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


def values_of(content: Any) -> dict[tuple[str, str, str, str], str]:
    """What each control of the check says: (part, column, field, word) -> value."""
    return {(choice.part, choice.column, choice.field, choice.word): choice.before for choice in choices_in(content)}


def changed(shop: Shop, import_id: str, *choices: Choice) -> Component:
    """The check after somebody changed these choices and pressed Check again."""
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/imports/{import_id}")
        known = {choice.key: choice.before for choice in choices_in(imports.show_import(view))}
        assert all(known[choice.key] != choice.before for choice in choices)
        imports.check_again(view, 1, [choice.before for choice in choices], [choice.id for choice in choices], {"choices": known})
    run_jobs(shop.resources)
    return seen(shop, import_id)


def customers(shop: Shop) -> pd.DataFrame:
    """Those of the current snapshot."""
    with shop.reading() as session:
        dataset = session.scalars(select(Dataset)).one()
        snapshot = latest_snapshot(session, dataset)
        assert snapshot is not None
        path = shop.resources.store.verified_path(shop.actor.team_id, "snapshot", snapshot.digest)
        return read_snapshot(path, from_json(Schema, snapshot.column_schema))


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


def test_the_card_of_roles_says_whence_they_are(shop: Shop) -> None:
    assert "Guessed from names and values." in words(seen(shop, checked(shop, customers_csv((40,)))))
    shop.import_file(customers_csv((40,)))
    content = words(seen(shop, checked(shop, customers_csv((40, 20), seed=1))))
    assert re.search(r"As confirmed for \S+ of \d+ \w+ \d{4}\.", content)
    assert "Guessed from names and values" not in content


def test_each_column_has_its_role_to_change_and_its_reason(shop: Shop) -> None:
    content = seen(shop, checked(shop, customers_csv((40,))))
    roles = [part for part in walk(content) if isinstance(getattr(part, "id", None), dict) and part.id["part"] == "schema"]
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
        assert imports.check_again(view, None, [], [], {}) == (no_update, no_update)
        city = Choice("schema", "role", "ignore", "City")
        content, job = imports.check_again(view, 1, ["ignore"], [city.id], {"choices": {city.key: "category"}})
    assert "Checking customers.csv" in words(content)
    assert job
    run_jobs(shop.resources)
    assert values_of(seen(shop, found))["schema", "City", "role", ""] == "ignore"


def test_a_check_whose_customers_have_changed_says_so_and_is_made_again(shop: Shop) -> None:
    found = checked(shop, customers_csv((40,)))
    told = "The customers have changed since this check"
    assert told not in words(seen(shop, found))
    shop.import_file(customers_csv((41,)))
    content = seen(shop, found)
    assert told in words(content)
    assert [each.data["outdated"] for each in walk(content) if getattr(each, "id", None) == Ids.BEFORE] == [True]
    assert told not in words(seen(shop, found, MemberRole.VIEWER)), "who cannot check again"
    with shop.writing() as session:
        imports.check_again(look(shop, session, f"{HERE}/imports/{found}"), 1, [], [], {"choices": {}})
    run_jobs(shop.resources)
    assert told not in words(seen(shop, found))


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


def test_what_the_check_told_can_still_be_read_afterwards(shop: Shop) -> None:
    done = shop.import_file("ID,Income,City\n" + "".join(f"{n},{1000 * n if n > 2 else ''},York\n" for n in range(1, 41)))
    assert "2 without income" in words(seen(shop, done.id))
    assert "without income" not in words(seen(shop, done.id, MemberRole.VIEWER))


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


def told(*findings: Finding) -> ImportReport:
    """A report of nothing but these findings."""
    form = FileFormat(",", "utf-8")
    return ImportReport(9, 9, 0, 0, 0, (), findings, (), {}, form, None)


def test_findings_that_changed_a_value_come_first() -> None:
    note = Finding("dates", "note", "Dates are day first", "Since", 12, (2, 3, 4, 5))
    flag = Finding("born", "flag", "3 years of birth before 1901", "Year", 3, (194, 241, 341))
    text = words(findings_card(told(note, flag), editable=False))
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


UNPROVEN = "ID,Income,Since\n" + "".join(f"{n},{30_000 + n},0{n % 9 + 1}/0{n % 7 + 1}/2023\n" for n in range(1, 40))


def test_an_order_of_dates_that_nothing_proves_has_to_be_said(shop: Shop) -> None:
    found = checked(shop, UNPROVEN)
    content = seen(shop, found)
    assert values_of(content)["values", "Since", "date_order", ""] == ""
    assert "1 thing to decide" in words(content)
    [importing] = [part for part in walk(content) if getattr(part, "id", None) == "import-confirm"]
    assert importing.disabled
    content = changed(shop, found, Choice("values", "date_order", "month_first", "Since"))
    assert "to decide" not in words(content)
    assert values_of(content)["values", "Since", "date_order", ""] == "month_first"  # among the rules, to be taken back
    with shop.writing() as session:
        imports.confirm(look(shop, session, f"{HERE}/imports/{found}"), 1)
    run_jobs(shop.resources)
    assert customers(shop)["since"].dt.month.max() == 9
    assert customers(shop)["since"].dt.day.max() == 7


def test_what_becomes_of_impossible_values_can_be_chosen_and_taken_back(shop: Shop) -> None:
    found = checked(shop, "ID,Income,Wines spend\n1,5,-3\n2,6,4\n3,7,5\n")
    assert values_of(seen(shop, found))["values", "Wines spend", "impossible", ""] == "missing"
    content = changed(shop, found, Choice("values", "impossible", "reject", "Wines spend"))
    assert "1 row rejected" in words(content)
    assert values_of(content)["values", "Wines spend", "impossible", ""] == "reject"
    content = changed(shop, found, Choice("values", "low", "-5", "Wines spend"))
    assert "row rejected" not in words(content)
    assert values_of(content)["values", "Wines spend", "low", ""] == "-5"
    content = changed(shop, found, Choice("values", "low", "", "Wines spend"))
    assert "1 row rejected" in words(content)


def test_a_word_like_another_is_offered_and_counted_with_it_when_somebody_says_so(shop: Shop) -> None:
    rows = "".join(f"{n},{n},{'Maried' if n == 7 else 'Married' if n % 2 else 'Single'}\n" for n in range(1, 40))
    found = checked(shop, "ID,Income,Status\n" + rows)
    assert values_of(seen(shop, found))["values", "Status", "fold", "Maried"] == "Maried"
    content = changed(shop, found, Choice("values", "fold", "Married", "Status", "Maried"))
    assert values_of(content)["values", "Status", "fold", "Maried"] == "Married"
    assert "counted with another" in words(content)


def test_a_file_without_ids_asks_for_them_and_row_numbers_will_do(shop: Shop) -> None:
    found = checked(shop, "Age,Income\n" + "".join(f"{20 + n % 5},{30_000 + n % 9}\n" for n in range(30)))
    content = seen(shop, found)
    assert "1 thing to decide" in words(content)
    assert values_of(content)["id", "", "customer_id", ""] == ""
    content = changed(shop, found, Choice("id", "customer_id", "(row number)"))
    assert "30 customers join" in words(content)
    assert "Import 30 customers" in words(content)


def test_a_file_can_stand_for_the_whole_customer_base_and_be_undone(shop: Shop) -> None:
    shop.import_file(customers_csv((40,)))
    found = checked(shop, customers_csv((30,)))
    content = changed(shop, found, Choice("mode", "mode", "replace"))
    assert "10 leave" in words(content)
    with shop.writing() as session:
        imports.confirm(look(shop, session, f"{HERE}/imports/{found}"), 1)
    run_jobs(shop.resources)
    assert len(customers(shop)) == 30
    result = seen(shop, found)
    assert "Undo this import" in words(result)
    assert "import-undo" not in ids(seen(shop, found, MemberRole.MARKETER))
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/imports/{found}")
        assert imports.undo(view, None) == (no_update, no_update)
        _, job = imports.undo(view, 1)
    assert job
    run_jobs(shop.resources)
    assert len(customers(shop)) == 40
    assert "This import was undone" in words(seen(shop, found))


def test_an_import_that_somebody_stopped_is_no_file_to_mend(shop: Shop) -> None:
    shop.import_file(customers_csv((40,)))
    file = store_file(shop.resources, shop.actor, customers_csv((9,), first=500), "more.csv")
    with shop.writing() as session:
        asked = services.start_import(session, shop.actor, "customers", file, check=False)
        cancel_job(session, shop.actor, asked.job_id or "")
    text = words(seen(shop, asked.id))
    assert "This import was cancelled" in text
    assert f"Stopped by {shop.actor.name}. Nothing of it was stored." in text
    with shop.writing() as session:
        assert services.list_waiting(session, shop.actor, "customers") == ()
        services.discard_import(session, shop.actor, shop.resources.store, asked.id)


def test_undoing_says_before_what_goes_along_and_what_is_in_the_way(shop: Shop) -> None:
    first, repeat = (shop.import_file(customers_csv((40,))) for _ in range(2))
    asking = seen(shop, first.id)
    assert "The same file was brought again and changed nothing (1 import, " in words(asking)
    assert "import-undo" in ids(asking)
    assert "new ones leave, changed ones have their earlier values" in words(asking)
    assert "It changed nobody, so no customer changes." in words(seen(shop, repeat.id))
    newer = shop.import_file(customers_csv((30,), first=900))
    refused = seen(shop, first.id)
    assert "builds on this import. Undo that one first." in words(refused)
    assert f"{HERE}/imports/{newer.id}" in links(refused)
    assert "import-undo" not in ids(refused)
    with shop.writing() as session:
        imports.undo(look(shop, session, f"{HERE}/imports/{newer.id}"), 1)
    run_jobs(shop.resources)
    with shop.writing() as session:
        imports.undo(look(shop, session, f"{HERE}/imports/{first.id}"), 1)
    run_jobs(shop.resources)
    assert "It repeated the import of customers.csv and changed nothing" in words(seen(shop, repeat.id))


def test_order_lines_are_accounted_for(shop: Shop) -> None:
    lines = "".join(f"{n // 3},{n % 7 + 1},2023-0{n % 9 + 1}-15,2,{n % 5 + 1}.50\n" for n in range(60))
    content = seen(shop, checked(shop, "order_id,customer_id,order_date,quantity,unit_price\n" + lines + "99,,2023-01-01,1,2.00\n"))
    assert "61 order lines" in words(content)
    assert "Of 61 lines, 60 sold something and 1 name no customer" in words(content)
    assert "7 customers join" in words(content)
    assert values_of(content)["schema", "order_date", "role", ""] == "ordered_on"


def test_the_day_that_a_file_speaks_of_can_be_said(shop: Shop) -> None:
    found = checked(shop, "ID,Income,City\n" + "".join(f"{n},{n},York\n" for n in range(1, 9)))
    assert "No column says which day the file speaks of" in words(seen(shop, found))
    content = changed(shop, found, Choice("as_of", "as_of", "2024-06-30"))
    assert values_of(content)["as_of", "", "as_of", ""] == "2024-06-30"
    assert "No column says" not in words(content)


def test_bounds_keep_every_digit(shop: Shop) -> None:
    found = checked(shop, customers_csv((40,)))
    content = changed(shop, found, Choice("values", "high", "1234567", "Income"))
    assert values_of(content)["values", "Income", "high", ""] == "1234567"


def test_who_may_not_see_customers_reads_nothing_about_single_ones(shop: Shop) -> None:
    found = checked(shop, "ID,Income,Wines spend\n1,5,-3\n2,6,4\n")
    assert "below zero" in words(seen(shop, found))
    as_viewer = words(seen(shop, found, MemberRole.VIEWER))
    assert "below zero" not in as_viewer
    assert "Nothing unusual found" not in as_viewer  # for it would not be true


def test_a_checked_file_can_be_discarded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = hear(monkeypatch)
    shop.import_file(customers_csv((40,)))
    found = checked(shop, customers_csv((41,)))
    assert "import-discard" in ids(seen(shop, found))
    assert "import-discard" not in ids(seen(shop, found, MemberRole.VIEWER))
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/imports/{found}")
        assert discarding.discard(view, found) == f"{HERE}/data?tab=imports"
    assert "customers.csv is discarded. No customer was changed." in str(heard)
    assert ("pulse", {"data": {"discarded": found}}) in heard
    assert "This file was discarded" in words(seen(shop, found))


def test_the_first_file_discarded_takes_its_dataset_along(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = hear(monkeypatch)
    found = checked(shop, BROKEN)
    with shop.writing() as session:
        assert discarding.discard(look(shop, session, f"{HERE}/imports/{found}"), found) == "/t/north-market"
    assert "Nothing else was in its dataset, which is gone too." in str(heard)
    assert "pulse" not in dict(heard)


KNOWN = "ID,Income,City\n" + "".join(f"{n},{30_000 + 7 * n},{'York' if n % 2 else 'Bath'}\n" for n in range(1, 41))
GAPS = "ID,Income,City\n" + "".join(f"{n},{'' if n <= 12 else 30_000 + 7 * n},{'York' if n % 2 and n != 5 else ''}\n" for n in range(1, 41))


def test_known_values_that_would_be_emptied_are_told_and_can_be_kept_for_one_column(shop: Shop) -> None:
    shop.import_file(KNOWN)
    found = checked(shop, GAPS)
    content = seen(shop, found)
    assert "33 known values would be emptied" in words(content)
    assert "12 customers have a value of Income now and none in this file: it will be emptied." in words(content)
    assert values_of(content)["values", "Income", "empty", ""] == "clear"
    content = changed(shop, found, Choice("values", "empty", "keep", "Income"))
    assert "21 known values would be emptied" in words(content)
    assert "12 customers have a value of Income now and none in this file: the known one is kept." in words(content)
    assert values_of(content)["every", "", "empty", ""] == "each"


def test_known_values_can_be_kept_for_the_whole_file_at_once_but_for_a_column(shop: Shop) -> None:
    shop.import_file(KNOWN)
    found = checked(shop, GAPS)
    content = changed(shop, found, Choice("every", "empty", "keep"))
    assert "would be emptied" not in words(content)
    assert values_of(content)["every", "", "empty", ""] == "keep"
    content = changed(shop, found, Choice("every", "empty", "clear"))
    assert "33 known values would be emptied" in words(content)
    with shop.reading() as session:
        report = services.show_import(session, shop.actor, found).report
    assert report is not None
    city, every = Choice("values", "empty", "clear", "City"), Choice("every", "empty", "keep")
    stated = imports.read_choices(["clear", "keep"], [city.id, every.id], report, {city.key: "keep", every.key: "clear"})
    assert stated["values"]["Income"]["empty"] == "keep"
    assert stated["values"]["City"]["empty"] == "clear"


def test_what_an_import_emptied_is_no_fault_of_its_columns(shop: Shop) -> None:
    shop.import_file(KNOWN)
    shop.import_file(GAPS)
    with shop.reading() as session:
        health = quality.show_health(session, shop.actor, shop.resources.store, "customers")
    assert health is not None
    [income] = [column for column in health.columns if column.quality.name == "income"]
    assert income.marks["implausible"].count == 0
    assert all("now" not in finding.message for finding in income.findings)


def test_answers_stand_where_the_questions_were_and_can_be_changed(shop: Shop) -> None:
    found = checked(shop, UNPROVEN)
    assert "decided" not in words(seen(shop, found))
    content = changed(shop, found, Choice("values", "date_order", "month_first", "Since"))
    assert "1 thing decided" in words(content)
    assert "How dates of Since are written: Month first" in words(content)
    assert len([choice for choice in choices_in(content) if choice.field == "date_order"]) == 1
    content = changed(shop, found, Choice("values", "date_order", "day_first", "Since"))
    assert "How dates of Since are written: Day first" in words(content)
    marketer = seen(shop, found, MemberRole.MARKETER)
    assert "How dates of Since are written: Day first" in words(marketer)
    assert choices_in(marketer) == []


def test_which_column_is_the_id_can_be_answered_otherwise(shop: Shop) -> None:
    found = checked(shop, "Age,Income\n" + "".join(f"{20 + n % 5},{30_000 + n % 9}\n" for n in range(30)))
    content = changed(shop, found, Choice("id", "customer_id", "(row number)"))
    assert "Which column is the customer id: The number of the row" in words(content)
    content = changed(shop, found, Choice("id", "customer_id", "Income"))
    assert "Which column is the customer id: Income" in words(content)
    assert "9 customers join" in words(content)


def test_what_nobody_asked_is_no_answer(shop: Shop) -> None:
    shop.import_file(UNPROVEN, mapping={"values": {"Since": {"date_order": "day_first"}}})
    content = seen(shop, checked(shop, UNPROVEN.replace("30", "31")))
    assert "1 thing decided" in words(content)  # as with the last file; the id was plain
    assert "customer id:" not in words(content)


def test_the_result_says_what_to_do_with_rejected_rows(shop: Shop) -> None:
    found = checked(shop, BROKEN)
    with shop.writing() as session:
        imports.confirm(look(shop, session, f"{HERE}/imports/{found}"), 1)
    run_jobs(shop.resources)
    told = "Correct these rows in the downloaded file and import that file to update: only the customers of these rows change."
    assert told in words(seen(shop, found))
    assert "Correct these rows" not in words(seen(shop, found, MemberRole.VIEWER))


def test_the_result_leads_to_what_makes_the_segments_speak_of_these_customers(shop: Shop) -> None:
    """A re-cluster, then the promotion of what it found; an import that others followed says so."""
    shop.import_file(customers_csv((40, 30)))
    shop.recluster(k=2)
    shop.import_file(customers_csv((40, 35)))
    with shop.reading() as session:
        second, first = (each.id for each in services.list_imports(session, shop.actor, "customers"))
    assert "Models says whether it is time to find them anew" in words(seen(shop, second))
    assert "Version 1, the champion, was fitted on these customers" in words(seen(shop, first))
    assert "Other imports followed. Customers now holds 75 customers" in words(seen(shop, first))
    shop.recluster(k=2)
    result = seen(shop, second)
    assert "Version 2 was fitted on them" in words(result)
    assert any("compare?a=1&b=2" in href for href in links(result))
    with shop.writing() as session:
        promote_version(session, shop.actor, "customers", 2)
    assert "Version 2, the champion, was fitted on these customers" in words(seen(shop, second))
