"""Groups of commands about one kind of thing."""

from __future__ import annotations

import click


class ListingGroup(click.Group):
    """A group that does its command `list` where none is named: `jobs`, `jobs --limit 5`, and beside that `jobs cancel ID`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # A word that is no command is left to click, which refuses it by name.
        listing = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        return super().parse_args(ctx, ["list", *args] if listing else args)
