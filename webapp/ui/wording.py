"""Words for states and roles, the same on every page."""

from __future__ import annotations

from dash import html

from segmentation.roles import Role
from webapp.ui.components import Tone, badge

_IMPORTS: dict[str, tuple[str, Tone, str | None]] = {
    "uploaded": ("Uploaded", "neutral", "hourglass"),
    "checking": ("Checking", "info", "arrow-repeat"),
    "checked": ("To confirm", "warn", None),
    "importing": ("Importing", "info", "arrow-repeat"),
    "done": ("Imported", "good", None),
    "failed": ("Refused", "bad", None),
    "cancelled": ("Cancelled", "neutral", "slash-circle"),
    "undone": ("Undone", "neutral", "arrow-counterclockwise"),
    "discarded": ("Discarded", "neutral", "trash"),
}
_VERSIONS: dict[str, tuple[str, Tone, str | None]] = {
    "pending": ("Being fitted", "info", "arrow-repeat"),
    "ready": ("Ready", "neutral", "check-circle"),
    "failed": ("Failed", "bad", None),
    "cancelled": ("Cancelled", "neutral", "slash-circle"),
    "removed": ("Removed", "neutral", "archive"),
}
_VERDICTS: dict[str, tuple[str, Tone, str | None]] = {
    "natural": ("Natural", "good", None),
    "useful": ("Useful", "info", "signpost-split"),
    "none": ("None as a whole", "neutral", "slash-circle"),
}
VERDICT_WORDS = {word: text for word, (text, _, _) in _VERDICTS.items()}


def import_badge(status: str) -> html.Span:
    return badge(*_IMPORTS.get(status, (status.capitalize(), "neutral", None)))


def version_badge(status: str) -> html.Span:
    return badge(*_VERSIONS.get(status, (status.capitalize(), "neutral", None)))


def verdict_badge(word: str) -> html.Span:
    return badge(*_VERDICTS.get(word, (word.capitalize(), "neutral", None)))


def role_label(role: str) -> str:
    """`birth_year` as "Birth year"; an ignored column as "Not used"."""
    return "Not used" if role == Role.IGNORE else role.replace("_", " ").capitalize()


def role_choices() -> dict[str, str]:
    """Every role, for a list to choose from."""
    return {role.value: role_label(role.value) for role in Role}
