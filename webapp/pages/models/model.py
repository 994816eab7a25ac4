"""Model: one version, what was asked for, the verdict on it, and the figures behind that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from segmentation.choosing.selection import AUTO
from segmentation.wording import upper_first
from webapp.edge import View
from webapp.pages.models.actions import challenge_button, pin_button, promote_button, segments_button
from webapp.pages.models.card import model_card
from webapp.pages.models.figures import features_card, figures_card, stability_card
from webapp.pages.models.removing import remove_button, remove_dialog
from webapp.pages.models.report import candidates_card, panel_card, unfinished, version_verdict
from webapp.pages.models.versions import version_state
from webapp.services.data import datasets
from webapp.services.errors import NotFound
from webapp.services.modelling import versions
from webapp.services.modelling.fit_requests import EVERY_FEATURE, algorithm_name
from webapp.services.modelling.versions import VersionSummary
from webapp.services.segmenting import segments
from webapp.ui.components import Child, page_head, row, verdict
from webapp.ui.feature_picker import weight_words
from webapp.ui.format import by, day, exact_time, number, relative_time
from webapp.ui.places import item_number, models_address


def asked_version(view: View) -> VersionSummary:
    """The version in the address; NotFound where it names none."""
    wanted = item_number(view.item)
    if wanted is None:
        raise NotFound("There is no such version.")
    return versions.show_version(view.session, view.actor, view.dataset or "", wanted)


def show_model(view: View) -> tuple[Component, list[Child], int | None]:
    """Head and body of the version in the address, and the champion's number."""
    version = asked_version(view)
    champion = datasets.show_dataset(view.session, view.actor, view.dataset or "").champion
    return model_head(view, version), model_body(view, version), champion


def model_head(view: View, version: VersionSummary) -> Component:
    team, dataset = view.actor.team_slug, view.dataset or ""
    actions: list[Child] = []
    if version.status == "ready":
        actions = [
            remove_button(view, version),
            pin_button(view, version),
            challenge_button(view, version),
            segments_button(view, version),
            promote_button(view, version, kind="primary"),
        ]
    crumbs = [("Models", models_address(team, dataset)), (f"Version {version.number}", None)]
    return page_head([f"Version {version.number} ", version_state(version)], model_sentence(version), actions, crumbs=crumbs)


def model_sentence(version: VersionSummary) -> list[Child]:
    """What was fitted, on what, when and by whom; and what was asked for where that says more."""
    made = html.Span(relative_time(version.created_at, datetime.now(UTC)), title=exact_time(version.created_at))
    fitted = f"{algorithm_name(version.algorithm)}, {number(version.k)} segments, " if version.k else ""
    what = upper_first(f"{fitted}seed {version.seed}, snapshot {version.snapshot}. Made ")
    return [what, made, f" by {by(version.created_by)}. {asked_words(version.requested)}"]


def asked_words(requested: dict[str, Any]) -> str:
    """`Asked for: the best of all methods, 5 segments, chosen features.`"""
    algorithm, k, features = requested.get("algorithm"), requested.get("k"), requested.get("features")
    parts = ["the best of all methods"] if algorithm == AUTO else [algorithm_name(algorithm)] if algorithm else []
    parts.append(f"{k} segments" if k else "the best number")
    parts.append(features_words(features))
    return f"Asked for: {', '.join(parts)}."


def features_words(features: Any) -> str:
    if features is None:
        return "default features"
    if features == EVERY_FEATURE:
        return "all features"
    weights = features if isinstance(features, dict) else dict.fromkeys(features, 1.0)
    named = [f"{name}{'' if weight == 1 else f' ({weight_words(weight)})'}" for name, weight in weights.items()]
    return f"features {', '.join(named)}" if len(named) <= 4 else f"{len(named)} chosen features"


def removed_notice(version: VersionSummary) -> Component | None:
    """That its model is gone, and what is left."""
    if version.removed_at is None:
        return None
    text = "Its figures and its model card are kept. To work with it, re-cluster with its settings and seed."
    return verdict(f"Removed on {day(version.removed_at)}", text, tone="neutral", icon_name="archive")


def model_body(view: View, version: VersionSummary) -> list[Child]:
    """The verdict, then what it rests on; or what keeps the version from having any."""
    if version.status not in ("ready", "removed"):
        return [unfinished(version)]
    report = versions.show_report(view.session, view.actor, view.dataset or "", version.number)
    stability = segments.show_stability(view.session, view.actor, view.dataset or "", version.number)
    return [
        removed_notice(version),
        version_verdict(version, report, stability),
        row((6, figures_card(version)), (6, panel_card(view, version, report))),
        row((6, stability_card(stability)), (6, features_card(report))),
        candidates_card(view, version, report),
        model_card(view, version),
        remove_dialog(view, version),
    ]
