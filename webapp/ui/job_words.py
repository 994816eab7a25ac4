"""What jobs are called: in the bar, in the bell, in notices and on the page of jobs."""

from __future__ import annotations

from typing import Any

from dash import html

from webapp.services.work.jobs import JobSummary
from webapp.ui.components import badge
from webapp.ui.places import address

_WORDS = {
    "check_import": "Checking {}",
    "import": "Importing {}",
    "undo_import": "Undoing the import of {}",
    "import_folder": "Importing the folder of {}",
    "recluster": "Finding segments: {}",
    "sweep": "Comparing ways to find segments: {}",
    "sample": "Making the sample: {}",
    "trace": "Counting segments over time: {}",
    "move": "Counting who moved: {}",
    "tidy": "Removing old versions: {}",
}
_DONE = {
    "check_import": "{} is checked.",
    "import": "{} is imported.",
    "undo_import": "The import of {} is undone.",
    "import_folder": "The folder of {} is imported.",
    "recluster": "Segments are ready: {}.",
    "sweep": "The comparison is ready: {}.",
    "sample": "{} has its customers. Segments are being found.",
    "trace": "The segments of {} are counted.",
    "move": "Who moved is counted: {}.",
    "tidy": "Old versions of {} are removed.",
}
_LINKS = {
    "check_import": "See what would happen",
    "import": "See the result",
    "undo_import": "Look",
    "import_folder": "Go there",
    "recluster": "See the segments",
    "sweep": "See what was found",
    "sample": "Go there",
    "trace": "See them",
    "move": "See who moved",
    "tidy": "Look",
}
NUMBERED = ("recluster", "sweep")
"""Work whose subject is a number that every dataset has."""
QUIET = ("trace", "tidy")
"""Work that nobody asked for: it is listed under Jobs, but makes no bar and no notice."""

_BADGES: dict[str, tuple[str, Any, str | None]] = {
    "queued": ("Waiting", "neutral", "hourglass"),
    "running": ("Running", "info", "arrow-repeat"),
    "done": ("Done", "good", None),
    "failed": ("Failed", "bad", None),
    "cancelled": ("Cancelled", "neutral", "slash-circle"),
}


def job_title(job: JobSummary) -> str:
    """What a job does, in words: "Importing smartcart.csv"."""
    return _WORDS.get(job.kind, "{}").format(job.subject)


def job_done(job: JobSummary) -> tuple[str, str]:
    """That a job has succeeded, and what the link to its result says."""
    return _DONE.get(job.kind, "{} is done.").format(job.subject), _LINKS.get(job.kind, "Look")


def job_badge(status: str) -> html.Span:
    text, tone, icon_name = _BADGES.get(status, (status.capitalize(), "neutral", None))
    return badge(text, tone, icon_name)


def job_address(team: str, job: JobSummary) -> str:
    """The page of what a job is about."""
    home = address(team, job.dataset)
    return f"{home}/{job.url_part}" if job.url_part else home
