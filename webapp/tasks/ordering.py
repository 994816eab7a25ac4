"""A file of order lines as an import: its lines become a part in the store, and the customers are summed up from all parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np

from segmentation.errors import SegmentationError
from segmentation.intake import FileFormat, FilePreview, Finding, Intake
from segmentation.intake.opening import OpenFile
from segmentation.orders import LineCounts, OrderLines, Part, customers_from_orders, orders_again, part_schema, read_order_lines
from segmentation.roles import Schema, schema_roles
from webapp.merging import MergeMode
from webapp.services.data.storing import ImportPlan
from webapp.store import Store

AREA = "orders"
_AHEAD = timedelta(days=1)
"""Where the shop is, the day may have begun already."""


@dataclass(frozen=True)
class OrderIntake:
    """Customers from the lines of all files so far. `intake` tells of the file that came last, whose columns are `lines_schema`;
    its lines are the part `digest`."""

    intake: Intake
    lines_schema: Schema
    as_of: date
    digest: str
    counts: LineCounts


def refuse_mixing(plan: ImportPlan, preview: FilePreview) -> None:
    """SegmentationError where the file is of another kind than those that the dataset is fed by."""
    if plan.fed.kind is None or plan.fed.kind == preview.kind:
        return
    if preview.kind == "orders":
        message = (
            f"The file holds order lines ({preview.kind_reason}), but this dataset is fed by files of customers. Import it into a new "
            "dataset. If its rows are customers all the same, give the column with the date another role."
        )
    else:
        message = (
            "This dataset is fed by order lines, but the file holds customers: no column of it says on which day something was ordered "
            "and what was paid. Say which columns do, or import the file into a new dataset."
        )
    raise SegmentationError(message, code="mixed_kinds", details={"dataset": plan.fed.kind, "file": preview.kind})


def remembered_lines(store: Store, plan: ImportPlan) -> dict[str, str]:
    """What the last file of order lines took its columns for."""
    if not plan.fed.parts:
        return {}
    digest, _ = plan.fed.parts[-1]
    latest = part_schema(store.verified_path(plan.team_id, AREA, digest))
    return {header: str(role) for header, role in schema_roles(latest).items()}


def read_orders(
    store: Store, plan: ImportPlan, path: Path | OpenFile, schema: Schema, file_format: FileFormat, returned: Path, *, keep: bool
) -> OrderIntake:
    """Read the order lines of the file at `path` as a part, and sum up all parts of the dataset. Only with `keep` the part is stored.

    Rejected lines go to `returned`. A part that came before counts where it comes last. Where an order comes again with other lines,
    those of the newer file stand for it, unless the file only adds; a file that replaces stands for all parts before it.
    """
    earlier = _parts(store, plan, () if plan.mode == "replace" else plan.fed.parts)
    with store.writing(plan.team_id, AREA) as (temporary, publish):
        lines = read_order_lines(
            path,
            temporary,
            schema=schema,
            file_format=file_format,
            not_after=plan.day + _AHEAD,
            returned=returned,
            earlier=[part.path for part in earlier],
        )
        if keep:
            publish(lines.digest)
        new = store.verified_path(plan.team_id, AREA, lines.digest) if keep else temporary
        *others, last = plan.fed.and_part(lines.digest, plan.mode)
        parts = [*_parts(store, plan, others), Part(new, _line_mode(last[1]))]
        found = customers_from_orders(parts, as_of=_as_of(plan, lines), before=plan.base.schema if plan.base else None)
        again = orders_again(earlier, new) if parts[-1].mode == "update" else 0
    intake = Intake(
        customers=found.customers,
        schema=found.schema,
        format=lines.format,
        file_rows=lines.counts.total,
        rejects=lines.rejects,
        findings=(*_note_again(again), *lines.findings, *found.findings),
        lines=np.zeros(len(found.customers), dtype=np.int64),
    )
    return OrderIntake(intake, lines.schema, found.as_of, lines.digest, lines.counts)


def _parts(store: Store, plan: ImportPlan, parts: Sequence[tuple[str, MergeMode]]) -> list[Part]:
    return [Part(store.verified_path(plan.team_id, AREA, digest), _line_mode(mode)) for digest, mode in parts]


def _line_mode(mode: MergeMode) -> Literal["update", "append"]:
    return "append" if mode == "append" else "update"


def _as_of(plan: ImportPlan, lines: OrderLines) -> date | None:
    """The day stated, else that of the last line; never before the day that the dataset is at."""
    if plan.as_of is not None or plan.base is None or lines.latest is None:
        return plan.as_of
    return max(lines.latest, plan.base.as_of)


def _note_again(orders: int) -> tuple[Finding, ...]:
    if not orders:
        return ()
    message = f"{orders:,} orders were in earlier files with other lines. The lines of this file stand for them now."
    return (Finding("orders_again", "flag", message, None, orders),)
