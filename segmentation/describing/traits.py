"""A yes or no in words: what customers who have it are called, and how often that is so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segmentation.describing.profile_types import Measure
from segmentation.wording import lower_first, percent, upper_first

PEOPLE = re.compile(r"\b(citizen|member|user|subscriber|owner|holder|student|parent|donor|buyer|visitor|customer|employee)$", re.IGNORECASE)
DONE = re.compile(r"^\w+ed\b", re.IGNORECASE)
YES = frozenset({"yes", "true", "y", "1"})
NO = frozenset({"no", "false", "n", "0"})
NEARLY_ALL, MOST, RARE = 0.9, 0.5, 0.2
_LACK = re.compile(r"no (.+)", re.IGNORECASE)
"""A level that says what somebody does not have, whatever its column is called: "No internet service"."""


@dataclass(frozen=True)
class Trait:
    """The words for one yes or no, about a `thing` ("phone service").

    `group` completes "customers" ("with phone service", "who complained"); `plural` is a noun of its own where there is one
    ("senior citizens"), `adjective` goes before a noun ("Month-to-month"). `clause` follows "They", with a place for how often.
    `without` completes "customers" for those who have it not, empty where that says nothing of them. `lack` says that having it
    means to be without the thing.
    """

    thing: str
    group: str
    clause: str
    plural: str = ""
    adjective: str = ""
    without: str = ""
    lack: bool = False

    @property
    def noun(self) -> str:
        """What those are called who have it."""
        return self.plural or f"customers {self.group}"

    def said(self, own: float, rest: float) -> str:
        """`mostly have phone service (92%; the rest 60%)`, of the shares that have it."""
        return f"{self.clause.format(how=how_often(own, rest))} ({percent(own)}; the rest {percent(rest)})"

    def more_or_fewer(self, *, more: bool) -> str:
        """`more with phone service`, `fewer senior citizens`."""
        return f"{'more' if more else 'fewer'} {self.plural or self.group}"


def how_often(own: float, rest: float) -> str:
    """An adverb for a share, on the side of it that differs from the rest."""
    if own >= rest:
        return "nearly always" if own >= NEARLY_ALL else "mostly" if own >= MOST else "more often"
    return "rarely" if own < RARE else "less often"


def is_level(measure: Measure) -> bool:
    """Whether it is one level of a category: `contract_is_two_year`, read as "Contract: Two year"."""
    return measure.yes_or_no and "_is_" in measure.name and ": " in measure.label


def level_of(measure: Measure) -> tuple[str, str]:
    """Column and level, as they are read."""
    column, _, level = measure.label.partition(": ")
    return column, level


def trait(measure: Measure) -> Trait:
    """The words for a measure that is a yes or no."""
    if measure.name == "partner":
        return Trait("partner", "living with a partner", "{how} live with a partner", without="living without a partner")
    if is_level(measure):
        return _level_trait(*level_of(measure))
    return _flag_trait(measure.label)


def level_words(column: str, level: str) -> str:
    """A level by itself, where its column is not in sight: `Fiber optic`, `without tech support`."""
    words = _level_trait(column, level)
    return words.adjective or words.group


def level_short(column: str, level: str) -> str:
    """The same as a short label: `Fiber optic`, `No tech support`."""
    words = _level_trait(column, level)
    return words.adjective or (f"No {words.thing}" if words.lack else column)


def plain_label(measure: Measure) -> str:
    """A measure's label by itself; a level without its column where it says enough: `Without internet service`."""
    if is_level(measure) and _LACK.match(level_of(measure)[1]):
        return upper_first(level_words(*level_of(measure)))
    return measure.label


def condition(measure: Measure, *, yes: bool) -> str:
    """What a rule says: `phone service: no`, `contract: Month-to-month`, `contract other than Month-to-month`, `with internet service`."""
    if measure.name == "partner":
        return "living with a partner" if yes else "living without a partner"
    if is_level(measure):
        column, level = level_of(measure)
        if words_of_lack := _LACK.match(level):
            return f"{'without' if yes else 'with'} {words_of_lack[1]}"
        return f"{lower_first(column)}{':' if yes else ' other than'} {level}"
    return f"{lower_first(measure.label)}: {'yes' if yes else 'no'}"


def _flag_trait(label: str) -> Trait:
    text = lower_first(re.sub(r"^(has|have)\s+", "", label, flags=re.IGNORECASE))
    being = re.match(r"^(is|are)\s+(.+)", text, flags=re.IGNORECASE)
    if being or PEOPLE.search(text):
        who = being[2] if being else text
        plural = f"{who}s" if PEOPLE.search(who) else ""
        return Trait(who, f"who are {who}", f"are {{how}} {plural or who}", plural)
    if DONE.match(text):
        return Trait(text, f"who {text}", f"have {{how}} {text}")
    return _having(text)


def _level_trait(column: str, level: str) -> Trait:
    thing, bare = lower_first(column), re.sub(r"\s*\([^)]*\)$", "", level)
    if level.lower() in YES:
        return _having(thing)
    if level.lower() in NO:
        return _lacking(thing)
    if words_of_lack := _LACK.match(level):
        return _lacking(words_of_lack[1])
    adjective = bare if re.search(r"[^\W\d_]", bare) else f"{column} {bare}"
    return Trait(thing, f"with {thing} {level}", f"{{how}} have {level} as {thing}", adjective=adjective)


def _having(thing: str) -> Trait:
    return Trait(thing, f"with {thing}", f"{{how}} have {thing}", without=f"without {thing}")


def _lacking(thing: str) -> Trait:
    return Trait(thing, f"without {thing}", f"{{how}} have no {thing}", lack=True)
