"""The buttons of versions, each there for the roles that may and where it can be done."""

from __future__ import annotations

from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.models.ids import CHALLENGE, PIN, PROMOTE, ROLL_BACK, WITHDRAW
from webapp.services.access import Permission
from webapp.services.modelling.versions import VersionSummary
from webapp.ui.components import button, icon_button
from webapp.ui.places import segments_address


def segments_button(view: View, item: VersionSummary, *, small: bool = False) -> Component | None:
    """Leads to the version's segments; viewers see those of the champion only."""
    if not (item.champion or view.actor.may(Permission.VIEW_CUSTOMERS)):
        return None
    asked = None if item.champion else item.number
    return button("Segments", href=segments_address(view.actor.team_slug, view.dataset or "", version=asked), small=small)


def promote_button(
    view: View, item: VersionSummary, *, kind: str = "secondary", small: bool = False, at: str = "version"
) -> Component | None:
    """Opens the dialog that says what would change; nothing for the champion, and for roles that may not.

    `at` tells several buttons for one version on a page apart.
    """
    if item.champion or item.status != "ready" or not view.actor.may(Permission.PROMOTE):
        return None
    # Nobody is kept from it, but nobody does it unawares either: the dialog says so too.
    none = item.verdict == "none"
    why = "This version's verdict is none: read why on its page, then decide." if none else "See what would change, then decide."
    return button(
        "Promote", id={"type": PROMOTE, "version": item.number, "at": at}, kind="secondary" if none else kind, small=small, title=why
    )


def challenge_button(view: View, item: VersionSummary, *, small: bool = False) -> Component | None:
    """Sets the version beside the champion; `small` shows the icon alone."""
    if item.champion or item.challenger or item.status != "ready" or not view.actor.may(Permission.PROMOTE):
        return None
    identity = {"type": CHALLENGE, "version": item.number}
    if small:
        return icon_button("flag", f"Make version {item.number} the challenger", id=identity, className="btn-sm")
    return button("Make challenger", id=identity, kind="ghost", icon_name="flag", title="Set it beside the champion, to compare them")


def pin_button(view: View, item: VersionSummary, *, small: bool = False) -> Component | None:
    """Keeps a version whatever the setting says, or no longer; the champion is kept anyway."""
    if item.status != "ready" or (item.champion and not item.pinned) or not view.actor.may(Permission.PROMOTE):
        return None
    text, title = ("Stop keeping", "Let it be removed with the others") if item.pinned else ("Keep this version", "Never remove it")
    identity = {"type": PIN, "version": item.number, "pinned": 0 if item.pinned else 1}
    return button(text, id=identity, kind="ghost", small=small, title=title, icon_name="pin-angle")


def rollback_button(view: View, target: int | None) -> Component | None:
    """One click back to the champion before, which it names."""
    if target is None or not view.actor.may(Permission.PROMOTE):
        return None
    identity = {"type": ROLL_BACK, "version": target}
    return button(f"Roll back to version {target}", id=identity, small=True, icon_name="arrow-counterclockwise")


def withdraw_button(view: View) -> Component | None:
    if not view.actor.may(Permission.PROMOTE):
        return None
    return button("Withdraw the challenger", id={"type": WITHDRAW, "version": 0}, kind="ghost", small=True)
