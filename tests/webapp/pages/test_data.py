"""Data: snapshots, columns and files of a dataset."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dash import no_update
from dash.development.base_component import Component

from segmentation import palette
from segmentation.exploring.exploration import explore
from segmentation.plots.correlation import correlation_map
from tests.segmentation.shop import SHOP, shop_customers
from tests.webapp.exploring import explored_csv
from tests.webapp.looking import HERE, hear, look
from tests.webapp.pages.conftest import open_folder
from tests.webapp.pages.segment_shop import ids, links, walk, words
from tests.webapp.working import Shop, customers_csv, import_file, open_shop, run_jobs
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.pages import data, new
from webapp.pages.data import removing
from webapp.pages.data.changes import columns_card, columns_title
from webapp.pages.data.correlations import repeats_card
from webapp.pages.data.ids import Ids
from webapp.pages.data.where import Where
from webapp.services.data import imports, timeline
from webapp.services.data.comparing import ColumnChange, Comparison
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.snapshot_changes import Totals
from webapp.services.data.snapshots import ColumnQuality
from webapp.services.scheduling.schedules import add_schedule, remove_schedule
from webapp.ui.format import filled_text

WITH_GAPS = customers_csv((40,)).replace("Leeds", "", 3)
HOSTILE = "<b>=1+1</b>"


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


@pytest.fixture(scope="module")
def full(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two snapshots of customers who have everything; tests only look."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    made = open_shop(open_folder(folder))
    for file in (explored_csv(240), explored_csv(260, seed=2, city=HOSTILE)):
        assert made.import_file(file).status == "done"
    yield made
    made.resources.engine.dispose()


def shown(shop: Shop, search: str = "", role: MemberRole = MemberRole.ADMIN) -> tuple[Component, list[Any]]:
    with shop.reading() as session:
        head, body = data.show_data(look(shop, session, f"{HERE}/data", search=search, role=role))
    return head, body


def body(shop: Shop, search: str = "", role: MemberRole = MemberRole.ADMIN) -> str:
    return words(shown(shop, search, role)[1])


def charts(content: Any) -> dict[str, Any]:
    """Figures by the id of their card."""
    return {part.id.removesuffix("-graph"): part.figure for part in walk(content) if type(part).__name__ == "Graph"}


def said(content: Any) -> list[str]:
    """What marks say when they are pointed at or read aloud."""
    return [part.title for part in walk(content) if getattr(part, "role", None) == "img" and "sc-sign" in part.className]


def picked(content: Any) -> list[str]:
    return [words(part) for part in walk(content) if getattr(part, "className", None) == "pick"]


def test_columns_are_shown_with_what_is_missing(shop: Shop) -> None:
    shop.import_file(WITH_GAPS)
    head, content = shown(shop)
    assert "40 customers with" in words(head)
    assert "gaps or odd values" in words(content)
    assert "3 customers, 7.5%: missing" in said(content)
    assert "92.5%" in body(shop, "?column=city")


@pytest.mark.parametrize(("share", "text"), [(1.0, "100%"), (0.99999, "99.9%"), (0.9893, "98.9%"), (0.0, "0%")])
def test_full_means_full(share: float, text: str) -> None:
    assert filled_text(share) == text


def test_every_file_and_snapshot_leads_to_its_import(shop: Shop) -> None:
    first = shop.import_file(customers_csv((40,)))
    second = shop.import_file(customers_csv((40, 20)))
    expected = {f"{HERE}/imports/{first.id}", f"{HERE}/imports/{second.id}"}
    for search in ("", "?tab=imports"):
        _, content = shown(shop, search)
        assert expected <= set(links(content))
        assert words(content).count("Current") == 1


def test_a_file_that_took_customers_out_says_what_it_was_and_how_many(shop: Shop) -> None:
    shop.import_file(customers_csv((40, 20)))
    shop.import_file(customers_csv((40,)), mode="replace")
    _, content = shown(shop, "?tab=imports")
    assert words(content).count("the whole customer base") == 1
    assert "0 new, 0 changed, 20 removed, 0 rejected" in words(content)
    assert words(content).count("removed, 0 rejected") == 1, "on a phone, of those alone who took somebody out"


def test_a_refused_file_is_listed_as_refused(shop: Shop) -> None:
    shop.import_file("nothing")
    head, content = shown(shop)
    assert "nothing imported yet" in words(head)
    assert "Refused" in words(content)


def test_the_upload_says_its_limit_and_where_it_goes(shop: Shop) -> None:
    shop.import_file(customers_csv((40,)))
    with shop.reading() as session:
        upload = data.show_upload(look(shop, session, f"{HERE}/data"))
    form = next(part for part in walk(upload) if getattr(part, "className", "") == "sc-upload").to_plotly_json()["props"]
    assert (form["data-url"], form["data-dataset"], form["data-limit"]) == ("/t/north-market/uploads", "customers", "200")
    assert "Up to 200 MB" in words(upload)


def test_who_cannot_import_has_no_upload(shop: Shop) -> None:
    with shop.reading() as session:
        assert data.show_upload(look(shop, session, f"{HERE}/data", role=MemberRole.MARKETER)) is None


def test_a_new_dataset_asks_for_its_name(shop: Shop) -> None:
    with shop.reading() as session:
        form = new.show_form(look(shop, session, "/t/north-market/new"))
    assert any("sc-upload-name" in str(getattr(part, "class_name", "")) for part in walk(form) if isinstance(part, Component))
    assert "What to call these customers" in words(form)


def test_the_lowest_and_highest_value_are_for_those_who_may_see_customers(shop: Shop) -> None:
    shop.import_file(customers_csv())
    lowest = f"{min(float(line.split(',')[2]) for line in customers_csv().splitlines()[1:]):,.2f}"
    for role in MemberRole:
        _, content = shown(shop, "?column=spend_wine", role)
        hints = [part for part in walk(content) if "One customer's value" in str(getattr(part, "title", ""))]
        assert bool(hints) is (role == MemberRole.VIEWER)
        assert (lowest in words(content)) is (role != MemberRole.VIEWER)


def test_one_snapshot_has_no_line_and_nothing_to_compare(shop: Shop) -> None:
    shop.import_file(customers_csv((40,)))
    _, content = shown(shop, "?tab=changes")
    assert "Nothing to compare with" in words(content)
    assert charts(content) == {}
    assert "The first" in words(content)


def test_a_snapshot_is_chosen_by_the_address_and_a_missing_one_gives_way(full: Shop) -> None:
    head, content = shown(full, "?snapshot=1")
    assert "240 customers" in words(head)
    assert "not the current one" in words(head)
    assert picked(content)[0].startswith("No. 1")
    head, content = shown(full, "?snapshot=99&against=nonsense")
    assert "260 customers" in words(head)
    assert picked(content)[0].startswith("No. 2")


def test_two_snapshots_are_compared_by_the_address(full: Shop) -> None:
    _, content = shown(full, "?snapshot=2&against=1")
    assert "20 customers are new" in words(content)
    assert "Before is No. 1, now is No. 2." in words(content)
    assert HOSTILE in words(content)  # the word that came, as text
    assert f"{HERE}/data" in links(content)  # where comparing stops
    assert "Compare" in words(shown(full)[1])
    assert f"{HERE}/data?against=1" in links(shown(full)[1])


def test_every_part_is_an_address_and_an_unknown_one_the_first(full: Shop) -> None:
    tabs = [part for part in walk(shown(full, "?tab=changes")[1]) if "nav-link" in str(getattr(part, "className", ""))]
    queries = ("", "?tab=distributions", "?tab=correlations", "?tab=changes", "?tab=imports")
    assert [each.href for each in tabs] == [f"{HERE}/data{query}" for query in queries]
    assert [each.className for each in tabs][3] == "nav-link active"
    assert set(charts(shown(full, "?tab=nonsense")[1])) == {"snapshots", "column"}


def test_trouble_is_on_top_and_a_column_opens_its_details(full: Shop) -> None:
    _, content = shown(full)
    rows = [words(part) for part in walk(content) if type(part).__name__ == "Tr"]
    matrix = rows[next(place for place, row in enumerate(rows) if row.startswith("Column")) + 1 :]
    assert matrix[0].startswith("Income")  # every twentieth is missing
    assert said(content)[0] == "13 customers, 5.0%: missing"
    _, content = shown(full, "?column=spend_wine")
    assert picked(content)[1].startswith("Wine") or picked(content)[1].startswith("Spend wine")
    assert "Different values" in words(content)


def test_figures_from_files_are_escaped_in_drawings_and_plain_in_words(full: Shop) -> None:
    _, content = shown(full, "?tab=distributions&against=1")
    drawn = charts(content)
    assert set(drawn) == {"snapshots", "columns", "words"}
    ticks = [text for axis in drawn["words"].select_yaxes() for text in axis.ticktext or ()]
    assert "&lt;b&gt;=1+1&lt;/b&gt;" in ticks
    assert not any("<b>" in text for text in ticks)
    assert HOSTILE in words(content)


def test_the_other_snapshot_is_an_outline(full: Shop) -> None:
    alone, beside = (charts(shown(full, f"?tab=distributions{more}")[1])["columns"] for more in ("", "&against=1"))
    lines = [[trace for trace in figure.data if trace.type == "scatter" and trace.line.dash is None] for figure in (alone, beside)]
    panels = sum(trace.type == "bar" for trace in beside.data)
    assert (len(lines[0]), len(lines[1])) == (0, panels)


def test_correlations_are_drawn_and_repeats_are_named(full: Shop) -> None:
    _, content = shown(full, "?tab=correlations", MemberRole.VIEWER)
    assert set(charts(content)) == {"snapshots", "correlations"}
    assert "nearly the same" in words(content)


def test_one_pair_of_measures_is_the_strongest_on_the_whole_page() -> None:
    customers, _ = shop_customers(300)
    found = explore(customers, SHOP, as_of=date(2014, 7, 1))
    parts = set(found.details)
    assert {found.repeats[0].first, found.repeats[0].second} & parts  # a part goes with its whole most of all
    own = [pair for pair in found.repeats if not {pair.first, pair.second} & parts]
    strongest = [found.named(name).label for name in (own[0].first, own[0].second)]
    chart = correlation_map(found, theme=palette.theme("light"), narrow=False)
    assert chart is not None
    assert f"Strongest: {strongest[0]} and {strongest[1]} " in chart.summary
    assert list(chart.table.iloc[0, :2]) == strongest
    assert all(label.lower() in chart.title.lower() for label in strongest)
    content = repeats_card(found)
    [body] = [part for part in walk(content) if type(part).__name__ == "Tbody"]
    assert len(body.children) == len(own)
    assert all(label in words(body.children[0]) for label in strongest)
    assert "Left out, for one of the two is a part of other measures: " in words(content)


def moved(label: str, before: float | str | None, after: float | str | None, drift: Any = "steady") -> ColumnChange:
    sides = [ColumnQuality(label, label, "spend", "decimal", 1.0, 9, None, None, typical) for typical in (before, after)]
    return ColumnChange(sides[0], sides[1], 3, drift, 0.05, 0.2, None)


def compared(*columns: ColumnChange) -> Comparison:
    return Comparison(1, 2, Totals(0, 0, 3, 97), columns, (), (), None, coarse=False)


def test_a_typical_value_that_moved_stands_beside_no_drift_and_is_not_contradicted(full: Shop) -> None:
    found = compared(moved("Income", 100.0, 136.0), moved("Wein", 50.0, 49.0), moved("Fish", 10.0, 8.0), moved("City", "York", "Bath"))
    assert columns_title(found) == "No column drifted, but the typical Income rose by 36%"
    assert columns_title(compared(moved("Fisch", 10.0, 8.0), moved("Age", 40.0, 41.0))).endswith("but the typical Fisch fell by 20%")
    assert columns_title(compared(moved("Orders", 0.0, 2.0))) == "No column drifted, but the typical Orders went from 0 to 2"
    assert columns_title(compared(moved("Income", 100.0, 105.0), moved("Age", None, 4.0))) == "No column drifted"
    assert columns_title(compared(moved("Income", 100.0, 200.0, "large"), moved("Age", 40.0, 40.0))) == "1 column drifted"
    with full.reading() as session:
        view = look(full, session, f"{HERE}/data", search="?against=1")
        where = Where.of(view, timeline.show_timeline(session, full.actor, "customers"))
    text = words(columns_card(found, where))
    assert "Drift (PSI) asks how differently customers spread over all values of a column" in text
    assert "a typical value can move without it: Income +36%, Fish −20%." in text
    assert "Drift (PSI)" not in words(columns_card(compared(moved("Age", 40.0, 41.0)), where))


def test_viewers_read_what_changed_without_small_groups(full: Shop) -> None:
    text = body(full, "?tab=changes", MemberRole.VIEWER)
    assert "your role sees no smaller ones" in text
    assert "your role sees no smaller ones" not in body(full, "?tab=changes")


def test_many_snapshots_and_wide_files_are_shown_in_parts(shop: Shop) -> None:
    wide = ["ID," + ",".join(f"Attribute {place}" for place in range(60))]
    wide += [f"{row}," + ",".join(str((row * (place % 13 + 3)) % 17) for place in range(60)) for row in range(30)]
    for extra in range(8):
        wide.append(f"{100 + extra}," + ",".join(str(extra + 5) for _ in range(60)))
        assert import_file(shop.resources, shop.actor, "\n".join(wide)).status == "done"
    _, content = shown(shop)
    assert "Show all 8 snapshots" in words(content)
    assert "Show all 60 columns" in words(content)
    assert "Show all" not in body(shop, "?all=snapshots").replace("Show all 60 columns", "")
    _, content = shown(shop, "?tab=distributions&part=3")
    assert "49 to 60" in words(content)
    assert sum(trace.type == "bar" for trace in charts(content)["columns"].data) == 12


def test_files_that_were_not_imported_can_be_discarded(shop: Shop) -> None:
    done = shop.import_file(customers_csv((40,)))
    refused = shop.import_file("Only\nwords\n")
    assert (done.status, refused.status) == ("done", "failed")

    def discardable(role: MemberRole) -> list[Any]:
        return [part.id for part in walk(shown(shop, "?tab=imports", role)[1]) if isinstance(getattr(part, "id", None), dict)]

    assert discardable(MemberRole.ANALYST) == [{"type": "data-discard", "import": refused.id}]
    assert discardable(MemberRole.MARKETER) == []


# ---- a dataset that holds nothing ----


def test_an_empty_dataset_is_removed_on_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    said = hear(monkeypatch)
    done = shop.import_file(customers_csv((20,)))
    assert Ids.REMOVE_OPEN not in ids(shown(shop)[0])
    with shop.writing() as session:
        imports.undo_import(session, shop.actor, done.id)
    run_jobs(shop.resources)
    with shop.writing() as session:
        schedule = add_schedule(session, shop.actor, "customers", kind="import_folder", cron="0 6 * * *")
    head, body = shown(shop)
    assert Ids.REMOVE_OPEN in ids(head)
    assert "Customers is not empty. It holds 1 schedule (delete it first)." in words(body)
    assert Ids.REMOVE not in ids(body)
    with shop.writing() as session:
        remove_schedule(session, shop.actor, schedule.id)
    head, body = shown(shop)
    assert "Remove Customers?" in words(body)
    assert Ids.REMOVE_OPEN not in ids(shown(shop, role=MemberRole.MARKETER)[0])
    with shop.writing() as session:
        ensure_dataset(session, shop.actor, "Other")
        view = look(shop, session, f"{HERE}/data")
        assert removing.remove(view, None) is no_update
        assert removing.remove(view, 1) == "/t/north-market/other"
        assert removing.remove(look(shop, session, "/t/north-market/other/data"), 1) == "/t/north-market"
    assert "The dataset Customers is removed." in words(said[0][1]["children"])
