"""What an import tells of a file: the dry run first, the result later. Stored as JSON, so a new field needs a default."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from segmentation.codec import from_json
from segmentation.intake import FileFormat, Finding, Reject
from segmentation.intake.rules import EffectiveRule
from segmentation.orders import LineCounts
from webapp.models import Import
from webapp.services.access import Actor, Permission

ASKED = {"date_order_assumed": "date_order", "decimal_assumed": "decimal"}
"""Findings that only a person can settle, and the field of the column's rule that settles them."""
NO_ID = "no_customer_id"
EMPTIED, KNOWN_KEPT = "emptied", "known_kept"
"""Codes of findings: values that are known of customers and that the file lacks are taken from them, or kept."""


@dataclass(frozen=True)
class ColumnChoice:
    """One column of the file: what it was taken for, how sure that is, and what it does for segments (`use`, in words).

    `filled` is the share of rows with a value; `name` is empty where the column is ignored.
    """

    source: str
    name: str
    label: str
    role: str
    sensitive: bool
    confidence: float
    reason: str
    first_values: tuple[str, ...]
    filled: float
    use: str


@dataclass(frozen=True)
class ColumnDrift:
    """How far the file's values of a column are from those of the customers that were there; `source` is its header, `word` the reading.

    `psi` is the population stability index, `chance` what it stays below 95 times in 100 where nothing changed (see `segmentation.drift`).
    """

    source: str
    label: str
    psi: float
    chance: float
    word: str


@dataclass(frozen=True)
class SegmentFlow:
    """`customers` who go from one segment to another, by segment key: None is no segment, or nobody (`new` before, `gone` after)."""

    before: str | None
    after: str | None
    customers: int
    new: bool = False
    gone: bool = False


@dataclass(frozen=True)
class SegmentMoves:
    """Where the champion would place the customers once the file is in, against where they are.

    `looked_at` customers were placed, of `customers`: all of them, or an even sample, to which all counts refer. `names` has the segments
    by key, as they are called now. `problem` says why nobody could be placed.
    """

    version: int
    customers: int
    looked_at: int
    stayed: int = 0
    moved: int = 0
    placed: int = 0
    gone: int = 0
    flows: tuple[SegmentFlow, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class EarlierImport:
    """Another import that this one goes by: its id, its file's name and its day."""

    import_id: str
    file_name: str
    day: date

    @classmethod
    def of(cls, row: Import) -> EarlierImport:
        return cls(row.id, row.file_name, (row.finished_at or row.created_at).date())


@dataclass(frozen=True)
class ImportReport:
    """What the file holds against the customers that are there. `rejects` are the first 100; `schema` maps the file's headers to roles.

    `known` customers were left alone because the file only adds (`mode`), `removed` ones leave because it is the whole customer base.
    `flagged` counts values that were changed or deserve a look, `ignored` the file's headers that are not used, `missing` the dataset's
    headers that the file lacks. `moves` is None without a champion; `drift` has the columns that the snapshot before has too, the
    strongest first. `mapping_from` is the import whose confirmed mapping was used again, `same_as` one of the very same file. `rules` say
    what can be true of each column, `sheets` which ones a workbook has. Where `unidentified`, no column tells the customers apart yet, and
    nothing could be compared. `lines` says what became of the lines of a file of orders; None for a file of customers.
    `id_stated` says that somebody named the customer id of this file. `compared_with` is the digest of the snapshot that a check compared
    the file with, empty where there was none (None: no check, or one of an earlier release).
    """

    file_rows: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    rejects: tuple[Reject, ...]
    findings: tuple[Finding, ...]
    columns: tuple[ColumnChoice, ...]
    schema: dict[str, str]
    format: FileFormat
    as_of: date | None
    mode: str = "update"
    known: int = 0
    removed: int = 0
    flagged: int = 0
    ignored: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    moves: SegmentMoves | None = None
    drift: tuple[ColumnDrift, ...] = ()
    mapping_from: EarlierImport | None = None
    same_as: EarlierImport | None = None
    rules: tuple[EffectiveRule, ...] = ()
    sheets: tuple[str, ...] = ()
    unidentified: bool = False
    lines: LineCounts | None = None
    id_stated: bool = False
    compared_with: str | None = None

    @property
    def undecided(self) -> tuple[Finding, ...]:
        """Findings that keep the file from being imported before somebody decides."""
        return tuple(item for item in self.findings if item.code in ASKED or item.code == NO_ID)

    @property
    def accepted(self) -> int:
        """Customers of the file that can be stored, or are already."""
        return self.new + self.changed + self.unchanged + self.known

    @property
    def emptied(self) -> int:
        """Known values that the file takes from customers."""
        return sum(finding.count for finding in self.findings if finding.code == EMPTIED)


@dataclass(frozen=True)
class ImportDetail:
    """One import. `dataset` is a slug, `snapshot` a number, `job_id` its last job; `message` says why it failed.

    `outdated` says of a check that the customers have changed since, by another import or an undo.
    """

    id: str
    dataset: str
    file_name: str
    file_bytes: int
    status: str
    message: str | None
    report: ImportReport | None
    snapshot: int | None
    job_id: str | None
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    mode: str = "update"
    outdated: bool = False


def report_of(row: Import) -> ImportReport:
    """The stored report."""
    return from_json(ImportReport, row.report)


def visible_report(actor: Actor, row: Import) -> ImportReport | None:
    """The stored report without what tells of single customers for those who may not see them; None where nothing was read yet."""
    if not row.report:
        return None
    report = report_of(row)
    if actor.may(Permission.VIEW_CUSTOMERS):
        return report
    columns = tuple(replace(column, first_values=()) for column in report.columns)
    rejects = tuple(replace(reject, value="") for reject in report.rejects)
    return replace(report, columns=columns, rejects=rejects, findings=(), moves=None, values={})
