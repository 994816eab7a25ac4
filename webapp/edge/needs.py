"""What each route needs. A route that says nothing stops the start, so that none is open by oversight."""

from __future__ import annotations

from enum import StrEnum

from flask import Flask

from webapp.services.access import Permission

_KEY = "smartcart_needs"
_TOKEN_KEY = "smartcart_token_needs"  # noqa: S105 - a name, no password
_CALLBACK_KEY = "smartcart_callback_needs"


class Door(StrEnum):
    """What opens a route that asks for no permission in a team."""

    OPEN = "open"  # anybody: sign-in, invitation, assets, health
    SIGNED_IN = "signed_in"  # any signed-in user
    TOKEN = "token"  # an API token; a session does not count  # noqa: S105 - a name, no password


Need = Door | Permission


def declare(server: Flask, endpoint: str, need: Need) -> None:
    """Say what `endpoint` needs."""
    needs_of(server)[endpoint] = need


def needs_of(server: Flask) -> dict[str, Need]:
    """What was declared, by endpoint."""
    declared: dict[str, Need] = server.extensions.setdefault(_KEY, {})
    return declared


def declare_token(server: Flask, endpoint: str, need: Permission) -> None:
    """Say that `endpoint` answers to API tokens whose role has `need`."""
    declare(server, endpoint, Door.TOKEN)
    token_needs_of(server)[endpoint] = need


def token_needs_of(server: Flask) -> dict[str, Permission]:
    """What a token needs, by endpoint."""
    declared: dict[str, Permission] = server.extensions.setdefault(_TOKEN_KEY, {})
    return declared


def callback_needs_of(server: Flask) -> dict[str, Permission]:
    """What each Dash callback needs, by its output."""
    declared: dict[str, Permission] = server.extensions.setdefault(_CALLBACK_KEY, {})
    return declared


def check_declarations(server: Flask) -> None:
    """RuntimeError naming every route that does not say what it needs, or what a token needs there."""
    declared, by_token = needs_of(server), token_needs_of(server)
    silent = {rule.endpoint for rule in server.url_map.iter_rules() if rule.endpoint not in declared}
    missing = sorted(silent | {name for name, need in declared.items() if need is Door.TOKEN and name not in by_token})
    if missing:
        raise RuntimeError(f"These routes do not declare what they need: {', '.join(missing)}")
