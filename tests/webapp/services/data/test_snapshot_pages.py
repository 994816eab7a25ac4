"""What the page Data asks: the time line, the health of columns, two snapshots side by side. Figures are checked against pandas."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation.exploring.exploration import Exploration
from tests.webapp.conftest import open_folder
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services.access import Actor
from webapp.services.data import column_pages, comparing, quality, timeline
from webapp.services.errors import NotFound

DATASET = "customers"


def make_customers(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "ID": np.arange(1, rows + 1),
            "Income": rng.normal(40_000, 8_000, rows).round(),
            "Spend_Wine": rng.gamma(2, 100, rows).round(2),
            "Spend_Meat": rng.gamma(2, 60, rows).round(2),
            "Visits": rng.poisson(4, rows),
            "Since": [f"2024-{1 + place % 12:02d}-{1 + place % 28:02d}" for place in range(rows)],
            "City": rng.choice(["Leeds", "York", "Bath"], rows),
            "Country": "UK",
            "Response": rng.integers(0, 2, rows),
        }
    )


def later_customers() -> pd.DataFrame:
    """The same with 30 more, a higher spend for 120, two far values, gaps, and a word that came (12 customers) and one that came rarely."""
    frame = make_customers(430)
    frame.loc[:399] = make_customers(400)
    frame.loc[:119, "Spend_Wine"] *= 4
    frame.loc[[200, 201], "Visits"] = 400
    frame.loc[210:249, "Income"] = np.nan
    frame.loc[300:311, "City"] = "Hull"
    frame.loc[320, "City"] = "<b>Ely</b>"
    return frame


def text(frame: pd.DataFrame) -> str:
    file = io.StringIO()
    frame.to_csv(file, index=False)
    return file.getvalue()


@pytest.fixture(scope="module")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two snapshots; tests only look."""
    folder = tmp_path_factory.mktemp("snapshots")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    made = open_shop(open_folder(folder))
    for frame in (make_customers(), later_customers()):
        assert made.import_file(text(frame)).status == "done"
    yield made
    made.resources.engine.dispose()


def compared(shop: Shop, actor: Actor | None = None, after: int = 2, before: int = 1) -> comparing.Comparison:
    with shop.reading() as session:
        return comparing.compare_snapshots(session, actor or shop.actor, shop.resources.store, DATASET, after, before)


def health(shop: Shop, actor: Actor | None = None, number: int | None = None, before: int | None = 1) -> quality.Health:
    with shop.reading() as session:
        found = quality.show_health(session, actor or shop.actor, shop.resources.store, DATASET, number, before=before)
    assert found is not None
    return found


def column(found: quality.Health, label: str) -> quality.ColumnHealth:
    return next(each for each in found.columns if each.quality.label == label)


def columns(shop: Shop, names: list[str], actor: Actor | None = None, against: int | None = None) -> column_pages.ColumnPage:
    with shop.reading() as session:
        page = column_pages.show_columns(session, actor or shop.actor, shop.resources.store, DATASET, 2, names, against=against)
    assert page is not None
    return page


def viewer(shop: Shop) -> Actor:
    return shop.member(MemberRole.VIEWER)


def test_the_time_line_says_what_each_snapshot_changed(resources: Resources) -> None:
    shop = open_shop(resources)
    first = shop.import_file(text(make_customers(60)), as_of=pd.Timestamp("2025-01-01").date())
    later = make_customers(60)
    later.loc[:8, "Visits"] += 1
    shop.import_file(text(pd.concat([later, make_customers(63).tail(3)])))
    with shop.reading() as session:
        newest, oldest = timeline.show_timeline(session, shop.actor, DATASET)
        with pytest.raises(NotFound):
            timeline.show_timeline(session, shop.stranger, DATASET)
    assert (newest.number, newest.new, newest.changed, newest.removed, newest.current) == (2, 3, 9, 0, True)
    assert (oldest.customers, oldest.new, oldest.current, oldest.import_id) == (60, 60, False, first.id)
    assert oldest.file_name == "customers.csv"
    assert oldest.versions == ()


def test_versions_stand_with_the_snapshot_that_they_were_fitted_on(swept_shop: Shop) -> None:
    assert swept_shop.recluster(k=3).status == "ready"
    with swept_shop.reading() as session:
        (only,) = timeline.show_timeline(session, swept_shop.actor, DATASET)
    assert only.versions == (1,)


def test_customers_are_counted_as_pandas_counts_them(shop: Shop) -> None:
    before, after = make_customers(), later_customers()
    both = before.merge(after, on="ID", suffixes=("", "_now"))
    differs = {
        name: ~((both[name] == both[f"{name}_now"]) | (both[name].isna() & both[f"{name}_now"].isna())) for name in before if name != "ID"
    }
    changed = int(np.logical_or.reduce(list(differs.values())).sum())
    found = compared(shop)
    assert found.totals == comparing.Totals(new=30, gone=0, changed=changed, unchanged=400 - changed)
    assert {each.after.name: each.changed for each in found.columns}["spend_wine"] == int(differs["Spend_Wine"].sum())
    back = compared(shop, after=1, before=2)
    assert (back.totals.new, back.totals.gone) == (0, 30)


