"""Names of the parts of the pages Models and Model."""

from enum import StrEnum

PROMOTE = "promote-open"
"""Type of the buttons that open the dialog; `version` is the number."""

CHALLENGE, WITHDRAW, ROLL_BACK, PIN = "version-challenge", "version-withdraw", "version-rollback", "version-pin"
"""Types of the buttons that act at once; those that pin say in `pinned` whether they do (1) or let go (0)."""


class Ids(StrEnum):
    HEAD = "models-head"
    BODY = "models-body"
    PANEL = "model-k-panel"
    DIALOG = "promote-dialog"
    WHICH = "promote-which"
    CHOSEN = "promote-chosen"
    NOTE = "promote-note"
    CONFIRM = "promote-confirm"
    CANCEL = "promote-cancel"
    CHAMPION = "models-champion"
    PREVIEW = "promote-preview"
    ACTED = "models-acted"
    OVER_VERSIONS = "figures-over-versions"
    KEEP = "models-keep"
    KEEP_SAVE = "models-keep-save"
    KEEP_PLAN = "models-keep-plan"
    WHY = "models-why"
    WHY_SAVE = "models-why-save"
    REMOVE = "version-remove"
    REMOVE_OPEN = "version-remove-open"
    REMOVE_ASK = "version-remove-ask"
    REMOVE_CANCEL = "version-remove-cancel"
