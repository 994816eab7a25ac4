"""How long scoring by API takes: `python -m tests.bench.scoring [FILE]`, by default a generated sample.

One customer in a request against ten thousand in one, through Flask's test client, with the model at hand. Wall time is what a caller
waits for; the thread's own time is what it takes when nothing else runs on the machine. The ratio compares ten thousand requests of one
with one request of ten thousand, in the same run.
"""

from __future__ import annotations

import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from segmentation import synthetic_customers, write_customers
from tests.conftest import SECRET
from tests.webapp.scored import token
from tests.webapp.working import Shop, open_shop
from webapp.app import create_app
from webapp.config import Config
from webapp.edge import open_resources
from webapp.migrate import upgrade

MANY = 10_000
SINGLES, BATCHES = 500, 5
TARGET_MS, TARGET_RATIO = 5.0, 5.0


def main(argument: str | None = None) -> None:
    """Print medians and the ratio beside what they should be."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(argument) if argument else Path(folder) / "customers.csv"
        if argument is None:
            write_customers(path, synthetic_customers(2_240, segments=4, seed=7))
        shop = _shop(Path(folder), path)
        client, headers = create_app(resources=shop.resources).test_client(), token(shop)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t" if "\t" in path.read_text().partition("\n")[0] else ","))
        many = [rows[place % len(rows)] for place in range(MANY)]
        one_wall, one_own = _medians(lambda place: _post(client, headers, [rows[place % len(rows)]]), SINGLES)
        many_wall, many_own = _medians(lambda place: _post(client, headers, many), BATCHES)
        shop.resources.engine.dispose()
    sys.stdout.write(
        f"one customer {one_wall:.2f} ms (own time {one_own:.2f} ms; at most {TARGET_MS:.0f}), {MANY:,} at once {many_wall:.0f} ms "
        f"(own {many_own:.0f} ms): 1/{MANY * one_wall / many_wall:.0f} of single requests (at most 1/{TARGET_RATIO:.0f})\n"
    )


def _shop(folder: Path, path: Path) -> Shop:
    resources = open_resources(Config(secret_key=SECRET, database_url=f"sqlite:///{folder / 'bench.db'}", store=str(folder / "store")))
    upgrade(resources.engine)
    shop = open_shop(resources)
    shop.import_file(path.read_bytes())
    shop.recluster(k=4, promote=True)
    return shop


def _post(client: FlaskClient, headers: dict[str, str], customers: list[dict[str, Any]]) -> None:
    answer = client.post("/api/v1/datasets/customers/score", json={"customers": customers}, headers=headers)
    if answer.status_code != 200:
        raise RuntimeError(answer.text)


def _medians(work: Callable[[int], None], times: int) -> tuple[float, float]:
    """Median milliseconds of `work`, on the wall and of this thread, after some warming up."""
    for place in range(3):
        work(place)
    wall, own = [], []
    for place in range(times):
        started, began = time.perf_counter(), time.thread_time()
        work(place)
        wall.append(time.perf_counter() - started)
        own.append(time.thread_time() - began)
    return statistics.median(wall) * 1e3, statistics.median(own) * 1e3


if __name__ == "__main__":
    main(*sys.argv[1:2])
