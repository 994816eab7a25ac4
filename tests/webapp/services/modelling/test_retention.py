"""Which versions stay, why, and what becomes of the others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.webapp.conftest import Prepared, copied, open_folder
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs
from webapp.models import AuditEvent, MemberRole, ModelVersion, Movement, Promotion, VersionSegment
from webapp.services.data.leftovers import sweep_files
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.modelling import challengers, promotions, retention, versions
from webapp.services.modelling.retention import Reliance
from webapp.services.planning.campaigns import create_campaign, tag_segment
from webapp.services.segmenting import segments
from webapp.services.segmenting.segment_history import show_history
from webapp.services.segmenting.segment_notes import add_note

DATASET = "customers"
DAY = 24 * 3600.0
LONG_AGO = datetime.now(UTC) - timedelta(days=200)


@pytest.fixture(scope="module")
def six(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Versions 1 to 6; 1 was champion long ago, 2 is now."""
    folder = tmp_path_factory.mktemp("six")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    shop = open_shop(open_folder(folder))
    shop.import_file(customers_csv((50, 50, 50)))
    for number, k in enumerate((3, 2, 4, 5, 2, 4), start=1):
        shop.recluster(k=k, seed=number, promote=number < 3)
    with shop.writing() as session:
        for move in session.scalars(select(Promotion)):
            move.created_at -= timedelta(days=200)
    shop.resources.engine.dispose()
    return folder, shop


@pytest.fixture
def shop(six: Prepared, tmp_path: Path) -> Iterator[Shop]:
    with copied(six, tmp_path / "six") as opened:
        yield opened


def keeping(shop: Shop, keep: int | None = 1) -> retention.Keeping:
    with shop.reading() as session:
        return retention.show_keeping(session, shop.actor, DATASET, keep=keep)


