"""`smartcart`, the one program. Each command reports once: in words, or as one JSON object with `--json`."""

from __future__ import annotations

import sys

import click

from webapp.cli import campaigns, customers, demo, models, serving, workspace
from webapp.cli.answers import refuse


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="smartcart-segments")
def smartcart() -> None:
    """Customer segments a marketing team can trust, name, keep and act on."""


for module in (demo, serving, workspace, customers, models, campaigns):
    for command in module.COMMANDS:
        smartcart.add_command(command)


def main() -> None:
    """Entry point: refused usage answers like every other refusal."""
    try:
        smartcart.main(standalone_mode=False)
    except click.UsageError as error:
        sys.exit(refuse("usage", error.format_message(), {}, as_json="--json" in sys.argv))
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
