"""Modes of an import, undoing one, mappings that are used again, and what a dry run says beside its counts."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from segmentation.codec import to_json
from tests.webapp.tasks.test_importing import FILE, current, plain, records
from tests.webapp.working import Shop, count_rows, customers_csv, open_shop, run_jobs, store_file
from webapp.edge import Resources
from webapp.models import AuditEvent, Customer, Dataset, Import, Snapshot
from webapp.services.data import imports, snapshots, timeline
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.imports import ImportDetail, ImportReport
from webapp.services.errors import Conflict, Invalid
from webapp.services.modelling import versions
from webapp.services.work import jobs


@pytest.fixture
def shop(resources: Resources) -> Shop:
    return open_shop(resources)


@pytest.fixture
def sqlite_shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def bring(shop: Shop, data: str, **options: object) -> tuple[ImportDetail, ImportReport]:
    done = shop.import_file(data, **options)
    assert done.report is not None, done.message
    return done, done.report


def check(shop: Shop, data: str | bytes, **options: object) -> ImportReport:
    """The report of a dry run."""
    file = store_file(shop.resources, shop.actor, data)
    with shop.writing() as session:
        slug = ensure_dataset(session, shop.actor, "Customers").slug
        started = imports.start_import(session, shop.actor, slug, file, **options)  # type: ignore[arg-type]
    run_jobs(shop.resources)
    with shop.reading() as session:
        report = imports.show_import(session, shop.actor, started.id).report
    assert report is not None
    return report


def undo(shop: Shop, import_id: str) -> ImportDetail:
    with shop.writing() as session:
        imports.undo_import(session, shop.actor, import_id)
    run_jobs(shop.resources)
    with shop.reading() as session:
        return imports.show_import(session, shop.actor, import_id)


def stored(shop: Shop) -> list[tuple[object, ...]]:
    """Every customer row of the database, whole; imports are named by their ids."""
    with shop.reading() as session:
        ids = dict(session.execute(select(Import.ref, Import.id)).all())
        rows = session.scalars(select(Customer).order_by(Customer.customer_key))
        return [(row.customer_key, row.attributes, row.consent, ids[row.first_import_ref], ids[row.last_import_ref]) for row in rows]


def consents(shop: Shop) -> dict[str, str]:
    with shop.reading() as session:
        return dict(session.execute(select(Customer.customer_key, Customer.consent)).all())


def test_append_leaves_known_customers_alone(shop: Shop) -> None:
    bring(shop, FILE)
    done, report = bring(shop, "Id,Income,Visits\nb,1,4\nd,40000,2\n", mode="append")
    assert (report.mode, report.new, report.changed, report.known, report.removed) == ("append", 1, 0, 1, 0)
    found = records(shop)
    assert found["b"]["income"] == 20000.0
    assert "visits" not in found["b"]
    assert found["d"] == {"income": 40000.0, "visits": 2}
    assert plain(current(shop)[1]) == found
    assert done.snapshot == 2
    again, report = bring(shop, "Id,Income\nb,7\n", mode="append")
    assert (again.status, again.snapshot, report.accepted) == ("done", 2, 1)


def test_replace_takes_out_whom_the_file_lacks_and_keeps_their_columns(shop: Shop) -> None:
    bring(shop, FILE)
    done, report = bring(shop, "Id,Income\nb,21000\nd,40000\n", mode="replace")
    assert (report.new, report.changed, report.unchanged, report.removed) == (1, 1, 0, 2)
    found = records(shop)
    assert set(found) == {"b", "d"}
    assert found["b"]["city"] == "York"
    assert plain(current(shop)[1]) == found
    assert current(shop)[0].customers == 2
    assert report.missing == ("Wine spend", "Since", "City", "Response")
    with shop.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "import.stored", AuditEvent.subject == done.id)).one()
        assert (event.details["mode"], event.details["removed"]) == ("replace", 2)


def test_a_withdrawal_of_a_customer_who_left_holds_when_they_come_back(shop: Shop) -> None:
    bring(shop, "Id,Income,Consent\na,1,yes\nb,2,no\nc,3,\n")
    bring(shop, "Id,Income\nc,3\n", mode="replace")
    assert consents(shop) == {"c": "unknown"}
    bring(shop, "Id,Income\na,1\nb,2\n")
    assert consents(shop) == {"a": "unknown", "b": "withdrawn", "c": "unknown"}  # who had agreed is asked again


def test_no_undoing_makes_a_consent_of_a_withdrawal(shop: Shop) -> None:
    bring(shop, "Id,Income,Consent\na,1,no\nb,2,yes\n")
    bring(shop, "Id,Income,Consent\nb,2,yes\n", mode="replace")
    back, _ = bring(shop, "Id,Income,Consent\na,1,yes\nb,2,yes\n")
    gone, _ = bring(shop, "Id,Income,Consent\nb,2,yes\n", mode="replace")
    assert undo(shop, gone.id).status == undo(shop, back.id).status == "undone"
    bring(shop, "Id,Income\na,150\n")
    assert consents(shop)["a"] == "withdrawn"


def test_a_word_that_nobody_knows_is_no_consent(shop: Shop) -> None:
    bring(shop, "Id,Income,Consent\na,1,yes\nb,2,yes\nc,3,yes\n")
    _, report = bring(shop, "Id,Income,Consent\na,1,nein danke\nb,2,\nc,3,unsubscribed\n")
    assert consents(shop) == {"a": "withdrawn", "b": "given", "c": "withdrawn"}
    (told,) = [finding for finding in report.findings if finding.code == "consent_unread"]
    assert (told.severity, told.count, told.words) == ("flag", 1, (("nein danke", "withdrawn"),))
    _, report = bring(shop, "Id,Income,Consent\na,9,maybe\n", mapping={"values": {"Consent": {"folds": {"maybe": "given"}}}})
    assert consents(shop)["a"] == "given"
    assert "consent_given_again" in {finding.code for finding in report.findings}


def test_of_several_consents_the_strictest_holds(shop: Shop) -> None:
    _, report = bring(shop, "Id,Income,email_consent,sms_consent\na,1,yes,no\nb,2,yes,yes\nc,3,yes,\n")
    assert consents(shop) == {"a": "withdrawn", "b": "given", "c": "unknown"}
    assert "several_consents" in {finding.code for finding in report.findings}


def test_a_withdrawal_in_a_file_that_only_adds_is_told(shop: Shop) -> None:
    bring(shop, "Id,Income,Consent\na,1,yes\nb,2,yes\n")
    _, report = bring(shop, "Id,Income,Consent\na,1,no\nz,2,yes\n", mode="append")
    assert [finding.count for finding in report.findings if finding.code == "withdrawal_left_alone"] == [1]


def test_consent_given_again_is_told_even_where_the_column_was_ignored_meanwhile(shop: Shop) -> None:
    bring(shop, "Id,Income,Consent\na,10000,no\n")
    bring(shop, "Id,Income,Consent\na,20000,no\n", mapping={"schema": {"Consent": "ignore"}})
    _, report = bring(shop, "Id,Income,Consent\na,30000,yes\n", mapping={"schema": {"Consent": "consent"}})
    assert "consent_given_again" in {finding.code for finding in report.findings}


def test_nothing_is_imported_that_the_check_did_not_show(shop: Shop) -> None:
    bring(shop, "Id,Income\na,1\nb,2\n")
    with shop.writing() as session:
        file = store_file(shop.resources, shop.actor, "Id,Income\na,1\nb,2\n")
        checked = imports.start_import(session, shop.actor, "customers", file, mode="replace")
    run_jobs(shop.resources)
    bring(shop, "Id,Income\nc,3\nd,4\n")
    with shop.writing() as session:
        imports.confirm_import(session, shop.actor, checked.id)
    run_jobs(shop.resources)
    with shop.reading() as session:
        refused = imports.show_import(session, shop.actor, checked.id)
    assert refused.status == "failed"
    assert "Since the file was checked" in (refused.message or "")
    assert set(records(shop)) == {"a", "b", "c", "d"}


def test_a_withdrawal_is_never_lost_in_silence(shop: Shop) -> None:
    bring(shop, "Id,Income,Consent\na,1,no\nb,2,no\nc,3,yes\n")
    _, report = bring(shop, "Id,Income,Consent\na,10,\nb,20,yes\nc,30,\n")
    assert consents(shop) == {"a": "withdrawn", "b": "given", "c": "given"}
    told = {finding.code: (finding.severity, finding.count) for finding in report.findings}
    assert told["consent_given_again"] == ("flag", 1)
    assert told["consent_stays_withdrawn"] == ("note", 1)
    assert report.flagged >= 1


@pytest.mark.parametrize("mode", ["update", "append", "replace"])
def test_undoing_restores_every_row_and_the_snapshot(shop: Shop, mode: str) -> None:
    bring(shop, "Id,Income,Consent\na,1,yes\nb,2,no\nc,3,\n")
    bring(shop, "Id,Visits\nb,5\n")
    before, kept = stored(shop), current(shop)[0].number
    with shop.reading() as session:
        columns = session.scalars(select(Dataset)).one().column_schema
    done, _ = bring(shop, "Id,Income,Consent,Club\na,9,no,x\nz,5,yes,y\n", mode=mode)
    assert stored(shop) != before
    undone = undo(shop, done.id)
    assert undone.status == "undone"
    assert stored(shop) == before
    assert current(shop)[0].number == kept
    assert plain(current(shop)[1]) == records(shop)
    with shop.reading() as session:
        assert session.scalars(select(Dataset)).one().column_schema == columns
        assert session.scalars(select(AuditEvent.action).where(AuditEvent.subject == done.id)).all()[-1] == "import.undone"
        current_of = {each.number: each.current for each in timeline.show_timeline(session, shop.actor, "customers")}
    assert current_of[kept]
    again, _ = bring(shop, "Id,Income,Consent,Club\na,9,no,x\nz,5,yes,y\n", mode=mode)
    assert again.snapshot == done.snapshot


def test_undoing_the_first_import_leaves_nothing(shop: Shop) -> None:
    first, _ = bring(shop, FILE)
    assert undo(shop, first.id).status == "undone"
    with shop.reading() as session:
        assert count_rows(session, Customer) == [0]
        dataset = session.scalars(select(Dataset)).one()
        assert (dataset.column_schema, snapshots.latest_snapshot(session, dataset)) == (None, None)
    bring(shop, "Id,City\n1,York\n2,Bath\n")
    assert set(records(shop)) == {"1", "2"}


def test_what_is_built_upon_cannot_be_undone(sqlite_shop: Shop) -> None:
    first, _ = bring(sqlite_shop, customers_csv((20, 20)))
    second, _ = bring(sqlite_shop, customers_csv((5,), first=900))
    with sqlite_shop.writing() as session, pytest.raises(Conflict, match=r"customers.csv was imported later .* Undo that one first"):
        imports.undo_import(session, sqlite_shop.actor, first.id)
    with sqlite_shop.writing() as session:
        versions.request_recluster(session, sqlite_shop.actor, "customers")
    with sqlite_shop.writing() as session, pytest.raises(Conflict, match="Version 1 is being fitted"):
        imports.undo_import(session, sqlite_shop.actor, second.id)
    run_jobs(sqlite_shop.resources)
    with sqlite_shop.writing() as session, pytest.raises(Conflict, match=r"Version 1 was fitted on these customers"):
        imports.undo_import(session, sqlite_shop.actor, second.id)
    with sqlite_shop.reading() as session:
        found = imports.preview_undo(session, sqlite_shop.actor, second.id)
    assert "Version 1" in (found.problem or "")
    assert (found.code, found.details["version"]) == ("version_depends", 1)
    checked = check(sqlite_shop, FILE)
    with sqlite_shop.reading() as session:
        latest = imports.list_imports(session, sqlite_shop.actor, "customers")[0]
    assert checked.new == 3
    with sqlite_shop.writing() as session, pytest.raises(Conflict, match="only one that was stored"):
        imports.undo_import(session, sqlite_shop.actor, latest.id)


def test_an_undo_that_was_overtaken_changes_nothing(sqlite_shop: Shop) -> None:
    first, _ = bring(sqlite_shop, FILE)
    with sqlite_shop.writing() as session:
        asked = imports.undo_import(session, sqlite_shop.actor, first.id)
        assert imports.undo_import(session, sqlite_shop.actor, first.id).job_id == asked.job_id
        file = store_file(sqlite_shop.resources, sqlite_shop.actor, FILE.replace("20000", "1"))
        newer = imports.start_import(session, sqlite_shop.actor, "customers", file, check=False)
    with sqlite_shop.writing() as session:
        mine = imports.show_import(session, sqlite_shop.actor, newer.id).job_id
        held = session.get_one(jobs.Job, asked.job_id)
        held.created_at, session.get_one(jobs.Job, mine).created_at = session.get_one(jobs.Job, mine).created_at, held.created_at
    run_jobs(sqlite_shop.resources)
    with sqlite_shop.reading() as session:
        assert imports.show_import(session, sqlite_shop.actor, first.id).status == "done"
        ended = jobs.show_job(session, sqlite_shop.actor, asked.job_id or "")
    assert ended.status == "failed"
    assert "Undo that one first" in (ended.message or "")
    assert records(sqlite_shop)["b"]["income"] == 1.0


def test_an_unknown_mode_is_refused(sqlite_shop: Shop) -> None:
    with pytest.raises(Invalid, match="update, append, replace"):
        sqlite_shop.import_file(FILE, mode="merge")


def test_a_confirmed_mapping_is_used_again_for_the_same_headers(sqlite_shop: Shop) -> None:
    stated = {"schema": {"Code": "customer_id", "Since": "enrolled_on", "Amount": "spend"}, "values": {"Amount": {"high": 100.0}}}
    first, report = bring(sqlite_shop, "Code,Amount,Since\n1,5,02/03/2024\n2,6,25/03/2024\n", mapping=stated)
    assert report.format.date_order == "day_first"
    assert report.mapping_from is None
    _, later = bring(sqlite_shop, "Since,Code,Amount\n04/03/2024,3,7\n05/03/2024,1,8\n")
    assert later.mapping_from is not None
    assert later.mapping_from.import_id == first.id
    assert later.schema == {"Since": "enrolled_on", "Code": "customer_id", "Amount": "spend"}
    assert later.format.date_order == "day_first"
    assert later.values["Amount"]["high"] == 100.0
    assert records(sqlite_shop)["3"]["since"] == "2024-03-04"
    _, other = bring(sqlite_shop, "Code,Amount\n4,7\n5,8\n")
    assert other.mapping_from is None


def test_what_a_report_says_of_a_file_reads_it_the_same_again(sqlite_shop: Shop) -> None:
    text = "Id;Betrag;Seit;Ort\n1;5,5;02.03.2024;K\u00f6ln\n2;6;25.03.2024;Bonn\n"
    report = check(sqlite_shop, text.encode("cp1252"))
    stated = json.loads(json.dumps({"schema": report.schema, "format": to_json(report.format), "values": report.values}))
    again = check(sqlite_shop, text.encode("cp1252"), mapping=stated)
    assert (again.schema, again.format, again.values) == (report.schema, report.format, report.values)
    assert (again.new, again.rejected) == (report.new, report.rejected)


@pytest.mark.parametrize(
    "values",
    [
        [],
        {"Amount": 3},
        {"Amount": {"high": "x"}},
        {"Amount": {"low": 5, "high": 1}},
        {"Amount": {"folds": {"a": 1}}},
        {"Amount": {"odd": 1}},
        *({"Amount": {"high": bound}} for bound in (float("nan"), float("inf"), 1e999, 10**400, "5", True, [], {})),
        {"Amount": {"impossible": []}},
        {"Amount": {"folds": []}},
        {"Amount": {"folds": {"a": " "}}},
    ],
)
def test_values_that_cannot_be_taken_are_refused(values: object) -> None:
    with pytest.raises(Invalid):
        imports.clean_mapping({"values": values})


def test_the_very_same_file_is_recognised_and_not_read_again(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = bring(sqlite_shop, FILE + "d,much,1,2024-01-01,York,0\n", mapping={"schema": {"Income": "income"}})
    with monkeypatch.context() as patched:
        patched.setattr("webapp.tasks.importing.read_customers", None)
        again, report = bring(sqlite_shop, FILE + "d,much,1,2024-01-01,York,0\n", mapping={"schema": {"Income": "income"}})
    assert (again.status, again.snapshot) == ("done", first.snapshot)
    assert (report.new, report.changed, report.unchanged, report.rejected, report.file_rows) == (0, 0, 3, 1, 4)
    assert report.same_as is not None
    assert report.same_as.import_id == first.id
    assert "very same file" in report.findings[0].message
    bring(sqlite_shop, "Id,Income\nb,1\n")
    _, changed = bring(sqlite_shop, FILE + "d,much,1,2024-01-01,York,0\n", mapping={"schema": {"Income": "income"}})
    assert (changed.changed, changed.same_as) == (1, None)
    shuffled = "\n".join([FILE.splitlines()[0], *reversed(FILE.splitlines()[1:])]) + "\n"
    _, same = bring(sqlite_shop, shuffled)
    assert (same.new, same.changed, same.unchanged) == (0, 0, 3)


def test_rejected_rows_come_back_corrected(sqlite_shop: Shop) -> None:
    lines = ["Id,Income,City,Note", "a,1,York,=2+2", "b,much,Bath,-x", 'c,3,"Bath, UK",fine', "d,4,York", "e,lots,@home,'=x"]
    done, report = bring(sqlite_shop, "\n".join(lines) + "\n", mapping={"schema": {"Income": "income", "Note": "category"}})
    assert (report.new, report.rejected) == (2, 3)
    with sqlite_shop.reading() as session:
        returned = imports.read_rejects(session, sqlite_shop.actor, sqlite_shop.resources.store, done.id).data.decode("utf-8-sig")
    rows = returned.splitlines()
    assert rows[0] == "line,reason,Id,Income,City,Note"
    assert rows[1] == "3,Income: not a number,b,much,Bath,'-x"
    assert rows[2].startswith('5,3 cells where the header has 4; the whole row stands in the first column,"d,4,York",')
    assert rows[3] == "6,Income: not a number,e,lots,'@home,'=x"
    corrected = returned.replace("much", "20").replace("lots", "50")
    _, again = bring(sqlite_shop, corrected)
    assert (again.new, again.rejected) == (2, 1)
    assert "still stands in one cell" in again.rejects[0].reason
    assert any(finding.code == "returned_file" for finding in again.findings)
    found = records(sqlite_shop)
    assert set(found) == {"a", "b", "c", "e"}
    assert found["b"] == {"income": 20.0, "city": "Bath", "note": "-x"}
    assert found["e"] == {"income": 50.0, "city": "@home", "note": "=x"}
    assert again.mapping_from is not None
    assert again.ignored == ()


def test_a_dry_run_says_who_would_change_segment_and_what_drifted(swept_shop: Shop) -> None:
    swept_shop.recluster()
    untouched = check(swept_shop, customers_csv((50, 50, 50)) + "\n")
    assert untouched.moves is not None
    assert (untouched.moves.stayed, untouched.moves.moved, untouched.moves.placed, untouched.moves.looked_at) == (150, 0, 0, 150)
    rows = customers_csv((50, 50, 50)).splitlines()
    last = rows[101].split(",")  # the first of the third group
    mixed = [rows[0], ",".join(["1", *last[1:]]), ",".join(["777", *last[1:]])]
    report = check(swept_shop, "\n".join(mixed) + "\n")
    moves = report.moves
    assert moves is not None
    assert (moves.version, moves.customers, moves.stayed, moves.moved, moves.placed, moves.gone) == (1, 151, 149, 1, 1, 0)
    going = next(flow for flow in moves.flows if flow.before and flow.after and flow.before != flow.after)
    coming = next(flow for flow in moves.flows if flow.new)
    assert (going.customers, coming.customers) == (1, 1)
    assert going.after == coming.after
    assert set(moves.names) >= {going.before, going.after}
    gone = check(swept_shop, "\n".join(rows[:101]) + "\n", mode="replace")
    assert gone.moves is not None
    assert (gone.removed, gone.moves.gone, gone.moves.stayed) == (50, 50, 100)
    drifted = {each.source: each.word for each in gone.drift}
    assert drifted["Income"] == "large"
    assert gone.drift[0].psi >= gone.drift[-1].psi
    assert "ID" not in drifted


def test_a_dry_run_past_the_bound_looks_at_a_sample(swept_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    swept_shop.recluster()
    monkeypatch.setattr("webapp.tasks.comparing.MOST_PLACED", 50)
    report = check(swept_shop, customers_csv((1,)), as_of=date.today())
    assert report.moves is not None
    assert 0 < report.moves.looked_at < report.moves.customers == 150
    assert report.moves.stayed + report.moves.moved == report.moves.looked_at


def test_what_the_dry_run_said_of_segments_stays_in_the_result(swept_shop: Shop) -> None:
    swept_shop.recluster()
    file = store_file(swept_shop.resources, swept_shop.actor, customers_csv((2,), seed=5))
    with swept_shop.writing() as session:
        started = imports.start_import(session, swept_shop.actor, "customers", file)
    run_jobs(swept_shop.resources)
    with swept_shop.writing() as session:
        checked = imports.show_import(session, swept_shop.actor, started.id).report
        imports.confirm_import(session, swept_shop.actor, started.id)
    run_jobs(swept_shop.resources)
    with swept_shop.reading() as session:
        done = imports.show_import(session, swept_shop.actor, started.id)
        assert count_rows(session, Snapshot) == [2]
    assert checked is not None
    assert checked.moves is not None
    assert (done.status, done.report) == ("done", checked)


KNOWN = "Id,Income,City\na,10000,Bath\nb,20000,York\nc,,York\n"


def test_known_values_that_a_file_lacks_are_told_before_they_are_emptied(shop: Shop) -> None:
    bring(shop, KNOWN)
    gaps = "Id,Income,City\na,,Bath\nb,,\nc,,York\nd,,\n"
    report = check(shop, gaps)
    assert {finding.column: finding.message for finding in report.findings if finding.code == "emptied"} == {
        "Income": "2 customers have a value of Income now and none in this file: it will be emptied. Customer a, for example, has 10,000.",
        "City": "1 customer has a value of City now and none in this file: it will be emptied. Customer b, for example, has “York”.",
    }
    assert report.emptied == 3
    assert records(shop)["a"]["income"] == 10000
    bring(shop, gaps)
    assert records(shop)["a"] == {"city": "Bath"}


def test_known_values_are_kept_where_somebody_says_so_and_for_the_next_file_too(shop: Shop) -> None:
    bring(shop, KNOWN)
    _, report = bring(shop, "Id,Income,City\na,,\nb,21000,York\n", mapping={"values": {"Income": {"empty": "keep"}}})
    assert [finding.code for finding in report.findings if finding.code in ("emptied", "known_kept")] == ["known_kept", "emptied"]
    assert records(shop)["a"] == {"income": 10000}
    assert records(shop)["b"] == {"income": 21000, "city": "York"}
    assert plain(current(shop)[1]) == records(shop)
    _, later = bring(shop, "Id,Income,City\nb,,York\n")
    assert (later.changed, later.unchanged, later.values["Income"]["empty"]) == (0, 1, "keep")
    bring(shop, "Id,Income,City\nb,,York\n", mapping={"values": {"Income": {"empty": "clear"}}})
    assert records(shop)["b"] == {"city": "York"}


def test_nothing_is_emptied_by_what_takes_nothing(shop: Shop) -> None:
    bring(shop, "Id,Income,Consent\na,5,yes\nb,6,no\n")
    report = check(shop, "Id,Income,Consent\na,7,\nb,8,\n")
    assert report.emptied == 0
    assert check(shop, "Id,Income\na,\nb,\n", mode="append").emptied == 0
    with pytest.raises(AssertionError, match="takes nothing"):
        bring(shop, "Id,Income,Consent\na,7,\n", mapping={"values": {"Consent": {"empty": "keep"}}})


def test_more_emptied_values_than_the_check_showed_are_refused(sqlite_shop: Shop) -> None:
    shop = sqlite_shop
    bring(shop, "Id,Income\na,5\nb,\n")
    file = store_file(shop.resources, shop.actor, "Id,Income\na,\nb,\n")
    with shop.writing() as session:
        started = imports.start_import(session, shop.actor, "customers", file)
    run_jobs(shop.resources)
    bring(shop, "Id,Income\nb,9\n")
    with shop.writing() as session:
        imports.confirm_import(session, shop.actor, started.id)
    run_jobs(shop.resources)
    with shop.reading() as session:
        shown = imports.show_import(session, shop.actor, started.id)
    assert shown.status == "failed"
    assert "Since the file was checked" in (shown.message or "")


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({"schema": {"(row number)": "income"}}, "(row number)"),
        ({"schema": {"A": ["income"]}}, "A"),
        ({"schema": {"A\0": "income"}}, "mapping"),
        ({"format": {"sheet": "First"}}, "sheet"),
        ({"format": {"container": "text", "sheet": "First"}}, "sheet"),
        ({"format": {"container": "xlsx", "delimiter": ";"}}, "container"),
        ({"format": {"container": ["text"]}}, "container"),
        ({"format": {"odd": 1}}, "format"),
        ({"formats": {}}, "mapping"),
    ],
)
def test_mappings_that_cannot_be_taken_are_refused_by_field(mapping: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        imports.clean_mapping(mapping)
    assert refusal.value.details["field"] == field


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1899, 12, 31), date(9999, 12, 31), date.today() + timedelta(days=3)])
def test_no_file_is_of_an_absurd_day(sqlite_shop: Shop, day: date) -> None:
    with pytest.raises(Invalid) as refusal:
        bring(sqlite_shop, FILE, as_of=day)
    assert refusal.value.details == {"field": "as_of"}
    first, _ = bring(sqlite_shop, FILE)
    with sqlite_shop.writing() as session, pytest.raises(Invalid):
        imports.change_mapping(session, sqlite_shop.actor, first.id, {}, as_of=day)


def test_what_an_undone_import_taught_is_forgotten(sqlite_shop: Shop) -> None:
    first, _ = bring(sqlite_shop, FILE, mapping={"schema": {"Income": "income"}})
    second, report = bring(sqlite_shop, FILE.replace("10", "11"), mapping={"schema": {"Income": "number"}})
    assert report.schema["Income"] == "number"
    undo(sqlite_shop, second.id)
    again = check(sqlite_shop, FILE.replace("10", "12"))
    assert again.schema["Income"] == "income"
    assert again.mapping_from is not None
    assert again.mapping_from.import_id == first.id
    undo(sqlite_shop, first.id)
    assert check(sqlite_shop, FILE.replace("10", "13")).mapping_from is None


def test_what_finds_segments_is_judged_by_all_customers_that_there_will_be(sqlite_shop: Shop) -> None:
    """Everybody in the second file has one income, which says nothing of them alone and much of them beside the others."""
    rows = "".join(f"{number},500,{number % 3}\n" for number in range(900, 912))
    few = f"ID,Income,Visits\n{rows}"

    def uses(report: ImportReport) -> dict[str, str]:
        return {choice.source: choice.use for choice in report.columns}

    assert uses(check(sqlite_shop, few))["Income"] == "no, profile only"
    bring(sqlite_shop, customers_csv((30, 30)))
    assert uses(check(sqlite_shop, few))["Income"] == "in income"
    assert uses(check(sqlite_shop, few, mode="replace"))["Income"] == "no, profile only"