def wait(shop: Shop) -> None:
    """Until the files of the store are old."""
    for file in Path(shop.resources.config.store).rglob("*"):
        os.utime(file, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def keep(shop: Shop, count: int | None) -> None:
    """Change the setting and let the job run, long after the files were stored."""
    wait(shop)
    with shop.writing() as session:
        retention.change_keeping(session, shop.actor, DATASET, count)
    run_jobs(shop.resources)


def files(shop: Shop, *, of: tuple[int, ...] = ()) -> set[tuple[str, str]]:
    """Area and digest of what the store holds of versions, or of what these versions need."""
    if not of:
        found = Path(shop.resources.config.store).glob(f"{shop.actor.team_id}/*/*/*")
        return {(path.parent.parent.name, path.name) for path in found if path.parent.parent.name in ("model", "labels", "measures")}
    with shop.reading() as session:
        rows = session.scalars(select(ModelVersion).where(ModelVersion.number.in_(of)))
        named = [("model", row.model_digest, "labels", row.labels_digest, "measures", row.measures_digest) for row in rows]
        return {(str(area), str(digest)) for row in named for area, digest in zip(row[::2], row[1::2], strict=True)}


def keys_of(session: Session, number: int) -> set[str]:
    """The segments of a version."""
    version = session.scalars(select(ModelVersion.id).where(ModelVersion.number == number)).one()
    return {style.key for style in segments.version_styles(session, version)}


def sweep(shop: Shop) -> int:
    """What a worker does every hour."""
    with shop.reading() as session:
        return sweep_files(session, shop.resources.store, DAY)


def test_everything_is_kept_until_somebody_says_how_many(shop: Shop) -> None:
    assert keeping(shop, None).removed == ()
    shop.recluster(k=3, seed=7)
    assert keeping(shop, None).keep is None
    assert files(shop) == files(shop, of=(1, 2, 3, 4, 5, 6, 7))


def test_pointers_and_the_newest_are_kept_and_said_why(shop: Shop) -> None:
    with shop.writing() as session:
        challengers.set_challenger(session, shop.actor, DATASET, 3)
        retention.pin_version(session, shop.actor, DATASET, 4, pinned=True)
    found = keeping(shop)
    assert found.kept == {
        6: (Reliance.NEWEST,),
        4: (Reliance.PINNED,),
        3: (Reliance.CHALLENGER,),
        2: (Reliance.CHAMPION, Reliance.REFERENCE),  # 3 was compared to it
        1: (Reliance.ROLLBACK, Reliance.REFERENCE),
    }
    assert found.removed == (5,)


@pytest.mark.parametrize(("days", "reasons"), [(89, (Reliance.LIVE,)), (91, None)])
def test_who_was_champion_in_the_last_ninety_days_is_kept(shop: Shop, days: int, reasons: tuple[Reliance, ...] | None) -> None:
    """3 was champion until `days` ago; no rollback leads to it."""
    with shop.writing() as session:
        promotions.promote_version(session, shop.actor, DATASET, 3)
        promotions.roll_back(session, shop.actor, DATASET)
    with shop.writing() as session:
        moves = session.scalars(select(Promotion).order_by(Promotion.created_at.desc())).all()
        moves[0].created_at = datetime.now(UTC) - timedelta(days=days)
        moves[1].created_at = moves[0].created_at - timedelta(days=1)
    assert keeping(shop).kept.get(3) == reasons


def segment_only_in(shop: Shop, number: int) -> str:
    """Key of a segment of that version which none of the later ones has."""
    with shop.reading() as session:
        rows = session.execute(select(VersionSegment.segment_id, ModelVersion.number).join(ModelVersion)).all()
        last = {segment: max(each for key, each in rows if key == segment) for segment, _ in rows}
        styles = segments.version_styles(session, session.scalars(select(ModelVersion).where(ModelVersion.number == number)).one())
        ids = session.scalars(select(VersionSegment.segment_id).join(ModelVersion).where(ModelVersion.number == number).order_by("cluster"))
        return next(style.key for style, segment in zip(styles, ids, strict=True) if last[segment] == number)


def test_the_version_where_a_tagged_or_noted_segment_was_last_is_kept(shop: Shop) -> None:
    tagged, noted = segment_only_in(shop, 3), segment_only_in(shop, 4)
    with shop.writing() as session:
        create_campaign(session, shop.actor, DATASET, name="Spring", channel="email", segments=[tagged])
        add_note(session, shop.actor, DATASET, noted, "Ask them again in May.")
    found = keeping(shop)
    assert (found.kept[3], found.kept[4]) == ((Reliance.TAGGED,), (Reliance.NOTED,))
    assert found.removed == (5,)


def test_a_removed_version_leaves_its_row_its_figures_and_its_history(shop: Shop) -> None:
    key = segment_only_in(shop, 3)
    with shop.reading() as session:
        report = versions.show_report(session, shop.actor, DATASET, 3)
        before = versions.show_version(session, shop.actor, DATASET, 3)
        history = show_history(session, shop.actor, DATASET, key)
    keep(shop, 1)
    assert files(shop) == files(shop, of=(1, 2, 6))
    assert files(shop, of=(3, 4, 5)) - files(shop)
    with shop.writing() as session:
        after = versions.show_version(session, shop.actor, DATASET, 3)
        assert (after.status, after.figures, after.created_by, after.created_at) == (
            "removed",
            before.figures,
            before.created_by,
            before.created_at,
        )
        assert after.removed_at is not None
        assert versions.show_report(session, shop.actor, DATASET, 3) == report
        assert show_history(session, shop.actor, DATASET, key) == history
        for act in (
            lambda: promotions.promote_version(session, shop.actor, DATASET, 3),
            lambda: challengers.set_challenger(session, shop.actor, DATASET, 3),
            lambda: segments.show_segments(session, shop.actor, DATASET, version=3),
        ):
            with pytest.raises(Conflict) as refusal:
                act()
            assert refusal.value.code == "removed"
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "version.removed").order_by(AuditEvent.subject)).all()
        assert [event.subject for event in events] == ["customers/3", "customers/4", "customers/5"]
        assert "version.retention_changed" in session.scalars(select(AuditEvent.action)).all()


