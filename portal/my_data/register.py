"""The register of personal data (GDPR, Article 30): of every table, what a copy holds of it and what is left after a person is forgotten.

A test refuses a model that is not here, and a copy without a table named here; docs/privacy.md says the same to people.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """`copied`: the tables of the copy that show it. `after`: what becomes of it when its person is forgotten."""

    copied: tuple[str, ...]
    after: str


EMPTIED = "emptied: the row stays without a word of who it was"
DELETED = "deleted"
ENDED = "ended; of whom it was, only a row that is emptied says"
KEPT_BY_LAW = "kept: receipts and books, for as long as tax law wants them"
KEPT_NUMBERS = "kept: sums, times and ids, without name or address"
OF_NUMBER = "kept: belongs to the number, which goes on and is nobody's"
NOBODYS = "of nobody: the operator's own data"

REGISTER: dict[str, Held] = {
    "accounts.Subscriber": Held(("profile",), EMPTIED),
    "accounts.Line": Held(("lines",), "the own name is emptied; " + OF_NUMBER),
    "accounts.LineOwnership": Held(("lines",), ENDED),
    "accounts.LineClaim": Held(("claims",), DELETED),
    "accounts.Consent": Held(("consents",), KEPT_NUMBERS),
    "accounts.Sim": Held(("sims",), "the own name is emptied; " + OF_NUMBER),
    "accounts.SimEvent": Held(("sim_events",), OF_NUMBER),
    "accounts.SimSwap": Held(("sim_swaps",), "stopped; " + KEPT_NUMBERS),
    "accounts.EsimOrder": Held(("esim_orders",), "the own name is emptied; " + KEPT_NUMBERS),
    "accounts.NumberUnlock": Held(("number_locks",), "locked; " + KEPT_NUMBERS),
    "accounts.PortOutCode": Held(("port_out_codes",), "revoked; " + KEPT_NUMBERS),
    "accounts.SignInChange": Held(("sign_in_changes",), DELETED + "; what is no e-mail after a week"),
    "accounts.ErasureRequest": Held((), KEPT_NUMBERS),
    "account.EmailAddress": Held(("email_addresses",), DELETED),
    "account.EmailConfirmation": Held((), DELETED),
    "mfa.Authenticator": Held(("second_factors",), DELETED),
    "usersessions.UserSession": Held(("sessions",), DELETED),
    "sessions.Session": Held((), DELETED),
    "admin.LogEntry": Held((), "emptied of the name"),
    "plans.PlanPeriod": Held(("plans",), OF_NUMBER),
    "plans.Allowance": Held(("allowances",), OF_NUMBER),
    "plans.AllowanceGift": Held(("gifts_given", "gifts_received"), OF_NUMBER),
    "plans.SharingGroup": Held(("groups",), "dissolved; the name it showed is emptied"),
    "plans.GroupMember": Held(("memberships",), "left; the name it showed is emptied"),
    "plans.GroupPause": Held((), KEPT_NUMBERS),
    "plans.GroupInvite": Held((), "revoked; " + KEPT_NUMBERS),
    "plans.GroupAsk": Held(("group_asks",), KEPT_NUMBERS),
    "plans.GroupShare": Held((), OF_NUMBER),
    "plans.GroupUse": Held((), OF_NUMBER),
    "network.UsageRecord": Held(("usage",), OF_NUMBER + "; months are dropped (USAGE_KEPT_MONTHS)"),
    "network.UsageCharge": Held((), OF_NUMBER),
    "network.UsageCreditCharge": Held((), OF_NUMBER),
    "network.UsageDay": Held(("usage_days",), OF_NUMBER),
    "network.UsageFile": Held((), NOBODYS),
    "network.UsageRowError": Held((), OF_NUMBER),
    "network.ExternalTopUp": Held((), OF_NUMBER),
    "network.ExternalReversal": Held((), OF_NUMBER),
    "billing.Order": Held(("orders",), "the payer's address is emptied; " + KEPT_NUMBERS),
    "billing.OrderEvent": Held((), KEPT_NUMBERS),
    "billing.Payment": Held(("payments",), KEPT_NUMBERS + ", with the last digits of the card"),
    "billing.PaymentAttempt": Held((), KEPT_NUMBERS),
    "billing.PaymentMethod": Held(("ways_to_pay",), "ended here and at the gateway; name, card and date emptied"),
    "billing.GatewayCustomer": Held((), KEPT_NUMBERS),
    "billing.SavingPage": Held((), KEPT_NUMBERS),
    "billing.Refund": Held((), KEPT_NUMBERS),
    "billing.RefundRequest": Held(("refunds",), KEPT_NUMBERS),
    "billing.Dispute": Held((), KEPT_NUMBERS),
    "billing.ReviewItem": Held((), KEPT_NUMBERS),
    "billing.Payout": Held(("payouts",), "bank data is forgotten when it ends; " + KEPT_NUMBERS),
    "billing.Receipt": Held(("receipts",), KEPT_BY_LAW + " (name and e-mail stand in them)"),
    "billing.LedgerAccount": Held(("credit",), KEPT_BY_LAW),
    "billing.LedgerEntry": Held(("credit",), KEPT_BY_LAW),
    "billing.CreditUse": Held(("credit_use",), KEPT_BY_LAW),
    "billing.CreditWatch": Held((), OF_NUMBER),
    "billing.Adjustment": Held((), KEPT_BY_LAW),
    "billing.AutoRenew": Held(("auto_renew",), "off; " + KEPT_NUMBERS),
    "billing.AutoTopUp": Held(("auto_top_up",), "off; " + KEPT_NUMBERS),
    "billing.Renewal": Held((), KEPT_NUMBERS),
    "billing.AutoTopUpRun": Held((), KEPT_NUMBERS),
    "billing.QueueChange": Held((), KEPT_NUMBERS),
    "billing.Payee": Held(("payees",), DELETED),
    "billing.TopUpLink": Held(("top_up_links",), "revoked; the name it showed is emptied"),
    "billing.GuestTopUp": Held(("top_ups_for_others",), "e-mail, card and address are emptied; " + KEPT_NUMBERS),
    "billing.TransferAccount": Held(("transfers",), KEPT_NUMBERS),
    "billing.TransferMovement": Held((), KEPT_BY_LAW),
    "billing.TransferReturn": Held((), KEPT_BY_LAW),
    "billing.Voucher": Held((), KEPT_NUMBERS),
    "billing.GatewayMove": Held((), KEPT_BY_LAW),
    "billing.WebhookEvent": Held((), KEPT_NUMBERS),
    "support.Ticket": Held(("tickets",), "title and a guest's address are emptied"),
    "support.TicketEntry": Held(("ticket_entries",), "emptied of every text"),
    "notifications.Message": Held(("messages",), "emptied of address, facts and text"),
    "notifications.DeliveryReport": Held((), KEPT_NUMBERS),
    "notifications.Choice": Held(("message_choices",), DELETED),
    "notifications.Suppression": Held(("mail_trouble",), DELETED),
    "provisioning.Command": Held((), OF_NUMBER),
    "provisioning.Difference": Held((), OF_NUMBER),
    "lib.Audit": Held((), KEPT_NUMBERS),
    "lib.Alarm": Held((), KEPT_NUMBERS),
    **dict.fromkeys(
        (
            "billing.GatewayCursor", "billing.ReceiptEdition", "billing.ReceiptCounter", "billing.VatRate", "billing.VoucherBatch",
            "support.Notice", "plans.Plan", "plans.PlanAllowance", "plans.Zone", "plans.ZoneCountry", "plans.ZoneRate",
            "auth.Group", "auth.Permission", "contenttypes.ContentType",
        ),
        Held((), NOBODYS),
    ),
}  # fmt: skip
