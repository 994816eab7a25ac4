"""`smartcart demo`: from nothing to a served workspace with customers and segments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from segmentation import SyntheticCustomers, write_customers
from webapp.address import announced
from webapp.cli.answers import answering, as_json_text
from webapp.cli.context import open_workspace
from webapp.cli.customers import READABLE, begin_import, refuse_unusable
from webapp.cli.jobs import finish
from webapp.cli.serving import listen, read_config
from webapp.config import Config, write_secret
from webapp.edge import Resources, unit_of_work
from webapp.services.access import Actor, operator
from webapp.services.data.datasets import DatasetSummary, confirm_legal_basis, list_datasets
from webapp.services.modelling.versions import request_recluster
from webapp.services.people.users import ensure_team, renew_access
from webapp.services.samples import SEGMENTS as SAMPLE_SEGMENTS
from webapp.services.samples import draw_sample, request_sample, sample_states
from webapp.serving import Supervisor, address_of

TEAM = "SmartCart demo"
EMAIL = "demo@smartcart.example"
LEGAL_BASIS = "Confirmed a legal basis for {}: its customers whose consent is unknown may leave in exports. The audit log says so."

__all__ = ["SAMPLE_SEGMENTS", "demo", "write_sample"]


@click.command("demo")
@click.option("--data", type=READABLE, help="A customer file (default: a generated sample with known true segments).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object once ready.")
def demo(data: Path | None, port: int | None, as_json: bool) -> None:
    """Set up a workspace with customers and segments, and serve it with a worker until SIGTERM."""
    with answering(as_json=as_json):
        write_secret(Path.cwd())
        config = read_config(port)
        listener = listen(config, as_json=as_json)
        report = {"url": address_of(config, listener), **_prepare(data)}
        with announced(config, report["url"]):
            Supervisor(config, listener).run(when_ready=lambda: click.echo(as_json_text(report) if as_json else _in_words(report)))


def _prepare(data: Path | None) -> dict[str, Any]:
    """A workspace with customers and a champion, and how to sign in to it."""
    resources = open_workspace()
    actor, access = _open_team(resources)
    dataset = _fill(resources, actor, data)
    resources.engine.dispose()
    return {
        "email": EMAIL,
        "password": access.password,
        "api_token": access.token,
        "dataset": dataset.slug,
        "version": dataset.champion,
    }


def _open_team(resources: Resources) -> tuple[Actor, Any]:
    """The demo's team and its one user, with a new password and token; the old ones are dead from here on."""
    with unit_of_work(resources) as session:
        actor = operator(ensure_team(session, TEAM))
        return actor, renew_access(session, actor, EMAIL)


def _fill(resources: Resources, actor: Actor, data: Path | None) -> DatasetSummary:
    """A dataset with customers and a champion: the file given, else what is there, else the generated sample."""
    with unit_of_work(resources, read_only=True) as session:
        known = list_datasets(session, actor)
    name = known[0].name if data is None and known else _import(resources, actor, data) if data else _load_sample(resources, actor)
    with unit_of_work(resources) as session:
        dataset = next(item for item in list_datasets(session, actor) if item.name == name)
        if not dataset.legal_basis_confirmed:
            click.echo(LEGAL_BASIS.format(name), err=True)
        confirm_legal_basis(session, actor, dataset.slug)
    if dataset.champion is None:
        click.echo("Finding segments ...", err=True)
        with unit_of_work(resources) as session:
            job = request_recluster(session, actor, dataset.slug)
        finish(resources, actor, job.id)
    with unit_of_work(resources, read_only=True) as session:
        return next(item for item in list_datasets(session, actor) if item.name == name)


def _load_sample(resources: Resources, actor: Actor) -> str:
    """The generated sample as a dataset of several months; its true segments lie beside it as a file."""
    click.echo("Making the sample ...", err=True)
    write_sample(resources.config)
    with unit_of_work(resources) as session:
        sample = request_sample(session, actor)
    if sample.job_id:
        finish(resources, actor, sample.job_id)
    return sample.name


def _import(resources: Resources, actor: Actor, file: Path) -> str:
    click.echo(f"Importing {file.name} ...", err=True)
    refuse_unusable(file)
    name = file.stem.replace("_", " ").strip().capitalize()
    detail = begin_import(resources, actor.team_slug, name, file).detail
    if detail.job_id:
        finish(resources, actor, detail.job_id)
    return name


def write_sample(config: Config) -> Path:
    """The generated sample and, beside it, the segment that each of its customers was drawn from."""
    path = Path(config.store).parent / "sample" / "smartcart_sample.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = SyntheticCustomers(sample_states()[-1].customers, draw_sample().truth)
    write_customers(path, drawn, truth_path=path.with_name("smartcart_sample-truth.csv"))
    return path


def _in_words(report: dict[str, Any]) -> str:
    lines = (
        "",
        f"  Open      {report['url']}",
        f"  Email     {report['email']}",
        f"  Password  {report['password']}",
        f"  API token {report['api_token']}",
    )
    return "\n".join([*lines, "", "Password and token are new at every start. Control-C stops; everything is kept."])


COMMANDS = (demo,)
