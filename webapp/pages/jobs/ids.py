"""Names of the parts of the page of jobs."""

from __future__ import annotations

from enum import StrEnum

OPEN = "schedule-open"
CHANGE = "schedule-change"
ACT = "schedule-act"
"""Types of the ids that stand several times: what opens the dialog for a new schedule or for one, and what is done about one at once."""


class Ids(StrEnum):
    RUNNING = "jobs-running"
    SCHEDULES = "jobs-schedules"
    HISTORY = "jobs-history"
    CHANGED = "schedules-changed"
    DIALOG = "schedule-dialog"
    FORM = "schedule-form"
    TITLE = "schedule-dialog-title"
    CONFIRM = "schedule-confirm"
    CANCEL = "schedule-cancel"
    EDITED = "schedule-edited"
    KIND = "schedule-kind"
    EVERY = "schedule-every"
    AT = "schedule-at"
    WEEKDAY = "schedule-weekday"
    DAY = "schedule-day"
    CRON = "schedule-cron"
    COUNT = "schedule-count"
    METHOD = "schedule-method"
    AT_FIELD = "schedule-at-field"
    WEEKDAY_FIELD = "schedule-weekday-field"
    DAY_FIELD = "schedule-day-field"
    CRON_FIELD = "schedule-cron-field"
    FIT_FIELDS = "schedule-fit-fields"
    FOLDER_WORDS = "schedule-folder-words"
    PREVIEW = "schedule-preview"
    ERROR = "schedule-error"
    ASK = "schedule-ask"
    ASK_TEXT = "schedule-ask-text"
    ASK_CONFIRM = "schedule-ask-confirm"
    ASK_CANCEL = "schedule-ask-cancel"
    ASKED = "schedule-asked"
