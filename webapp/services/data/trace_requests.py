"""Asking for the counts over time: whenever customers or the champion change."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Champion, Dataset
from webapp.services.access import Actor
from webapp.services.data.datasets import lock_dataset
from webapp.services.work import jobs
from webapp.services.work.subjects import TRACE


def request_trace(session: Session, actor: Actor, dataset: Dataset) -> None:
    """A job that counts what is not counted yet, unless one is active or there is no champion. For services and tasks only.

    The lock makes a job that is about to end see what the caller changed, or the caller see that it has ended.
    """
    lock_dataset(session, dataset)
    if session.scalars(select(Champion.version_id).where(Champion.dataset_id == dataset.id)).one_or_none() is not None:
        jobs.enqueue_job(session, actor, kind=TRACE, dataset_id=dataset.id, subject_id=dataset.id, exclusive_key=f"{TRACE}:{dataset.id}")
