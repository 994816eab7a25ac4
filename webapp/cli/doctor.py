"""The command that looks after a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import select

from segmentation import to_json
from webapp.cli.answers import Report, reports
from webapp.cli.context import open_workspace
from webapp.edge import unit_of_work
from webapp.models import Team
from webapp.services.access import operator
from webapp.services.doctor import examine_team, examine_workspace


@click.command("doctor")
@reports(lambda report: _problems_in_words(report["problems"]))
def doctor() -> Report:
    """Look for what is damaged or does not add up: database, files, models, jobs. Nothing is changed."""
    resources = open_workspace()
    with unit_of_work(resources, read_only=True) as session:
        problems = list(examine_workspace(session))
        for team in session.scalars(select(Team).order_by(Team.slug)):
            problems += examine_team(session, operator(team), resources.store)
        return {"problems": [to_json(problem) for problem in problems]}


def _problems_in_words(problems: Sequence[dict[str, Any]]) -> str:
    if not problems:
        return "Nothing is wrong."
    return "\n".join(f"{each['severity']}: {each['subject']}: {each['message']} {each['what_to_do']}" for each in problems)


COMMANDS = (doctor,)