def test_a_file_that_another_version_has_too_stays(shop: Shop) -> None:
    """The same customers, settings and seed give the same bytes, which are stored once."""
    again = shop.recluster(k=4, seed=3)
    with shop.reading() as session:
        rows = session.scalars(select(ModelVersion).where(ModelVersion.number.in_((3, again.number)))).all()
        assert rows[0].model_digest == rows[1].model_digest
    keep(shop, 1)
    with shop.reading() as session:
        assert versions.show_version(session, shop.actor, DATASET, 3).status == "removed"
    assert files(shop) >= files(shop, of=(3,)) == files(shop, of=(again.number,))


def test_a_file_that_was_stored_just_now_stays_until_the_next_time(shop: Shop) -> None:
    """Somebody may be about to publish a version with the same content."""
    with shop.writing() as session:
        retention.change_keeping(session, shop.actor, DATASET, 1)
    run_jobs(shop.resources)
    assert files(shop) == files(shop, of=(1, 2, 3, 4, 5, 6))
    wait(shop)
    shop.recluster(k=3, seed=8)
    assert files(shop) == files(shop, of=(1, 2, 7))


def test_what_no_version_has_any_more_is_swept_once_it_is_old(shop: Shop) -> None:
    """The job that removed the versions spared young files, and none comes after it."""
    with shop.writing() as session:
        retention.change_keeping(session, shop.actor, DATASET, 1)
    run_jobs(shop.resources)
    spared = files(shop) - files(shop, of=(1, 2, 6))
    assert spared
    assert sweep(shop) == 0
    wait(shop)
    store = shop.resources.store
    young = {("labels", store.put_bytes(shop.actor.team_id, "labels", b"of a fit that is about to be published"))}
    assert sweep(shop) == len(spared)
    assert files(shop) == files(shop, of=(1, 2, 6)) | young


def test_rows_of_movements_are_swept_once_no_movement_has_them(shop: Shop) -> None:
    store, team = shop.resources.store, shop.actor.team_id
    kept, lost = (store.put_bytes(team, "moved", rows) for rows in (b"kept", b"lost"))
    with shop.writing() as session:
        one, two = session.scalars(select(ModelVersion).order_by(ModelVersion.number).limit(2))
        session.add(
            Movement(
                team_id=team, dataset_id=one.dataset_id, old_version_id=one.id, old_snapshot_id=one.snapshot_id, new_version_id=two.id,
                new_snapshot_id=two.snapshot_id, rows_digest=kept, created_by="somebody", created_at=LONG_AGO,
            )
        )  # fmt: skip
    assert sweep(shop) == 0
    wait(shop)
    assert sweep(shop) == 1
    assert [store.path(team, "moved", each).exists() for each in (kept, lost)] == [True, False]


def test_after_each_recluster_the_oldest_goes(shop: Shop) -> None:
    keep(shop, 4)
    with shop.reading() as session:
        assert versions.show_version(session, shop.actor, DATASET, 3).status == "ready"
    shop.recluster(k=2, seed=9)
    with shop.reading() as session:
        assert versions.show_version(session, shop.actor, DATASET, 3).status == "removed"
        assert versions.show_version(session, shop.actor, DATASET, 2).champion


def test_a_rollback_passes_over_what_was_removed(shop: Shop) -> None:
    for number in (3, 4):
        with shop.writing() as session:
            promotions.promote_version(session, shop.actor, DATASET, number)
    with shop.writing() as session:
        for move in session.scalars(select(Promotion)):
            move.created_at -= timedelta(days=100)
        session.execute(text("UPDATE model_versions SET lineage = NULL"))  # or 2 would stay, which all were compared to
    keep(shop, 1)
    assert keeping(shop, None).kept.keys() == {6, 4, 3}
    with shop.writing() as session:
        assert promotions.roll_back(session, shop.actor, DATASET).champion == 3
        assert promotions.rollback_target(session, shop.actor, DATASET) is None


