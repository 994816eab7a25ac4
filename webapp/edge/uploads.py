"""Taking in a file: it goes to the store as it arrives, and never past the limit."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.edge.work import Resources
from webapp.services.access import Actor
from webapp.services.data.imports import StoredFile
from webapp.services.errors import Invalid

MEGABYTE = 1 << 20
FORM_BYTES = 64 * 1024
"""What an upload may carry beside its file."""
NAMELESS = "upload"
"""What a file is called whose name has nothing to show."""


def read_upload(resources: Resources, actor: Actor) -> StoredFile:
    """The field `file` of the request, stored; the caller has made sure that `actor` may bring one. Invalid where there is none."""
    most = resources.config.upload_megabytes * MEGABYTE
    # Only now is the body read: past the limit the reading stops, and past 500 kB it lies in a temporary file.
    request.max_content_length = most + FORM_BYTES
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("Choose a file first.", details={"field": "file"})
    return _store(resources, actor, file, most)


def clean_file_name(name: str) -> str:
    """The last part of an uploaded file's name, printable and at most 200 characters long."""
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    printable = "".join(char for char in last if char.isprintable()).strip()
    kept = printable.strip(" .")[-200:].strip(" .")
    only_ending = printable.startswith(".") and kept and "." not in kept
    return f"{NAMELESS}.{kept}"[:200] if only_ending else kept or NAMELESS


def _store(resources: Resources, actor: Actor, file: FileStorage, most: int) -> StoredFile:
    try:
        digest, size = resources.store.put_stream(actor.team_id, "upload", file.stream, most=most)
    except ValueError:
        raise RequestEntityTooLarge from None
    return StoredFile(clean_file_name(file.filename or ""), digest, size)
