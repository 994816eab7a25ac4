"""What a re-cluster stores, which segments it continues, and what it leaves alone when it fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from segmentation.artifact import unpack_assignments, unpack_model
from segmentation.palette import SYMBOLS
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, claim, count_rows, customers_csv, fitted_once, open_shop, run_claimed, run_jobs
from webapp.edge import Resources
from webapp.models import Champion, ModelVersion, Segment, VersionSegment
from webapp.services.errors import Conflict
from webapp.services.modelling import promotions, versions
from webapp.services.modelling.versions import VersionSummary
from webapp.services.segmenting import segments
from webapp.services.work import jobs
from webapp.tasks import reclustering

FILE = customers_csv((50, 50, 50))


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(FILE)
    return opened


@pytest.fixture
def shop(prepare: Prepare) -> Shop:
    return prepare(filled)


@pytest.fixture
def sqlite_shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def labels(shop: Shop, number: int) -> np.ndarray:
    with shop.reading() as session:
        digest = session.scalars(select(ModelVersion.labels_digest).where(ModelVersion.number == number)).one()
    assert digest is not None
    return unpack_assignments(shop.resources.store.read_bytes(shop.actor.team_id, "labels", digest)).label


def styles(shop: Shop, number: int) -> list[tuple[str, str, int]]:
    """Key, name and slot of each cluster."""
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers", version=number)
    assert overview is not None
    return [(style.key, style.name, style.slot) for style in overview.styles]


def test_the_first_version_becomes_champion_and_its_sizes_add_up(shop: Shop) -> None:
    version = shop.recluster()
    assert (version.number, version.status, version.champion) == (1, "ready", True)
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
        report = versions.show_report(session, shop.actor, "customers", 1)
        sizes = session.scalars(select(VersionSegment.size).order_by(VersionSegment.cluster)).all()
    assert overview is not None
    assert overview.version == version
    assert sum(sizes) == overview.profiles.customers == 150
    assert list(sizes) == [profile.size for profile in overview.profiles.segments] == list(np.bincount(labels(shop, 1)))
    assert [slot for _, _, slot in styles(shop, 1)] == list(range(1, len(sizes) + 1))
    assert report.verdict.word == version.verdict
    assert {candidate.k for candidate in report.sweep} >= {2, 3, 4}


def test_the_same_seed_gives_the_same_bits_and_the_same_segments(sqlite_shop: Shop) -> None:
    sqlite_shop.recluster(k=3, genuine=True)
    sqlite_shop.recluster(k=3, genuine=True)
    with sqlite_shop.reading() as session:
        rows = session.execute(select(ModelVersion.model_digest, ModelVersion.labels_digest, ModelVersion.profiles)).all()
    assert rows[0] == rows[1]
    assert styles(sqlite_shop, 1) == styles(sqlite_shop, 2)


@pytest.mark.parametrize("asked", [{"k": 3, "seed": 5}, {"k": 4}, {"k": 2}])
def test_identities_follow_customers(sqlite_shop: Shop, asked: dict[str, int]) -> None:
    sqlite_shop.recluster(k=3)
    sqlite_shop.import_file(customers_csv((30, 30, 30), seed=9, first=1_000))
    sqlite_shop.recluster(**asked)
    before, after = labels(sqlite_shop, 1), labels(sqlite_shop, 2)
    old, new = styles(sqlite_shop, 1), styles(sqlite_shop, 2)
    keys = [f"{number}" for number in (*range(1, 151), *range(1_000, 1_090))]
    place = {key: row for row, key in enumerate(sorted(keys))}
    shared = np.array([after[place[key]] for key in sorted(f"{number}" for number in range(1, 151))])
    table = np.array([[np.sum((before == a) & (shared == b)) for b in range(len(new))] for a in range(len(old))])
    continued = [(a, b) for a in range(len(old)) for b in range(len(new)) if old[a][0] == new[b][0]]
    assert len(continued) == min(len(old), len(new))
    for a, b in continued:
        assert old[a] == new[b], "a continued segment keeps key, name and slot"
        assert table[a, b] == table[a].max() or table[a, b] == table[:, b].max()
    assert len({slot for _, _, slot in new}) == len({name for _, name, _ in new}) == len(new)
    fresh = [slot for key, _, slot in new if key not in {old_key for old_key, _, _ in old}]
    assert all(slot not in {old_slot for _, _, old_slot in old} for slot in fresh)
    assert all(1 <= slot <= len(SYMBOLS) for _, _, slot in new)


def test_a_later_version_waits_for_promotion_unless_asked(sqlite_shop: Shop) -> None:
    sqlite_shop.recluster(k=3)
    assert not sqlite_shop.recluster(k=2).champion
    assert sqlite_shop.recluster(k=3, seed=1, promote=True).champion


def test_what_a_schedule_asked_for_challenges_and_is_never_promoted_by_itself(sqlite_shop: Shop) -> None:
    def state(found: VersionSummary) -> tuple[str, bool, bool]:
        return found.status, found.champion, found.challenger

    first = sqlite_shop.recluster(k=3, schedule="s" * 32)
    assert state(first) == ("ready", False, True)
    assert first.requested["schedule"] == "s" * 32
    assert sqlite_shop.recluster(k=3).champion
    assert state(sqlite_shop.recluster(k=2, schedule="s" * 32)) == ("ready", False, True)
    assert state(sqlite_shop.recluster(k=4, schedule="s" * 32)) == ("ready", False, True)  # in place of what a schedule found before


def test_what_a_schedule_finds_displaces_no_challenger_that_somebody_chose(sqlite_shop: Shop) -> None:
    sqlite_shop.recluster(k=3)
    chosen = sqlite_shop.recluster(k=2, challenge=True)
    assert not sqlite_shop.recluster(k=4, schedule="s" * 32).challenger
    with sqlite_shop.reading() as session:
        assert versions.show_version(session, sqlite_shop.actor, "customers", chosen.number).challenger


def test_without_segments_in_the_data_nothing_becomes_champion_by_itself(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv((150,)))
    version = shop.recluster()
    assert (version.status, version.verdict) == ("ready", "none")
    assert not version.champion
    with shop.writing() as session:
        assert segments.show_segments(session, shop.actor, "customers") is None
        assert promotions.promote_version(session, shop.actor, "customers", 1).champion == 1


@pytest.mark.parametrize(
    "file", ["Id,Income\n1,5\n", "Id,Income,Spend_A\n" + "".join(f"{n},5,5\n" for n in range(200))], ids=["one row", "constant"]
)
def test_too_little_to_go_by_is_refused_in_words_and_the_rest_stays(shop: Shop, file: str) -> None:
    shop.recluster(k=3)
    shop.import_file(file, dataset="Small")
    with shop.reading() as session:
        before = count_rows(session, Segment, VersionSegment, Champion)
    refused = shop.recluster(dataset="small")
    assert refused.status == "failed"
    assert refused.status_message
    assert "customers" in refused.status_message or "column" in refused.status_message
    with shop.reading() as session:
        assert count_rows(session, Segment, VersionSegment, Champion) == before
        with pytest.raises(Conflict, match="never fitted"):
            versions.show_report(session, shop.actor, "small", 1)


@pytest.mark.parametrize("name", ["store_identities", "move_champion"])
def test_a_crash_while_publishing_leaves_the_version_pending_and_the_next_attempt_ends_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    genuine = getattr(reclustering, name)

    def crash(*args: object, **options: object) -> None:
        genuine(*args, **options)
        raise MemoryError(name)

    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers", k=3)
    job = claim(shop.resources)
    assert job is not None
    monkeypatch.setattr(reclustering, "segment_customers", fitted_once)
    with monkeypatch.context() as patched:
        patched.setattr(reclustering, name, crash)
        with pytest.raises(MemoryError):
            run_claimed(shop.resources, job)
    with shop.reading() as session:
        assert versions.show_version(session, shop.actor, "customers", 1).status == "pending"
        assert count_rows(session, Segment, VersionSegment, Champion) == [0, 0, 0]
    run_claimed(shop.resources, job)
    with shop.reading() as session:
        assert versions.show_version(session, shop.actor, "customers", 1).champion
        assert count_rows(session, Segment, VersionSegment, Champion) == [3, 3, 1]


def test_a_cancelled_recluster_leaves_a_cancelled_version(shop: Shop) -> None:
    with shop.writing() as session:
        asked = versions.request_recluster(session, shop.actor, "customers")
        jobs.cancel_job(session, shop.actor, asked.id)
    run_jobs(shop.resources)
    with shop.reading() as session:
        assert versions.show_version(session, shop.actor, "customers", 1).status == "cancelled"
    assert shop.recluster(k=3).number == 2


def test_a_model_that_does_not_come_back_the_same_is_not_stored(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reclustering, "unpack_model", lambda data: replace(unpack_model(data), reach=None))
    version = sqlite_shop.recluster(k=3)
    assert (version.status, version.champion) == ("failed", False)
    assert "comes back the same" in (version.status_message or "")
    assert not list(sqlite_shop.resources.store.root.glob("*/model/*/*"))