def remove(shop: Shop, number: int) -> versions.VersionSummary:
    with shop.writing() as session:
        return retention.remove_version(session, shop.actor, DATASET, number)


def test_a_version_on_which_nobody_relies_is_removed_by_hand(shop: Shop) -> None:
    wait(shop)
    removed = remove(shop, 6)
    assert (removed.status, removed.removed_at is not None) == ("removed", True)
    run_jobs(shop.resources)
    assert files(shop) == files(shop, of=(1, 2, 3, 4, 5))
    with shop.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "version.removed_by_hand")).one()
        assert (event.subject, event.actor) == ("customers/6", shop.actor.name)
    with pytest.raises(Conflict) as refusal:
        remove(shop, 6)
    assert refusal.value.code == "removed"


def test_a_tag_keeps_a_version_only_where_no_other_has_the_segment(shop: Shop) -> None:
    """The newest of those that have it may go: where the champion has it too, the tag stays where it can be read."""
    with shop.writing() as session:
        shared = min(keys_of(session, 6) & keys_of(session, 2))
        create_campaign(session, shop.actor, DATASET, name="Spring", channel="email", segments=[shared])
    assert Reliance.TAGGED in keeping(shop).kept[6]
    with shop.writing() as session:
        assert retention.show_reliance(session, shop.actor, DATASET, 6) == ()
    alone = segment_only_in(shop, 3)
    with shop.writing() as session:
        create_campaign(session, shop.actor, DATASET, name="Summer", channel="email", segments=[alone])
        assert retention.show_reliance(session, shop.actor, DATASET, 3) == (Reliance.TAGGED,)


def test_a_segment_that_no_version_has_any_more_takes_no_tag(shop: Shop) -> None:
    alone = segment_only_in(shop, 3)
    with shop.writing() as session:
        campaign = create_campaign(session, shop.actor, DATASET, name="Spring", channel="email")
        newer = [number for number in (6, 5, 4, 3) if retention.show_reliance(session, shop.actor, DATASET, number) == ()]
        holders = {number for number in range(1, 7) if alone in keys_of(session, number)}
        assert holders <= set(newer)
        for number in holders:
            retention.remove_version(session, shop.actor, DATASET, number)
        with pytest.raises(NotFound, match="nothing can be tagged"):
            tag_segment(session, shop.actor, DATASET, campaign.id, alone)


def test_a_version_on_which_somebody_relies_stays_and_it_says_who_does(shop: Shop) -> None:
    with shop.writing() as session:
        retention.pin_version(session, shop.actor, DATASET, 5, pinned=True)
        challengers.set_challenger(session, shop.actor, DATASET, 4)
    for number, reasons in ((2, {"champion"}), (1, {"rollback", "reference"}), (5, {"pinned"}), (4, {"challenger"})):
        with pytest.raises(Conflict, match=f"Version {number} stays, because somebody relies on it") as refusal:
            remove(shop, number)
        assert (refusal.value.code, set(refusal.value.details["reasons"]) >= reasons) == ("relied_on", True)
    with shop.writing() as session:
        retention.pin_version(session, shop.actor, DATASET, 5, pinned=False)
    assert remove(shop, 5).status == "removed"


def test_who_may_and_what_can_be_asked_for(shop: Shop) -> None:
    for count in (0, -1, 1_001, True):
        with shop.writing() as session, pytest.raises(Invalid):
            retention.change_keeping(session, shop.actor, DATASET, count)
    for actor, error in ((shop.member(MemberRole.MARKETER), Forbidden), (shop.stranger, NotFound)):
        for act in (
            lambda session, actor: retention.change_keeping(session, actor, DATASET, 5),
            lambda session, actor: retention.pin_version(session, actor, DATASET, 1, pinned=True),
            lambda session, actor: retention.remove_version(session, actor, DATASET, 6),
        ):
            with shop.writing() as session, pytest.raises(error):
                act(session, actor)
    with shop.reading() as session, pytest.raises(NotFound):
        retention.show_keeping(session, shop.stranger, DATASET)
