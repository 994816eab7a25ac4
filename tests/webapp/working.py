"""Short ways to do in a test what a browser and a worker do together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from segmentation import pipeline
from segmentation.pipeline import Segmentation, segment_customers
from segmentation.roles import Schema
from tests.factories import make_actor, make_team
from webapp.edge import Resources, unit_of_work
from webapp.models import JobStatus, MemberRole
from webapp.services.access import Actor
from webapp.services.data import imports
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.imports import ImportDetail, StoredFile
from webapp.services.modelling import versions
from webapp.services.modelling.versions import VersionSummary
from webapp.services.work import jobs
from webapp.tasks import find_task, reclustering

WORKER = "test-worker"
_fits: dict[object, Segmentation] = {}


@dataclass(frozen=True)
class Shop:
    """A team with an admin, and a stranger who is admin of another team, in one workspace."""

    resources: Resources
    actor: Actor
    stranger: Actor

    def import_file(self, data: bytes | str, **options: Any) -> ImportDetail:
        return import_file(self.resources, self.actor, data, **options)

    def recluster(self, **options: Any) -> VersionSummary:
        return recluster(self.resources, self.actor, **options)

    def writing(self) -> AbstractContextManager[Session]:
        return unit_of_work(self.resources)

    def reading(self) -> AbstractContextManager[Session]:
        return unit_of_work(self.resources, read_only=True)

    def member(self, role: MemberRole) -> Actor:
        """Somebody of the team with that role."""
        return replace(self.actor, name=f"{role}@north.example", role=role)


def open_shop(resources: Resources) -> Shop:
    with unit_of_work(resources) as session:
        actor = make_actor(session, make_team(session, "North Market"))
        return Shop(resources, actor, make_actor(session, make_team(session, "South Market")))


def fitted_once(customers: pd.DataFrame, schema: Schema, **options: Any) -> Segmentation:
    asked = {name: value for name, value in options.items() if name != "progress"}
    key = (int(pd.util.hash_pandas_object(customers).sum()), str(schema), str(asked))
    if key not in _fits:
        _fits[key] = segment_customers(customers, schema, **options)
    return _fits[key]


def store_file(resources: Resources, actor: Actor, data: bytes | str, name: str = "customers.csv") -> StoredFile:
    """Put `data` where an upload would."""
    content = data.encode() if isinstance(data, str) else data
    return StoredFile(name, resources.store.put_bytes(actor.team_id, "upload", content), len(content))


def claim(resources: Resources) -> jobs.ClaimedJob | None:
    with unit_of_work(resources) as session:
        return jobs.claim_job(session, WORKER, 600.0, attempts=3)


def run_claimed(resources: Resources, job: jobs.ClaimedJob) -> None:
    """Run the job's task here; what it raises passes."""
    find_task(job.kind).run(resources, job, lambda stage, share: None)


def run_jobs(resources: Resources, *, genuine: bool = False) -> None:
    """Do all waiting work; a task that raises fails its job with the message, as in a worker.

    The same customers are fitted once in a test run, unless the fit has to be `genuine`; few k are tried.
    """
    fit = segment_customers if genuine else fitted_once
    with patch.object(reclustering, "segment_customers", fit), patch.object(pipeline, "AUTOMATIC_KS", (2, 3, 4)):
        while job := claim(resources):
            try:
                run_claimed(resources, job)
            except Exception as error:
                with unit_of_work(resources) as session:
                    jobs.finish_job(session, job.fence, JobStatus.FAILED, str(error), code=getattr(error, "code", None))


def import_file(resources: Resources, actor: Actor, data: bytes | str, *, dataset: str = "Customers", **options: object) -> ImportDetail:
    """Import `data` without a check and answer what became of it."""
    file = store_file(resources, actor, data)
    with unit_of_work(resources) as session:
        slug = ensure_dataset(session, actor, dataset).slug
        started = imports.start_import(session, actor, slug, file, check=False, **options)  # type: ignore[arg-type]
    run_jobs(resources)
    with unit_of_work(resources, read_only=True) as session:
        return imports.show_import(session, actor, started.id)


def recluster(
    resources: Resources, actor: Actor, dataset: str = "customers", *, genuine: bool = False, **options: object
) -> VersionSummary:
    """Re-cluster and answer the version that came of it, whatever its status; a twin of one that is there, unless told otherwise."""
    with unit_of_work(resources) as session:
        versions.request_recluster(session, actor, dataset, **{"anyway": True, **options})  # type: ignore[arg-type]
    run_jobs(resources, genuine=genuine)
    with unit_of_work(resources, read_only=True) as session:
        return versions.list_versions(session, actor, dataset)[0]


def count_rows(session: Session, *models: type) -> Sequence[int]:
    """How many rows each table has."""
    return [session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


def customers_csv(groups: Sequence[int] = (60, 60, 60), *, seed: int = 1, first: int = 1) -> str:
    """A file with planted groups that differ in spend, orders and income; ids count from `first`, group by group."""
    rng = np.random.default_rng(seed)
    lines = ["ID,Income,Spend_Wine,Spend_Meat,Orders_Web,Orders_Store,Visits,Since,City,Response"]
    number = first
    for group, size in enumerate(groups):
        level = 3.0**group
        for _ in range(size):
            spend = rng.normal([40 * level, 30 * level], 3 * level).clip(1)
            orders = rng.poisson([2 * (1 + group), 9 - 3 * (group % 3)]) + 1
            income, visits, day = rng.normal(20_000 + 25_000 * group, 1_500), rng.poisson(3 + group), rng.integers(1, 29)
            city, responds = ("Leeds", "York", "Bath")[rng.integers(3)], int(rng.random() < 0.2)
            amounts = f"{income:.0f},{spend[0]:.2f},{spend[1]:.2f},{orders[0]},{orders[1]},{visits}"
            lines.append(f"{number},{amounts},2024-03-{day:02d},{city},{responds}")
            number += 1
    return "\n".join(lines) + "\n"
