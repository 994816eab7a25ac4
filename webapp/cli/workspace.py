"""Commands for the workspace itself: settings, schema, sample files."""

from __future__ import annotations

from pathlib import Path

import click

from segmentation import synthetic_customers, write_customers
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import open_checked, opening
from webapp.cli.values import SEED, writing
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


@click.command("synthetic")
@click.option("--rows", type=click.IntRange(1, 10_000_000), required=True, help="How many customers.")
@click.option("--segments", type=click.IntRange(1, 20), default=5, show_default=True, help="How many planted segments.")
@click.option(
    "--separation", type=click.FloatRange(0, 20), default=4.0, show_default=True, help="How far apart they are; 0 for no structure at all."
)
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The CSV to write; the truth goes beside it.")
@reports(lambda report: f"{report['rows']:,} customers in {report['file']}, their planted segments in {report['truth']}.")
def synthetic(rows: int, segments: int, separation: float, seed: int, out: Path) -> Report:
    """Write a file of generated customers with known true segments."""
    drawn = synthetic_customers(rows, segments=segments, separation=separation, seed=seed)
    truth = out.with_name(f"{out.stem}-truth.csv")
    with writing(out):
        write_customers(out, drawn, truth_path=truth)
    return {"rows": rows, "file": str(out), "truth": str(truth)}


def _settings_in_words(report: Report) -> str:
    if "secret_key_file" in report:
        return f"The secret key is in {report['secret_key_file']}; only its owner can read it."
    return table(report["settings"], {"name": "SETTING", "default": "DEFAULT", "meaning": "MEANING"})


COMMANDS = (migrate, config, synthetic)
