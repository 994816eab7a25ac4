"""The job "import_folder": each file that lies in a dataset's folder is imported as the one before it with the same columns, or refused.

One file after another, in order of name, each in a transaction of its own, and only then put away: a job that is killed in between finds
the file again, and the same file twice changes nothing. Nothing is guessed: what a person would be asked waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Select
from sqlalchemy.orm import Session

from segmentation.errors import Cancelled, SegmentationError, UnreadableFile
from webapp.edge import Resources, unit_of_work
from webapp.edge.uploads import MEGABYTE, clean_file_name
from webapp.inbox import Fate, Inbox, Letter, Moved
from webapp.models import Dataset, Import, ImportStatus
from webapp.services.access import Actor, team_row, team_rows
from webapp.services.data.imports import StoredFile, add_import, new_import, start_import
from webapp.services.data.reports import ImportReport
from webapp.services.data.storing import BaseMoved, plan_row, record_import, record_repeat
from webapp.services.errors import ServiceError
from webapp.services.work import jobs
from webapp.services.work.subjects import IMPORT_FOLDER
from webapp.store import StoreError
from webapp.tasks import ClaimedJob, Progress, Task
from webapp.tasks.importing import TRIES, prepared_import
from webapp.tasks.looking import repeated_report


class _NeedsPerson(Exception):
    """The file says something that nobody has answered for a file like it."""


@dataclass
class _Tally:
    """What became of the files so far, and what is said of those that are too `young`."""

    young: str = ""
    imported: int = 0
    refused: list[str] = field(default_factory=list)

    def in_words(self) -> str:
        """For the job and for the page of schedules."""
        if not self.imported and not self.refused:
            return self.young or "No file was there."
        done = f"{self.imported:,} {'file' if self.imported == 1 else 'files'} imported"
        refused = f", {len(self.refused):,} refused: {'; '.join(self.refused)}" if self.refused else ""
        return f"{done}{refused}. {self.young}".strip()


@dataclass(frozen=True)
class _Round:
    """One look into a dataset's folder; `dataset` is its slug."""

    resources: Resources
    job: ClaimedJob
    inbox: Inbox
    dataset: str

    @property
    def actor(self) -> Actor:
        return self.job.actor

    def take(self, letter: Letter, progress: Progress) -> tuple[Fate, str]:
        """Import a file, or say why not. Moved where it is not whole; what is wrong with us and not with the file passes."""
        try:
            file = self._stored(letter, clean_file_name(letter.name))
            try:
                return "done", self._import(file, progress)
            except _NeedsPerson as question:
                return "refused", f"{question} {self._hand_over(file)}"
            except (Cancelled, StoreError):
                raise
            except (SegmentationError, ServiceError) as refusal:
                return "refused", f"{refusal.message} {self._keep_refused(file, refusal.message)}"
        except (Cancelled, StoreError):
            raise
        except (SegmentationError, ServiceError) as refusal:
            return "refused", refusal.message

    def put_away(self, letter: Letter, fate: Fate, reason: str) -> None:
        self.inbox.put_away(self.actor.team_slug, self.dataset, letter, fate, reason)

    def _stored(self, letter: Letter, name: str) -> StoredFile:
        most = self.resources.config.upload_megabytes
        with self.inbox.reading(self.actor.team_slug, self.dataset, letter) as file:
            try:
                digest, size = self.resources.store.put_stream(self.actor.team_id, "upload", file, most=most * MEGABYTE)
            except ValueError:
                raise UnreadableFile(f"The file is larger than {most} MB. Split it, or raise SMARTCART_UPLOAD_MEGABYTES.") from None
        return StoredFile(name, digest, size)

    def _import(self, file: StoredFile, progress: Progress) -> str:
        for _ in range(TRIES):
            try:
                return self._import_once(file, progress)
            except BaseMoved:
                continue
        raise UnreadableFile("Other imports kept changing this dataset meanwhile. Put the file into the folder again.", code="busy")

    def _import_once(self, file: StoredFile, progress: Progress) -> str:
        row = new_import(self.actor, self.job.dataset_id, file)
        row.status = ImportStatus.IMPORTING
        with unit_of_work(self.resources, read_only=True) as session:
            plan = plan_row(session, self.actor, row)
        if plan.twin is not None:
            with unit_of_work(self.resources) as session:
                self._begin(session, row)
                record_repeat(session, self.actor, plan, repeated_report(plan.twin), plan.twin)
            return "The very same file was imported before. Nothing changed."
        with prepared_import(self.resources.store, plan, progress, agree=_agree) as ready:
            with unit_of_work(self.resources) as session:
                self._begin(session, row)
                record_import(session, self.actor, plan, ready.report, ready.rejects, ready.snapshot, ready.changes, self.resources.store)
            return _result(ready.report)

    def _begin(self, session: Session, row: Import) -> None:
        """Prove that the job is still ours and wanted, and store the import's row; first in each transaction."""
        jobs.report_progress(session, self.job.fence, f"Storing {row.file_name}", 0.9)
        add_import(session, self.actor, row)

    def _hand_over(self, file: StoredFile) -> str:
        """Have the file checked as if somebody had uploaded it, once, so that a person only has to answer; where that is, in words."""
        with unit_of_work(self.resources) as session:
            jobs.report_progress(session, self.job.fence, f"Refusing {file.name}", 0.9)
            waiting = session.scalars(self._alike(file, ImportStatus.CHECKING, ImportStatus.CHECKED).limit(1)).one_or_none()
            waiting_id = waiting.id if waiting else start_import(session, self.actor, self.dataset, file).id
        return f"It waits for somebody to check it at {self._address(waiting_id)}."

    def _keep_refused(self, file: StoredFile, reason: str) -> str:
        """Have the file stand among the imports as a refused one, once, so that people are told; where that is, in words."""
        row = new_import(self.actor, self.job.dataset_id, file)
        with unit_of_work(self.resources) as session:
            jobs.report_progress(session, self.job.fence, f"Refusing {file.name}", 0.9)
            known = session.scalars(self._alike(file, ImportStatus.FAILED).limit(1)).one_or_none()
            if known is None:
                row.status, row.message, row.finished_at = ImportStatus.FAILED, reason, row.created_at
                add_import(session, self.actor, row)
        return f"It stands at {self._address(known.id if known else row.id)}."

    def _alike(self, file: StoredFile, *statuses: ImportStatus) -> Select[Import]:
        """Imports of the very same file that are as far as that."""
        same = team_rows(self.actor, Import).where(Import.dataset_id == self.job.dataset_id, Import.file_digest == file.digest)
        return same.where(Import.status.in_(statuses))

    def _address(self, import_id: str) -> str:
        return f"/t/{self.actor.team_slug}/{self.dataset}/imports/{import_id}"


