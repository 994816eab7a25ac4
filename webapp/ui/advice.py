"""Re-cluster now? The answer with its reasons, and the button."""

from __future__ import annotations

from dash.development.base_component import Component

from segmentation.advice import Answer
from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.segmenting.advice import advise_recluster
from webapp.ui.components import Child, Tone, verdict
from webapp.ui.recluster import recluster_button

ANSWERS: dict[Answer, tuple[str, Tone, str]] = {
    "no": ("No need to re-cluster now", "good", "check-circle"),
    "soon": ("Re-cluster before long", "neutral", "clock-history"),
    "yes": ("Time to re-cluster", "warn", "exclamation-triangle"),
}
EXPLANATIONS: dict[Answer, str] = {
    "no": "Version {version} still describes the customers of the newest snapshot.",
    "soon": "Version {version} still serves, but something has begun to change since it was fitted.",
    "yes": "The customers of the newest snapshot are not those whom version {version} was fitted on.",
}


def advice_verdict(view: View, *, at: str, only_if_due: bool = False) -> Component | None:
    """Whether the champion should be followed by a new version; nothing for who may not see customers, or without a champion.

    With `only_if_due` nothing either where there is no need.
    """
    if not view.actor.may(Permission.VIEW_CUSTOMERS):
        return None
    found = advise_recluster(view.session, view.actor, view.dataset or "")
    if found is None:
        return None
    if found.advice is None:
        return None if only_if_due else _uncounted(found.problem)
    answer = found.advice.answer
    if only_if_due and answer == "no":
        return None
    title, tone, icon_name = ANSWERS[answer]
    reasons = [(reason.answer == "no", reason.text) for reason in found.advice.reasons]
    text = EXPLANATIONS[answer].format(version=found.version)
    return verdict(title, text, tone=tone, icon_name=icon_name, reasons=reasons, action=_button(view, at, answer))


def _button(view: View, at: str, answer: Answer) -> Child:
    return recluster_button(view.actor, at=f"{at}-advice", kind="primary" if answer == "yes" else "secondary") if answer != "no" else None


def _uncounted(problem: str) -> Component:
    text = problem or "What has changed since the champion was fitted is being counted."
    return verdict("Not known yet whether to re-cluster", text, tone="neutral", icon_name="hourglass-split")
