"""Team B with everything that team A owns in hand gets 404, as if it were not there; roles get what the matrix says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract.browser import payload
from tests.contract.world import CANARY, World, actor_of
from webapp.edge import unit_of_work
from webapp.models import MemberRole
from webapp.services.access import _FROM_ROLE, Actor, Permission
from webapp.services.planning.campaigns import create_campaign, show_campaign

SECURITY = Path(__file__).resolve().parents[2] / "SECURITY.md"


@pytest.mark.parametrize("role", list(MemberRole))
@pytest.mark.parametrize("team", ["team-a", "team-b"])
def test_strangers_to_a_team_get_404_for_every_address(shared_world: World, team: str, role: str) -> None:
    """With A's own address, and with A's ids under B's own team."""
    browser = shared_world.browser("b", role)
    for path in shared_world.foreign_addresses(team):
        answer = browser.get(path)
        expected = {404} if team == "team-a" or role == "admin" else {403, 404}
        assert answer.status_code in expected, (path, answer.status_code)
        assert CANARY not in answer.text


def test_strangers_to_a_team_get_404_from_every_callback(shared_world: World) -> None:
    browser = shared_world.browser("b")
    for callback in browser.callbacks():
        for path in shared_world.addresses("team-a"):
            answer = browser.send(payload(callback, path, search="?v=1"))
            assert answer.status_code == 404, (callback["output"], path, answer.status_code)


def test_strangers_find_nothing_on_either_database(world_on: World) -> None:
    """Characters that PostgreSQL cannot hold included."""
    browser = world_on.browser("b")
    for path in world_on.addresses("team-a"):
        assert browser.get(path).status_code == 404, path
        assert browser.get(f"{path}%00").status_code in (400, 404), path
    router, *others = browser.callbacks()
    for path in (f"/t/team-a/{world_on.owned.dataset}", "/t/team-b/x%00", "/t/team-b/x\x00/segments/y"):
        for callback in others:
            answer = browser.send(payload(callback, path, value="a\x00b"))
            assert answer.status_code in (200, 204, 400, 404), (callback["output"], path)
            assert CANARY not in answer.text
    assert browser.send(payload(router, f"/t/team-a/{world_on.owned.dataset}")).status_code == 404
    assert browser.get("/t/team-b/%00").status_code in (400, 404)
    assert world_on.stranger().sign_in("a\x00@b.example", "\x00").status_code == 401


@pytest.mark.parametrize("value", [None, 1, "id", {"x": 1}, ["x"]])
def test_ids_of_another_team_in_any_part_of_a_callback_find_nothing(shared_world: World, value: Any) -> None:
    """The address is B's own; everything else names what A owns."""
    browser, owned = shared_world.browser("b"), shared_world.owned
    ids = (owned.campaign, owned.tag, owned.job, owned.import_id, owned.schedule, owned.audience, owned.segment, owned.dataset)
    for callback in browser.callbacks():
        for item in ids if value == "id" else (value,):
            path = "/t/team-b" if item is owned.dataset else f"/t/team-b/{owned.dataset}/campaigns/{owned.campaign}"
            answer = browser.send(payload(callback, path, value=item))
            assert answer.status_code in (200, 204, 400, 404), (callback["output"], path, item, answer.status_code)
            assert CANARY not in answer.text


def test_team_a_sees_its_own_canary(shared_world: World) -> None:
    """So that its absence elsewhere means something."""
    browser, owned = shared_world.browser("a"), shared_world.owned
    home = f"/t/team-a/{owned.dataset}"
    answers = [browser.send(payload(callback, f"{home}/campaigns")).text for callback in browser.callbacks()]
    assert any(CANARY in text for text in answers)
    for path in shared_world.addresses():
        # Nobody's consent is known and nothing was rejected, so there is nothing to take away.
        name = path.rpartition("/")[2]
        expected = 409 if name.startswith("customers.") else {"rejects.csv": 404}.get(name, 200)
        assert browser.get(path, follow_redirects=True).status_code == expected, path  # a team's home is that of its first dataset


def test_pages_fill_without_a_defect(shared_world: World, caplog: pytest.LogCaptureFixture) -> None:
    """What a page asks for when it is opened is answered, on every page; a value of the wrong kind would be logged."""
    browser = shared_world.browser("a")
    for path in shared_world.addresses():
        for callback in browser.callbacks():
            if callback["prevent_initial_call"]:
                continue
            browser.send(payload(callback, path))
            assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"], (path, callback["output"])


