"""Which sweep the page speaks of: the one in the address, the newest that is ready, or the one behind the champion."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.edge import View
from webapp.services.data import datasets
from webapp.services.errors import NotFound
from webapp.services.modelling import sweeps
from webapp.services.modelling.sweep_results import SweepReport
from webapp.services.modelling.sweeps import SweepSummary
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.ui import jobs as job_parts
from webapp.ui.places import item_number


@dataclass(frozen=True)
class Shown:
    """What there is to see. `sweep` is None where the figures are those behind version `version`; `report` where there are none."""

    sweep: SweepSummary | None
    version: int | None
    report: SweepReport | None

    @property
    def source(self) -> str:
        """How a button that fits says where its candidate was tried."""
        return f"sweep-{self.sweep.number}" if self.sweep else f"version-{self.version}"

    @property
    def found_key(self) -> tuple[str, int]:
        """Algorithm and k of what is recommended."""
        assert self.report is not None
        return self.report.found.recommended


def shown_sweep(view: View) -> Shown:
    """What the page shows; NotFound where the address names a sweep that there is not."""
    dataset = view.dataset or ""
    if view.item is not None:
        number = item_number(view.item)
        if number is None:
            raise NotFound("There is no such sweep.")
        sweep = sweeps.show_sweep(view.session, view.actor, dataset, number)
        return Shown(sweep, None, _report(view, sweep))
    listed = sweeps.list_sweeps(view.session, view.actor, dataset)
    ready = next((sweep for sweep in listed if sweep.status == "ready"), None)
    if ready is not None:
        return Shown(ready, None, _report(view, ready))
    champion = datasets.show_dataset(view.session, view.actor, dataset).champion
    if champion is None:
        return Shown(None, None, None)
    return Shown(None, champion, sweeps.version_sweep(view.session, view.actor, dataset, champion))


def active_sweep(view: View) -> JobSummary | None:
    """The sweep that waits or runs."""
    found = jobs.list_jobs(view.session, view.actor, view.dataset, limit=20)
    return next((job for job in found if job.kind == "sweep" and job.status in job_parts.ACTIVE), None)


def _report(view: View, sweep: SweepSummary) -> SweepReport | None:
    if sweep.status != "ready":
        return None
    return sweeps.show_sweep_report(view.session, view.actor, view.dataset or "", sweep.number)
