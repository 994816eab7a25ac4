"""What a page is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dash.development.base_component import Component

from webapp.edge import Callbacks
from webapp.services.access import Permission
from webapp.ui.places import Place


@dataclass(frozen=True)
class Page:
    """A page of the product.

    It answers `/t/<team>/<dataset>/<path>`, with `item` also `/<item>` behind it; `path` "home" and "new" are the short addresses.
    `layout` does no I/O: it shows the frame and skeletons, which callbacks that `register` declares fill.
    With `group` ("" for none) and `icon` it stands in the navigation of those who may open it; a page that does not names in `under` the
    one that is lit instead. `team_wide` ones need no dataset.
    """

    name: str
    title: str
    path: str
    layout: Callable[[Place], Component]
    register: Callable[[Callbacks], None]
    needs: Permission = Permission.VIEW
    item: bool = False
    group: str | None = None
    icon: str | None = None
    under: str | None = None
    team_wide: bool = False


def find_page(pages: Sequence[Page], place: Place | None) -> Page | None:
    """The page that answers at `place`."""
    if place is None:
        return None
    return next((page for page in pages if page.path == place.page and page.item == (place.item is not None)), None)
