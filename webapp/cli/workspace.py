"""Commands for the workspace itself: settings and schema."""

from __future__ import annotations

from pathlib import Path

import click

from webapp.cli.answers import Report, reports, table
from webapp.cli.context import open_checked, opening
from webapp.config import describe_settings, write_secret
from webapp.migrate import upgrade


@click.command("migrate")
@reports(lambda report: f"The database is at {report['revision']}.")
def migrate() -> Report:
    """Bring the database to this version's schema."""
    resources = open_checked()
    with opening():
        return {"revision": upgrade(resources.engine)}


@click.command("config")
@click.option("--write-secret", "write", is_flag=True, help="Write ./instance/secret_key where there is none.")
@reports(lambda report: _settings_in_words(report))
def config(write: bool) -> Report:
    """List every setting with its default and meaning."""
    written = {"secret_key_file": str(write_secret(Path.cwd()))} if write else {}
    return {**written, "settings": describe_settings()}


def _settings_in_words(report: Report) -> str:
    if "secret_key_file" in report:
        return f"The secret key is in {report['secret_key_file']}; only its owner can read it."
    return table(report["settings"], {"name": "SETTING", "default": "DEFAULT", "meaning": "MEANING"})


COMMANDS = (migrate, config)
