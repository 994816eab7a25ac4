"""Names of the parts of the Team page."""

from __future__ import annotations

from enum import StrEnum

TABS = {"members": "Members", "tokens": "API tokens", "audit": "Audit log", "settings": "Settings"}
"""The tabs as the address and people call them; the first goes without saying."""

ROLE = "team-role"
MANAGE = "team-manage"
ACT = "team-act"
REVOKE = "team-revoke"
FILTER = "team-audit-filter"
DATASET_FORM = "team-dataset-form"
DATASET_NAME = "team-dataset-name"
DATASET_CURRENCY = "team-dataset-currency"
"""Types of the ids that stand once for each member, token, filter or dataset."""


class Ids(StrEnum):
    HEAD = "team-head"
    BODY = "team-body"
    CHANGED = "team-changed"
    SHOWN = "team-shown"
    ASK = "team-ask"
    ASK_TITLE = "team-ask-title"
    ASK_TEXT = "team-ask-text"
    ASK_CONFIRM = "team-ask-confirm"
    ASK_CANCEL = "team-ask-cancel"
    ASKED = "team-asked"
    SECRET = "team-secret"  # noqa: S105 - the name of a dialog
    SECRET_TITLE = "team-secret-title"  # noqa: S105
    SECRET_BODY = "team-secret-body"  # noqa: S105
    SECRET_TEXT = "team-secret-text"  # noqa: S105
    SECRET_CLOSE = "team-secret-close"  # noqa: S105
    MANAGE = "team-manage-dialog"
    MANAGE_TITLE = "team-manage-title"
    MANAGE_BODY = "team-manage-body"
    MANAGE_CLOSE = "team-manage-close"
    INVITE_OPEN = "team-invite-open"
    INVITE = "team-invite"
    INVITE_CANCEL = "team-invite-cancel"
    INVITE_FORM = "team-invite-form"
    INVITE_EMAIL = "team-invite-email"
    INVITE_ROLE = "team-invite-role"
    INVITE_ERROR = "team-invite-error"
    TOKEN_OPEN = "team-token-open"  # noqa: S105
    TOKEN = "team-token"  # noqa: S105
    TOKEN_CANCEL = "team-token-cancel"  # noqa: S105
    TOKEN_FORM = "team-token-form"  # noqa: S105
    TOKEN_NAME = "team-token-name"  # noqa: S105
    TOKEN_ROLE = "team-token-role"  # noqa: S105
    TOKEN_DAYS = "team-token-days"  # noqa: S105
    TOKEN_ERROR = "team-token-error"  # noqa: S105
    EVENTS = "team-audit-events"
    CLEAR = "team-audit-clear"
    TEAM_FORM = "team-settings-form"
    TEAM_NAME = "team-settings-name"
    TEAM_ZONE = "team-settings-zone"
    TEAM_ERROR = "team-settings-error"
