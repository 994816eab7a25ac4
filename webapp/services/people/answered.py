"""What requests with an `Idempotency-Key` were answered, so that a program that heard no answer may ask again and nothing is done twice.

The key is claimed, the act done and its answer kept in one transaction: all of it is there, or nothing. Of two requests at once with one
key the database lets one in; the other waits for its end, and is told the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.db import database_time, insert_unless_there
from webapp.models import AnsweredRequest
from webapp.services.access import Actor
from webapp.services.errors import Invalid
from webapp.services.people.tokens import secret_hash

KEPT = timedelta(days=1)
"""How long an answer is kept; afterwards the key is as good as new."""
LONGEST_KEY = 200
FIELD = "Idempotency-Key"


def request_hash(method: str, path: str, query: Mapping[str, Any], sent: Any) -> str:
    """What a request asks for, in 64 hexadecimal digits: the same for the same values, however they are written.

    `sent` is what was read of the body: JSON, dates and dataclasses (of a file its digest).
    """
    asked = json.dumps([method, path, query, sent], default=_plain, sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def claim_key(session: Session, actor: Actor, key: str, request: str) -> str | None:
    """The answer that the actor's token was given to this request with this key.

    None where it is the first: then do what it asks and `keep_answer`, in this transaction. `request` is its `request_hash`.
    Invalid (422) where the key cannot be one, or came with another request.
    """
    row = _place(actor, key)
    now = database_time(session)
    session.execute(delete(AnsweredRequest).filter_by(**row).where(AnsweredRequest.created_at < now - KEPT))
    values = {**row, "team_id": actor.team_id, "request_hash": request, "answer": "", "created_at": now}
    if insert_unless_there(session, AnsweredRequest, values):
        return None
    found = session.get_one(AnsweredRequest, row, populate_existing=True)
    if found.request_hash != request:
        raise Invalid(
            "This key came with another request before. Send a new key with each thing that you ask for, and the same only to ask again.",
            code="idempotency_key_reused",
            details={"field": FIELD},
        )
    return found.answer


def keep_answer(session: Session, actor: Actor, key: str, answer: str) -> None:
    """What the request that has claimed the key was answered, as it went out."""
    session.get_one(AnsweredRequest, _place(actor, key)).answer = answer
    session.flush()


def forget_answers(session: Session, now: datetime | None = None) -> int:
    """Remove the answers of all teams that are kept no longer; how many that were. For workers."""
    old = delete(AnsweredRequest).where(AnsweredRequest.created_at < (now or database_time(session)) - KEPT)
    return len(session.scalars(old.returning(AnsweredRequest.key_hash)).all())


def _place(actor: Actor, key: str) -> dict[str, str]:
    """Under which a key is kept: its token, and its hash, as a program may put anything into it."""
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        text = f"An idempotency key has 1 to {LONGEST_KEY} printable ASCII characters; a random UUID is a good one."
        raise Invalid(text, details={"field": FIELD})
    if actor.token_id is None:
        raise ValueError("Only a token asks with a key.")
    return {"token_id": actor.token_id, "key_hash": secret_hash(key)}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
