"""How long pages take to show a large customer base: `python -m tests.bench.pages [ROWS]`, by default 1,000,000 against 2,240.

Both are datasets of one team with two snapshots and two versions each, served by the product's own command and opened in Chromium, in
turns. A view lasts until nothing on the page waits any more. `first` is the first one after the server started, `again` the median of
those that follow; the ratio is that of the large dataset to the small one.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import func, select

from tests.bench.importing import write_files
from tests.conftest import SECRET
from tests.journeys.conftest import CHROMIUM_FLAGS, PASSWORD, Workspace, settled, sign_in
from webapp.config import Config
from webapp.edge import open_resources, unit_of_work
from webapp.models import Job, JobStatus

ROWS, SMALL = 1_000_000, 2_240
VIEWS = 2
EMAIL = "bench@example.com"
PAGES = {
    "home": "",
    "data": "/data",
    "explore": "/explore",
    "segments": "/segments",
    "segment": "/segments/{segment}",
    "segment movement": "/segments/{segment}?tab=movement",
    "segment customers": "/segments/{segment}?tab=customers",
    "customers": "/customers",
    "customer": "/customer?key=77",
    "models": "/models",
    "model": "/models/1",
    "compare": "/compare?a=1&b=2",
    "movement": "/movement?from=v1&to=v2",
    "lab": "/lab",
    "campaigns": "/campaigns",
    "jobs": "/jobs",
}


def main(rows: int = ROWS) -> None:
    """Print milliseconds and ratios as one JSON object."""
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder), rows) as (workspace, segments):
        times = _times(workspace, segments)
    sys.stdout.write(json.dumps({"rows": rows, "pages": {name: _figures(*times[name]) for name in PAGES}}, indent=1) + "\n")


def _figures(small: list[float], large: list[float]) -> dict[str, dict[str, float]]:
    first = (small[0], large[0])
    again = (statistics.median(small[1:]), statistics.median(large[1:]))
    return {
        name: {"small": round(1_000 * one), "large": round(1_000 * other), "ratio": round(other / one, 2)}
        for name, (one, other) in {"first": first, "again": again}.items()
    }


@contextmanager
def _served(folder: Path, rows: int) -> Iterator[tuple[Workspace, dict[str, str]]]:
    """A workspace with both datasets, and the key of one segment of each."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SMARTCART_")} | {
        "SMARTCART_SECRET_KEY": SECRET,
        "SMARTCART_DATABASE_URL": f"sqlite:///{folder}/smartcart.db",
        "SMARTCART_STORE": str(folder / "store"),
    }
    workspace = Workspace(environment, folder / "messages")
    workspace.run("migrate")
    workspace.run("user", "add", EMAIL, "--role", "admin", "--team", "Bench", "--password-stdin", text=PASSWORD)
    segments = {name: _filled(workspace, folder, name, count) for name, count in (("small", SMALL), ("large", rows))}
    workspace.serve()
    try:
        _wait_for_jobs(workspace)
        workspace.stop()  # what a process keeps of its first views is not to count
        workspace.serve()
        yield workspace, segments
    finally:
        workspace.stop()


def _filled(workspace: Workspace, folder: Path, name: str, rows: int) -> str:
    first, second = folder / f"{name}-1.csv", folder / f"{name}-2.csv"
    write_files(rows, first, second)
    workspace.run("import", str(first), "--dataset", name)
    workspace.run("recluster", "--dataset", name, "--k", "4", "--promote")
    workspace.run("import", str(second), "--dataset", name)
    made = workspace.run("recluster", "--dataset", name, "--k", "5", "--promote")
    return str(made["segments"][0]["key"])


def _wait_for_jobs(workspace: Workspace) -> None:
    resources = open_resources(Config.from_env(workspace.environment))
    active = select(func.count()).where(Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)))
    while True:
        with unit_of_work(resources, read_only=True) as session:
            if not session.scalar(active):
                return
        time.sleep(1)


def _times(workspace: Workspace, segments: dict[str, str]) -> dict[str, tuple[list[float], list[float]]]:
    path = next(found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name)))
    times: dict[str, tuple[list[float], list[float]]] = {}
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS)).new_page()
        sign_in(page, workspace, EMAIL)
        for name, ending in PAGES.items():
            times[name] = ([], [])
            for _ in range(1 + VIEWS):
                for place, dataset in enumerate(("small", "large")):
                    address = f"{workspace.url}/t/bench/{dataset}{ending.format(segment=segments[dataset])}"
                    times[name][place].append(_view(page, address))
            sys.stderr.write(f"{name}: {_figures(*times[name])}\n")
    return times


def _view(page: Page, address: str) -> float:
    """Seconds until nothing on the page waits any more."""
    page.goto("about:blank")
    started = time.perf_counter()
    page.goto(address)
    settled(page)
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
