"""Pots of money and the immutable moves between them."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Line


class AccountKind(models.TextChoices):
    """A line's own credit in two parts and what it owes, and the operator's pots, one a currency. `docs/money.md` tells each."""

    CREDIT_PAID = "credit_paid", _("credit, paid")
    CREDIT_BONUS = "credit_bonus", _("credit, bonus")
    SHORTFALL = "shortfall", _("owed by the line")
    CLEARING = "clearing", _("at the gateway")
    BANK = "bank", _("at the operator's bank")
    HELD = "held", _("held for orders")
    SALES = "sales", _("sales, net")
    USAGE_SALES = "usage_sales", _("use sold, net")
    VAT = "vat", _("VAT")
    REFUNDS_DUE = "refunds_due", _("on its way back to payers")
    PAYOUTS_DUE = "payouts_due", _("to be paid out by hand")
    DISPUTED = "disputed", _("taken back by payers' banks, undecided")
    FEES = "fees", _("the gateway's fees")
    VOUCHERS = "vouchers", _("vouchers sold, not redeemed")
    PROMOTIONS = "promotions", _("given away in promotions")
    GOODWILL = "goodwill", _("given as goodwill")
    WRITTEN_OFF = "written_off", _("written off")
    UNCLAIMED = "unclaimed", _("unclaimed")
    OPENING = "opening", _("brought from before")


CREDIT_KINDS = (AccountKind.CREDIT_PAID, AccountKind.CREDIT_BONUS)
#: Accounts of one line, each with a stored balance.
LINE_KINDS = (*CREDIT_KINDS, AccountKind.SHORTFALL)


class EntryKind(models.TextChoices):
    PAYMENT = "payment", _("payment received")
    CREDIT_SPENT = "credit_spent", _("paid from credit")
    SALE = "sale", _("sale, net")
    USE = "use", _("use paid from credit")
    VAT = "vat", _("VAT")
    TOP_UP = "top_up", _("top-up")
    KEPT_AS_CREDIT = "kept_as_credit", _("kept as credit")
    GIVEN_BACK = "given_back", _("to be given back")
    SALE_REVERSED = "sale_reversed", _("sale taken back, net")
    VAT_REVERSED = "vat_reversed", _("VAT taken back")
    TOP_UP_REVERSED = "top_up_reversed", _("top-up taken back")
    REFUND_PAID = "refund_paid", _("given back")
    REFUND_TO_CREDIT = "refund_to_credit", _("given back to credit")
    REFUND_FAILED = "refund_failed", _("could not be given back")
    SHORTFALL_PAID = "shortfall_paid", _("owed money paid")
    VOUCHER_SOLD = "voucher_sold", _("voucher sold")
    VOUCHER_REDEEMED = "voucher_redeemed", _("voucher redeemed")
    VOUCHER_LAPSED = "voucher_lapsed", _("voucher lapsed")
    BONUS = "bonus", _("bonus")
    DISPUTE_OPENED = "dispute_opened", _("taken back by the payer's bank")
    DISPUTE_WON = "dispute_won", _("dispute won")
    DISPUTE_LOST = "dispute_lost", _("dispute lost")
    FEE = "fee", _("gateway's fee")
    GATEWAY_PAYOUT = "gateway_payout", _("paid out by the gateway")
    PAYOUT_ASKED = "payout_asked", _("to be paid out")
    PAYOUT_SENT = "payout_sent", _("paid out")
    PAYOUT_REFUSED = "payout_refused", _("not paid out")
    ADJUSTMENT = "adjustment", _("adjustment")
    WRITE_OFF = "write_off", _("written off")
    RELEASED = "released", _("number given up")
    OPENING = "opening", _("opening credit")


class LedgerAccount(models.Model):
    """A pot of one currency. Only a line's credit has a stored balance: a balance on a shared pot would queue all payments."""

    kind = models.CharField(_("kind"), max_length=20, choices=AccountKind)
    line = models.ForeignKey(Line, models.PROTECT, null=True, blank=True, related_name="ledger_accounts")
    currency = models.CharField(_("currency"), max_length=3)
    balance_minor = models.BigIntegerField(_("balance in minor units"), null=True, blank=True)

    class Meta:
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["line", "kind", "currency"], name="ledger_account_line_unique", condition=~models.Q(line=None)
            ),
            models.UniqueConstraint(
                fields=["kind", "currency"], name="ledger_account_system_unique", condition=models.Q(line=None)
            ),
            models.CheckConstraint(
                name="ledger_account_line_has_balance",
                condition=models.Q(
                    line__isnull=False,
                    balance_minor__isnull=False,
                    kind__in=["credit_paid", "credit_bonus", "shortfall"],
                )
                | (
                    models.Q(line=None, balance_minor=None)
                    & ~models.Q(kind__in=["credit_paid", "credit_bonus", "shortfall"])
                ),
            ),
            models.CheckConstraint(
                name="ledger_credit_not_negative",
                condition=models.Q(balance_minor=None) | models.Q(kind="shortfall") | models.Q(balance_minor__gte=0),
            ),
            models.CheckConstraint(
                name="ledger_shortfall_is_owed",
                condition=~models.Q(kind="shortfall") | models.Q(balance_minor__lte=0),
            ),
        ]
        triggers = [
            # noticed where credit is spent, for lines whose owner wants it topped up by itself
            pgtrigger.Trigger(
                name="credit_is_watched",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__balance_minor__lt=pgtrigger.F("old__balance_minor"))
                & ~pgtrigger.Q(new__kind="shortfall"),
                func="""
                    INSERT INTO billing_creditwatch (line_id)
                    SELECT NEW.line_id FROM billing_autotopup a
                        WHERE a.line_id = NEW.line_id AND a.off_at IS NULL AND a.below_minor > (
                            SELECT COALESCE(sum(balance_minor), 0) FROM billing_ledgeraccount
                            WHERE line_id = NEW.line_id AND kind IN ('credit_paid', 'credit_bonus'))
                        ON CONFLICT DO NOTHING;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.currency}"


class LedgerEntry(models.Model):
    """One move of money from `source` to `target`. Inserted by `billing.ledger.post` only; never edited, never deleted."""

    kind = models.CharField(_("kind"), max_length=20, choices=EntryKind)
    source = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="entries_out", verbose_name=_("from"))
    target = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="entries_in", verbose_name=_("to"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    key = models.CharField(_("key"), max_length=120, unique=True)
    order = models.ForeignKey(
        "billing.Order", models.PROTECT, null=True, blank=True, related_name="entries", verbose_name=_("order")
    )
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, verbose_name=_("reverses"))
    actor = models.CharField(_("by"), max_length=60)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    event_at = models.DateTimeField(_("happened"))
    created_at = models.DateTimeField(_("booked"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="entry_amount_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(name="entry_two_accounts", condition=~models.Q(source=models.F("target"))),
        ]
        triggers = [
            pgtrigger.Protect(name="entry_is_immutable", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="entry_moves_credit",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    IF (SELECT count(*) FROM billing_ledgeraccount
                        WHERE id IN (NEW.source_id, NEW.target_id) AND currency = NEW.currency) <> 2 THEN
                        RAISE EXCEPTION 'entry %: both accounts must be in %', NEW.key, NEW.currency
                            USING ERRCODE = 'check_violation';
                    END IF;
                    UPDATE billing_ledgeraccount SET balance_minor = balance_minor
                        + CASE WHEN id = NEW.target_id THEN NEW.amount_minor ELSE -NEW.amount_minor END
                        WHERE id IN (NEW.source_id, NEW.target_id) AND line_id IS NOT NULL;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"
