"""Files of generated customers."""

from __future__ import annotations

from pathlib import Path

import click

from segmentation import synthetic_customers, write_customers
from webapp.cli.answers import Report, reports
from webapp.cli.values import SEED, writing


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


COMMANDS = (synthetic,)
