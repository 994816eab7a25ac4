"""Teams, members, tokens and the audit log by command line."""

from __future__ import annotations

from tests.webapp.cli.conftest import Command
from tests.webapp.cli.test_words import say


def test_members_come_change_and_go(command: Command) -> None:
    command("user", "add", "ana@north.example", "--role", "admin", "--password-stdin", text="green lamp of nine\n")
    command("user", "add", "bo@north.example", "--role", "viewer")
    listed = {member["email"]: member for member in command("user", "list")["members"]}
    assert {email: (member["role"], member["state"]) for email, member in listed.items()} == {
        "ana@north.example": ("admin", "joined"),
        "bo@north.example": ("viewer", "waiting"),
    }
    assert command("user", "role", "BO@north.example", "analyst")["role"] == "analyst"
    for arguments in (("user", "remove", "ana@north.example"), ("user", "role", "ana@north.example", "viewer")):
        assert command(*arguments, code=2)["error"]["code"] == "conflict"
    assert command("user", "remove", "bo@north.example") == {"user": "bo@north.example", "team": "My team"}
    assert command("user", "remove", "bo@north.example", code=2)["error"]["code"] == "not_found"
    assert [member["email"] for member in command("user", "list")["members"]] == ["ana@north.example"]


def test_tokens_are_listed_and_revoked(command: Command) -> None:
    command("user", "add", "ana@north.example", "--role", "admin")
    made = command("token", "add", "--role", "viewer", "--name", "reporting")
    [token] = command("token", "list")["tokens"]
    assert (token["name"], token["state"], token["created_by"], token["last_used_at"]) == ("reporting", "active", "cli", None)
    assert made["token"] not in str(token)
    assert command("token", "revoke", "", code=2)["error"]["code"] == "not_found"
    assert command("token", "revoke", made["prefix"])["name"] == "reporting"
    assert command("token", "revoke", made["prefix"], code=2)["error"]["code"] == "not_found"
    assert command("token", "list")["tokens"][0]["state"] == "revoked"
    for _ in range(2):
        command("token", "add", "--role", "viewer")
    assert "Several" in command("token", "revoke", "sct_", code=2)["error"]["message"]


def test_teams_are_listed_added_and_told_apart(command: Command) -> None:
    assert command("team", "list") == {"teams": []}
    assert command("team", "add", "North Market") == {"slug": "north-market", "name": "North Market"}
    assert command("team", "add", "north-market", code=2)["error"]["code"] == "conflict"
    command("team", "add", "South Market")
    command("user", "add", "ana@south.example", "--role", "admin", "--team", "South Market")
    assert [(team["slug"], team["members"]) for team in command("team", "list")["teams"]] == [("north-market", 0), ("south-market", 1)]
    assert "north-market, south-market" in command("user", "list", code=2)["error"]["message"]
    assert len(command("user", "list", "--team", "south-market")["members"]) == 1


def test_the_log_is_searched(command: Command) -> None:
    command("user", "add", "ana@north.example", "--role", "admin")
    command("token", "add", "--role", "viewer", "--name", "reporting")
    whole = command("audit")
    assert [event["action"] for event in whole["events"]] == ["token.created", "user.added"]
    assert whole["more"] is False
    assert command("audit", "--limit", "1")["more"] is True
    [event] = command("audit", "--search", "Reporting")["events"]
    assert (event["actor"], event["details"]["name"]) == ("cli", "reporting")
    assert command("audit", "--search", "nothing")["events"] == []


def test_in_words(plain_command: Command) -> None:
    plain_command("user", "add", "ana@north.example", "--role", "admin")
    assert say("user", "list").splitlines()[0].split() == ["EMAIL", "NAME", "ROLE", "STATE", "LAST", "SEEN"]
    assert say("token", "list") == "There is no API token.\n"
    assert "Added ana@north.example as admin" in say("audit")
    assert say("audit", "--search", "nothing") == "No event fits.\n"
    assert "gives it an admin" in say("team", "add", "West")
