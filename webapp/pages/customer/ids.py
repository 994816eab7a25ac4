"""Ids of the Customer page."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "customer-head"
    BODY = "customer-body"