def import_folder(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Take every whole file of the dataset's folder in order of name; what was stored stays, should the job end early."""
    with unit_of_work(resources, read_only=True) as session:
        dataset = team_row(session, job.actor, Dataset, "dataset", id=job.dataset_id).slug
    inbox = Inbox(Path(resources.config.inbox))
    waiting = inbox.waiting(job.actor.team_slug, dataset)
    files, tally = waiting.whole, _Tally(waiting.young_in_words)
    work = _Round(resources, job, inbox, dataset)
    for place, letter in enumerate(files):
        begun = place / len(files)
        stage = f"File {place + 1} of {len(files)}"
        progress(stage, begun)
        try:
            fate, told = work.take(letter, lambda _stage, share, begun=begun, stage=stage: progress(stage, begun + share / len(files)))  # type: ignore[misc]
            work.put_away(letter, fate, told)
        except Moved:
            continue
        if fate == "done":
            tally.imported += 1
        else:
            tally.refused.append(f"{clean_file_name(letter.name)} ({told})")
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence, message=tally.in_words())


def _agree(report: ImportReport) -> None:
    """Import only what a file like it has answered; what a person would have to say is raised as _NeedsPerson.

    What is asked stands in the check: it may quote values, and viewers read the job's message.
    """
    if report.undecided:
        asked = len(report.undecided)
        raise _NeedsPerson(f"Its check asks {'something' if asked == 1 else f'{asked} things'} that a person has to answer.")
    if report.mapping_from is None:
        raise _NeedsPerson("No file with these columns was imported before, so what they mean is not known.")


def _result(report: ImportReport) -> str:
    told = f"{report.new:,} new customers, {report.changed:,} changed, {report.unchanged:,} unchanged, {report.rejected:,} rows rejected."
    return f"Imported. {told}"


TASKS = (Task(IMPORT_FOLDER, import_folder),)
