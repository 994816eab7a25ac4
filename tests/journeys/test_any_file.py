"""Files as people send them, brought by keyboard: what each comes to, what has to be said, what can be corrected and taken back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from segmentation.errors import SegmentationError
from tests.conftest import LONG
from tests.journeys.accessible import violations
from tests.journeys.bringing import PATIENCE_MS, REFUSED, bring, choose_first, happens, import_button, press
from tests.journeys.conftest import PASSWORD, Workspace, picture, settled, sign_in
from tests.segmentation.intake.damage import base, expected_customers, plain_bytes, read
from tests.segmentation.intake.damages import DAMAGES

pytestmark = pytest.mark.journey
ADMIN = "mara@north.example"
KINDS = {damage.name: damage for damage in DAMAGES}
DECISIONS = {"date_order_assumed", "decimal_assumed"}
MOST_SHIFT = 0.1
"""Layout shift without anybody's doing, as web vitals count it: up to here nobody notices."""
SHIFTS = """() => {
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted.push(entry.value);
  }).observe({ type: "layout-shift" });
}"""


@pytest.fixture(scope="module")
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    made = make_workspace()
    made.run("user", "add", ADMIN, "--role", "admin", "--team", "North Market", "--password-stdin", text=PASSWORD + "\n")
    made.serve()
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def file_of(folder: Path, kind: str) -> Path:
    path = folder / f"{kind.replace(' ', '-').replace('/', '-')}.csv"
    path.write_bytes(KINDS[kind].harm(base()))
    return path


@contextmanager
def nothing_jumps(page: Page) -> Iterator[None]:
    """Nothing on the page as it stands moves by itself, and axe-core has nothing to say."""
    page.evaluate(SHIFTS)
    yield
    page.wait_for_timeout(300)
    assert sum(page.evaluate("window.shifted")) < MOST_SHIFT
    assert violations(page) == []


def new_dataset(page: Page, workspace: Workspace, name: str) -> None:
    page.goto(f"{workspace.url}/t/north-market/new")
    settled(page)
    page.get_by_label("What to call these customers").fill(name)


def to_data(page: Page, workspace: Workspace, dataset: str = "shop") -> None:
    page.goto(f"{workspace.url}/t/north-market/{dataset}/data")
    settled(page)
    expect(page.get_by_role("button", name="Choose a file")).to_be_visible()


