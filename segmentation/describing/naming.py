"""Names for segments, made from evidence: a word is used only where a measure supports it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from segmentation.describing.facts import DAYS_SINCE, SHARE_OF_ORDERS, SHARE_OF_SPEND, SINCE_LAST, Fact
from segmentation.describing.traits import trait
from segmentation.wording import lower_first, upper_first

SHORT = 14
MOSTLY = 0.5
HARDLY = 0.25
CAP = 2.5
"""Beyond this effect one word is as good as another."""

TRAIT = 0.9
"""Weight of what a column of yes or no, or of categories, says."""


@dataclass(frozen=True)
class Name:
    """A name, its short form, and the measures that it rests on."""

    name: str
    short_name: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Word:
    """What may be said of customers whose measure matches `pattern`, on the `higher` side or the lower.

    `{0}` in a noun is the label's own word ("Wine share of spend" makes wine buyers). `ratio` is the least distance
    from the average as a factor; `mostly` demands that most (on the lower side: hardly any) have it at all. Two words
    of one `topic` make a poorer name than two that tell different things.
    """

    pattern: str
    higher: bool
    adjective: str = ""
    noun: str = ""
    weight: float = 1.0
    ratio: float = 1.0
    mostly: bool = False
    topic: str = ""


WORDS = (
    Word(r"^income\b", True, adjective="Affluent", weight=1.2, ratio=1.2, topic="means"),
    Word(r"^income\b", False, adjective="Lower-income", weight=0.7, ratio=1.15, topic="means"),
    Word(r"^spend$", True, adjective="High-spending", noun="big spenders", ratio=1.5, weight=0.9, topic="means"),
    Word(r"^spend$", False, noun="low spenders", ratio=1.5, topic="means"),
    Word(r"^spend$", False, adjective="Low-spending", ratio=1.5, weight=0.6, topic="means"),
    Word(r"^orders$", True, adjective="Frequent", noun="frequent buyers", ratio=1.25, weight=0.8),
    Word(r"^orders$", False, adjective="Occasional", noun="occasional buyers", ratio=1.4, weight=0.9),
    Word(r"^(?!share_).*(deal|discount|coupon|promo)", True, adjective="Deal-seeking", noun="deal seekers", ratio=1.3, weight=1.2),
    Word(r"^visits?(_.*)?web|^web_?visits|^visits_web", True, noun="web browsers", ratio=1.2, weight=1.5),
    Word(r"^visits?\b|^visits?_month", True, noun="frequent visitors", ratio=1.2, weight=0.9),
    Word(r"kid|child", True, noun="families", weight=1.1, mostly=True),
    Word(r"teen", True, noun="parents of teens", weight=1.15, mostly=True),
    Word(r"^dependents$", True, noun="families", weight=1.1, mostly=True),
    Word(r"^dependents$", False, adjective="Child-free", weight=0.7, mostly=True),
    Word(r"^age$", True, adjective="Older"),
    Word(r"^age$", False, adjective="Younger", weight=1.2),
    Word(r"^(tenure|customer_for)", True, adjective="Long-standing"),
    Word(r"^(tenure|customer_for)", False, adjective="Newer"),
    Word(DAYS_SINCE.pattern, True, adjective="Lapsing"),
    Word(DAYS_SINCE.pattern, False, adjective="Recent"),
    Word(r"^partner$", True, adjective="Partnered", weight=0.8, mostly=True),
    Word(r"^partner$", False, adjective="Single", weight=0.8, mostly=True),
)


@dataclass(frozen=True)
class _Use:
    """A word with the fact that supports it; `score` is how well."""

    text: str
    fact: Fact
    score: float
    topic: str = ""
    short: str = ""


@dataclass(frozen=True)
class _Candidate:
    """A whole name, its parts with what each speaks of, the first choices for its short form, and the facts that it rests on."""

    text: str
    score: float
    parts: tuple[str, ...]
    shorts: tuple[str, ...]
    facts: tuple[Fact, ...]
    topics: tuple[str, ...] = ()

    def sounds_like(self, other: _Candidate) -> bool:
        """Whether the two differ in a word alone that says nearly the same: affluent web browsers are high-spending web browsers."""
        mine, theirs = (dict(zip(each.parts, each.topics, strict=False)) for each in (self, other))
        own, others = ({topic for part, topic in a.items() if part not in b and topic} for a, b in ((mine, theirs), (theirs, mine)))
        return bool(mine.keys() & theirs.keys() and own & others)

    @property
    def claims(self) -> frozenset[tuple[str, bool]]:
        """What it says, whatever the words: occasional low spenders are low-spending occasional buyers."""
        return frozenset((fact.measure.name, fact.higher) for fact in self.facts)


def name_segments(facts_of_all: Sequence[Sequence[Fact]]) -> tuple[Name, ...]:
    """One name per segment, all distinct, the same for the same facts.

    Every segment has candidates scored by the effects behind their words. The best joint choice is sought by
    choosing in turn, the most clearly named segment first, then revising each until nothing improves; a word that
    another segment already carries costs its score.
    """
    candidates = [_candidates(each) for each in facts_of_all]
    chosen: list[_Candidate | None] = [None] * len(candidates)
    order = sorted(range(len(candidates)), key=lambda place: (-max((c.score for c in candidates[place]), default=0.0), place))
    for _ in range(3):
        for place in order:
            others = [each for at, each in enumerate(chosen) if at != place and each is not None]
            chosen[place] = _best(candidates[place], others)
    return _distinct(chosen)


def _candidates(segment: Sequence[Fact]) -> list[_Candidate]:
    telling = [fact for fact in segment if fact.telling]
    words = [(word, fact, _score(word, fact)) for fact in telling for word in WORDS if _supports(word, fact)]
    adjectives = [_Use(word.adjective, fact, score, word.topic) for word, fact, score in words if word.adjective]
    adjectives += _level_adjectives(telling)
    nouns = [_Use(word.noun, fact, score, word.topic) for word, fact, score in words if word.noun]
    nouns += _share_nouns(telling) + _trait_nouns(telling)
    if {"parents of teens", "families"} <= {noun.text for noun in nouns} and any(
        re.search("kid|child", noun.fact.measure.name) for noun in nouns
    ):
        nouns = [noun for noun in nouns if noun.text != "parents of teens"]
    pairs = [_pair(a, n) for a, n in product(adjectives, nouns) if a.fact.measure.name != n.fact.measure.name]
    alone = [_single(upper_first(noun.text), noun, 0.85, short=noun.short) for noun in nouns]
    alone += [_single(f"{adjective.text} customers", adjective, 0.7, short=adjective.text) for adjective in adjectives]
    return sorted(pairs + alone + _generic(telling), key=lambda each: (-each.score, each.text))


def _supports(word: Word, fact: Fact) -> bool:
    if word.higher != fact.higher or not re.search(word.pattern, fact.measure.name):
        return False
    if word.ratio > 1 and (fact.ratio is None or (fact.ratio if word.higher else 1 / max(fact.ratio, 1e-9)) < word.ratio):
        return False
    if not word.mostly:
        return True
    having = fact.difference.mean if fact.measure.unit == "share" else fact.having
    return having is not None and (having > MOSTLY if word.higher else having < HARDLY)


def _score(word: Word, fact: Fact) -> float:
    return word.weight * min(fact.strength, CAP)


def _share_nouns(telling: Sequence[Fact]) -> list[_Use]:
    """Catalogue buyers, wine buyers: who give clearly more of their orders or spend to one part than others do."""
    nouns = []
    for fact in telling:
        for pattern, weight in ((SHARE_OF_ORDERS, 1.05), (SHARE_OF_SPEND, 0.8)):
            match = pattern.match(fact.measure.label)
            if match and fact.higher and "deal" not in match[1].lower() and (fact.ratio or 0) >= 1.25:
                nouns.append(_Use(f"{lower_first(match[1])} buyers", fact, weight * min(fact.strength, CAP)))
    return nouns


def _level_adjectives(telling: Sequence[Fact]) -> list[_Use]:
    """Month-to-month: a level that most of them have, where it can be said of a customer."""
    mostly = [(fact, trait(fact.measure).adjective) for fact in telling if _mostly(fact)]
    return [_Use(text, fact, TRAIT * min(fact.strength, CAP)) for fact, text in mostly if text]


def _trait_nouns(telling: Sequence[Fact]) -> list[_Use]:
    """Senior citizens, customers with phone service: most have it; customers without it: hardly any has, and most others do."""
    nouns = []
    for fact in telling:
        if not fact.measure.yes_or_no or fact.measure.name == "partner":
            continue
        words, score = trait(fact.measure), TRAIT * min(fact.strength, CAP)
        if _mostly(fact) and not words.adjective:
            short = f"No {words.thing}" if words.lack else upper_first(words.plural or words.thing)
            nouns.append(_Use(words.noun, fact, score, short=short))
        if fact.difference.mean < HARDLY and fact.difference.rest_mean > MOSTLY and words.without:
            nouns.append(_Use(f"customers {words.without}", fact, score, short=f"No {words.thing}"))
    return nouns


def _mostly(fact: Fact) -> bool:
    """Whether it is a yes or no that most of them have, and more than others."""
    return fact.measure.yes_or_no and fact.measure.name != "partner" and fact.higher and fact.difference.mean > MOSTLY


def _pair(adjective: _Use, noun: _Use) -> _Candidate:
    first = adjective.text
    if first == "Older" and noun.text == "parents of teens":
        first = "Settled"
    if first == "Younger" and adjective.fact.difference.mean < 40:
        first = "Young"
    head = upper_first(noun.text.split()[0])
    shorts = (noun.short,) if noun.short else (f"{first} {lower_first(head)}", upper_first(noun.text), head)
    return _Candidate(
        text=upper_first(f"{first} {noun.text}"),
        score=(adjective.score + noun.score) * (0.8 if adjective.topic and adjective.topic == noun.topic else 1.0),
        parts=(adjective.text, noun.text),
        shorts=tuple(upper_first(short) for short in (first, *shorts)),
        facts=(adjective.fact, noun.fact),
        topics=tuple(f"{use.topic}{'+' if use.fact.higher else '-'}" if use.topic else "" for use in (adjective, noun)),
    )


def _single(text: str, use: _Use, share: float, short: str = "") -> _Candidate:
    shorts = (upper_first(short),) if short else (text, text.split()[0])
    return _Candidate(upper_first(text), use.score * share, (use.text,), shorts, (use.fact,))


def _generic(telling: Sequence[Fact]) -> list[_Candidate]:
    """`High monthly charges`, and with a second measure `High monthly charges, low tenure`."""
    one = [
        _Candidate(text, 0.5 * min(fact.strength, CAP), (text,), (short,), (fact,))
        for fact, (text, short) in ((fact, _side(fact)) for fact in telling[:6])
    ]
    two = [
        _Candidate(
            f"{a.text}, {lower_first(b.text)}",
            0.7 * a.score + 0.5 * b.score,
            a.parts + b.parts,
            a.shorts + b.shorts,
            a.facts + b.facts,
        )
        for a, b in product(one, one)
        if a is not b
    ]
    return one + two


def _side(fact: Fact) -> tuple[str, str]:
    """On which side of everyone else they are in one measure, and the same in short."""
    measure = fact.measure
    if measure.yes_or_no:
        words = trait(measure)
        said = words.adjective or words.group
        return f"{'Often' if fact.higher else 'Rarely'} {said}", upper_first(said) if fact.higher else f"Not {said}"
    if measure.unit == "days" and DAYS_SINCE.search(measure.name) and not SINCE_LAST.match(measure.label):
        return ("Lapsed buyers", "Lapsed") if fact.higher else ("Recent buyers", "Recent")
    if measure.unit == "days" and (last := SINCE_LAST.match(measure.label)):
        return (f"{upper_first(last[1])} long ago", "Long ago") if fact.higher else (f"Recent {last[1]}", "Recently")
    side = "High" if fact.higher else "Low"
    return f"{side} {lower_first(measure.label)}", f"{side} {lower_first(measure.short)}"


def _best(candidates: Sequence[_Candidate], others: Sequence[_Candidate]) -> _Candidate | None:
    """The candidate worth most beside `others`: a part of the name that another carries adds nothing, and costs a little.

    One that says the same as another's name in other words, or nearly, is taken only where nothing else is left.
    """
    taken = {part for other in others for part in other.parts}
    names, claims = {other.text for other in others}, {other.claims for other in others}

    def worth(candidate: _Candidate) -> float:
        fresh = sum(part not in taken for part in candidate.parts)
        return candidate.score * (0.4 + 0.6 * fresh / len(candidate.parts))

    free = [candidate for candidate in candidates if candidate.text not in names]
    fresh = [candidate for candidate in free if candidate.claims not in claims]
    plain = [candidate for candidate in fresh if not any(candidate.sounds_like(other) for other in others)]
    return max(plain or fresh or free, key=worth, default=None)


def _distinct(chosen: Sequence[_Candidate | None]) -> tuple[Name, ...]:
    """Names with distinct short forms; a segment that nothing sets apart is called what it is."""
    unnamed = sum(candidate is None for candidate in chosen)
    taken: set[str] = set()
    names: list[Name] = []
    for candidate in chosen:
        if candidate is None:
            letter = f" {_letters(sum(name.name.startswith('Average customers') for name in names))}" if unnamed > 1 else ""
            candidate = _Candidate(f"Average customers{letter}", 0.0, (), (f"Average{letter}",), ())
        short = _short(candidate, taken)
        taken.add(short)
        names.append(Name(candidate.text, short, tuple(fact.measure.name for fact in candidate.facts)))
    return tuple(names)


def _short(candidate: _Candidate, taken: set[str]) -> str:
    options = [short for short in candidate.shorts if len(short) <= SHORT] + [
        _clipped(short) for short in (*candidate.shorts, candidate.text)
    ]
    for option in options:
        if option not in taken:
            return option
    stem = options[0]
    return next(text for count in range(2, 100) if (text := f"{stem[: SHORT - len(str(count)) - 1].rstrip()} {count}") not in taken)


def _clipped(text: str) -> str:
    """Whole words that fit, or the beginning of the first."""
    if len(text) <= SHORT:
        return text
    words = text[: SHORT + 1].rsplit(" ", 1)[0].rstrip(" ,")
    return words if len(words) <= SHORT else text[:SHORT]


def _letters(count: int) -> str:
    return chr(ord("A") + count % 26) + (str(count // 26 + 1) if count >= 26 else "")
