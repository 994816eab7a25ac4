"""Whatever a team does to its versions, in whatever order: no version has two segments that are one, look alike or are called alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import LONG
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import ModelVersion, Segment
from webapp.services import doctor
from webapp.services.data.lineage_records import read_lineage
from webapp.services.errors import Conflict, Invalid
from webapp.services.modelling import promotions
from webapp.services.modelling.identities import segments_of
from webapp.services.segmenting import evidence_names, lineages, segments

SEEDS = 40 if LONG else 2
STEPS = 30
MOST_VERSIONS = 9
DATASET = "customers"


@dataclass(frozen=True)
class Called:
    """A segment as people tell it from others."""

    key: str
    slot: int
    name: str


def opened(resources: Resources) -> Shop:
    shop = open_shop(resources)
    shop.import_file(customers_csv((70, 50, 30, 20)))
    shop.recluster(k=4, promote=True)
    return shop


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(opened)


def identities(shop: Shop) -> dict[int, list[Called]]:
    """The segments of every version, in the order of its clusters."""
    with shop.reading() as session:
        versions = session.execute(select(ModelVersion.number, ModelVersion.id)).all()
        found = {number: segments_of(session, shop.actor, version) for number, version in versions}
        return {
            number: [Called(each.key, each.slot, each.shown_name) for _, each in sorted(called.items())] for number, called in found.items()
        }


def keys(shop: Shop) -> dict[int, list[str]]:
    return {number: [each.key for each in segments] for number, segments in identities(shop).items()}


def take_a_step(shop: Shop, draw: random.Random) -> None:
    """Re-cluster, promote, roll back, say which segment is which or take that back, rename by the evidence or by hand; or be refused."""
    known = identities(shop)
    number = draw.choice(sorted(known))
    key = draw.choice(known[number]).key
    steps: Sequence[Callable[[], object]] = (
        lambda: len(known) < MOST_VERSIONS and recluster(shop, draw),
        lambda: promote(shop, number),
        lambda: roll_back(shop),
        lambda: correct(shop, number, key, draw),
        lambda: take_back(shop, number, key),
        lambda: rename(shop, number, key),
        lambda: choose_a_name(shop, key, draw.choice(known[number]).key, draw),
    )
    with suppress(Conflict, Invalid):
        draw.choices(steps, weights=(5, 5, 1, 6, 4, 3, 2))[0]()


def recluster(shop: Shop, draw: random.Random) -> None:
    shop.recluster(k=draw.choice((2, 3, 4, 5)), seed=draw.choice((1, 2)), promote=draw.random() < 0.5)


def promote(shop: Shop, number: int) -> None:
    with shop.writing() as session:
        promotions.promote_version(session, shop.actor, DATASET, number)


def roll_back(shop: Shop) -> None:
    with shop.writing() as session:
        promotions.roll_back(session, shop.actor, DATASET)


def correct(shop: Shop, number: int, key: str, draw: random.Random) -> None:
    with shop.writing() as session:
        found = lineages.show_lineage(session, shop.actor, DATASET, number)
        choices = [style.key for style in found.choices] if found else []
        lineages.correct_lineage(session, shop.actor, DATASET, number, key, continues=draw.choice([*choices, None]))


def take_back(shop: Shop, number: int, key: str) -> None:
    with shop.writing() as session:
        lineages.take_back_correction(session, shop.actor, DATASET, number, key)


def rename(shop: Shop, number: int, key: str) -> None:
    with shop.writing() as session:
        changes = evidence_names.propose_names(session, shop.actor, DATASET, key=key, version=number)
        seen = {each.style.key: (each.style.name, each.renamed.name) for each in changes}
        evidence_names.accept_names(session, shop.actor, DATASET, seen, key=key, version=number)


def choose_a_name(shop: Shop, key: str, other: str, draw: random.Random) -> None:
    """By hand: one that another segment has for short, or one of a few that begin alike."""
    with shop.writing() as session:
        name = draw.choice(["x" * 50, "x" * 60, segment_of(session, other).short_name])
        segments.rename_segment(session, shop.actor, DATASET, key, name)


def segment_of(session: Session, key: str) -> Segment:
    return session.scalars(select(Segment).where(Segment.key == key)).one()


def check(shop: Shop) -> None:
    for number, called in identities(shop).items():
        for told in ([each.key for each in called], [each.slot for each in called], [each.name.casefold() for each in called]):
            assert len(set(told)) == len(told), number
    with shop.reading() as session:
        for version in session.scalars(select(ModelVersion)):
            assert not list(strayed(shop, version)), version.number
            short = [style.short_name.casefold() for style in segments.version_styles(session, version)]
            assert len(set(short)) == len(short), version.number


def strayed(shop: Shop, version: ModelVersion) -> Iterator[int]:
    """Clusters that continue one of the reference and are another segment."""
    with shop.reading() as session:
        stored = read_lineage(version)
        own = segments_of(session, shop.actor, version.id)
        before = segments_of(session, shop.actor, stored[0]) if stored else {}
        for new, old in stored[1].pairs.items() if stored else ():
            if old is not None and own[new].id != before[old].id:
                yield new


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_walk_makes_two_segments_of_a_version_alike(shop: Shop, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(STEPS):
        take_a_step(shop, draw)
        check(shop)
    with shop.reading() as session:
        assert [each for each in doctor.examine_team(session, shop.actor, shop.resources.store) if each.severity == "error"] == []


def test_a_segment_that_a_correction_made_can_be_given_to_the_version_before(shop: Shop) -> None:
    """Version 4 has it by following the champion of version 2; when version 3, its reference, gets it, 4 gets it there and nowhere else."""
    for k, seed in ((4, 2), (3, 0), (4, 1)):
        shop.recluster(k=k, seed=seed, promote=k == 3 or seed == 2)
    before = keys(shop)
    (gone,) = set(before[2]) - set(before[3])
    with shop.writing() as session:
        lineages.correct_lineage(session, shop.actor, DATASET, 2, gone, continues=None)
    (made,) = set(keys(shop)[2]) - set(before[2])
    assert made in keys(shop)[4]
    with shop.writing() as session:
        lineages.correct_lineage(session, shop.actor, DATASET, 3, before[3][0], continues=made)
    check(shop)
    take_back(shop, 3, made)
    take_back(shop, 2, made)
    assert keys(shop) == before


def test_what_comes_back_is_not_called_as_another_one_is_meanwhile(shop: Shop) -> None:
    shop.recluster(k=3, promote=True)
    known = keys(shop)
    (gone,) = set(known[1]) - set(known[2])
    with shop.writing() as session:
        for segment in session.scalars(select(Segment).where(Segment.key.in_([gone, known[2][0]]))):
            segment.chosen_name = "Gold"
    shop.recluster(k=4)
    names = {each.key: each.name for each in identities(shop)[3]}
    assert (names[gone], names[known[2][0]]) == ("Gold 2", "Gold")
