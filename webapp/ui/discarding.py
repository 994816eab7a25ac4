"""Letting go of a file that was not imported: a button, and what it does wherever it stands."""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.data import datasets, imports
from webapp.services.data.imports import ImportDetail
from webapp.ui import jobs
from webapp.ui.components import Child, button, hidden_text
from webapp.ui.notices import notify
from webapp.ui.places import data_address, home_address, team_address

DISCARDABLE = ("checked", "failed", "cancelled")


def discard_button(view: View, detail: ImportDetail, id: Any, **looks: Any) -> Component | None:
    """For those who may import, where there is something to let go of. It asks nothing: no customer is touched."""
    if detail.status not in DISCARDABLE or not view.actor.may(Permission.IMPORT):
        return None
    words: list[Child] = ["Discard", hidden_text(f" {detail.file_name}")]
    return button(words, id=id, kind="ghost", **looks)


def discard(view: View, import_id: str) -> str:
    """Discard the file and say so; the address to go on at."""
    gone = imports.discard_import(view.session, view.actor, view.resources.store, import_id)
    team = view.actor.team_slug
    if gone.dataset_removed:
        notify(f"{gone.file_name} is discarded. Nothing else was in its dataset, which is gone too.", "good")
        return address_after(view)
    notify(f"{gone.file_name} is discarded. No customer was changed.", "good")
    jobs.read_again({"discarded": import_id})
    return data_address(team, gone.dataset, tab="imports")


def address_after(view: View) -> str:
    """Where to go on once a dataset is gone: another one of the team, as long as there is one."""
    # The team's own page would lead there too, by loading anew, and lose the notice.
    known = datasets.list_datasets(view.session, view.actor)
    return home_address(view.actor.team_slug, known[0].slug) if known else team_address(view.actor.team_slug)
