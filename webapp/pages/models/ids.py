"""Names of the parts of the pages Models and Model."""

from enum import StrEnum

PROMOTE = "promote-open"
"""Type of the buttons that open the dialog; `version` is the number."""


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
