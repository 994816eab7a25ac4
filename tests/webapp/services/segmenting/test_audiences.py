"""Audiences are frozen, whatever changes around them; they are chosen as lists and files are, and read as each role may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from sqlalchemy.orm import Session

from tests.webapp.months import DAYS, FEBRUARY, FILE, GROWN, JANUARY, V1, V2, consenting, counted, later, open_months
from tests.webapp.working import Shop, run_jobs
from webapp.edge import Resources
from webapp.models import AlteredAudience, Audience, AuditEvent, MemberRole
from webapp.services.access import Actor, team_dataset
from webapp.services.browsing.customers import CustomerQuery, page_customers
from webapp.services.browsing.exports import SavedExport, save_customers
from webapp.services.data import imports
from webapp.services.data.datasets import confirm_legal_basis, ensure_dataset
from webapp.services.data.leftovers import sweep_files
from webapp.services.doctor import examine_team
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.modelling.promotions import promote_version
from webapp.services.modelling.retention import change_keeping
from webapp.services.segmenting import audiences
from webapp.services.segmenting.audience_choices import Choice, Flow, make_choice
from webapp.services.segmenting.audience_today import AudienceToday, show_today
from webapp.services.segmenting.audiences import (
    AudienceSummary,
    archive_audience,
    change_audience,
    list_audiences,
    locate_audience,
    propose_audience,
    save_audience,
    show_audience,
)
from webapp.services.segmenting.flows import JOINED, changed_filter, flow_filter, watch_filter
from webapp.services.segmenting.listings import older_listing
from webapp.services.segmenting.movements import MovementReport
from webapp.services.segmenting.segments import show_segments
from webapp.services.segmenting.selections import Selection, select_customers
from webapp.store import StoreError

DATASET = "customers"
RICH = Choice({"f": "income~ge~60000"})
WITHOUT_3 = consenting(FILE.replace("\n3,", "\n999,"))
"""January's file as it would be without customer 3."""


@pytest.fixture
def shop(months_shop: Shop) -> Shop:
    return months_shop


@pytest.fixture
def flows(shop: Shop) -> MovementReport:
    """Version 1 on January to version 2 on February."""
    return counted(shop, V1, V2)


def save(shop: Shop, choice: Choice = RICH, *, actor: Actor | None = None, **words: str) -> AudienceSummary:
    with shop.writing() as session:
        return save_audience(session, actor or shop.actor, shop.resources.store, DATASET, choice, **words)


def choose(shop: Shop, **said: Any) -> Choice:
    with shop.reading() as session:
        return make_choice(session, shop.actor, DATASET, **said)


def proposed(shop: Shop, query: str, version: int | None = None) -> str:
    with shop.reading() as session:
        return propose_audience(session, shop.actor, shop.resources.store, DATASET, Choice({"f": query}, version)).name


def today(shop: Shop, audience: AudienceSummary, actor: Actor | None = None) -> AudienceToday:
    with shop.reading() as session:
        return show_today(session, actor or shop.actor, shop.resources.store, DATASET, audience.id)


def segment_of_3(shop: Shop) -> str:
    """The key of the segment that customer 3 is in."""
    with shop.reading() as session:
        overview = show_segments(session, shop.actor, DATASET)
        assert overview is not None
        page = page_customers(session, shop.actor, shop.resources.store, DATASET, CustomerQuery(sort="customer_key"), stop=10)
    return str(page.rows.set_index("customer_key").loc["3", "segment_key"])


def selected(shop: Shop, query: str, *, version: int | None = None, actor: Actor | None = None) -> Selection:
    with shop.reading() as session:
        return select_customers(session, actor or shop.actor, shop.resources.store, DATASET, {"f": query}, version=version)


def keys(shop: Shop, audience: AudienceSummary) -> list[str]:
    """What the stored file holds."""
    with shop.reading() as session:
        digest = session.get_one(Audience, audience.id).keys_digest
    path = shop.resources.store.verified_path(shop.actor.team_id, "audience", digest)
    return [key for (key,) in duckdb.execute("SELECT customer_key FROM read_parquet(?)", [str(path)]).fetchall()]


