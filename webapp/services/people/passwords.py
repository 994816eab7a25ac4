"""Passwords: which are taken, how they are stored, and how many are hashed at once."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from webapp.services.errors import Invalid

SHORTEST, LONGEST = 8, 128

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)  # Argon2id, 64 MiB
_gate = threading.BoundedSemaphore(2)


def limit_hashes(at_once: int) -> None:
    """Let this process compute at most `at_once` hashes at the same time; each takes 64 MiB."""
    global _gate
    _gate = threading.BoundedSemaphore(at_once)


def check_password(password: str, *, about: str = "") -> None:
    """Invalid unless `password` has 8 to 128 characters, is not among the commonest, and is not the e-mail address `about`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"A password has {SHORTEST} to {LONGEST} characters.", details={"field": "password"})
    plain = password.lower()
    if plain in _common_passwords() or len(set(plain)) < 3 or plain in (about.lower(), about.lower().partition("@")[0]):
        raise Invalid("This password is too easy to guess. Take several words that do not belong together.", details={"field": "password"})


def hash_password(password: str) -> str:
    """The Argon2id hash of `password`, with its salt and parameters."""
    with _gate:
        return _hasher.hash(password)


def password_matches(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to the hash `stored`. Without one, the same work is done and the answer is no."""
    with _gate:
        try:
            matches = _hasher.verify(stored or _nobodys_hash(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return matches and stored is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("the hash that is checked where there is no account")


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(word.lower() for word in FREQUENCY_LISTS["passwords"])
