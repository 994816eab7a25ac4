"""`smartcart`, the one program. Each command reports once: in words, or as one JSON object with `--json`."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click
import structlog

from webapp.cli.answers import answering, refuse

# Where each command lives. Its module is imported when the command runs: the statistics cost seconds that `--help` need not take.
COMMANDS = {
    "demo": "demo",
    "serve": "serving",
    "worker": "serving",
    "migrate": "workspace",
    "config": "workspace",
    "team": "people",
    "user": "people",
    "token": "people",
    "audit": "people",
    "synthetic": "workspace",
    "import": "customers",
    "import-undo": "customers",
    "export": "customers",
    "score": "score",
    "dataset": "customers",
    "recluster": "models",
    "segments": "models",
    "versions": "registry",
    "promote": "registry",
    "rollback": "registry",
    "challenge": "registry",
    "keep": "registry",
    "compare": "comparing",
    "lineage": "lineage",
    "jobs": "background",
    "schedule": "schedules",
    "campaign": "campaigns",
    "audience": "audiences",
    "doctor": "doctor",
}
LASTING = ("serve", "worker")


class LazyGroup(click.Group):
    """A group that imports a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"webapp.cli.{COMMANDS[cmd_name]}")
        commands: tuple[click.Command, ...] = module.COMMANDS
        return next(command for command in commands if command.name == cmd_name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="smartcart-segments")
@click.pass_context
def smartcart(ctx: click.Context) -> None:
    """Customer segments a marketing team can trust, name, keep and act on."""
    # Standard output belongs to the report alone; between progress and report only warnings are of interest.
    level = logging.INFO if ctx.invoked_subcommand in LASTING else logging.WARNING
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), wrapper_class=structlog.make_filtering_bound_logger(level))


def main() -> None:
    """Entry point: refused usage answers like every other refusal."""
    as_json = "--json" in sys.argv
    try:
        with answering(as_json=as_json):
            smartcart.main(standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        sys.exit(refuse("usage", error.format_message(), {}, as_json=as_json))


if __name__ == "__main__":
    main()