def listed(shop: Shop, query: str, version: int | None = None) -> list[str]:
    """The keys that the grid shows."""
    with shop.reading() as session:
        page = page_customers(session, shop.actor, shop.resources.store, DATASET, CustomerQuery({"f": query}, version=version), stop=1_000)
    return page.rows["customer_key"].tolist()


def events(shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    with shop.reading() as session:
        found = session.query(AuditEvent).where(AuditEvent.action.like("audience.%")).order_by(AuditEvent.at)
        return [(event.action, event.details) for event in found]


def test_an_audience_holds_whom_the_list_showed_and_says_where_they_came_from(shop: Shop) -> None:
    made = save(shop, name=" Rich  ", note="For the catalogue")
    assert (made.name, made.note, made.created_by, made.archived) == ("Rich", "For the catalogue", shop.actor.name, False)
    assert sorted(keys(shop, made)) == sorted(listed(shop, "income~ge~60000"))
    assert made.size == len(keys(shop, made)) > 0
    assert made.origin is not None
    assert made.origin.words == ("Income at least 60,000",)
    assert (made.origin.version, made.origin.snapshot, made.origin.as_of, made.origin.segments) == (1, 1, JANUARY, {})
    assert events(shop)[0][0] == "audience.saved"
    assert events(shop)[0][1] == {"dataset": DATASET, "name": "Rich", "customers": made.size, "chosen": ["Income at least 60,000"]}


def test_it_is_the_same_on_either_database_and_stays_when_segments_and_customers_change(resources: Resources) -> None:
    shop = open_months(resources)
    made = save(shop, choose(shop, segment=segment_of_3(shop)), name="Kept")
    held = keys(shop, made)
    grid = listed(shop, made.query)
    assert sorted(held) == sorted(grid)
    with shop.writing() as session:
        promote_version(session, shop.actor, DATASET, 2)
        change_keeping(session, shop.actor, DATASET, 1)
    shop.import_file(WITHOUT_3, mode="replace")
    with shop.reading() as session:
        assert show_audience(session, shop.actor, DATASET, made.id) == made
        assert list_audiences(session, shop.actor, DATASET) == (made,)
    assert keys(shop, made) == held
    with pytest.raises(Invalid, match="audience of that name"):
        save(shop, name="Kept")
    with shop.writing() as session:
        change_audience(session, shop.actor, DATASET, made.id, name="Renamed", note="")
        archive_audience(session, shop.actor, DATASET, made.id)
    assert save(shop, name="Renamed").name == "Renamed"
    with shop.writing() as session, pytest.raises(Invalid, match="audience of that name"):
        archive_audience(session, shop.actor, DATASET, made.id, archived=False)
    now = today(shop, made)
    assert now.present == len(set(held) - {"3"})
    placed = sum(part.customers or 0 for part in now.parts)
    assert (now.champion, now.unplaced, placed) == (2, 1, now.present - 1), "customer 2 came back after February, and 3 is gone"


def test_every_flow_becomes_an_audience_named_after_it(shop: Shop, flows: MovementReport) -> None:
    first = flows.groups[0]
    was = next(style for at, style in enumerate(flows.groups) if flows.customers.total.flows[at][0] and at != 0)
    assert proposed(shop, flow_filter(flows.id, was=was.key, now=first.key), 2) == f"From {was.name} to {first.name}, version 1 to 2"
    joined = next(style for at, style in enumerate(flows.groups) if flows.customers.total.joined[at])
    assert proposed(shop, flow_filter(flows.id, was=JOINED, now=joined.key), 2) == f"Joined as {joined.name}, version 1 to 2"
    assert proposed(shop, changed_filter(flows.id, first.key, came=True), 2) == f"Came to {first.name}, version 1 to 2"
    assert proposed(shop, changed_filter(flows.id, was.key, came=False), 2) == f"Went from {was.name}, version 1 to 2"
    either = f"moved-was-{flows.id}~in~{was.key}|{first.key}*moved-now-{flows.id}~in~{first.key}"
    assert proposed(shop, either, 2) == f"From {was.name} or {first.name} to {first.name}, version 1 to 2"
    by_old = f"moved-old-{flows.id}~in~{first.key}*moved-now-{flows.id}~in~{first.key}"
    assert proposed(shop, by_old, 2) == f"By v1 now: {first.name}, Now (28 Feb 2026, v2): {first.name}, version 2"
    made = save(shop, Choice({"f": flow_filter(flows.id, was=was.key, now=first.key)}, 2))
    assert made.size == flows.customers.total.flows[list(flows.groups).index(was)][0]
    assert made.origin is not None
    assert made.origin.segments == {was.key: was.name, first.key: first.name}
    again = save(shop, choose(shop, flow=Flow(1, 2, was.key, first.key)))
    assert (again.name, again.size, again.origin) == (f"{made.name} (2)", made.size, made.origin)
    with pytest.raises(Conflict) as refused:
        choose(shop, flow=Flow(2, 1))
    assert refused.value.code == "not_counted"


def test_the_watch_list_and_plain_choices_are_named_in_words(shop: Shop) -> None:
    watched = counted(shop)
    assert proposed(shop, watch_filter(watched.id), 2) == "On the way down, version 1 to 2"
    assert proposed(shop, watch_filter(counted(shop, *DAYS).id), 2) == "On the way down, 31 Jan 2026 to 28 Feb 2026"
    key = segment_of_3(shop)
    with shop.reading() as session:
        overview = show_segments(session, shop.actor, DATASET)
    assert overview is not None
    name = next(style.name for style in overview.styles if style.key == key)
    assert proposed(shop, f"segment_key~in~{key}") == f"{name}, version 1"
    assert proposed(shop, "income~ge~60000*city~in~Leeds") == "Customers by income and city, version 1"
    assert proposed(shop, "") == "All customers, 31 Jan 2026"
    with shop.reading() as session:
        dataset = team_dataset(session, shop.actor, DATASET)
        assert audiences._free_name(session, shop.actor, dataset, "x" * 300) == "x" * 119 + "…"


def test_customers_are_filtered_by_audiences_in_every_snapshot(shop: Shop) -> None:
    made = save(shop, name="Rich")
    held = set(keys(shop, made))
    assert set(listed(shop, made.query)) == held
    newer = set(listed(shop, made.query, version=2))
    february = {line.split(",")[0] for line in later(GROWN).splitlines()[1:]}
    assert newer == held & february
    others = selected(shop, f"in-audience~ni~{made.id}")
    assert (others.count, others.total) == (150 - len(held), 150)
    both = selected(shop, f"{made.query}*city~in~Leeds")
    assert 0 < both.count < len(held)
    assert [column.label for column in both.columns if column.name == "in-audience"] == ["Audience"]
    again = save(shop, Choice({"f": made.query}), name="Rich again")
    assert again.origin is not None
    assert again.origin.words == ("Audience: Rich",)


def test_an_archived_audience_is_offered_no_more_and_its_links_go_on_to_work(shop: Shop) -> None:
    made, kept = save(shop, name="Rich"), save(shop, name="Kept")
    with shop.writing() as session:
        assert archive_audience(session, shop.actor, DATASET, made.id).archived
        assert archive_audience(session, shop.actor, DATASET, made.id).archived
    assert set(listed(shop, made.query)) == set(keys(shop, made))
    choices = next(column.choices for column in selected(shop, "").columns if column.name == "in-audience")
    assert choices == {kept.id: "Kept"}
    with shop.reading() as session:
        assert list_audiences(session, shop.actor, DATASET) == (kept,)
        assert [each.id for each in list_audiences(session, shop.actor, DATASET, archived=True)] == [made.id]
    with shop.writing() as session:
        assert archive_audience(session, shop.actor, DATASET, made.id, archived=False) == made
    assert [action for action, _ in events(shop)] == ["audience.saved", "audience.saved", "audience.archived", "audience.restored"]


def test_what_leaves_goes_by_consent_as_it_is_now(shop: Shop, tmp_path: Any) -> None:
    made = save(shop, name="Rich")
    before = today(shop, made)
    assert before.consents is not None
    assert sum(before.consents.values()) == before.present
    assert before.reachable == before.consents["given"]
    assert before.consents["withdrawn"]
    with shop.writing() as session:
        saved = save_customers(
            session, shop.actor, shop.resources.store, DATASET, tmp_path / "a.csv", CustomerQuery({"f": made.query}, version=2)
        )
    assert (saved.rows, saved.rows + saved.withheld) == (before.reachable, before.present)
    with shop.reading() as session:
        told = session.query(AuditEvent).where(AuditEvent.action == "customers.exported").one().details
    assert (told["audience"], told["rows"], told["withheld"]) == ("Rich", saved.rows, saved.withheld)
    nobody = consenting(later(GROWN)).replace(",yes", ",no")
    shop.import_file(nobody, as_of=FEBRUARY)
    after = today(shop, made)
    assert after.consents == {"given": 0, "unknown": 0, "withdrawn": before.present}
    assert after.reachable == 0


def test_who_is_gone_is_not_counted_as_one_without_consent(shop: Shop, tmp_path: Any) -> None:
    made = save(shop, Choice({}, 1), name="January")
    rich = save(shop, name="Rich")

    def exported(query: str) -> SavedExport:
        with shop.writing() as session:
            return save_customers(session, shop.actor, shop.resources.store, DATASET, tmp_path / "a.csv", CustomerQuery({"f": query}))

    saved, now = exported(made.query), today(shop, made)
    assert now.consents is not None
    assert (saved.rows, saved.withheld, saved.gone) == (now.reachable, now.consents["withdrawn"], 1), "customer 2 is gone"
    assert exported("").gone == 1
    with shop.reading() as session:
        told = session.query(AuditEvent).where(AuditEvent.action == "customers.exported").order_by(AuditEvent.at).first()
        assert told.details["gone"] == 1
    head, first, *_ = consenting(FILE).splitlines()
    shop.import_file(f"{head}\n9999{first.removeprefix('1')}\n", as_of=FEBRUARY, mode="replace")
    with pytest.raises(Conflict, match="gone from the newest snapshot") as refused:
        exported(rich.query)
    assert refused.value.code == "all_gone"


def test_unknown_consent_counts_once_a_legal_basis_is_confirmed(shop: Shop) -> None:
    header, *rows = later(GROWN).splitlines()
    shop.import_file("\n".join([f"{header},Consent", *(f"{int(row.split(',')[0]) + 5_000},{row.split(',', 1)[1]}," for row in rows)]))
    promoted = shop.recluster(k=2)
    made = save(shop, Choice({}, promoted.number), name="Everybody")
    known = today(shop, made)
    assert known.consents is not None
    assert known.consents["unknown"] > 0
    assert (known.reachable, known.legal_basis) == (known.consents["given"], False)
    with shop.writing() as session:
        confirm_legal_basis(session, shop.actor, DATASET)
    assert today(shop, made).reachable == known.consents["given"] + known.consents["unknown"]


def test_today_says_where_they_are_under_the_champion(shop: Shop) -> None:
    made = save(shop, Choice({}, 2), name="All of February")
    found = today(shop, made)
    assert (found.champion, found.present, found.unplaced) == (1, made.size, 12)
    assert sum(part.customers or 0 for part in found.parts) == (made.size or 0) - 12
    assert made.listed == 2, "the champion's lists have no newcomers"
    assert save(shop, name="Of January").listed is None
    with shop.writing() as session:
        promote_version(session, shop.actor, DATASET, 2)
    found = today(shop, made)
    assert (found.champion, found.unplaced) == (2, 0)
    assert [part.customers for part in found.parts] == sorted((part.customers for part in found.parts), reverse=True)
    with shop.reading() as session:
        assert show_audience(session, shop.actor, DATASET, made.id).listed is None


BASE = "Id,Email,Income\n" + "".join(f"b{n:02},ann{n}@mail.example,{n}000\n" for n in range(30))


@pytest.mark.parametrize("query", [{"q": "ann7@mail"}, {"f": "email~has~ann7@"}])
def test_what_a_contact_column_holds_is_in_no_name_and_no_words(shop: Shop, query: dict[str, str]) -> None:
    """An admin may filter by it; everybody reads the name, and marketers the words."""
    shop.import_file(BASE, dataset="Base")
    with shop.writing() as session:
        made = save_audience(session, shop.actor, shop.resources.store, "base", Choice(query))
    assert made.size == 1
    assert made.origin is not None
    assert not any("ann7" in text for text in (made.name, *made.origin.words))


def test_when_the_only_import_is_taken_back_nobody_of_an_audience_is_left(shop: Shop) -> None:
    done = shop.import_file(BASE, dataset="Base")
    with shop.writing() as session:
        made = save_audience(session, shop.actor, shop.resources.store, "base", Choice())
        imports.undo_import(session, shop.actor, done.id)
    run_jobs(shop.resources)
    with shop.reading() as session:
        found = show_today(session, shop.actor, shop.resources.store, "base", made.id)
        viewed = show_today(session, shop.member(MemberRole.VIEWER), shop.resources.store, "base", made.id)
        assert older_listing(session, shop.actor, shop.resources.store, "base", {"f": made.query}) is None
    assert (found.present, found.parts, found.reachable) == (0, (), 0)
    assert (viewed.present, viewed.consents) == (None, None)


def test_viewers_read_rounded_counts_and_no_words_of_the_choice(shop: Shop) -> None:
    viewer = shop.member(MemberRole.VIEWER)
    made, one = save(shop, name="Rich"), save(shop, Choice({"q": "150"}), name="One")
    leeds = save(shop, Choice({"f": "city~in~Leeds"}), name="Leeds")
    with shop.reading() as session:
        shown = {each.name: each for each in list_audiences(session, viewer, DATASET)}
    assert [each.origin for each in shown.values()] == [None] * 3
    assert (one.size, shown["One"].size) == (1, None)
    assert (leeds.size, shown["Leeds"].size) == (57, 55)
    found = today(shop, made, viewer)
    assert (found.consents, found.reachable) == (None, None)
    assert all(part.customers >= 10 for part in found.parts)
    assert today(shop, one, viewer).present is None
    assert (today(shop, one, viewer).parts, today(shop, one, viewer).unplaced) == ((), 0)
    assert not [column for column in selected(shop, made.query, actor=viewer).columns if column.name == "in-audience"]
    assert selected(shop, made.query, actor=viewer).count == 150


@pytest.mark.parametrize(
    "act",
    [
        lambda session, actor, store, made: save_audience(session, actor, store, DATASET, RICH, name="X"),
        lambda session, actor, store, made: propose_audience(session, actor, store, DATASET, RICH),
        lambda session, actor, store, made: change_audience(session, actor, DATASET, made.id, name="X", note=""),
        lambda session, actor, store, made: archive_audience(session, actor, DATASET, made.id),
    ],
)
def test_viewers_change_nothing_and_strangers_find_nothing(shop: Shop, act: Callable[..., Any]) -> None:
    made = save(shop, name="Rich")
    for actor, refusal in ((shop.member(MemberRole.VIEWER), Forbidden), (shop.stranger, NotFound)):
        with shop.writing() as session, pytest.raises(refusal):
            act(session, actor, shop.resources.store, made)
    marketer = shop.member(MemberRole.MARKETER)
    with shop.writing() as session:
        assert act(session, marketer, shop.resources.store, made)


def test_strangers_find_no_audience_by_its_id(shop: Shop) -> None:
    made = save(shop, name="Rich")
    with shop.writing() as session:
        ensure_dataset(session, shop.stranger, DATASET)
    reads: tuple[Callable[[Session], Any], ...] = (
        lambda session: show_audience(session, shop.stranger, DATASET, made.id),
        lambda session: show_today(session, shop.stranger, shop.resources.store, DATASET, made.id),
        lambda session: locate_audience(session, shop.stranger, made.id),
    )
    for read in reads:
        with shop.reading() as session, pytest.raises(NotFound):
            read(session)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice({"f": "income~ge~9000000"}), "Nobody is left to save"),
        (Choice({"f": "nothing~ge~1"}), "^Nothing was saved. The filter “nothing~ge~1” cannot be used: there is no such column"),
        (Choice({"f": "spend~ge~1*income~q~9"}), "Near it: spend_total.* The filter “income~q~9” cannot be used"),
        (Choice({"f": f"in-audience~in~{'0' * 32}"}), "no such"),
        (Choice({"q": "x\x00y"}), "no text has"),
    ],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_is_kept(shop: Shop, choice: Choice, words: str) -> None:
    with shop.writing() as session, pytest.raises(Invalid, match=words):
        save_audience(session, shop.actor, shop.resources.store, DATASET, choice, name="X")
    with shop.reading() as session:
        assert list_audiences(session, shop.actor, DATASET) == ()