def test_rejected_rows_are_corrected_brought_again_and_taken_back(
    workspace: Workspace, open_page: Callable[..., Page], folder: Path
) -> None:
    page = open_page(workspace)
    sign_in(page, workspace, ADMIN)
    new_dataset(page, workspace, "Shop")
    bring(page, file_of(folder, "words among numbers"))
    with nothing_jumps(page):
        assert happens(page) == "58 customers join and 2 rows are rejected"
    expect(page.get_by_role("table", name="Rejected rows")).to_contain_text("a lot")
    picture(page, "any-file-rejected")
    again = corrected(page, folder)
    press(page, import_button(page))
    expect(page.get_by_text("Shop now holds 58 customers.")).to_be_visible(timeout=PATIENCE_MS)
    to_data(page, workspace)
    bring(page, again)
    assert happens(page) == "2 customers join"
    press(page, import_button(page))
    expect(page.get_by_text("Shop now holds 60 customers.")).to_be_visible(timeout=PATIENCE_MS)
    settled(page)
    press(page, page.get_by_role("button", name="Undo this import"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    press(page, dialog.get_by_role("button", name="Undo the import"))
    expect(page.get_by_role("heading", name="This import was undone")).to_be_visible(timeout=PATIENCE_MS)
    to_data(page, workspace)
    bring(page, file_of(folder, "semicolons"))
    assert happens(page) == "2 customers join"


def test_files_that_were_not_imported_are_discarded(workspace: Workspace, open_page: Callable[..., Page], folder: Path) -> None:
    page = open_page(workspace)
    sign_in(page, workspace, ADMIN)
    new_dataset(page, workspace, "Passing")
    bring(page, file_of(folder, "semicolons"))
    happens(page)
    press(page, page.get_by_role("button", name="Discard"))
    expect(page.get_by_text("Nothing else was in its dataset, which is gone too.")).to_be_visible()
    expect(page).not_to_have_url(re.compile("passing"))
    new_dataset(page, workspace, "Staying")
    bring(page, file_of(folder, "semicolons"))
    happens(page)
    press(page, import_button(page))
    expect(page.get_by_text("Staying now holds")).to_be_visible(timeout=PATIENCE_MS)
    to_data(page, workspace, "staying")
    bring(page, file_of(folder, "words among numbers"))
    happens(page)
    page.goto(f"{workspace.url}/t/north-market/staying/data?tab=imports")
    settled(page)
    press(page, page.get_by_role("button", name="Discard"))
    expect(page.get_by_text("is discarded. No customer was changed.")).to_be_visible()
    expect(page.get_by_role("button", name="Discard")).to_have_count(0)
    expect(page.get_by_role("table", name="Imported files, newest first").get_by_role("row")).to_have_count(2)


def corrected(page: Page, folder: Path) -> Path:
    """The rejected rows as the page gives them, with the words put right."""
    link = page.get_by_role("link", name="Rejected rows")
    with page.expect_download() as download:
        press(page, link)
    with Path(download.value.path()).open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream))
    right = base()
    income = rows[0].index("Income")
    incomes = {row[0]: row[right[0].index("Income")] for row in right[1:]}
    assert len(rows) == 3
    out = io.StringIO()
    csv.writer(out).writerows([rows[0], *([*row[:income], incomes[row[rows[0].index("ID")]], *row[income + 1 :]] for row in rows[1:])])
    path = folder / "corrected.csv"
    path.write_text(out.getvalue())
    return path