def test_drift_filled_and_typical_are_told_column_by_column(shop: Shop) -> None:
    found = {each.after.name: each for each in compared(shop).columns}
    before, after = make_customers(), later_customers()
    edges = np.quantile(before["Spend_Wine"], np.arange(1, 10) / 10, method="inverted_cdf")
    p, q = (np.bincount(np.searchsorted(edges, frame["Spend_Wine"]), minlength=10) / len(frame) for frame in (before, after))
    assert found["spend_wine"].psi == pytest.approx(float(((q - p) * np.log(q / p)).sum()))
    assert found["spend_wine"].drift in ("some", "large")
    assert found["spend_meat"].drift == "steady"
    assert found["income"].after.filled == pytest.approx(1 - 40 / 430)
    assert found["spend_wine"].after.typical == pytest.approx(after["Spend_Wine"].median())


def test_words_that_came_are_named_commonest_first(shop: Shop) -> None:
    words = next(each for each in compared(shop).columns if each.after.label == "City").words
    assert words is not None
    assert [(each.word, each.customers) for each in words.new_words] == [("Hull", 12), ("<b>Ely</b>", 1)]
    assert (words.new, words.gone) == (2, 0)


def test_viewers_read_coarse_changes_and_no_small_group(shop: Shop) -> None:
    found = compared(shop, viewer(shop))
    assert found.coarse
    city = next(each for each in found.columns if each.after.label == "City")
    assert city.words is not None
    assert [each.word for each in city.words.new_words] == ["Hull"]
    assert city.words.new == 1
    for each in found.columns:
        assert (each.changed, each.psi, each.chance, each.after.low, each.before.high) == (None, None, None, None, None)
    wine = next(each for each in found.columns if each.after.name == "spend_wine")
    assert wine.after.typical == float(f"{later_customers()['Spend_Wine'].median():.1e}")
    assert round(wine.after.filled * 100, 6) % 1 == 0


def test_a_snapshot_that_is_not_there_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        compared(shop, after=9)
    with pytest.raises(NotFound):
        compared(shop, shop.stranger)


def test_trouble_comes_first_and_is_counted(shop: Shop) -> None:
    found = health(shop)
    visits = later_customers()["Visits"]
    low, high = visits.quantile([0.25, 0.75])
    far = visits > high + 3 * (high - low)
    assert column(found, "Visits").marks["outliers"].count == int(far.sum()) == 2
    assert column(found, "Income").marks["missing"].count == 40
    assert column(found, "Country").marks["constant"].degree == "much"
    assert column(found, "City").marks["new_words"].count == 2
    assert found.columns[0].quality.label == "Country"
    sound = [all(mark.degree in ("none", "unknown") for mark in each.marks.values()) for each in found.columns]
    assert sound == sorted(sound)
    assert found.troubled == 4


def test_what_an_import_made_missing_stands_with_its_column(resources: Resources) -> None:
    shop = open_shop(resources)
    frame = make_customers(60)
    frame.loc[:1, "Visits"] = -3
    shop.import_file(text(frame))
    visits = column(health(shop, before=None), "Visits")
    assert visits.marks["implausible"].count == 2
    assert [finding.lines for finding in visits.findings if finding.severity == "flag"] == [(2, 3)]
    assert column(health(shop, before=None), "City").marks["new_words"].degree == "unknown"


def test_viewers_see_no_group_under_ten_and_no_finding(shop: Shop) -> None:
    found = health(shop, viewer(shop))
    assert column(found, "Visits").marks["outliers"] == quality.Mark("hidden")
    assert column(found, "City").marks["new_words"].count == 1
    assert all(each.findings == () and each.quality.low is None for each in found.columns)


def test_columns_share_their_bins_with_the_other_snapshot(shop: Shop) -> None:
    page = columns(shop, ["spend_wine", "since", "city", "response"], against=1)
    assert page.behind is not None
    for now, then in zip(page.shown.spreads, page.behind.spreads, strict=True):
        assert now.edges == then.edges
        assert sum(now.shares) == pytest.approx(1, abs=1e-4)
    since = next(each for each in page.shown.spreads if each.measure == "since")
    assert since.names[0] == "Jan 2024"
    assert len(since.names) == 12
    expected = pd.to_datetime(later_customers()["Since"]).dt.month.value_counts(normalize=True).sort_index()
    assert since.shares == pytest.approx(expected.to_numpy(), abs=1e-6)
    flag = next(each for each in page.shown.spreads if each.measure == "response")
    assert flag.names == ("No", "Yes")
    assert {level.label for level in page.shown.levels[0].levels} == {level.label for level in page.behind.levels[0].levels}


def test_viewers_read_columns_without_thin_ends_and_rare_words(shop: Shop) -> None:
    page = columns(shop, ["visits", "city"], viewer(shop), against=1)
    visits = page.shown.spreads[0]
    assert visits.low is None
    assert all(share == 0 or share * 430 >= 8 for share in visits.shares)
    assert isinstance(page.behind, Exploration)
    assert "<b>Ely</b>" not in {level.label for level in page.shown.levels[0].levels}


def test_keys_are_never_drawn(shop: Shop) -> None:
    with shop.reading() as session:
        names = column_pages.drawn_columns(session, shop.actor, DATASET, 2)
    assert "customer_key" not in names
    assert "city" in names
