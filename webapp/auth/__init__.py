"""Signing in, and the guard in front of everything else."""

from webapp.auth.guard import install_guard
from webapp.auth.joining import install_joining, no_team
from webapp.auth.passwords import install_passwords
from webapp.auth.views import install_views

__all__ = ["install_guard", "install_joining", "install_passwords", "install_views", "no_team"]
