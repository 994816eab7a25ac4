"""What is fixed goes to the browser as one component, and can lead nowhere."""

from __future__ import annotations

import json

import pytest
from dash import dcc, html
from plotly.utils import PlotlyJSONEncoder

from tests.webapp.pages.segment_shop import words
from webapp.ui.fixed import Fixed
from webapp.ui.tables import Column, table


def test_the_whole_tree_goes_to_the_browser_where_dash_looks_for_no_components() -> None:
    sent = json.loads(
        json.dumps(Fixed(html.Table([html.Caption("Spend"), html.Tr(html.Td("<b>7", **{"data-v": "7.25"}))])), cls=PlotlyJSONEncoder)
    )
    assert (sent["namespace"], sent["type"], list(sent["props"])) == ("smartcart_ui", "Fixed", ["content"])
    caption, row = sent["props"]["content"][0]["props"]["children"]
    assert caption["props"]["children"] == "Spend"
    assert row["props"]["children"]["props"] == {"children": "<b>7", "data-v": "7.25"}


@pytest.mark.parametrize(
    "part",
    [html.A("there", href="javascript:alert(1)"), dcc.Link("there", href="/"), html.Td("7", id="seven"), html.Script("alert(1)")],
    ids=["link", "Dash's link", "id", "script"],
)
def test_what_a_callback_could_reach_or_what_leads_elsewhere_is_refused(part: object) -> None:
    with pytest.raises(TypeError, match="cannot be fixed"):
        Fixed(html.Table(html.Tr(["words", part])))


def test_a_row_is_one_component_but_for_the_cell_that_leads_on() -> None:
    columns: list[Column[int]] = [
        Column("Name", lambda n: html.B(str(n))),
        Column("Act", lambda n: dcc.Link("See it", href="/") if n else ""),
    ]
    still, alive = table(columns, [0, 1], caption="Things").children.children[2].children
    assert isinstance(still, Fixed)
    assert [type(cell) for cell in alive.children] == [Fixed, html.Td]
    assert words(still) == "0"
