"""The boundary of every request and job: who asks, one unit of work, one commit, errors into answers."""

from typing import TYPE_CHECKING

from segmentation.lazily import on_demand

if TYPE_CHECKING:
    from webapp.edge.callbacks import Callbacks, View
    from webapp.edge.display import Display
    from webapp.edge.needs import Door, Need, callback_needs_of, check_declarations, declare, declare_token, needs_of, token_needs_of
    from webapp.edge.places import Place, parse_path
    from webapp.edge.routes import Visit, team_route
    from webapp.edge.work import Resources, open_resources, unit_of_work
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "Callbacks",
    "Display",
    "Door",
    "Need",
    "Place",
    "Resources",
    "View",
    "Visit",
    "callback_needs_of",
    "check_declarations",
    "declare",
    "declare_token",
    "needs_of",
    "open_resources",
    "parse_path",
    "team_route",
    "token_needs_of",
    "unit_of_work",
]
