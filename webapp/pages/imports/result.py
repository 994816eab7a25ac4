"""The other states of an import: at work, refused, done."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.imports.findings import findings_card
from webapp.pages.imports.ids import Ids
from webapp.pages.imports.parts import counts_card, head, rejects_card, steps
from webapp.pages.imports.undoing import undo_parts
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.data.imports import ImportDetail
from webapp.services.modelling.versions import list_versions
from webapp.services.work import jobs as job_services
from webapp.ui import jobs
from webapp.ui.components import Child, button, card, empty_state, error_state, icon, verdict
from webapp.ui.format import count, file_size, number
from webapp.ui.places import compare_address, data_address, home_address, segments_address
from webapp.ui.recluster import recluster_button


def waiting_page(view: View, detail: ImportDetail) -> Component:
    """The file is being read or imported."""
    importing = detail.status == "importing"
    title = f"{'Importing' if importing else 'Checking'} {detail.file_name}"
    sub = "Customers and snapshot are stored together at the end, or not at all." if importing else "Nothing is changed until you import."
    job = job_services.show_job(view.session, view.actor, detail.job_id) if detail.job_id else None
    now = jobs.job_card(job, view, at="import") if job else None
    body = card("At work", f"{file_size(detail.file_bytes)}. You can leave this page.", html.Div(now, id=Ids.PROGRESS))
    return html.Div([head(view, title, sub), steps(2 if importing else 1), body])


def failed_page(view: View, detail: ImportDetail) -> Component:
    """Why the file was refused, and the way to another one."""
    again = button("Choose another file", href=data_address(view.actor.team_slug, view.dataset or ""), kind="primary")
    state = error_state("This file was not imported", f"{detail.message or 'It could not be read.'} Nothing was changed.", again)
    report = detail.report
    rejects = rejects_card(report.rejects, report.rejected) if report else None
    return html.Div([head(view, f"Import of {detail.file_name}", "Refused."), steps(1), card(body=state, className="sc-stack"), rejects])


def cancelled_page(view: View, detail: ImportDetail) -> Component:
    """Who stopped it, and that nothing is left of it."""
    told = f"{detail.message or ''} Nothing of it was stored. To import it after all, upload it again.".strip()
    return _ended_page(view, detail, "Cancelled.", "slash-circle", "This import was cancelled", told)


def undone_page(view: View, detail: ImportDetail) -> Component:
    """What it means that the import was taken back."""
    return _ended_page(view, detail, "Undone.", "arrow-counterclockwise", "This import was undone", detail.message or "")


def discarded_page(view: View, detail: ImportDetail) -> Component:
    """That nothing is left of the file."""
    told = "It was not imported. To import it after all, upload it again."
    return _ended_page(view, detail, "Discarded.", "trash", "This file was discarded", told)


def _ended_page(view: View, detail: ImportDetail, how: str, icon_name: str, title: str, text: str) -> Component:
    again = button("Go to Data", href=data_address(view.actor.team_slug, view.dataset or ""), kind="primary")
    state = empty_state(icon_name, title, text, again)
    return html.Div([head(view, f"Import of {detail.file_name}", how), card(body=state, className="sc-stack")])


def result_page(view: View, detail: ImportDetail) -> Component:
    """What became of the rows, and the next step."""
    dataset = datasets.show_dataset(view.session, view.actor, detail.dataset)
    undo, asking = undo_parts(view, detail)
    later = "" if detail.snapshot == dataset.snapshot else "Other imports followed. "
    parts: list[Child] = [
        head(view, f"Imported {detail.file_name}", f"{later}{dataset.name} now holds {count(dataset.customers, 'customer')}.", [undo]),
        asking,
        steps(3),
    ]
    parts.append(next_step(view, detail))
    if detail.report is None:
        parts.append(
            card(body=empty_state("file-earmark", "No report is kept", "The file was imported; its counts are not there any more."))
        )
        return html.Div(parts)
    report = detail.report
    named = [("new", report.new), ("changed", report.changed), ("unchanged", report.unchanged), ("rejected", report.rejected)]
    more = [("removed", report.removed), ("left alone", report.known)]
    title = ", ".join(f"{number(amount)} {word}" for word, amount in [*named, *(part for part in more if part[1])])
    kept = f" Snapshot {detail.snapshot} holds the result." if detail.snapshot else ""
    sub = f"{count(report.file_rows, 'row')} of the file.{kept}"
    parts += [counts_card(view, detail, report, title, sub), rejects_card(report.rejects, report.rejected, foot=_corrections(view))]
    if report.findings and view.actor.may(Permission.VIEW_CUSTOMERS):
        parts.append(findings_card(report, editable=False))
    return html.Div(parts)


def _corrections(view: View) -> Child:
    """What to do with rejected rows, for those who can."""
    if not view.actor.may(Permission.IMPORT):
        return None
    text = "Correct these rows in the downloaded file and import that file to update: only the customers of these rows change."
    return html.Span([icon("info-circle"), " ", text])


def next_step(view: View, detail: ImportDetail) -> Component:
    """First segments where there are none, else what the new customers change."""
    team = view.actor.team_slug
    dataset = datasets.show_dataset(view.session, view.actor, detail.dataset)
    if dataset.champion is None:
        action = recluster_button(view.actor, at="import", text="Find segments", kind="primary")
        text = "Next: let the product look for groups of customers who are alike. It takes some seconds to minutes and says how sure it is."
        return verdict("Your customers are here", text, tone="good", icon_name="check-circle", action=action)
    report = detail.report
    if report and not report.new and not report.changed:
        home = button("Go to Home", href=home_address(team, detail.dataset))
        return verdict(
            "Nothing changed: every row was known already",
            "No new snapshot was made.",
            tone="neutral",
            icon_name="check-circle",
            action=home,
        )
    return _after_a_change(view, detail, dataset.champion)


def _after_a_change(view: View, detail: ImportDetail, champion: int) -> Component:
    """Whether the segments speak of these customers already, else what makes them do so."""
    team = view.actor.team_slug
    since = (each for each in list_versions(view.session, view.actor, detail.dataset) if each.status == "ready")
    fitted = [each for each in since if detail.snapshot is not None and each.snapshot >= detail.snapshot]
    segments = button("See the segments", href=segments_address(team, detail.dataset))
    actions = [segments, recluster_button(view.actor, at="import", kind="primary")]
    text = (
        "The segments still speak of the earlier snapshot, and Models says whether it is time to find them anew. "
        "After a re-cluster, segments that continue keep their names."
    )
    if any(each.champion for each in fitted):
        actions, text = [segments], f"Version {champion}, the champion, was fitted on these customers or on later ones."
    elif fitted:
        href = compare_address(team, detail.dataset, before=champion, after=fitted[0].number)
        actions = [segments, button("Compare", href=href, kind="primary")]
        text = f"Version {fitted[0].number} was fitted on them. Compare it with the champion, and promote it if it serves you better."
    return verdict(
        "Your customers are up to date", text, tone="good", icon_name="check-circle", action=html.Div(actions, className="sc-actions")
    )
