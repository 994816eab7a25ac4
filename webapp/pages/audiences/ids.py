"""Ids of the Audiences page."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "audiences-head"
    BODY = "audiences-body"
