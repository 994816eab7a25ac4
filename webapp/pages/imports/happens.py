"""What would happen: rows and customers, segments, columns that are missing or drift, and earlier files that this one goes by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dash import dcc, html

from segmentation.intake import Finding
from segmentation.orders import LineCounts
from webapp.edge import View
from webapp.pages.imports.parts import counts_card
from webapp.services.data.imports import EMPTIED, ColumnDrift, EarlierImport, ImportDetail, ImportReport, SegmentFlow, SegmentMoves
from webapp.ui.components import Child, icon
from webapp.ui.format import count, day, listing, number
from webapp.ui.places import import_address

SHOWN_FLOWS = 3
SHOWN_DRIFT = 3
SHOWN_COLUMNS = 4
HOW_FAR = {"some": "somewhat", "large": "very"}


def happens_card(view: View, detail: ImportDetail, report: ImportReport) -> html.Section:
    """The dry run: one bar of rows, and below it what else would change."""
    lines = [html.Li(item) for item in _told(view, report)]
    told = html.Ul(lines, className="sc-probs sc-happens") if lines else None
    return counts_card(view, detail, report, f"What would happen: {outcome(report)}", compared(report), told)


def outcome(report: ImportReport) -> str:
    """`74 customers join, 670 change, 3 rows are rejected`."""
    words = []
    if report.new:
        words.append(count(report.new, "customer joins", "customers join"))
    if report.changed:
        words.append(f"{number(report.changed)} {'changes' if report.changed == 1 else 'change'}")
    if report.removed:
        words.append(f"{number(report.removed)} {'leaves' if report.removed == 1 else 'leave'}")
    if report.rejected:
        words.append(f"{count(report.rejected, 'row is', 'rows are')} rejected")
    return listing(words) if words else "nothing changes, every row is known already"


def compared(report: ImportReport) -> str:
    """Against whom the file was held."""
    known = report.changed + report.unchanged + report.known
    as_of = f" As of {day(report.as_of)}." if report.as_of else ""
    if not known:
        return f"All of them are new here.{as_of}"
    left = f", of whom {number(report.known)} are left alone" if report.known else ""
    return f"Compared with {count(known, 'customer')} of the file who are here already{left}.{as_of}"


def _told(view: View, report: ImportReport) -> Iterator[list[Child]]:
    if report.same_as:
        yield _line("files", "This very file was imported before", [_file(view, report.same_as), "."])
    if report.mapping_from:
        words: list[Child] = ["Roles and rules are those of ", _file(view, report.mapping_from), ". Change here what is different."]
        yield _line("bookmark-check", "Read like the last file of this kind", words)
    if report.lines:
        yield _lines(report.lines)
    if report.moves:
        yield _moves(report.moves)
    if lost := [finding for finding in report.findings if finding.code == EMPTIED]:
        yield _emptied(lost)
    if strong := [drift for drift in report.drift if drift.word in HOW_FAR]:
        yield _drift(strong)
    if report.missing:
        kept = "The customers who are here keep their values; new ones have none."
        yield _line(
            "dash-square", f"{count(len(report.missing), 'column')} of this dataset not in the file", [f"{_some(report.missing)}. {kept}"]
        )
    if report.ignored:
        yield _line(
            "eye-slash",
            f"{count(len(report.ignored), 'column')} of the file not used",
            [f"{_some(report.ignored)}. Give it a role to use it."],
        )


def _lines(lines: LineCounts) -> list[Child]:
    """What becomes of every line of a file of orders."""
    parts = (
        (lines.sales, "sold something"),
        (lines.returns, "took something back"),
        (lines.free, "cost nothing"),
        (lines.without_customer, "name no customer"),
        (lines.repeated, "repeat another line"),
        (lines.rejected, "could not be read"),
    )
    words = listing([f"{number(amount)} {what}" for amount, what in parts if amount])
    told = f"Of {count(lines.total, 'line')}, {words}. Customers are summed up from the lines of all files so far."
    return _line("receipt", "Order lines become customers", [told])


def _emptied(lost: Sequence[Finding]) -> list[Child]:
    """What the file takes from known customers, before it does."""
    total = sum(finding.count for finding in lost)
    more = len(lost) - SHOWN_COLUMNS
    named = [f"{finding.column} ({number(finding.count)})" for finding in lost[:SHOWN_COLUMNS]]
    words = listing([*named, *([count(more, "more column")] if more > 0 else [])])
    told = f"{words}: customers have a value now and none in this file. You can keep what is known, below."
    mark = icon("exclamation-triangle-fill", tone="wn")
    return [mark, html.Div([html.B(f"{count(total, 'known value')} would be emptied"), html.Span(told)])]


def _line(mark: str, title: str, words: list[Child]) -> list[Child]:
    return [icon(mark, tone="i"), html.Div([html.B(title), html.Span(words)])]


def _file(view: View, earlier: EarlierImport) -> html.Span:
    link = dcc.Link(earlier.file_name, href=import_address(view.actor.team_slug, view.dataset or "", earlier.import_id))
    return html.Span([link, f" of {day(earlier.day)}"], className="sc-inline")


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN_COLUMNS
    return listing([*names[:SHOWN_COLUMNS], *([f"{number(more)} more"] if more > 0 else [])])


def _moves(moves: SegmentMoves) -> list[Child]:
    """How many would change segment, and the largest streams."""
    if moves.problem:
        return _line("shuffle", "Segments: not known", [moves.problem])
    sampled = f", in a sample of {number(moves.looked_at)}" if moves.looked_at < moves.customers else ""
    title = f"{count(moves.moved, 'customer')} would change segment{sampled}" if moves.moved else f"Nobody would change segment{sampled}"
    streams = sorted((flow for flow in moves.flows if _moved(flow)), key=lambda flow: -flow.customers)[:SHOWN_FLOWS]
    words = [f"{number(flow.customers)} from {_name(moves, flow.before)} to {_name(moves, flow.after)}" for flow in streams]
    parts = [listing(words)] if words else []
    if moves.placed:
        parts.append(f"{count(moves.placed, 'new customer')} placed")
    told = ". ".join(part[:1].upper() + part[1:] for part in parts)
    return _line("shuffle", title, [f"By version {moves.version}, the champion. {told}{'.' if told else ''}"])


def _moved(flow: SegmentFlow) -> bool:
    return not flow.new and not flow.gone and flow.before != flow.after


def _name(moves: SegmentMoves, key: str | None) -> str:
    return moves.names.get(key, "a segment") if key else "no segment"


def _drift(strong: list[ColumnDrift]) -> list[Child]:
    """The columns whose values are unlike those that are here; the index is said on hover."""
    names: list[Child] = []
    for place, drift in enumerate(strong[:SHOWN_DRIFT]):
        title = f"Population stability index {drift.psi:.2f}; where nothing changed it stays below {drift.chance:.2f} 95 times in 100"
        names += ["; " if place else "", html.Span(f"{drift.label} ({HOW_FAR[drift.word]})", title=title, className="sc-inline")]
    more = len(strong) - SHOWN_DRIFT
    return _line("activity", "Values unlike those that are here", [*names, f" and {number(more)} more." if more > 0 else "."])
