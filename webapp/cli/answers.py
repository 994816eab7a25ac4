"""How a command answers: one report, or one refusal; exit 0, 2 for refused input, 1 for anything else."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import click

from segmentation.errors import SegmentationError
from webapp.config import ConfigError
from webapp.services.errors import ServiceError

Report = Mapping[str, Any]


def reports(in_words: Callable[[Report], str]) -> Callable[[Callable[..., Report]], Callable[..., None]]:
    """Give a command `--json`, print what it returns, and turn refusals into exit code 2."""

    def decorate(command: Callable[..., Report]) -> Callable[..., None]:
        @click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON object on standard output.")
        @functools.wraps(command)
        def run(*args: Any, as_json: bool, **kwargs: Any) -> None:
            with_json = as_json
            try:
                report = command(*args, **kwargs)
            except (ServiceError, SegmentationError) as error:
                sys.exit(refuse(error.code, error.message, error.details, as_json=with_json))
            except ConfigError as error:
                sys.exit(refuse("config", str(error), {}, as_json=with_json))
            click.echo(as_json_text(report) if with_json else in_words(report))

        return run

    return decorate


def refuse(code: str, message: str, details: Mapping[str, Any], *, as_json: bool) -> int:
    """Print the refusal where it belongs and return the exit code."""
    if as_json:
        click.echo(as_json_text({"error": {"code": code, "message": message, "details": details}}))
    else:
        click.echo(message, err=True)
    return 2


def as_json_text(report: Report) -> str:
    return json.dumps(report, default=_plain, ensure_ascii=False)


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    """Rows as aligned text; `columns` maps keys to headings."""
    cells = [list(columns.values()), *([str(row.get(key, "")) for key in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells)


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")
