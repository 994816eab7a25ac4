"""Files in and out, streamed: uploads go to the store as they arrive, downloads leave as they are read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.edge import Resources, Visit, declare, team_route, unit_of_work
from webapp.edge.uploads import read_upload
from webapp.services.access import Actor, Permission, actor_for_user, require
from webapp.services.browsing.customers import CustomerQuery
from webapp.services.browsing.exports import export_audience, export_customers
from webapp.services.data.datasets import ensure_dataset, show_dataset
from webapp.services.data.imports import read_rejects, show_import, start_import
from webapp.services.errors import Invalid, NotFound
from webapp.services.people.audit_log import COLUMNS, all_pages, csv_lines, read_filter, record_download
from webapp.services.segmenting.model_cards import show_card
from webapp.services.zones import zone_of
from webapp.ui.model_card import Document, card_document, card_markdown
from webapp.ui.places import item_number

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
ALL_CUSTOMERS = "all"
"""Stands for a segment's key in the address of an export of everybody."""


def install_files(server: Flask, resources: Resources) -> None:
    """Register the upload route and the downloads."""

    def uploads(team: str) -> ResponseReturnValue:
        return _upload(resources, team)

    server.add_url_rule("/t/<team>/uploads", view_func=uploads, methods=["POST"])
    declare(server, "uploads", Permission.IMPORT)
    # An export writes its audit event, so this GET commits; it changes nothing else.
    customers = team_route(server, resources, "/t/<team>/<dataset>/segments/<key>/customers.csv", needs=Permission.EXPORT, writes=True)
    customers(customers_csv)
    selection = team_route(server, resources, "/t/<team>/<dataset>/customers.csv", needs=Permission.EXPORT, writes=True)
    selection(selection_csv)
    audience = "/t/<team>/<dataset>/audiences/<audience_id>/customers.<any(csv, xlsx, parquet):form>"
    team_route(server, resources, audience, needs=Permission.EXPORT, writes=True)(audience_file)
    rejects = team_route(server, resources, "/t/<team>/<dataset>/imports/<import_id>/rejects.csv", needs=Permission.IMPORT)
    rejects(rejects_csv)
    page = team_route(server, resources, "/t/<team>/<dataset>/models/<version>/card.html", needs=Permission.VIEW)
    page(card_html)
    text = team_route(server, resources, "/t/<team>/<dataset>/models/<version>/card.md", needs=Permission.VIEW)
    text(card_md)
    log = team_route(server, resources, "/t/<team>/team/audit.csv", needs=Permission.MANAGE_TEAM, writes=True)
    log(audit_csv)


def customers_csv(visit: Visit, dataset: str, key: str) -> ResponseReturnValue:
    """A segment's customers who may leave, or everybody's."""
    segment = None if key == ALL_CUSTOMERS else key
    asked = CustomerQuery(segment=segment, version=asked_version())
    export = export_customers(visit.session, visit.actor, visit.resources.store, dataset, asked)
    return Response(export.chunks, content_type="text/csv; charset=utf-8", headers=attachment(export.file_name))


def selection_csv(visit: Visit, dataset: str) -> ResponseReturnValue:
    """The customers that filters and search in the address leave and who may leave, in its order."""
    query = {name: request.args[name] for name in ("f", "q") if name in request.args}
    sort, descending = request.args.get("sort"), request.args.get("desc") == "1"
    asked = CustomerQuery(query, version=asked_version(), sort=sort, descending=descending)
    export = export_customers(visit.session, visit.actor, visit.resources.store, dataset, asked)
    return Response(export.chunks, content_type="text/csv; charset=utf-8", headers=attachment(export.file_name))


def audience_file(visit: Visit, dataset: str, audience_id: str, form: str) -> ResponseReturnValue:
    """The customers of an audience who are still there and may leave."""
    export = export_audience(visit.session, visit.actor, visit.resources.store, dataset, audience_id, ending=f".{form}")
    return Response(export.chunks, content_type=CONTENT_TYPES[form], headers=attachment(export.file_name))


def rejects_csv(visit: Visit, dataset: str, import_id: str) -> ResponseReturnValue:
    """The rows of an import that were kept out, with line and reason."""
    if show_import(visit.session, visit.actor, import_id).dataset != dataset:
        raise NotFound("There is no such import.")
    file = read_rejects(visit.session, visit.actor, visit.resources.store, import_id)
    return Response(file.data, content_type="text/csv; charset=utf-8", headers=attachment(file.name))


def card_html(visit: Visit, dataset: str, version: str) -> ResponseReturnValue:
    """The model card of a version as a page of its own, to be kept, sent and printed."""
    page = render_template("model_card.html", card=_card(visit, dataset, version))
    return Response(page, content_type="text/html; charset=utf-8", headers=attachment(f"{dataset}-version-{version}-card.html"))


def card_md(visit: Visit, dataset: str, version: str) -> ResponseReturnValue:
    """The same as Markdown."""
    text = card_markdown(_card(visit, dataset, version))
    return Response(text, content_type="text/markdown; charset=utf-8", headers=attachment(f"{dataset}-version-{version}-card.md"))


def _card(visit: Visit, dataset: str, version: str) -> Document:
    number = item_number(version)
    if number is None:
        raise NotFound("There is no such version.")
    return card_document(show_card(visit.session, visit.actor, dataset, number))


def audit_csv(visit: Visit) -> ResponseReturnValue:
    """The audit log by the filters of its page; that it was taken is in the log too."""
    asked = read_filter(request.args, zone_of(visit.session, visit.actor))
    record_download(visit.session, visit.actor, asked)

    def lines() -> Iterator[str]:
        yield "\ufeff" + ",".join(COLUMNS) + "\r\n"
        with unit_of_work(visit.resources, read_only=True) as session:
            for page in all_pages(session, visit.actor, asked):
                yield csv_lines(page.entries)

    return Response(lines(), content_type="text/csv; charset=utf-8", headers=attachment(f"{visit.actor.team_slug}-audit-log.csv"))


def attachment(name: str) -> dict[str, str]:
    """Headers that make a browser save the answer under `name`, whatever characters it holds."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = "".join(char if char.isalnum() or char in "-_. " else "_" for char in plain).strip(" .") or "download"
    return {"Content-Disposition": f"attachment; filename=\"{safe}\"; filename*=UTF-8''{quote(name, safe='')}"}


def asked_version() -> int | None:
    """`?v=` as a number; Invalid where it is none."""
    asked = request.args.get("v")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise Invalid("A version is a whole number.", details={"field": "v"})
    return int(asked)


def _upload(resources: Resources, team: str) -> ResponseReturnValue:
    with unit_of_work(resources, read_only=True) as session:
        actor = actor_for_user(session, current_user.id, team)
        require(actor, Permission.IMPORT)
    stored = read_upload(resources, actor)
    with unit_of_work(resources) as session:
        dataset = _dataset(session, actor)
        detail = start_import(session, actor, dataset, stored)
    return jsonify(import_id=detail.id, url=f"/t/{actor.team_slug}/{detail.dataset}/imports/{detail.id}"), 201


def _dataset(session: Session, actor: Actor) -> str:
    slug, name = request.form.get("dataset", ""), request.form.get("name", "")
    return show_dataset(session, actor, slug).slug if slug else ensure_dataset(session, actor, name).slug
