"""The one composition root: settings, guard, routes, pages and callbacks become a server, or the start is refused."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from dash import Dash
from flask import Flask, make_response, redirect, request
from flask_login import current_user
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from webapp.api import install_api
from webapp.auth import install_guard, install_joining, install_passwords, install_views, no_team
from webapp.config import Config, ConfigError
from webapp.edge import (
    Callbacks,
    Door,
    Resources,
    callback_needs_of,
    check_declarations,
    declare,
    open_resources,
    parse_path,
    unit_of_work,
)
from webapp.edge.answers import install_answers
from webapp.edge.assets import ASSETS, asset_address, dark_tokens, page_styles, public_styles
from webapp.edge.browser import CSRF_COOKIE, CSRF_HEADER
from webapp.edge.display import FOLLOWS_COOKIE, THEME_COOKIE, THEMES
from webapp.edge.headers import install_headers
from webapp.edge.payload import check_payload
from webapp.edge.uploads import MEGABYTE
from webapp.files import install_files
from webapp.migrate import current_revision, head_revision, upgrade
from webapp.pages import (
    account,
    audience,
    audiences,
    campaign,
    campaigns,
    compare,
    customer,
    customers,
    data,
    explore,
    home,
    imports,
    jobs,
    lab,
    models,
    movement,
    new,
    new_team,
    segment,
    segments,
    team,
)
from webapp.services.access import actor_for_user, require
from webapp.services.data.datasets import list_datasets, show_dataset
from webapp.services.errors import Forbidden, NotFound
from webapp.services.people.passwords import limit_hashes
from webapp.services.people.users import list_teams
from webapp.ui import notices, shell
from webapp.ui.page import find_page
from webapp.ui.places import HOME, home_address

PAGES = (
    home.PAGE,
    new.PAGE,
    segments.PAGE,
    segment.PAGE,
    customers.PAGE,
    customer.PAGE,
    movement.PAGE,
    data.PAGE,
    explore.PAGE,
    imports.PAGE,
    campaigns.PAGE,
    campaign.PAGE,
    audiences.PAGE,
    audience.PAGE,
    lab.PAGE,
    lab.SWEEP_PAGE,
    models.PAGE,
    models.MODEL_PAGE,
    compare.PAGE,
    jobs.PAGE,
    team.PAGE,
    account.PAGE,
    new_team.PAGE,
)
"""Every page, in the order of the navigation."""

BODY_BYTES = 4 * MEGABYTE
"""Largest body of a request that is no upload."""
START, ANY_PAGE, CALLBACKS = "/", "/<path:path>", "/_dash-update-component"
DASH_ROUTES = (
    *(START, ANY_PAGE, CALLBACKS, "/_dash-layout", "/_dash-dependencies", "/_reload-hash", "/_favicon.ico"),
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
)
FRAME = """<!doctype html>
<html lang="en"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{icon}" type="image/svg+xml">
{css}
{styles}
</head>
<body>
{app_entry}
<noscript><p>The pages of SmartCart Segments need JavaScript. Switch it on and reload.</p></noscript>
<footer>{config}{scripts}{renderer}</footer>
</body>
</html>"""


class Product(Dash):
    """Dash with our own frame of a page: language, theme, and style sheets in the order that they build on each other."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        chosen = request.cookies.get(THEME_COOKIE)
        theme = f' data-bs-theme="{chosen}"' if chosen in THEMES else ""
        used = {name: parts[name] for name in ("css", "app_entry", "config", "scripts", "renderer")}
        return FRAME.format(
            theme=theme, title=escape(shell.PRODUCT), icon=asset_address(ASSETS / "favicon.svg"), styles=page_styles(), **used
        )


def create_app(config: Config | None = None, resources: Resources | None = None) -> Flask:
    """The server, ready to serve.

    ConfigError where settings or schema do not allow that; RuntimeError where a route or callback does not declare what it needs.
    """
    resources = resources or open_resources(config or Config.from_env())
    prepare_schema(resources)
    limit_hashes(resources.config.password_hashes_at_once)
    server = _make_server()
    install_guard(server, resources)
    install_answers(server)
    install_views(server, resources)
    install_passwords(server, resources)
    install_joining(server, resources)
    install_api(server, resources)
    install_files(server, resources)
    dash = _mount_pages(server, resources)
    install_headers(server, resources.config, dash.csp_hashes)
    check_declarations(server)
    if proxies := resources.config.trusted_proxies:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    return server


