"""Datasets: names, addresses, and what a summary counts."""

from __future__ import annotations

import pytest

from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services.data import datasets
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.planning import campaigns


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def test_names_lead_to_addresses_of_their_own(shop: Shop) -> None:
    with shop.writing() as session:
        made = [datasets.ensure_dataset(session, shop.actor, name).slug for name in ("Café Léon", "cafe leon!", "New", "顧客", "Café Léon")]
        assert made == ["cafe-leon", "cafe-leon-2", "new-2", "dataset", "cafe-leon"]
        assert datasets.ensure_dataset(session, shop.actor, "cafe-leon-2").name == "cafe leon!"
        assert datasets.ensure_dataset(session, shop.stranger, "Café Léon").slug == "cafe-leon", "another team's addresses are its own"


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\nb"])
def test_names_that_cannot_be_taken(shop: Shop, name: str) -> None:
    with shop.writing() as session, pytest.raises(Invalid):
        datasets.ensure_dataset(session, shop.actor, name)


def test_a_summary_counts_what_is_there(shop: Shop) -> None:
    shop.import_file(customers_csv((50, 50, 50)))
    shop.recluster(k=3)
    shop.recluster(dataset="customers", k=2)
    with shop.writing() as session:
        campaigns.create_campaign(session, shop.actor, "customers", name="Spring", channel="email")
        (summary,) = datasets.list_datasets(session, shop.actor)
        assert summary == datasets.show_dataset(session, shop.actor, "customers")
    counted = (summary.customers, summary.snapshot, summary.champion, summary.versions, summary.segments, summary.campaigns)
    assert counted == (150, 1, 1, 2, 3, 1)
    assert str(summary.as_of) == "2024-03-28"


def test_strangers_and_lower_roles_are_kept_out(shop: Shop) -> None:
    with shop.writing() as session:
        datasets.ensure_dataset(session, shop.actor, "Customers")
        assert datasets.list_datasets(session, shop.stranger) == ()
        with pytest.raises(NotFound):
            datasets.show_dataset(session, shop.stranger, "customers")
        with pytest.raises(NotFound):
            datasets.confirm_legal_basis(session, shop.stranger, "customers")
        with pytest.raises(Forbidden):
            datasets.ensure_dataset(session, shop.member(MemberRole.MARKETER), "Other")
        for nonsense in ("euro", "DOL", "€"):
            with pytest.raises(Invalid, match="is no currency"):
                datasets.change_currency(session, shop.actor, "customers", nonsense)


def test_a_dataset_is_called_something_else_at_the_same_address(shop: Shop) -> None:
    with shop.writing() as session:
        for name in ("Shop", "Others"):
            datasets.ensure_dataset(session, shop.actor, name)
        renamed = datasets.rename_dataset(session, shop.member(MemberRole.ANALYST), "shop", " Café ")
        assert (renamed.name, renamed.slug) == ("Café", "shop")
        for taken in ("Others", "others"):
            with pytest.raises(Conflict, match="already"):
                datasets.rename_dataset(session, shop.actor, "shop", taken)
        for role in (MemberRole.VIEWER, MemberRole.MARKETER):
            with pytest.raises(Forbidden):
                datasets.rename_dataset(session, shop.member(role), "shop", "x")
        with pytest.raises(NotFound):
            datasets.rename_dataset(session, shop.stranger, "shop", "x")
        with pytest.raises(Invalid):
            datasets.rename_dataset(session, shop.actor, "shop", "")
