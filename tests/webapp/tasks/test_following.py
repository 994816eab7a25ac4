"""Names, colours and tags stay with their customers, whatever seed, order of rows or number of segments a re-cluster has."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from segmentation.artifact import unpack_assignments
from segmentation.synthetic import as_csv, synthetic_customers
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import ModelVersion
from webapp.services.planning import campaigns
from webapp.services.segmenting import segments
from webapp.services.segmenting.segment_looks import recolour_segment
from webapp.services.segmenting.segments import SegmentsOverview

CUSTOMERS, PLANTED = 700, 5


def overview_of(shop: Shop, version: int) -> SegmentsOverview:
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers", version=version)
    assert overview is not None
    return overview


def labels(shop: Shop, version: int) -> np.ndarray:
    with shop.reading() as session:
        digest = session.scalars(select(ModelVersion.labels_digest).where(ModelVersion.number == version)).one()
    assert digest is not None
    return unpack_assignments(shop.resources.store.read_bytes(shop.actor.team_id, "labels", digest)).label


def filled(resources: Resources) -> Shop:
    """Five planted segments found, named by the team, one recoloured, each tagged."""
    opened = open_shop(resources)
    opened.import_file(as_csv(synthetic_customers(CUSTOMERS, segments=PLANTED, seed=3).customers))
    opened.recluster(k=PLANTED)
    with opened.writing() as session:
        overview = segments.show_segments(session, opened.actor, "customers", version=1)
        assert overview is not None
        for place, style in enumerate(overview.styles):
            segments.rename_segment(session, opened.actor, "customers", style.key, f"Team name {place}")
            campaigns.create_campaign(session, opened.actor, "customers", name=f"Mail {place}", channel="email", segments=[style.key])
        recolour_segment(session, opened.actor, "customers", overview.styles[0].key, 8)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def stay(shop: Shop, version: int) -> np.ndarray:
    """Of every segment of the first version, the share of its customers who are called, drawn and tagged as before."""
    before, now = overview_of(shop, 1), overview_of(shop, version)
    was, is_now = labels(shop, 1), labels(shop, version)
    same = np.array([[old == new for new in now.styles] for old in before.styles])
    for old, new in zip(*np.nonzero(same), strict=True):
        assert [each.name for each in now.campaigns[now.styles[new].key]][-1] == f"Mail {old}"
        assert now.styles[new].name == f"Team name {old}"
    assert same.sum(axis=1).max() == 1
    return np.array([same[old, is_now[was == old]].mean() for old in range(len(before.styles))])


@pytest.mark.parametrize("seed", [1, 2])
def test_with_another_seed_and_order_of_rows_everybody_stays(shop: Shop, seed: int) -> None:
    shuffled = synthetic_customers(CUSTOMERS, segments=PLANTED, seed=3).customers.sample(frac=1, random_state=seed)
    shop.import_file(as_csv(shuffled))
    shop.recluster(k=PLANTED, seed=seed)
    assert stay(shop, 2).min() > 0.95


@pytest.mark.parametrize("k", [3, 4, 6, 8])
def test_with_another_number_of_segments_names_stay_with_most_of_their_customers(shop: Shop, k: int) -> None:
    """With fewer segments some are merged away whole, with more each name stays on the largest part."""
    shop.recluster(k=k, seed=k)
    kept = stay(shop, 2)
    assert ((kept > 0.4) | (kept == 0)).all()
    assert (kept > 0).sum() == min(k, PLANTED)
    before, now = overview_of(shop, 1), overview_of(shop, 2)
    own, known = {style.key for style in now.styles}, {style.key for style in before.styles}
    merged = {style.key for each in now.took_in.values() for style in each}
    assert known - own == merged
    assert own - known == set(now.split_from)
    assert not {style.name for style in now.styles if style.key not in known} & {style.name for style in before.styles}