def prepare_schema(resources: Resources) -> None:
    """SQLite migrates itself; on PostgreSQL the start is refused until `smartcart migrate` has run."""
    if resources.engine.dialect.name == "sqlite":
        upgrade(resources.engine)
        return
    try:
        current = current_revision(resources.engine)
    except OperationalError:
        return  # a database that is down for now shows in /readyz; it is no reason to stay away for good
    if current != head_revision():
        raise ConfigError(
            f"The database is at {current or 'no revision'}, this version needs {head_revision()}. Run `smartcart migrate` first."
        )


def _make_server() -> Flask:
    folder = Path(__file__).parent
    server = Flask("webapp", static_folder=None, template_folder="templates", root_path=str(folder))
    server.config.update(MAX_CONTENT_LENGTH=BODY_BYTES, MAX_FORM_MEMORY_SIZE=MEGABYTE // 2)
    server.jinja_env.globals.update(
        public_styles=public_styles,
        dark_tokens=dark_tokens,
        favicon=lambda: asset_address(ASSETS / "favicon.svg"),
        theme=_chosen_theme,
    )
    return server


def _chosen_theme() -> str | None:
    """The theme that somebody chose, for pages without scripts; None has them go by the system."""
    theme = request.cookies.get(THEME_COOKIE)
    return theme if theme in THEMES and request.cookies.get(FOLLOWS_COOKIE) != "1" else None


def _mount_pages(server: Flask, resources: Resources) -> Product:
    dash = Product(
        "webapp",
        server=server,  # type: ignore[arg-type]
        assets_folder=str(ASSETS),
        assets_ignore=r".*\.css$",  # linked by `page_styles`, in their order
        serve_locally=True,
        title=shell.PRODUCT,
        update_title="",
        suppress_callback_exceptions=True,  # pages come and go inside the shell
        use_pages=False,
        enable_mcp=False,
        add_log_handler=False,
        csrf_token_name=CSRF_COOKIE,
        csrf_header_name=CSRF_HEADER,
    )
    callbacks = Callbacks(dash, resources, notify=notices.refuse)
    shell.register(callbacks, PAGES)
    callbacks.check_declarations()
    callback_needs_of(server).update(callbacks.declared)
    dash.layout = shell.build_layout(PAGES)
    _declare_dash(server)
    _wrap_dash(server, dash, resources)
    return dash


def _declare_dash(server: Flask) -> None:
    for endpoint in DASH_ROUTES:
        declare(server, endpoint, Door.SIGNED_IN)
    declare(server, "_dash_assets.static", Door.OPEN)


def _wrap_dash(server: Flask, dash: Product, resources: Resources) -> None:
    """Dash answers every address with the same page and trusts what callbacks bring; we look first."""
    show_frame, dispatch = server.view_functions[ANY_PAGE], server.view_functions[CALLBACKS]

    def start() -> AnyResponse:
        with unit_of_work(resources, read_only=True) as session:
            teams = list_teams(session, current_user.id)
        if not teams:
            return no_team(resources)
        return redirect(f"/t/{teams[0].slug}")

    def page(path: str) -> Any:
        _refuse_other_methods(server)
        try:
            elsewhere = check_place(resources, f"/{path}")
        except Forbidden:
            return make_response(show_frame(path=path), 403)  # the shell says whose page it is, and shows what is open to the visitor
        return redirect(elsewhere) if elsewhere else show_frame(path=path)

    def callback() -> Any:
        check_payload(dash, request.get_json())
        return dispatch()

    server.view_functions.update({START: start, ANY_PAGE: page, CALLBACKS: callback})


def _refuse_other_methods(server: Flask) -> None:
    """405 for an address that takes a POST only: any GET fits Dash's catch-all, so the router cannot say so."""
    try:
        server.create_url_adapter(request).match(method="POST")  # type: ignore[union-attr]
    except HTTPException:
        return
    raise MethodNotAllowed(("POST", "OPTIONS"))


def check_place(resources: Resources, path: str) -> str | None:
    """NotFound unless a page answers at `path` and its team and dataset are the visitor's; Forbidden where their role does not allow it.

    The home of a team that has datasets is that of the first one, whose address is the answer then.
    """
    place = parse_path(path)
    found = find_page(PAGES, place)
    if place is None or found is None:
        raise NotFound("There is no such page, or it belongs to a team that you are not in.")
    with unit_of_work(resources, read_only=True) as session:
        actor = actor_for_user(session, current_user.id, place.team)
        if place.dataset is not None:
            show_dataset(session, actor, place.dataset)
        require(actor, found.needs)
        known = list_datasets(session, actor) if place.dataset is None and place.page == HOME else ()
    return home_address(place.team, known[0].slug) if known else None
