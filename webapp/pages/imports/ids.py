"""Names of the parts of an import's page."""

from enum import StrEnum

CHOICE = "import-choice"
"""Type of every control of the check: `part` of the mapping (or "mode"), `column` (the file's header), `field`, and `word` of a fold."""


class Ids(StrEnum):
    BODY = "import-body"
    PROGRESS = "import-progress"
    CONFIRM = "import-confirm"
    RECHECK = "import-recheck"
    HINT = "import-hint"
    BEFORE = "import-before"
    DISCARD = "import-discard"
    UNDO = "import-undo"
    UNDO_OPEN = "import-undo-open"
    UNDO_ASK = "import-undo-ask"
    UNDO_CANCEL = "import-undo-cancel"
