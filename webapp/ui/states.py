"""What takes a page's place when it cannot be shown, and the banner while the server does not answer."""

from __future__ import annotations

from dash import html

from segmentation.wording import listed
from webapp.edge import View
from webapp.services.access import Permission, role_for
from webapp.services.people.admins import list_admins
from webapp.ui.components import Child, empty_state, error_state, icon, no_permission
from webapp.ui.page import Page

STILL = {
    "viewer": "You can read segments, campaigns and models.",
    "marketer": "You can read segments and customers, plan campaigns and take customers out as a file.",
    "analyst": "You can do everything but manage the team.",
    "admin": "",
}
"""What a role can do all the same."""
MOST_NAMED = 3


def missing_page() -> html.Div:
    """Shown where an address leads nowhere; what belongs to other teams looks the same."""
    return _alone(
        "Nothing here",
        empty_state(
            "signpost",
            "There is no such page",
            "It may have been removed, or it belongs to a team that you are not in.",
            _home("btn-primary"),
        ),
    )


def refused_page(view: View, page: Page) -> html.Div:
    """A page above the actor's role: whose it is, whom to ask, what they can do all the same."""
    role = role_for(page.needs)
    text = f"It takes the {role} role; yours is {view.actor.role}. {_whom_to_ask(view)} {STILL.get(view.actor.role, '')}"
    return _alone(page.title, no_permission(f"{page.title} is not for your role", text.strip(), _home("btn-secondary")))


def champion_only(view: View, title: str, href: str) -> html.Div:
    """A viewer's address asks for a version that is not the champion: what they see, who sees more, and the way there."""
    role = role_for(Permission.VIEW_CUSTOMERS)
    text = f"Two versions side by side could tell of single customers, so this takes the {role} role. {_whom_to_ask(view)}"
    link = html.A("See the champion", href=href, className="btn btn-secondary")
    return _alone(title, no_permission("Viewers see the champion's segments", text, link))


def _whom_to_ask(view: View) -> str:
    admins = list_admins(view.session, view.actor)
    if not admins:
        return f"{view.actor.team_name} has no admin who could change that; ask whoever runs this product."
    plural = "admins" if len(admins) > 1 else "admin"
    return f"Ask {listed(admins[:MOST_NAMED], 'or')}, {plural} of {view.actor.team_name}."


def changed_role() -> html.Div:
    """Shown where a page that is open asks for something that its reader may not see, or not any more."""
    again = html.A([icon("arrow-clockwise"), "Reload the page"], href="", className="btn btn-secondary")
    return _alone(
        "Not for your role",
        no_permission(
            "Your role does not allow this",
            "It may have been changed since you opened the page. Reload to see what is open to you now; nothing was changed.",
            again,
        ),
    )


def failed_page() -> html.Div:
    """Shown where the server failed while a page was filled; shell.js writes the reference, which the server's log has too."""
    retry = html.A([icon("arrow-clockwise"), "Try again"], href="", className="btn btn-secondary")
    text: list[Child] = [
        "The server ran into an error. Nothing was changed, and your filters are kept in the address. "
        "Try again; if it stays, tell your admin the time",
        html.Span(className="sc-reference"),
        ".",
    ]
    return _alone("Something went wrong", error_state("This page could not be read", text, retry))


def blocked_page() -> html.Div:
    """Shown where a page asks for something that cannot be had as things are; connection.js writes what the server says."""
    words = html.Span(className="sc-blocked-words")
    return _alone("Nothing to show", empty_state("slash-circle", "This cannot be shown", words, _home("btn-primary")))


def connection_banner() -> html.Div:
    """Hidden while all is well; connection.js shows it and says what is lost, which is nothing."""
    return html.Div(
        [icon("wifi-off"), html.Span(className="sc-connection-words")],
        id="connection",
        className="sc-connection",
        role="status",
    )


def _home(kind: str) -> html.A:
    return html.A("Go to Home", href="/", className=f"btn {kind}")


def _alone(title: str, state: Child) -> html.Div:
    return html.Div([html.Div(html.H1(title, tabIndex="-1"), className="sc-head"), html.Section(state, className="sc-card")])
