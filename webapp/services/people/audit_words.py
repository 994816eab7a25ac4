"""The audit log in plain words: what each action means, and which belong together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GROUPS: dict[str, str] = {
    "people": "People",
    "sign-ins": "Sign-ins",
    "tokens": "API tokens",
    "team": "Team and datasets",
    "imports": "Imports",
    "exports": "Exports",
    "models": "Models",
    "segments": "Segments",
    "campaigns": "Campaigns and audiences",
    "jobs": "Jobs and schedules",
    "other": "Other",
}
"""Kinds of actions, as the log is filtered by."""

SIGN_INS = ("user.signed_in", "user.signed_out", "user.sessions_ended")
PREFIXES: dict[str, tuple[str, ...]] = {
    "people": ("user",),
    "tokens": ("token",),
    "team": ("team", "dataset"),
    "imports": ("import", "sample"),
    "exports": ("customers", "audit"),
    "models": ("version", "sweep"),
    "segments": ("segment",),
    "campaigns": ("campaign", "audience"),
    "jobs": ("job", "schedule"),
}
"""What the actions of a kind begin with, up to the dot."""

_SENTENCES: dict[str, str] = {
    "user.added": "Added {subject} as {role}",
    "user.invited": "Invited {subject} as {role}",
    "user.invitation_withdrawn": "Withdrew the invitation of {subject}",
    "user.declined": "Declined the invitation",
    "user.invited_again": "Made a new invitation for {subject}",
    "user.joined": "Took the invitation and joined",
    "user.role_changed": "Changed the role of {subject} from {before} to {after}",
    "user.removed": "Removed {subject} from the team",
    "user.disabled": "Disabled {subject}",
    "user.enabled": "Let {subject} sign in again",
    "user.reset_link_made": "Made a password link for {subject}",
    "user.password_reset": "Chose a new password by link",
    "user.password_changed": "Changed their password",
    "user.renamed": "Changed their name from {before} to {after}",
    "user.signed_in": "Signed in",
    "user.signed_out": "Signed out",
    "user.sessions_ended": "Signed out everywhere else",
    "token.created": "Made the API token {name} ({subject}…) with the {role} role",
    "token.revoked": "Revoked the API token {name} ({subject}…)",
    "team.created": "Started the team {name}",
    "team.renamed": "Renamed the team from {before} to {after}",
    "team.time_zone_changed": "Changed the time zone from {before} to {after}",
    "dataset.created": "Started the dataset {name}",
    "dataset.renamed": "Renamed the dataset {before} to {after}",
    "dataset.currency_changed": "Changed the currency of {subject} from {before} to {after}",
    "dataset.legal_basis_confirmed": "Confirmed a legal basis for {subject}: customers of unknown consent may leave in exports",
    "dataset.removed": "Removed the empty dataset {name}",
    "sample.requested": "Asked for the sample",
    "import.uploaded": "Uploaded {file} for {dataset}",
    "import.checked": "Checked a file before its import",
    "import.roles_changed": "Changed what columns of an import mean",
    "import.mapping_changed": "Changed how a file is read",
    "import.confirmed": "Confirmed an import",
    "import.discarded": "Discarded {file} of {dataset}, which was not imported",
    "import.undo_requested": "Asked for an import to be undone",
    "import.undone": "Undid an import",
    "import.undone_along": "Undid an import of {file} along with the one that it repeated",
    "import.stored": "Stored an import into {dataset} as snapshot {snapshot}",
    "customers.exported": "Exported {rows} customers of {subject}",
    "audit.exported": "Downloaded the audit log",
    "version.requested": "Asked for version {number} of {dataset}",
    "version.ready": "Version {number} of {dataset} was ready",
    "version.promoted": "Made version {number} of {dataset} the champion",
    "version.lineage_corrected": "Corrected which segment {segment} of version {number} of {dataset} is",
    "version.lineage_taken_back": "Took back a correction of the segment {segment} of version {number} of {dataset}",
    "version.rolled_back": "Rolled {dataset} back from version {previous} to version {number}",
    "version.move_noted": "Said why version {number} of {dataset} is the champion: {note}",
    "version.challenges": "Let version {number} of {dataset} challenge the champion",
    "version.challenge_ended": "Let version {number} of {dataset} challenge the champion no longer",
    "version.pinned": "Kept version {number} of {dataset} from being removed",
    "version.unpinned": "Let version {number} of {dataset} be removed with the others",
    "version.removed": "Removed version {number} of {dataset} to make room",
    "version.removed_by_hand": "Removed version {number} of {dataset}, on which nobody relied",
    "version.retention_changed": "Changed how many versions {subject} keeps from {before} to {after}",
    "sweep.requested": "Asked for comparison {number} in the Lab of {dataset}",
    "sweep.ready": "Comparison {number} in the Lab of {dataset} was ready",
    "segment.renamed": "Renamed the segment {before} to {after}",
    "segment.recoloured": "Gave the segment {name} another colour",
    "segment.described": "Described the segment {name}",
    "segment.noted": "Wrote a note on the segment {name}",
    "segment.note_removed": "Removed a note from the segment {name}",
    "campaign.created": "Planned the campaign {name}",
    "campaign.changed": "Changed the campaign {name}",
    "campaign.duplicated": "Copied the campaign {origin} as {name}",
    "campaign.archived": "Archived the campaign {name}",
    "campaign.restored": "Took the campaign {name} out of the archive",
    "campaign.deleted": "Deleted the campaign {name}",
    "campaign.tagged": "Tagged the campaign {name} to {segment}",
    "campaign.untagged": "Removed the tag of the campaign {name} from {segment}",
    "audience.saved": "Saved {customers} customers as the audience {name}",
    "audience.renamed": "Renamed the audience {before} to {after}",
    "audience.noted": "Changed the note of the audience {name}",
    "audience.archived": "Archived the audience {name}",
    "audience.restored": "Took the audience {name} out of the archive",
    "job.cancel": "Cancelled a job",
    "schedule.added": "Scheduled {work} of {dataset}: {when}",
    "schedule.changed": "Changed the schedule of {dataset} from {before} to {after}",
    "schedule.paused": "Paused the schedule of {dataset}: {when}",
    "schedule.resumed": "Resumed the schedule of {dataset}: {when}",
    "schedule.removed": "Deleted the schedule of {dataset}: {when}",
    "schedule.run": "Ran the schedule of {dataset} at once: {when}",
    "schedule.stopped": "Paused a schedule, because {maker} may not run it any more",
}
"""Each sentence says what its actor did; the words in braces are the event's subject and details."""


