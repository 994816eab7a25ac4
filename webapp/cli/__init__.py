"""`smartcart`, the one program. Each command reports once: in words, or as one JSON object with `--json`."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click
import structlog

from webapp.cli.answers import answering, refuse

# Where each command lives, and what it is for. Its module is imported when it runs: statistics cost seconds that `--help` need not take.
COMMANDS = {
    "demo": ("demo", "Set up a workspace with customers and segments, and serve it with a worker until SIGTERM."),
    "serve": ("serving", "Serve the web application until SIGTERM."),
    "worker": ("serving", "Run background jobs until SIGTERM; any number of workers may run at once."),
    "migrate": ("workspace", "Bring the database to this version's schema."),
    "config": ("workspace", "List every setting with its default and meaning."),
    "team": ("people", "Teams of this workspace."),
    "user": ("people", "People who sign in."),
    "token": ("people", "API tokens."),
    "audit": ("people", "Show a team's audit log, newest first."),
    "synthetic": ("synthetic", "Write a file of generated customers with known true segments."),
    "import": ("customers", "Import a customer file into a dataset (which is created if it does not exist yet)."),
    "import-undo": ("customers", "Take a whole import back, while nothing newer depends on it."),
    "export": ("customers", "Write customers with their segments to a file."),
    "score": ("score", "Say to which segments the customers of a file belong, without storing them."),
    "dataset": ("customers", "Customer bases."),
    "recluster": ("models", "Fit a new model version and wait for it."),
    "segments": ("models", "List the segments of a version."),
    "versions": ("registry", "Model versions of a dataset; lists them unless told otherwise."),
    "promote": ("registry", "Make a version the champion."),
    "rollback": ("registry", "Make the version champion again that was before this one."),
    "challenge": ("registry", "Let a version challenge the champion."),
    "keep": ("registry", "Keep the newest N versions beside those that somebody relies on; without N, say how it is."),
    "compare": (
        "comparing",
        "Compare version A with version B: what became of each segment, who moved and why, and which columns drifted.",
    ),
    "lineage": ("lineage", "Which segment of a version is which of the version before it, and correcting that."),
    "jobs": ("background", "Background work; lists it unless told otherwise."),
    "schedule": ("schedules", "Work that comes again, by the clocks of the team's time zone."),
    "campaign": ("campaigns", "Planned actions and the segments they are for."),
    "audience": ("audiences", "Frozen lists of customers."),
    "doctor": ("doctor", "Look for what is damaged or does not add up: database, files, models, jobs."),
}
LASTING = ("serve", "worker")


class LazyGroup(click.Group):
    """A group that imports a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"webapp.cli.{COMMANDS[cmd_name][0]}")
        commands: tuple[click.Command, ...] = module.COMMANDS
        return next(command for command in commands if command.name == cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


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
