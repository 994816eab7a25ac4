"""How long an import takes: `python -m tests.bench.importing [ROWS] [DATABASE_URL [ROUNDS]]`, by default 1,000,000 generated customers
into SQLite, three times.

The peer reads the same file with `pandas.read_csv` and writes the bare rows with `to_sql`; ours validates, merges, stores customers and
snapshot. Each runs in a process of its own, which tells wall time, processor time and peak memory. Then the same file comes again, and a
file in which every tenth customer changed; the latter is undone at last.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import create_engine

from segmentation import synthetic_customers
from tests.conftest import SECRET
from tests.factories import make_actor, make_team
from tests.webapp.working import Shop, claim
from webapp.config import Config
from webapp.edge import Resources, open_resources, unit_of_work
from webapp.migrate import upgrade
from webapp.services.data import imports
from webapp.services.data.datasets import ensure_dataset
from webapp.tasks import find_task

ROWS = 1_000_000
ROUNDS = 3
"""A machine's speed wanders by a fifth from minute to minute: of what each round finds, the median counts."""
DRAWN = 20_000


def main(rows: int = ROWS, url: str | None = None, rounds: int = ROUNDS) -> None:
    """Print times, memory and ratios of each round, and the median ratios, as one JSON object."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, second = folder / "first.csv", folder / "second.csv"
        write_files(rows, first, second)
        warm_up(folder / "warm")
        found = [one_round(folder / str(number), url, first, second) for number in range(rounds)]
    ratios = [{name: each["seconds"] / measures["peer"]["seconds"] for name, each in measures.items()} for measures in found]
    medians = {name: round(statistics.median(ratio[name] for ratio in ratios), 3) for name in ratios[0]}
    sys.stdout.write(json.dumps({"rows": rows, "rounds": found, "ratio_to_peer": medians}, indent=1) + "\n")


def warm_up(folder: Path) -> None:
    """Let the peer and ours import a few rows before any process is begun that is measured: of a server that runs, nothing is loaded."""
    folder.mkdir()
    first, second = folder / "first.csv", folder / "second.csv"
    write_files(1_000, first, second)
    config, shop = open_round(folder, None)
    peer(first, f"sqlite:///{folder / 'peer.db'}")
    for path in (first, second):
        ours(config, shop, path)
    undone(config, shop)


def one_round(folder: Path, url: str | None, first: Path, second: Path) -> dict[str, dict[str, Any]]:
    """The peer and ours one after the other, in a team and a store of their own; with SQLite in a database of its own."""
    config, shop = open_round(folder, url)
    return {
        "peer": measured(lambda: peer(first, url or f"sqlite:///{folder / 'peer.db'}")),
        "first": measured(lambda: ours(config, shop, first)),
        "again": measured(lambda: ours(config, shop, first)),
        "changed": measured(lambda: ours(config, shop, second)),
        "undone": measured(lambda: undone(config, shop)),
    }


def open_round(folder: Path, url: str | None) -> tuple[Config, Shop]:
    """Where ours imports to: at `url`, or in an SQLite database in `folder`."""
    config = Config(secret_key=SECRET, database_url=url or f"sqlite:///{folder / 'bench.db'}", store=str(folder / "store"))
    resources = open_resources(config)
    upgrade(resources.engine)
    with unit_of_work(resources) as session:
        actor = make_actor(session, make_team(session, f"Round {folder.name}"))
    shop = Shop(resources, actor, actor)
    resources.engine.dispose()
    return config, shop


def write_files(rows: int, first: Path, second: Path) -> None:
    """The generated customers resampled with jitter, and the same with every tenth income changed."""
    rng = np.random.default_rng(7)
    drawn = synthetic_customers(min(rows, DRAWN), segments=4, seed=7).customers
    table = drawn.iloc[rng.integers(0, len(drawn), rows)].reset_index(drop=True)
    table["ID"] = np.arange(rows)
    table["Income"] = (table["Income"] * rng.normal(1, 0.05, rows)).round(0)
    table.to_csv(first, index=False)
    table.loc[::10, "Income"] += 1
    table.to_csv(second, index=False)


def measured(work: Callable[[], Any]) -> dict[str, Any]:
    """Seconds, processor seconds and peak megabytes of `work`, in a process of its own."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        started, used = time.perf_counter(), time.process_time()
        stages = work()
        figures = {"seconds": round(time.perf_counter() - started, 2), "cpu": round(time.process_time() - used, 2)}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        sender.send({**figures, "megabytes": peak, **({"stages": stages} if stages else {})})

    process = context.Process(target=run)
    process.start()
    sender.close()  # so that a work that fails is noticed
    found: dict[str, Any] = receiver.recv()
    process.join()
    return found


def peer(path: Path, url: str) -> None:
    engine = create_engine(url)
    pd.read_csv(path).to_sql("peer", engine, index=False, if_exists="replace", chunksize=10_000)


def ours(config: Config, shop: Shop, path: Path) -> dict[str, float]:
    resources = open_resources(config)
    with path.open("rb") as stream:
        digest, size = resources.store.put_stream(shop.actor.team_id, "upload", stream)
    with unit_of_work(resources) as session:
        slug = ensure_dataset(session, shop.actor, "Bench").slug
        imports.start_import(session, shop.actor, slug, imports.StoredFile(path.name, digest, size), check=False)
    return staged(resources)


def undone(config: Config, shop: Shop) -> dict[str, float]:
    resources = open_resources(config)
    with unit_of_work(resources) as session:
        imports.undo_import(session, shop.actor, imports.list_imports(session, shop.actor, "bench")[0].id)
    return staged(resources)


def staged(resources: Resources) -> dict[str, float]:
    """Run the waiting job and tell the processor seconds of each of its stages."""
    job = claim(resources)
    assert job is not None
    marks: list[tuple[str, float, float]] = []
    find_task(job.kind).run(resources, job, lambda stage, share: marks.append((stage, time.perf_counter(), time.process_time())))
    marks.append(("", time.perf_counter(), time.process_time()))
    return {was[0]: round(now[2] - was[2], 2) for was, now in pairwise(marks)}


if __name__ == "__main__":
    asked = sys.argv[1:]
    main(int(asked[0]) if asked else ROWS, asked[1] if asked[1:] else None, int(asked[2]) if asked[2:] else ROUNDS)