@pytest.mark.parametrize(("words", "field"), [({"name": "a\nb"}, "name"), ({"name": "x" * 121}, "name"), ({"note": "x" * 2_001}, "note")])
def test_a_name_or_note_that_cannot_be_taken_is_refused_by_field(shop: Shop, words: dict[str, str], field: str) -> None:
    with shop.writing() as session, pytest.raises(Invalid) as refused:
        save_audience(session, shop.actor, shop.resources.store, DATASET, RICH, **words)
    assert refused.value.details == {"field": field}
    assert not list((shop.resources.store.root / shop.actor.team_id).glob("audience/*/*"))


def test_nobody_can_change_who_is_in_it(shop: Shop) -> None:
    made = save(shop, name="Rich")
    with shop.writing() as session:
        session.get_one(Audience, made.id).size = 1
        with pytest.raises(AlteredAudience, match="size"):
            session.flush()
        session.rollback()


def test_a_renamed_audience_says_so_in_the_log(shop: Shop) -> None:
    made = save(shop, name="Rich")
    with shop.writing() as session:
        changed = change_audience(session, shop.actor, DATASET, made.id, name="Wealthy", note="two\nlines")
        assert change_audience(session, shop.actor, DATASET, made.id, name="Wealthy", note="two\nlines") == changed
    assert (changed.name, changed.note, changed.size) == ("Wealthy", "two\nlines", made.size)
    assert [action for action, _ in events(shop)] == ["audience.saved", "audience.renamed", "audience.noted"]


