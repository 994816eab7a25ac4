"""`python -m webapp.cli`: how one command starts another."""

from webapp.cli import main

main()
