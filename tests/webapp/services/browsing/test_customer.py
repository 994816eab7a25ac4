"""One customer: their own values, what is usual, why they are where they are, in every version."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from segmentation.artifact import unpack_assignments
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole, ModelVersion
from webapp.services.access import Actor
from webapp.services.browsing import customers
from webapp.services.browsing.customer import Attribute, CustomerDetail, show_customer
from webapp.services.browsing.customers import CustomerQuery
from webapp.services.errors import Forbidden, NotFound
from webapp.services.planning import campaigns

ODD_KEYS = ("0", "a/b", "ключ", "q\"<b>'", "x y&z=1#?")


def file_of(groups: tuple[int, ...] = (50, 50, 50)) -> str:
    """The usual customers, the first ones under keys that need care, with a contact and consent."""
    header, *rows = customers_csv(groups).splitlines()
    lines = [f"{header},Email,Agreed"]
    for number, row in enumerate(rows):
        key, rest = row.split(",", 1)
        key = '"' + ODD_KEYS[number].replace('"', '""') + '"' if number < len(ODD_KEYS) else key
        lines.append(f"{key},{rest},p{number}@x.example,{('yes', 'no', '')[number % 3]}")
    return "\n".join(lines) + "\n"


MAPPING = {"schema": {"ID": "customer_id", "Email": "contact", "Agreed": "consent", "City": "category"}}


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(file_of(), mapping=MAPPING)
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def show(shop: Shop, key: str, actor: Actor | None = None, version: int | None = None) -> CustomerDetail:
    with shop.reading() as session:
        return show_customer(session, actor or shop.actor, shop.resources.store, "customers", key, version=version)


def attribute(detail: CustomerDetail, name: str) -> Attribute:
    return next(each for each in detail.attributes if each.name == name)


def grid(shop: Shop, **options: object):  # type: ignore[no-untyped-def]
    with shop.reading() as session:
        return customers.page_customers(session, shop.actor, shop.resources.store, "customers", CustomerQuery(**options), stop=150).rows  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_keys_hold_any_character(shop: Shop, key: str) -> None:
    detail = show(shop, key)
    row = grid(shop).set_index("customer_key").loc[key]
    assert detail.key == key
    assert detail.segment is not None
    assert (detail.segment.name, detail.confidence) == (row["segment_name"], pytest.approx(row["confidence"], abs=1e-3))
    assert attribute(detail, "income").value == row["income"]
    assert attribute(detail, "spend_total").value == pytest.approx(row["spend_wine"] + row["spend_meat"])


def test_values_stand_beside_the_middle_of_the_segment_and_of_everybody(shop: Shop) -> None:
    detail, rows = show(shop, "77"), grid(shop)
    assert detail.segment is not None
    mine = rows[rows["segment_name"] == detail.segment.name]
    income, response, city = (attribute(detail, name) for name in ("income", "response", "city"))
    assert income.segment is not None
    assert income.everybody is not None
    assert (income.segment.median, income.everybody.median) == (mine["income"].median(), rows["income"].median())
    assert income.segment.low is not None
    assert abs((mine["income"] < income.segment.low).mean() - 0.05) < 0.03
    assert response.segment is not None
    assert response.segment.share == pytest.approx(mine["response"].mean())
    assert city.segment is not None
    assert city.segment.word == mine["city"].mode()[0]
    assert city.segment.share == pytest.approx((mine["city"] == city.segment.word).mean())


def test_the_reasons_are_those_of_the_model_and_the_move_leads_to_the_runner_up(shop: Shop) -> None:
    detail = show(shop, "77")
    assert detail.explanation is not None
    assert detail.explanation.reasons
    assert not detail.later
    assert detail.runner_up is not None
    assert detail.runner_up != detail.segment
    assert all(change.text.startswith(change.label) for change in detail.move)


def test_each_version_says_where_it_put_them(shop: Shop) -> None:
    shop.recluster(k=2)
    shop.import_file(customers_csv((5,), first=900, seed=4))
    shop.recluster(k=4)
    with shop.reading() as session:
        digests = dict(session.execute(select(ModelVersion.number, ModelVersion.labels_digest)).all())
    detail = show(shop, "77")
    assert [(each.version, each.champion, each.known) for each in detail.placements] == [
        (3, False, True),
        (2, False, True),
        (1, True, True),
    ]
    for each in detail.placements:
        labels = unpack_assignments(shop.resources.store.read_bytes(shop.actor.team_id, "labels", digests[each.version] or ""))
        assert each.confidence == pytest.approx(float(np.sort(labels.confidence)[0]), abs=1)
        assert each.segment is not None
        assert each.segment.name == grid(shop, version=each.version).set_index("customer_key").loc["77", "segment_name"]
    newcomer = show(shop, "901")
    assert [(each.version, each.known) for each in newcomer.placements] == [(3, True), (2, False), (1, False)]


def test_one_who_came_later_is_placed_by_the_model(shop: Shop) -> None:
    shop.import_file(customers_csv((5,), first=900, seed=4))
    detail = show(shop, "901")
    assert detail.later
    assert detail.segment is not None
    assert detail.explanation is not None
    assert attribute(detail, "income").value is not None
    assert attribute(detail, "email").value is None


def test_contacts_are_masked_unless_the_reader_is_admin(shop: Shop) -> None:
    assert attribute(show(shop, "77"), "email").value == "p76@x.example"
    masked = attribute(show(shop, "77", shop.member(MemberRole.ANALYST)), "email")
    assert (masked.value, masked.masked, masked.segment) == (customers.MASK, True, None)


def test_consent_origin_and_campaigns(shop: Shop) -> None:
    shop.import_file("ID,Agreed\n77,yes\n", mapping={"schema": {"Agreed": "consent"}})
    detail = show(shop, "77")
    assert detail.consent == "given"
    assert show(shop, "80").consent == "withdrawn"
    assert detail.first.import_id != detail.last.import_id
    assert detail.campaigns == ()
    assert detail.segment is not None
    with shop.writing() as session:
        campaign = campaigns.create_campaign(session, shop.actor, "customers", name="Spring", channel="post")
        campaigns.tag_segment(session, shop.actor, "customers", campaign.id, detail.segment.key)
    assert [each.name for each in show(shop, "77").campaigns] == ["Spring"]


def test_roles_and_teams(shop: Shop) -> None:
    assert show(shop, "77", shop.member(MemberRole.MARKETER)).key == "77"
    with pytest.raises(Forbidden):
        show(shop, "77", shop.member(MemberRole.VIEWER))
    with pytest.raises(NotFound):
        show(shop, "77", shop.stranger)
    for key in ("", "nobody", "77 ", "7\x007"):
        with pytest.raises(NotFound, match="no such customer"):
            show(shop, key)


def test_before_the_first_version_there_are_values_alone(resources: Resources) -> None:
    shop = open_shop(resources)
    shop.import_file("Id,Income\n1,5\n2,7\n3,9\n")
    detail = show(shop, "2")
    assert (detail.version, detail.segment, detail.placements, detail.explanation) == (None, None, (), None)
    assert "No version is champion" in detail.why_not
    income = attribute(detail, "income")
    assert income.value == 7
    assert income.segment is None
    assert income.everybody is not None
    assert income.everybody.median == 7