@pytest.mark.parametrize("role", list(MemberRole))
def test_no_callback_fails_for_any_role(shared_world: World, role: str) -> None:
    """Whatever a role may not do is 403; nothing is ever 500."""
    browser, owned = shared_world.browser("a", role), shared_world.owned
    actor = Actor(role, "x", "team-a", "Team A", MemberRole(role))
    for callback in browser.callbacks():
        answer = browser.send(payload(callback, f"/t/team-a/{owned.dataset}/segments/{owned.segment}"))
        assert answer.status_code in (200, 204, 400, 403, 404), (callback["output"], answer.status_code)
        if role == "admin":
            assert answer.status_code != 403, callback["output"]
    assert actor.may(Permission.VIEW)


@pytest.mark.parametrize(("part", "needs"), [("customers.csv", Permission.EXPORT), ("uploads", Permission.IMPORT)])
@pytest.mark.parametrize("role", list(MemberRole))
def test_file_routes_follow_the_matrix(world: World, role: str, part: str, needs: Permission) -> None:
    browser, owned = world.browser("a", role), world.owned
    may = Actor(role, "x", "team-a", "Team A", MemberRole(role)).may(needs)
    if part == "uploads":
        answer = browser.post("/t/team-a/uploads", headers=browser.csrf)
        assert answer.status_code == (422 if may else 403)
    else:
        answer = browser.get(f"/t/team-a/{owned.dataset}/segments/{owned.segment}/customers.csv")
        # Nobody's consent is known and no legal basis was confirmed, so the role may ask and nobody leaves.
        assert answer.status_code in ((200, 409) if may else (403,))


def test_role_matrix_of_security_md_is_the_one_in_force() -> None:
    rows = [re.findall(r"[^|]+", line) for line in SECURITY.read_text().splitlines() if re.match(r"\| `\w+` \|", line)]
    written = {cells[0].strip().strip("`"): [cell.strip() == "yes" for cell in cells[-4:]] for cells in rows}
    roles = list(MemberRole)
    in_force = {permission.value: [Actor("x", "x", "x", "x", role).may(permission) for role in roles] for permission in _FROM_ROLE}
    assert written == in_force
    assert set(in_force) == {permission.value for permission in Permission}


def test_the_home_of_a_team_is_that_of_its_first_dataset(world_on: World) -> None:
    answer = world_on.browser("a").get("/t/team-a")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/t/team-a/{world_on.owned.dataset}")
    assert world_on.browser("b").get("/t/team-b").status_code == 200


def test_a_page_above_ones_role_is_refused_inside_the_shell(shared_world: World) -> None:
    """So that its reader sees whose it is, whom to ask, and everything that is open to them."""
    browser = shared_world.browser("a", "viewer")
    answer = browser.get("/t/team-a/new")
    assert answer.status_code == 403
    assert "react-entry-point" in answer.text
    router = next(callback for callback in browser.callbacks() if callback["output"].startswith("..page.children"))
    shown = browser.send(payload(router, "/t/team-a/new")).text
    assert "is not for your role" in shown
    assert "admin@a.example" in shown
    assert "admin@b.example" not in shown


def test_an_answer_that_does_not_fit_the_page_undoes_what_was_done(world: World) -> None:
    """A browser that sends another number of matching fields than the page has gets 400, and nothing is stored."""
    browser, owned = world.browser("a", "analyst"), world.owned
    with unit_of_work(world.resources) as session:
        actor = actor_of(session, "analyst@a.example", "team-a")
        campaign = create_campaign(session, actor, owned.dataset, name="Untagged", channel="email")
    callback = next(entry for entry in browser.callbacks() if entry["output"].startswith("..segment-tag-dialog.is_open@"))
    body = payload(
        callback,
        f"/t/team-a/{owned.dataset}/segments/{owned.segment}",
        value=campaign.id,
        segment_tag_how_value="existing",
        segment_tag_form_n_submit=1,
    )
    assert browser.send(body).status_code == 400
    with unit_of_work(world.resources, read_only=True) as session:
        assert show_campaign(session, actor, owned.dataset, campaign.id).tags == ()