def sentence(action: str, subject: str, details: Mapping[str, Any], *, known_names: Mapping[str, str] | None = None) -> str:
    """What happened, for people. An action that is not in the list is read out: `note.added` as "Note added".

    `known_names` gives names for campaigns by id and for segments by key, where they are still known.
    """
    names = known_names or {}
    values = {"subject": subject, **_parts(subject), **_named(subject, names), **details}
    if (segment := str(details.get("segment"))) in names:
        values["segment"] = names[segment]
    shown = {name: _shown(value) for name, value in values.items()}
    template = _SENTENCES.get(action)
    if template is not None:
        try:
            return template.format_map(shown)
        except (KeyError, IndexError):
            pass  # written by an earlier version, with other details
    return _read_out(action, str(shown.get("name") or ""))


def actions_meaning(text: str) -> tuple[str, ...]:
    """The actions whose sentence or name holds `text`, so that people find "champion" without knowing `version.promoted`."""
    wanted = text.strip().lower()
    if not wanted:
        return ()
    return tuple(action for action, words in _SENTENCES.items() if wanted in words.lower() or wanted in action)


def _parts(subject: str) -> dict[str, str]:
    """Versions and comparisons are written as `dataset/number`."""
    dataset, slash, number = subject.rpartition("/")
    return {"dataset": dataset, "number": number} if slash else {}


def _named(subject: str, known_names: Mapping[str, str]) -> dict[str, str]:
    return {"name": known_names[subject]} if subject in known_names else {}


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _read_out(action: str, name: str) -> str:
    words = action.replace(".", " ").replace("_", " ").strip().capitalize() or "Something happened"
    return f"{words}: {name}" if name and name != "none" else words