def test_its_file_is_swept_only_when_nothing_refers_to_it_and_doctor_names_what_is_wrong(shop: Shop) -> None:
    made, store = save(shop, name="Rich"), shop.resources.store
    store.put_bytes(shop.actor.team_id, "audience", b"left behind")
    with shop.writing() as session:
        assert sweep_files(session, store, -1.0) >= 1
    assert keys(shop, made)
    with shop.reading() as session:
        assert [each for each in examine_team(session, shop.actor, store) if "audience" in each.subject] == []
        digest = session.get_one(Audience, made.id).keys_digest
    path = store.path(shop.actor.team_id, "audience", digest)
    path.write_bytes(path.read_bytes()[:-8] + b"damaged!")
    with shop.reading() as session:
        problems = [each for each in examine_team(session, shop.actor, store) if "audience" in each.subject]
    assert [(each.id, each.subject) for each in problems] == [("damaged_audience", "north-market/customers audience Rich")]
    with pytest.raises(StoreError, match="damaged"):
        listed(shop, made.query)


def test_the_champion_lists_an_audience_whose_own_version_is_gone(shop: Shop) -> None:
    made = save(shop, Choice({}, 2), name="All of February")
    shop.recluster(k=4)
    with shop.writing() as session:
        change_keeping(session, shop.actor, DATASET, 1)
    run_jobs(shop.resources)
    with shop.reading() as session:
        assert show_audience(session, shop.actor, DATASET, made.id) == replace(made, listed=None)
    assert today(shop, made).champion == 1


def test_a_version_that_is_removed_takes_no_audience_along(shop: Shop) -> None:
    """Of its own version and of a movement alike, all but the words may go."""
    flows = counted(shop, V1, V2)
    made = save(shop, Choice({"f": changed_filter(flows.id, flows.groups[0].key, came=True)}, 2), name="Came")
    held = keys(shop, made)
    shop.recluster(k=4)
    with shop.writing() as session:
        promote_version(session, shop.actor, DATASET, 3)
        change_keeping(session, shop.actor, DATASET, 1)
    run_jobs(shop.resources)
    with shop.reading() as session:
        kept = show_audience(session, shop.actor, DATASET, made.id)
    assert (kept.origin, kept.listed) == (made.origin, None)
    assert keys(shop, made) == held
    assert set(listed(shop, made.query)) == set(held)
    assert today(shop, made).present == len(held)