def test_dates_that_prove_no_order_are_asked_for(workspace: Workspace, open_page: Callable[..., Page], folder: Path) -> None:
    page = open_page(workspace, theme="dark", width=390)
    sign_in(page, workspace, ADMIN)
    new_dataset(page, workspace, "Days")
    bring(page, file_of(folder, "an order that nothing proves"))
    with nothing_jumps(page):
        expect(page.get_by_role("heading", name="1 thing to decide")).to_be_visible()
        expect(page.get_by_text("Say how Dt_Customer is written, then you can import.")).to_be_visible()
        expect(import_button(page)).to_be_disabled()
    picture(page, "any-file-asks")
    choose_first(page, page.get_by_label("How Dt_Customer is written"))
    expect(page.get_by_text("One choice is changed: check again to see what would happen.")).to_be_visible()
    press(page, page.get_by_role("button", name="Check again"))
    expect(import_button(page)).to_be_enabled(timeout=PATIENCE_MS)
    settled(page)
    expect(page.get_by_role("heading", name="1 thing to decide")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    press(page, import_button(page))
    expect(page.get_by_text("Days now holds 60 customers.")).to_be_visible(timeout=PATIENCE_MS)


def test_files_that_are_flagged_or_lack_an_id_say_so(workspace: Workspace, open_page: Callable[..., Page], folder: Path) -> None:
    page = open_page(workspace)
    sign_in(page, workspace, ADMIN)
    new_dataset(page, workspace, "Kinds")
    bring(page, file_of(folder, "somebody born in 1893"))
    with nothing_jumps(page):
        assert happens(page) == "60 customers join"
        expect(page.get_by_label("What becomes of these values of Year_Birth")).to_have_value("missing")
    to_data(page, workspace, "kinds")
    bring(page, file_of(folder, "no customer id"))
    with nothing_jumps(page):
        expect(page.get_by_role("heading", name="1 thing to decide")).to_be_visible()
    choose_first(page, page.get_by_label("Which column is the customer id"))
    press(page, page.get_by_role("button", name="Check again"))
    expect(import_button(page)).to_be_enabled(timeout=PATIENCE_MS)
    assert happens(page) == "60 customers join"


def refusal(folder: Path, kind: str) -> str:
    """Why the library refuses a file of that kind."""
    with pytest.raises(SegmentationError) as refused:
        read(folder, KINDS[kind].harm(base()))
    return str(refused.value)


@pytest.mark.skipif(not LONG, reason="a hundred files in a browser; the command line has a third of them in every run")
def test_every_kind_of_damage_is_told_in_the_browser(workspace: Workspace, open_page: Callable[..., Page], folder: Path) -> None:
    page = open_page(workspace)
    sign_in(page, workspace, ADMIN)
    new_dataset(page, workspace, "Every kind")
    for kind, damage in KINDS.items():
        if damage.harm(base()) == b"":
            continue  # refused before it is sent
        bring(page, file_of(folder, kind))
        if damage.refused and damage.refused != "missing_role":
            expect(page.get_by_role("heading", name=REFUSED)).to_be_visible()
            assert refusal(folder, kind) in page.locator("#page").inner_text(), kind
        elif damage.refused or DECISIONS & damage.found:
            expect(page.get_by_role("heading", name="1 thing to decide")).to_be_visible()
        else:
            joined = len(expected_customers(read(folder, plain_bytes(damage.clean(base()))), damage))
            rejected = len(damage.rejected)
            told = re.findall(r"[\d,]+", happens(page))
            assert told == [str(joined), *([str(rejected)] if rejected else [])], kind
        to_data(page, workspace, "every-kind")


def test_a_choice_is_checked_again_at_once(workspace: Workspace, open_page: Callable[..., Page], folder: Path) -> None:
    """Without a pause between the choice and the press: one press is enough, and both places agree."""
    page = open_page(workspace)
    sign_in(page, workspace, ADMIN)
    known, gaps = folder / "known.csv", folder / "gaps.csv"
    known.write_text("ID,Income,City\n" + "".join(f"{n},{30_000 + 7 * n},York\n" for n in range(1, 41)))
    gaps.write_text("ID,Income,City\n" + "".join(f"{n},{'' if n <= 12 else 30_000 + 7 * n},York\n" for n in range(1, 41)))
    new_dataset(page, workspace, "Quick")
    bring(page, known)
    import_button(page).click()
    expect(page.get_by_text("Quick now holds 40 customers.")).to_be_visible(timeout=PATIENCE_MS)
    to_data(page, workspace, "quick")
    bring(page, gaps)
    for word, told in (("Keep what is known", "the known one is kept"), ("Empty them, as the file does", "it will be emptied")):
        page.get_by_label("Known values that the file lacks").first.select_option(label=word)
        page.get_by_role("button", name="Check again").click()
        expect(page.get_by_text(told).first).to_be_visible(timeout=PATIENCE_MS)
        settled(page)
        expect(import_button(page)).to_be_enabled()


def test_a_check_that_another_import_made_outdated_comes_before_importing(
    workspace: Workspace, open_page: Callable[..., Page], folder: Path
) -> None:
    page = open_page(workspace)
    sign_in(page, workspace, ADMIN)
    known, more = folder / "known.csv", folder / "more.csv"
    for path, customers in ((known, 40), (more, 50)):
        path.write_text("ID,Income,City\n" + "".join(f"{n},{30_000 + 7 * n},York\n" for n in range(1, customers + 1)))
    new_dataset(page, workspace, "Waiting")
    bring(page, known)
    expect(import_button(page)).to_be_enabled()
    again, told = (
        page.get_by_role("button", name="Check again"),
        page.get_by_role("heading", name="The customers have changed since this check"),
    )
    expect(again).to_be_disabled()
    workspace.run("import", str(more), "--dataset", "waiting")
    page.reload()
    settled(page)
    expect(told).to_be_visible()
    picture(page, "outdated-check")
    assert violations(page) == []
    expect(import_button(page)).to_be_disabled()
    press(page, again)
    expect(told).not_to_be_visible(timeout=PATIENCE_MS)
    expect(import_button(page)).to_be_enabled(timeout=PATIENCE_MS)
    expect(again).to_be_disabled()
    assert happens(page) == "nothing changes, every row is known already", "they came with the other file"
