"""Making, handing out, activating, blocking and expiring vouchers, and what each of these books."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Count

from billing.by_voucher import voucher_batches, voucher_codes
from billing.by_voucher.voucher_batches import ActiveBefore, BatchOver, HandedOutBefore, NotHandedOut, NothingToMove
from billing.models import AccountKind, LedgerEntry, Voucher, VoucherBatch, VoucherNature, VoucherState
from lib.models import Alarm, Audit
from tests.billing.ordering import NOW, load_reference_data
from tests.billing.printing import FINA, activate, active, make, printed, row
from tests.billing.test_ledger import run_together

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


def booked() -> list[tuple[str, str, str, int]]:
    entries = LedgerEntry.objects.order_by("id")
    return list(entries.values_list("kind", "source__kind", "target__kind", "amount_minor"))


def pot(kind: AccountKind) -> int:
    into = sum(LedgerEntry.objects.filter(target__kind=kind).values_list("amount_minor", flat=True))
    return into - sum(LedgerEntry.objects.filter(source__kind=kind).values_list("amount_minor", flat=True))


def states(batch: VoucherBatch) -> dict[str, int]:
    return {found["state"]: found["n"] for found in batch.vouchers.order_by().values("state").annotate(n=Count("pk"))}


def deeds() -> list[str]:
    return list(Audit.objects.order_by("id").values_list("deed", flat=True))


def block(batch: VoucherBatch, serial: str = "") -> int:
    return voucher_batches.block(batch.pk, reason="carton lost", serial=serial, by=FINA, now=NOW)


def unblock(batch: VoucherBatch, serial: str = "") -> int:
    return voucher_batches.unblock(batch.pk, reason="carton found", serial=serial, by=FINA, now=NOW)


def test_making_a_batch_stores_its_data_and_no_code_and_books_nothing() -> None:
    batch = make(count=50)
    assert (batch.nature, batch.amount_minor, batch.currency, batch.count) == ("sold", 1000, "EUR", 50)
    assert (batch.handed_out_at, batch.activated_at) == (None, None)
    assert not Voucher.objects.exists()
    assert booked() == []
    made = Audit.objects.get()
    assert (made.deed, made.actor, made.subject) == ("vouchers.made", "staff:7", f"voucher_batch:{batch.pk}")
    assert (made.address, made.detail["minor"], made.detail["count"]) == ("192.0.2.7", 1000, 50)


def test_the_same_form_makes_one_batch() -> None:
    token = uuid.uuid4()
    assert make(form_token=token).pk == make(form_token=token).pk
    assert VoucherBatch.objects.count() == 1


def test_a_plan_s_vouchers_are_worth_its_price_of_the_day() -> None:
    batch = make(plan="month-15")
    assert (batch.amount_minor, batch.currency) == (1500, "EUR")
    with pytest.raises(BatchOver):
        make(expires_at=NOW)


def test_codes_are_handed_out_once_and_are_nowhere_in_the_database() -> None:
    batch = make(count=20)
    rows = printed(batch)
    assert [one.serial for one in rows] == [f"{batch.series}-{number:05}" for number in range(1, 21)]
    assert len({one.code for one in rows}) == 20
    assert states(batch) == {"created": 20}
    for one in rows:
        kept = row(one)
        assert bytes(kept.code_hash) == voucher_codes.hashed(one.code)
        assert one.code not in repr(Voucher.objects.filter(pk=kept.pk).values()[0])
    with pytest.raises(HandedOutBefore):
        printed(batch)
    assert Voucher.objects.count() == 20
    assert booked() == []
    batch.refresh_from_db()
    assert batch.handed_out_to == "staff:7"
    assert voucher_codes.opens(batch.key_name)
    assert deeds() == ["vouchers.made", "vouchers.handed_out"]


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_ask_for_the_codes_at_once_one_gets_them() -> None:
    load_reference_data()
    batch = make(count=30)
    got: list[int] = []

    def ask(_number: int) -> None:
        try:
            got.append(len(printed(batch)))
        except HandedOutBefore:
            got.append(0)

    run_together(4, ask)
    assert sorted(got) == [0, 0, 0, 30]
    assert Voucher.objects.count() == 30


def test_ten_thousand_codes_are_made_in_one_go_and_all_differ() -> None:
    rows = printed(make(count=voucher_batches.MOST))
    assert len({one.code for one in rows}) == len({one.serial for one in rows}) == voucher_batches.MOST
    assert Voucher.objects.count() == voucher_batches.MOST


def test_activating_a_sold_batch_books_its_worth_once() -> None:
    batch = make(count=5)
    with pytest.raises(NotHandedOut):
        activate(batch)
    printed(batch)
    assert activate(batch) == 5
    with pytest.raises(ActiveBefore):
        activate(batch)
    assert states(batch) == {"active": 5}
    assert booked() == [("voucher_sold", "bank", "vouchers", 5000)]
    assert LedgerEntry.objects.get().key == f"voucher_batch:{batch.pk}:sold"
    done = Audit.objects.order_by("id").last()
    assert done
    assert (done.deed, done.reason, done.detail) == ("vouchers.activated", "Kiosk Müller, 2026-0117", {"count": 5})


@pytest.mark.parametrize("nature", [VoucherNature.PROMOTION, VoucherNature.GOODWILL])
def test_what_is_given_away_is_booked_when_it_is_redeemed_and_not_before(nature: VoucherNature) -> None:
    active(nature=nature)
    batch = VoucherBatch.objects.get()
    block(batch)
    unblock(batch)
    block(batch)
    voucher_batches.sweep(now=batch.expires_at)
    assert states(batch) == {"expired": 3}
    assert booked() == []


def test_what_was_blocked_before_activation_is_neither_active_nor_booked_until_it_is_unblocked() -> None:
    batch = make(count=3)
    rows = printed(batch)
    assert block(batch, rows[0].serial) == 1
    assert activate(batch) == 2
    assert booked() == [("voucher_sold", "bank", "vouchers", 2000)]
    assert unblock(batch) == 1
    assert states(batch) == {"active": 3}
    assert pot(AccountKind.VOUCHERS) == 3000


def test_before_activation_blocking_can_be_undone_and_books_nothing() -> None:
    batch = make()
    printed(batch)
    block(batch)
    unblock(batch)
    assert states(batch) == {"created": 3}
    assert booked() == []


def test_a_blocked_sold_voucher_s_worth_is_unclaimed_and_comes_back_each_time_it_is_unblocked() -> None:
    first, _second, _third = active()
    batch = VoucherBatch.objects.get()
    for times in (1, 2):
        assert block(batch, first.serial) == 1
        assert row(first).state == VoucherState.BLOCKED
        assert (pot(AccountKind.VOUCHERS), pot(AccountKind.UNCLAIMED)) == (2000, 1000)
        assert unblock(batch, first.serial) == 1
        assert row(first).state == VoucherState.ACTIVE
        assert (pot(AccountKind.VOUCHERS), pot(AccountKind.UNCLAIMED)) == (3000, 0)
        assert LedgerEntry.objects.filter(kind="voucher_lapsed").count() == 2 * times
    blocked = Audit.objects.filter(deed="vouchers.blocked")[0]
    assert (blocked.subject, blocked.reason) == (f"voucher:{row(first).pk}", "carton lost")


def test_blocking_a_batch_leaves_no_voucher_that_could_be_redeemed_and_a_second_click_changes_nothing() -> None:
    active(count=30)
    batch = VoucherBatch.objects.get()
    assert block(batch) == 30
    assert states(batch) == {"blocked": 30}
    assert (pot(AccountKind.VOUCHERS), pot(AccountKind.UNCLAIMED)) == (0, 30_000)
    before = (booked(), deeds())
    with pytest.raises(NothingToMove):
        block(batch)
    assert (booked(), deeds()) == before


def test_somebody_else_s_serial_moves_nothing() -> None:
    active()
    batch, other = VoucherBatch.objects.get(), make()
    for wrong in (printed(other)[0].serial, "00000-00000"):
        with pytest.raises(NothingToMove):
            block(batch, wrong)
    assert states(batch) == {"active": 3}


def test_after_the_last_day_the_sweep_lets_them_expire_and_the_worth_of_active_sold_ones_is_unclaimed() -> None:
    rows = active(count=4)
    batch = VoucherBatch.objects.get()
    block(batch, rows[0].serial)
    assert voucher_batches.sweep(now=batch.expires_at - timedelta(seconds=1)) == 0
    assert voucher_batches.sweep(now=batch.expires_at) == 4
    assert voucher_batches.sweep(now=batch.expires_at) == 0
    assert states(batch) == {"expired": 4}
    assert (pot(AccountKind.VOUCHERS), pot(AccountKind.UNCLAIMED)) == (0, 4000)
    with pytest.raises(BatchOver):
        voucher_batches.unblock(batch.pk, reason="found", by=FINA, now=batch.expires_at)
    with pytest.raises(NothingToMove):
        block(batch)


def test_a_large_batch_expires_in_portions_and_a_batch_that_was_never_active_books_nothing() -> None:
    batch = make(count=voucher_batches.CHUNK * 2 + 1)
    printed(batch)
    assert voucher_batches.sweep(now=batch.expires_at) == batch.count
    assert states(batch) == {"expired": batch.count}
    assert booked() == []


def test_nothing_starts_after_the_last_day() -> None:
    batch = make()
    printed(batch)
    with pytest.raises(BatchOver):
        activate(batch, now=batch.expires_at)
    with pytest.raises(BatchOver):
        voucher_batches.hand_out(make().pk, by=FINA, now=batch.expires_at)


def test_the_sweep_says_once_a_day_when_the_key_of_living_codes_is_gone(settings) -> None:
    active()
    voucher_batches.sweep(now=NOW)
    assert not Alarm.objects.exists()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key, and nobody kept the one before" + "x" * 20
    voucher_batches.sweep(now=NOW)
    voucher_batches.sweep(now=NOW)
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["voucher.key"]
    settings.VOUCHER_OLD_KEYS = [old]
    assert voucher_codes.opens(VoucherBatch.objects.get().key_name)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "redeemed"},
        {"state": "created"},
        {"serial": "00000-00000"},
        {"code_hash": b"x" * 32},
    ],
)
def test_the_database_refuses_what_the_domain_never_does(change: dict[str, object]) -> None:
    rows = active()
    with pytest.raises(Exception, match=r"cannot|Cannot|check|violates"), transaction.atomic():
        Voucher.objects.filter(serial=rows[0].serial).update(**change)
    assert row(rows[0]).state == VoucherState.ACTIVE


def test_what_was_redeemed_or_has_expired_stays_as_it_ended() -> None:
    rows = active()
    voucher_batches.sweep(now=row(rows[0]).batch.expires_at)
    for change in ({"state": "active"}, {"lapsed_count": 9}, {"redeemed_at": NOW}):
        with pytest.raises(Exception, match=r"Cannot update|cannot go"), transaction.atomic():
            Voucher.objects.update(**change)


def test_vouchers_and_batches_are_never_deleted_and_a_batch_keeps_its_worth() -> None:
    active()
    for rows in (Voucher.objects.all(), VoucherBatch.objects.all()):
        with pytest.raises(Exception, match=r"Cannot delete|protected"), transaction.atomic():
            rows._raw_delete(rows.db)
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        VoucherBatch.objects.update(amount_minor=5000)
    with pytest.raises(IntegrityError):
        make(amount_minor=0)
