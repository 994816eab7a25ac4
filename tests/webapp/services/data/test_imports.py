"""The steps of an import as people take them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.webapp.working import Shop, open_shop, run_jobs, store_file
from webapp.edge import Resources
from webapp.models import AuditEvent, Job, MemberRole
from webapp.services.data import imports, timeline
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.imports import ImportDetail
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound

FILE = "Number,Income,Email,Score\n1,10,a@x.example,5\n2,20,b@x.example,6\n3,x,c@x.example,7\n"


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def start(shop: Shop, data: str | bytes = FILE, **options: object) -> ImportDetail:
    file = store_file(shop.resources, shop.actor, data, name="C:\\files\\march.csv")
    with shop.writing() as session:
        slug = ensure_dataset(session, shop.actor, "Customers").slug
        return imports.start_import(session, shop.actor, slug, file, **options)  # type: ignore[arg-type]


def show(shop: Shop, import_id: str) -> ImportDetail:
    run_jobs(shop.resources)
    with shop.reading() as session:
        return imports.show_import(session, shop.actor, import_id)


STATED = {"schema": {"Number": "customer_id", "Income": "income", "Email": "contact", "Score": "number"}}


def test_from_upload_to_check_to_import(shop: Shop) -> None:
    started = start(shop, mapping=STATED)
    assert (started.status, started.file_name, started.report) == ("checking", "march.csv", None)
    checked = show(shop, started.id)
    assert checked.status == "checked"
    assert checked.report is not None
    assert (checked.report.new, checked.report.rejected, checked.report.accepted) == (2, 1, 2)
    assert checked.report.schema == STATED["schema"]
    columns = {column.source: column for column in checked.report.columns}
    assert columns["Income"].first_values == ("10", "20", "x")
    assert columns["Email"].first_values == (), "a contact is not shown in a report"
    assert (columns["Number"].use, columns["Income"].use) == ("no, identifies", "in income")
    assert columns["Score"].filled == 1.0
    with shop.writing() as session:
        assert imports.confirm_import(session, shop.actor, started.id).status == "importing"
        with pytest.raises(Conflict):
            imports.confirm_import(session, shop.actor, started.id)
    done = show(shop, started.id)
    assert (done.status, done.snapshot) == ("done", 1)
    with shop.reading() as session:
        assert [each.id for each in imports.list_imports(session, shop.actor, "customers")] == [done.id]
        assert done.job_id in session.scalars(select(Job.id)).all()
        (summary,) = timeline.show_timeline(session, shop.actor, "customers")
        assert (summary.number, summary.customers, summary.import_id, summary.current) == (1, 2, done.id, True)
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == done.id).order_by(AuditEvent.at)).all()
    assert actions == ["import.uploaded", "import.checked", "import.confirmed", "import.stored"]


def test_roles_can_be_changed_where_no_column_is_an_id_and_again(shop: Shop) -> None:
    failed = show(shop, start(shop, "Label,Score\nx,1\nx,2\n").id)
    assert failed.report is not None
    assert (failed.status, failed.report.unidentified, failed.report.accepted) == ("checked", True, 0)
    with shop.writing() as session, pytest.raises(Conflict):
        imports.confirm_import(session, shop.actor, failed.id)
    with shop.writing() as session:
        imports.change_mapping(session, shop.actor, failed.id, {"schema": {"Score": "customer_id"}})
    checked = show(shop, failed.id)
    assert (checked.status, checked.message) == ("checked", None)
    assert checked.report is not None
    assert checked.report.schema["Score"] == "customer_id"
    with shop.writing() as session:
        imports.change_mapping(session, shop.actor, failed.id, {"schema": {"Label": "ignore"}})
    again = show(shop, failed.id)
    assert again.report is not None
    assert again.report.schema == {"Label": "ignore", "Score": "customer_id"}


def test_later_files_keep_what_was_stated_of_their_columns(shop: Shop) -> None:
    start(shop, "Score,Income\n1,10\n2,20\n", mapping={"schema": {"Score": "customer_id"}}, check=False)
    run_jobs(shop.resources)
    later = show(shop, start(shop, "Score,Income\n2,20\n3,30\n").id)
    assert later.report is not None
    assert later.report.schema["Score"] == "customer_id"
    assert (later.report.new, later.report.unchanged) == (1, 1)


@pytest.mark.parametrize(
    "mapping",
    [
        {"schema": {"Income": "magic"}},
        {"roles": {}},
        {"format": {"quote": "'"}},
        {"format": {"delimiter": "x"}},
        {"format": {"container": "zip"}},
        {"format": {"sheet": 1}},
    ],
    ids=["role", "part", "format", "delimiter", "container", "sheet"],
)
def test_a_mapping_that_cannot_be_taken_is_refused(shop: Shop, mapping: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        start(shop, mapping=mapping)


def test_a_format_may_leave_out_what_the_file_says_itself(shop: Shop) -> None:
    checked = show(shop, start(shop, "ID;Income\n1;10\n2;20\n", mapping={"format": {"date_order": "month_first"}}).id)
    assert checked.report is not None
    assert (checked.report.file_rows, checked.report.format.delimiter) == (2, ";")


def test_a_file_of_two_encodings_is_read_and_told(shop: Shop) -> None:
    content = "ID,Name,Income\n1,Zoë,10\n2,Žofia,20\n".encode() + "3,Özil,30\n".encode("cp1252")
    checked = show(shop, start(shop, content, mapping={"schema": {"Name": "category"}}).id)
    assert checked.report is not None
    assert (checked.report.file_rows, checked.report.rejected) == (3, 0)
    assert "mixed_encoding" in {finding.code for finding in checked.report.findings}


def test_a_check_without_acceptable_rows_cannot_be_confirmed(shop: Shop) -> None:
    checked = show(shop, start(shop, "Number,Income\n,10\n,20\n", mapping={"schema": {"Number": "customer_id"}}).id)
    assert checked.status == "checked"
    with shop.writing() as session, pytest.raises(Conflict, match="No row"):
        imports.confirm_import(session, shop.actor, checked.id)


def test_values_of_the_file_are_kept_from_viewers(shop: Shop) -> None:
    checked = show(shop, start(shop, mapping=STATED).id)
    with shop.reading() as session:
        seen = imports.show_import(session, shop.member(MemberRole.VIEWER), checked.id).report
    assert seen is not None
    assert {reject.value for reject in seen.rejects} == {""}
    assert {column.first_values for column in seen.columns} == {()}


def test_strangers_and_lower_roles_are_kept_out(shop: Shop) -> None:
    checked = show(shop, start(shop, mapping=STATED).id)
    file = store_file(shop.resources, shop.actor, FILE)
    store = shop.resources.store
    acts = (
        lambda session, actor: imports.start_import(session, actor, "customers", file),
        lambda session, actor: imports.change_mapping(session, actor, checked.id, {"schema": {}}),
        lambda session, actor: imports.confirm_import(session, actor, checked.id),
        lambda session, actor: imports.read_rejects(session, actor, store, checked.id),
    )
    reads = (
        lambda session, actor: imports.show_import(session, actor, checked.id),
        lambda session, actor: imports.list_imports(session, actor, "customers"),
        lambda session, actor: timeline.show_timeline(session, actor, "customers"),
    )
    for act in acts:
        with shop.writing() as session, pytest.raises(Forbidden):
            act(session, shop.member(MemberRole.MARKETER))
    for act in (*acts, *reads):
        with shop.writing() as session, pytest.raises(NotFound):
            act(session, shop.stranger)
