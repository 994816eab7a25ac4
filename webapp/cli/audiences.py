"""Commands for audiences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from webapp.cli.answers import Report, reports, table
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.cli.customers import export_in_words
from webapp.cli.values import VERSION, writing
from webapp.edge import unit_of_work
from webapp.services.access import Actor
from webapp.services.browsing.exports import customers_of, save_customers
from webapp.services.errors import NotFound
from webapp.services.segmenting.audience_choices import Flow, make_choice
from webapp.services.segmenting.audiences import AudienceSummary, list_audiences, save_audience, show_audience

COLUMNS = {"name": "NAME", "size": "CUSTOMERS", "chosen_by": "CHOSEN BY", "version": "VERSION", "as_of": "AS OF", "created_by": "SAVED BY"}


@click.group("audience")
def audience() -> None:
    """Frozen lists of customers."""


@audience.command("list")
@dataset_option
@click.option("--archived", is_flag=True, help="Those that were set aside.")
@team_option
@reports(lambda report: _list_in_words(report["audiences"]))
def list_(dataset_name: str | None, archived: bool, team_name: str | None) -> Report:
    """List the audiences of a dataset, newest first."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        found = list_audiences(session, actor, dataset, archived=archived)
        return {"dataset": dataset, "audiences": [audience_report(each) for each in found]}


@audience.command("save")
@dataset_option
@click.option("--name", default="", metavar="NAME", help="Unique among live audiences (default: made from what it is).")
@click.option("--note", default="", help="What the team wants to remember of it.")
@click.option("--segment", metavar="KEY", help="Customers of this segment.")
@click.option("--filter", "filters", metavar="F", help="Filters, as `f` in the address of the Customers page.")
@click.option("--search", metavar="WORDS", help="Words in key or texts.")
@click.option("--before", type=VERSION, metavar="N", help="For a flow: the version that customers moved from.")
@click.option("--after", type=VERSION, metavar="N", help="For a flow: the version that they moved to.")
@click.option("--was", metavar="KEY", help="For a flow: the segment that they were in (`new`: they joined).")
@click.option("--now", metavar="KEY", help="For a flow: the segment that they are in.")
@click.option("--version", type=VERSION, metavar="N", help="The version whose customers these are (default: the champion).")
@click.option("--everybody", is_flag=True, help="All customers, where nothing else is said.")
@team_option
@reports(lambda report: f"{report['name']} is saved: {report['size']:,} customers.")
def save(dataset_name: str | None, name: str, note: str, team_name: str | None, **said: Any) -> Report:
    """Freeze the customers that segment, flow, filters and words leave, all of them together, or everybody."""
    flow = [said.pop(part) for part in ("before", "after", "was", "now")]
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        choice = make_choice(session, actor, dataset, flow=Flow(*flow) if any(part is not None for part in flow) else None, **said)
        return audience_report(save_audience(session, actor, resources.store, dataset, choice, name=name, note=note))


@audience.command("export")
@click.argument("name")
@dataset_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write: .csv, .parquet or .xlsx.")
@team_option
@reports(export_in_words)
def export(name: str, dataset_name: str | None, out: Path, team_name: str | None) -> Report:
    """Write the customers of the audience NAME (or with that id) who are still there and may leave to a file."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        found = _named(session, actor, dataset, name)
        with writing(out):
            saved = save_customers(session, actor, resources.store, dataset, out, customers_of(found))
    return {"audience": found.name, "rows": saved.rows, "file": str(saved.path), "withheld": saved.withheld, "gone": saved.gone}


def audience_report(found: AudienceSummary) -> dict[str, Any]:
    """An audience as `list` and `save` print it."""
    origin = found.origin
    assert origin is not None  # the command line reads everything
    return {
        "id": found.id,
        "name": found.name,
        "note": found.note,
        "size": found.size,
        "archived": found.archived,
        "chosen_by": list(origin.words),
        "version": origin.version,
        "snapshot": origin.snapshot,
        "as_of": origin.as_of,
        "filter": found.query,
        "created_by": found.created_by,
        "created_at": found.created_at,
    }


def _named(session: Session, actor: Actor, dataset: str, name: str) -> AudienceSummary:
    """The live audience of that name, else the one with that id."""
    known = {each.name: each for each in list_audiences(session, actor, dataset)}
    try:
        return known.get(name.strip()) or show_audience(session, actor, dataset, name)
    except NotFound:
        names = ", ".join(known) or "none yet"
        raise NotFound(f"There is no audience {name} (there are: {names}). `smartcart audience save` makes one.") from None


def _list_in_words(found: Sequence[dict[str, Any]]) -> str:
    if not found:
        return "There are no audiences here. `smartcart audience save` makes one."
    return table([each | {"chosen_by": ", ".join(each["chosen_by"]) or "everybody"} for each in found], COLUMNS)


COMMANDS = (audience,)
