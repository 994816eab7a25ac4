"""The registry: which version is champion, which one was on any day, and moving that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from webapp.api.fields import day, text, whole
from webapp.api.operations import Call, Operation
from webapp.api.routes import json_body
from webapp.services.access import Permission
from webapp.services.data.datasets import show_dataset
from webapp.services.modelling.challengers import set_challenger
from webapp.services.modelling.promotions import Promoted, Stretch, champion_on, live_history, promote_version, roll_back
from webapp.services.modelling.retention import remove_version
from webapp.services.modelling.versions import LONGEST_NOTE, VersionSummary


@dataclass(frozen=True)
class Champions:
    """Which version was champion from when to when, newest first. `champion` is the one at the end of the day `on`, else the one of now."""

    dataset: str
    on: date | None
    champion: int | None
    history: tuple[Stretch, ...]


def get_champions(call: Call) -> Champions:
    dataset, on = call.parts["dataset"], call.query["on"]
    champion = champion_on(call.session, call.actor, dataset, on) if on else show_dataset(call.session, call.actor, dataset).champion
    return Champions(dataset, on, champion, live_history(call.session, call.actor, dataset))


def post_promote(call: Call) -> Promoted:
    sent = call.sent
    return promote_version(
        call.session,
        call.actor,
        call.parts["dataset"],
        sent["version"],
        note=sent["note"],
        expected=sent["expected"],
        store=call.resources.store,
    )


def post_rollback(call: Call) -> Promoted:
    return roll_back(
        call.session, call.actor, call.parts["dataset"], note=call.sent["note"], expected=call.sent["expected"], store=call.resources.store
    )


def post_challenge(call: Call) -> VersionSummary:
    return set_challenger(call.session, call.actor, call.parts["dataset"], call.sent["version"])


def post_remove(call: Call) -> VersionSummary:
    return remove_version(call.session, call.actor, call.parts["dataset"], call.sent["version"])


MOVE = {
    "note": text("Why, for the team's record.", longest=LONGEST_NOTE, default=""),
    "expected": whole("The champion that you know of; refused where another one is champion by now.", low=1, high=999_999_999),
}
NUMBER = {"version": whole("A model version by its number.", low=1, high=999_999_999).needed()}
MOVED = {409: "The version is champion already, not ready or removed, or somebody else was quicker"}
OPERATIONS = (
    Operation(
        "list_champions",
        "GET",
        "/datasets/{dataset}/champions",
        "Which version was champion when",
        Permission.VIEW,
        get_champions,
        {"on": day("A day; the champion at its end, in the team's time zone.")},
    ),
    Operation(
        name="promote",
        method="POST",
        path="/datasets/{dataset}/promote",
        summary="Make a version the champion",
        needs=Permission.PROMOTE,
        run=post_promote,
        body=json_body(NUMBER | MOVE),
        writes=True,
        refusals=MOVED,
    ),
    Operation(
        name="roll_back",
        method="POST",
        path="/datasets/{dataset}/rollback",
        summary="Make the version champion again that was before this one",
        needs=Permission.PROMOTE,
        run=post_rollback,
        body=json_body(MOVE),
        writes=True,
        refusals={409: "No version was champion before, or somebody else was quicker"},
    ),
    Operation(
        name="challenge",
        method="POST",
        path="/datasets/{dataset}/challenge",
        summary="Let a version challenge the champion",
        needs=Permission.PROMOTE,
        run=post_challenge,
        body=json_body(NUMBER),
        writes=True,
        refusals=MOVED,
    ),
    Operation(
        name="remove_version",
        method="POST",
        path="/datasets/{dataset}/versions/remove",
        summary="Remove a version on which nobody relies; its figures and its model card stay",
        needs=Permission.PROMOTE,
        run=post_remove,
        body=json_body(NUMBER),
        writes=True,
        refusals={409: "Somebody relies on it, as `details.reasons` says, or it is not ready or removed"},
    ),
)
