"""Large files and bombs through the browser: progress, words where one is too large, and a web process that does not grow."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import LONG
from tests.journeys.bringing import REFUSED, bring, happens, press
from tests.journeys.conftest import PASSWORD, Workspace, settled, sign_in
from tests.segmentation.intake.test_bombs import BOMBS

pytestmark = pytest.mark.journey
ADMIN = "mara@north.example"
MB = 1 << 20
GROWTH_MB = 60
ROWS = 900_000 if LONG else 45_000
PATIENCE_MS = 600_000 if LONG else 180_000
LIMIT_MB = 200 if LONG else 20
TRIED = tuple(BOMBS) if LONG else ("gzip of rows", "sheet of cells", "parquet of 50 million rows")


@pytest.fixture(scope="module")
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    made = make_workspace()
    made.environment["SMARTCART_UPLOAD_MEGABYTES"] = str(LIMIT_MB)
    made.run("user", "add", ADMIN, "--role", "admin", "--team", "North Market", "--password-stdin", text=PASSWORD + "\n")
    made.serve()
    return made


def web_peak(workspace: Workspace) -> float:
    """The most memory that the web processes ever had, in MB; jobs run in the worker's children and do not count."""
    assert workspace.process is not None
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    web = [pid for pid in parents if _descends(pid, workspace.process.pid, parents) and b"--listener" in _command(pid)]
    assert len(web) >= 2  # the master and who answers
    return sum(int(_status(pid, "VmHWM")) for pid in web) / 1024


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _status(pid: int, name: str) -> str:
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return lines[name].split()[0]


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid not in (0, ancestor):
        pid = parents.get(pid, 0)
    return pid == ancestor


def start(page: Page, workspace: Workspace, name: str) -> None:
    sign_in(page, workspace, ADMIN)
    page.goto(f"{workspace.url}/t/north-market/new")
    settled(page)
    page.get_by_label("What to call these customers").fill(name)


def many_customers(path: Path, rows: int) -> Path:
    """About 110 bytes for each."""
    with path.open("w") as stream:
        stream.write("ID,Name,Income,Spend_Wine,Spend_Meat,Orders_Web,Orders_Store,Visits,Since,City,Remark\n")
        for n in range(rows):
            stream.write(
                f"{n},Customer number {n:09d},{20_000 + n % 50_000},{n % 900}.25,{n % 700}.75,{n % 9},{n % 11},{n % 7},"
                f"2024-03-{1 + n % 28:02d},{('Leeds', 'York', 'Bath')[n % 3]},a remark of some length {n % 100:02d}\n"
            )
    return path


def test_a_large_file_shows_its_progress_and_the_web_process_stays_small(
    workspace: Workspace, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(workspace)
    start(page, workspace, "Large")
    file = many_customers(tmp_path / "large.csv", ROWS)
    before = web_peak(workspace)
    page.evaluate(
        """() => {
          window.shares = [];
          const bar = document.querySelector(".sc-upload [role=progressbar]");
          new MutationObserver(() => window.shares.push(Number(bar.getAttribute("aria-valuenow")))).observe(bar, { attributes: true });
        }"""
    )
    with page.expect_file_chooser() as chooser:
        press(page, page.get_by_role("button", name="Choose a file"))
    chooser.value.set_files(file)
    expect(page.get_by_role("heading", name="Checking large.csv").or_(page.get_by_role("heading", name="Check large.csv"))).to_be_visible(
        timeout=PATIENCE_MS
    )
    shares = page.evaluate("window.shares")
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert not LONG or len(set(shares)) > 5
    expect(page.get_by_role("heading", name="Check large.csv", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    settled(page)
    assert happens(page) == f"{ROWS:,} customers join"
    assert web_peak(workspace) - before < GROWTH_MB


def test_a_file_over_the_limit_is_refused_before_it_is_sent(workspace: Workspace, open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page(workspace)
    start(page, workspace, "Too large")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" and "upload" in request.url else None)
    file = tmp_path / "too-large.csv"
    with file.open("wb") as stream:
        os.truncate(stream.fileno(), (LIMIT_MB + 1) * MB)
    with page.expect_file_chooser() as chooser:
        press(page, page.get_by_role("button", name="Choose a file"))
    chooser.value.set_files(file)
    words = f"too-large.csv has {LIMIT_MB + 1}.0 MB; the limit is {LIMIT_MB} MB. Split it, or ask your admin for a higher limit."
    expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    assert sent == []
    expect(page.get_by_role("button", name="Choose a file")).to_be_focused()


def test_bombs_are_refused_with_the_reason_and_the_next_file_is_read(
    workspace: Workspace, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(workspace)
    start(page, workspace, "Bombs")
    before = web_peak(workspace)
    for number, name in enumerate(TRIED):
        file = tmp_path / f"bomb-{number}.xlsx"
        file.write_bytes(BOMBS[name](tmp_path))
        bring(page, file)
        expect(page.get_by_role("heading", name=REFUSED)).to_be_visible()
        expect(page.locator("#page").get_by_text("Nothing was changed.")).to_be_visible()
        assert "went wrong" not in page.locator("#page").inner_text(), name
        page.goto(f"{workspace.url}/t/north-market/bombs/data")
        settled(page)
    assert web_peak(workspace) - before < GROWTH_MB
    bring(page, many_customers(tmp_path / "small.csv", 300))
    assert happens(page) == "300 customers join"
