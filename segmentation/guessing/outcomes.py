"""Columns that say what a customer did afterwards, and which of their two words is the yes."""

from __future__ import annotations

from segmentation.evidence import Evidence
from segmentation.roles import Role

_OUTCOMES = (
    "churn", "churned", "response", "responded", "respond", "converted", "conversion", "accepted", "attrition", "attrited", "exited",
    "outcome", "renewed", "retained",
)  # fmt: skip
_TARGETS = frozenset({"y", "target", "label"})
_HAPPENED = (
    "churned", "attrited", "exited", "left", "lost", "closed", "cancelled", "canceled", "departed", "gone", "inactive", "responded",
    "accepted", "converted", "bought", "purchased", "renewed", "success", "positive", "abgewandert", "gekündigt", "resilié", "résilié",
    "baja", "cancelado", "opgezegd",
)  # fmt: skip
_DID_NOT = (
    "existing", "stayed", "retained", "active", "current", "loyal", "remaining", "failure", "failed", "negative", "declined", "rejected",
    "ignored", "refused", "none", "aktiv", "geblieben", "actif", "activo", "attivo", "ativo", "actief",
)  # fmt: skip
_NEGATIONS = ("not ", "no ", "non ", "non-", "un", "nicht ", "did not", "didn't", "never")


def outcome(e: Evidence) -> tuple[Role, float, str] | None:
    """An outcome has two values, yes and no in some words, under a name that says what a customer did."""
    named = e.has(*_OUTCOMES)
    if e.binary and (named or e.slug in _TARGETS):
        return Role.OUTCOME, 0.95 if named else 0.85, "yes or no, and the name says what a customer did afterwards"
    if words := outcome_words(e):
        yes = next(word for word, meaning in words.items() if meaning == "yes")
        return Role.OUTCOME, 0.9 if named else 0.75, f"two values, of which “{yes}” says that it happened"
    return None


def outcome_words(e: Evidence) -> dict[str, str]:
    """Both words of an outcome in lower case -> "yes" or "no"; nothing where that is not plain from the words."""
    words = sorted(e.filled.str.lower().unique()) if e.distinct <= 4 and not e.binary else []
    if len(words) != 2 or not e.has(*_OUTCOMES, *_TARGETS, "status", "flag"):
        return {}
    said = {word: _says(word) for word in words}
    if set(said.values()) == {"yes", "no"}:
        return said
    return {}


def _says(word: str) -> str:
    parts = word.replace("-", " ").replace("_", " ").split()
    happened = any(part in _HAPPENED for part in parts)
    if word.startswith(_NEGATIONS) and any(part.removeprefix("un").removeprefix("non") in _HAPPENED or part in _HAPPENED for part in parts):
        return "no"
    if any(part in _DID_NOT for part in parts):
        return "no"
    return "yes" if happened else ""
