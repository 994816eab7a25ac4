"""Signing in, and the guard in front of everything else."""

from webapp.auth.guard import install_guard
from webapp.auth.passwords import install_passwords
from webapp.auth.views import install_views

__all__ = ["install_guard", "install_passwords", "install_views"]
