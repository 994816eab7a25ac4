"""How a command answers: one report, or one refusal; exit 0, 2 for refused input, 1 for anything else."""

from __future__ import annotations

import functools
import json
import logging
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from segmentation.errors import SegmentationError
from webapp.config import ConfigError
from webapp.services.errors import ServiceError
from webapp.store import StoreError

REFUSED, FAILED = 2, 1

log = logging.getLogger(__name__)

Report = Mapping[str, Any]


def reports(in_words: Callable[[Report], str]) -> Callable[[Callable[..., Report]], Callable[..., None]]:
    """Give a command `--json`, print what it returns, and turn refusals into exit code 2."""

    def decorate(command: Callable[..., Report]) -> Callable[..., None]:
        @click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON object on standard output.")
        @functools.wraps(command)
        def run(*args: Any, as_json: bool, **kwargs: Any) -> None:
            with answering(as_json=as_json):
                report = command(*args, **kwargs)
            click.echo(printable(as_json_text(report) if as_json else in_words(report)))

        return run

    return decorate


@contextmanager
def answering(*, as_json: bool) -> Iterator[None]:
    """End the process with one refusal, or one failure, where the block raises. Tracebacks go to standard error, through logging."""
    try:
        yield
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except StoreError as error:
        sys.exit(fail(error.code, error.message, error.details, as_json=as_json))
    except (ServiceError, SegmentationError) as error:
        sys.exit(refuse(error.code, error.message, error.details, as_json=as_json))
    except ConfigError as error:
        sys.exit(refuse("config", str(error), {}, as_json=as_json))
    except UnicodeEncodeError:
        message = "An argument holds characters that cannot be stored as text. Write it in UTF-8."
        sys.exit(refuse("encoding", message, {}, as_json=as_json))
    except OSError as error:
        sys.exit(refuse("file", file_in_words(error), {"file": error.filename and str(error.filename)}, as_json=as_json))
    except Exception as error:
        sys.exit(_fail_unexpectedly(error, as_json=as_json))


def refuse(code: str, message: str, details: Mapping[str, Any], *, as_json: bool) -> int:
    """Print the refusal where it belongs and return the exit code."""
    if as_json:
        click.echo(printable(as_json_text({"error": {"code": code, "message": message, "details": details}})))
    else:
        click.echo(printable(message), err=True)
    return REFUSED


def fail(code: str, message: str, details: Mapping[str, Any], *, as_json: bool) -> int:
    """The same for what is not the caller's doing."""
    refuse(code, message, details, as_json=as_json)
    return FAILED


def file_in_words(error: OSError) -> str:
    """What could not be read or written, why, and what to do."""
    subject = f"{error.filename} cannot be read or written" if error.filename else "A file cannot be read or written"
    return f"{subject}: {error.strerror or error}. Check the path, who may use it and the free space, then try again."


def database_in_words(error: DBAPIError) -> str:
    """Why the database does not work, from the driver's first line (which holds no values and no password)."""
    reason = str(error.orig).strip().partition("\n")[0].rstrip(".")
    return (
        f"The database does not answer as it should: {reason}. See that it runs and that SMARTCART_DATABASE_URL is right, then try again."
    )


def _fail_unexpectedly(error: Exception, *, as_json: bool) -> int:
    if isinstance(error, DBAPIError) and not isinstance(error, (DataError, IntegrityError)):
        return fail("database", database_in_words(error), {}, as_json=as_json)
    reference = secrets.token_hex(4)
    log.error("unexpected failure, reference %s", reference, exc_info=error)
    message = f"Something went wrong that should not have. The log on standard error has the details under the reference {reference}."
    return fail("unexpected", message, {"reference": reference}, as_json=as_json)


def printable(text: str) -> str:
    """`text` without halves of characters, which arguments that are no UTF-8 bring along and no terminal takes."""
    return text.encode("utf-8", "replace").decode()


def as_json_text(report: Report) -> str:
    return json.dumps(report, default=_plain, ensure_ascii=False)


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    """Rows as aligned text; `columns` maps keys to headings."""
    cells = [list(columns.values()), *(["" if row.get(key) is None else str(row[key]) for key in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells)


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")
