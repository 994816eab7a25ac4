"""Names of the parts of an import's page."""

from enum import StrEnum

ROLE = "import-role"
"""Type of the lists that say what a column means; `column` is the file's header."""


class Ids(StrEnum):
    BODY = "import-body"
    PROGRESS = "import-progress"
    CONFIRM = "import-confirm"
    RECHECK = "import-recheck"
    HINT = "import-hint"
    GUESSED = "import-guessed"
