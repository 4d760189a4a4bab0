"""A sandbox in a process of its own, and its controls as a test wants to say them."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from sandbox.embedded.process import Process
from sandbox.supervisor import commands, readiness

ROOT = Path(__file__).resolve().parent.parent
_SECONDS = 30
#: What a portal and the sandbox that plays its network have in common.
KEYS = {
    "USAGE_KEYS": "network=usage",
    "SANDBOX_USAGE_KEY": "usage",
    "CLOCK_KEY": "clock",
    "USAGE_KEPT_MONTHS": "14",
    "REPLY_ADDRESS": "reply@in.refill.example",
    "MAIL_REPLIES": "anymail.webhooks.mailgun.MailgunInboundWebhookView",
    "ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY": "key",
    "SANDBOX_REPLY_KEY": "key",
}

PAYS, DECLINED, INSUFFICIENT, ASKS = "4242424242424242", "4000000000000002", "4000000000009995", "4000002500003155"


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Sandbox:
    """Started on `port` with its books in `folder`; webhooks go to `webhook_url`, or nowhere when it is empty. `plays`: with the keys by
    which a portal takes usage and follows the clock.
    """

    def __init__(
        self, folder: Path, *, port: int, webhook_url: str = "", clock_file: Path | None = None, plays: bool = False
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._folder = folder
        self._environment = {
            **os.environ,
            "PORTAL_ENV": "test",
            "SANDBOX_URL": self.url,
            **({"PORTAL_ORIGIN": origin_of(webhook_url)} if webhook_url else {}),
            "SANDBOX_STATE_DIR": str(folder),
            "SANDBOX_WEBHOOK_URL": webhook_url,
            "CLOCK_FILE": str(clock_file or folder / "clock"),
            **(KEYS if plays else {}),
        }
        #: What became of SMS and mails is told; from the next start on.
        self.sends_reports = False
        self._http = requests.Session()
        self._http.trust_env = False
        self._process: Process | None = None

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        log = self._folder / "sandbox.log"
        environment = {**self._environment, "SANDBOX_REPORTS": "1" if self.sends_reports else ""}
        self._process = Process(commands.sandbox(self._port), log=log, environment=environment, cwd=ROOT)
        readiness.wait_until_ready("sandbox", self._process, readiness.answers_http(self._port))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """As a power cut would."""
        if self._process:
            self._process.kill()
            self._process.stop()
            self._process = None

    def pay(self, session_id: str, card: str = PAYS, **more: Any) -> dict[str, Any]:
        """Pay without the page; `bank="approve"` or `"fail"` where it asks, `force=True` after the session expired, `expires="2027-03"`.
        A page for saving is filled in the same way.
        """
        return self._posted(f"/control/pay/{session_id}", {"card": card, **more})

    def change_method(self, method_id: str, **how: Any) -> dict[str, Any]:
        """A way to pay that is kept: `expires="2027-03"` by the network, `revoke=True` by the payer, `detach=True` in the dashboard."""
        return self._posted(f"/control/methods/{method_id}", how)

    def keep_cards(self, count: int) -> list[dict[str, str]]:
        """New customers, each with a kept card that pays: `customer` and `payment_method`; at most 1,000 at once."""
        made: list[dict[str, str]] = self._posted("/control/methods", {"count": count})["made"]
        return made

    def capabilities(self, **states: str) -> dict[str, str]:
        """Switch ways of paying: `capabilities(paypal_payments="inactive")`; all of them as they are now."""
        return self._posted("/control/capabilities", states)

    def transfer(self, **wanted: Any) -> dict[str, Any]:
        """Money arrives: one of `intent`, `reference`, `iban`, `customer`; `amount` in minor units (by default what the
        intent lacks), `currency`, `sender`, `after_seconds`. Answers `transaction`, `status` and what is `available`.
        """
        return self._posted("/control/transfer", wanted)

    def settle(self, object_id: str, outcome: str) -> dict[str, Any]:
        """A PaymentIntent that is processing, or a refund: `succeed` or `fail`."""
        return self._posted(f"/control/settle/{object_id}", {"outcome": outcome})

    def dashboard_refund(self, intent_id: str, amount: int | None = None, **more: Any) -> dict[str, Any]:
        """A refund made in the gateway's dashboard, without our metadata; without an amount all that is left."""
        sums = {} if amount is None else {"amount": amount}
        return self._posted("/control/refund", {"intent": intent_id, **sums, **more})

    def refund_details(self, refund_id: str, **how: Any) -> dict[str, Any]:
        """The payer types an `iban` (a good one by default), or lets 45 days go by: `expire=True`.

        The refund then is pending until it is settled, or arrives `after_seconds`.
        """
        return self._posted(f"/control/refund-details/{refund_id}", how)

    def dispute(self, intent_id: str, **how: Any) -> dict[str, Any]:
        """A payer's bank disputes a payment: its whole `amount` unless said, `reason`, `inquiry=True`; the id as `dispute`."""
        return self._posted("/control/dispute", {"intent": intent_id, **how})

    def end_dispute(self, dispute_id: str, outcome: str) -> dict[str, Any]:
        """`under_review`, `won`, `lost`; of an inquiry `warning_closed` or `escalate`."""
        return self._posted(f"/control/disputes/{dispute_id}", {"outcome": outcome})

    def payout(self, currency: str = "eur") -> dict[str, Any]:
        """All that is available goes to our bank; the id as `payout`, and its `amount`."""
        return self._posted("/control/payout", {"currency": currency})

    def fail_payout(self, payout_id: str) -> dict[str, Any]:
        """Our bank sends it back, even after it was paid."""
        return self._posted(f"/control/payouts/{payout_id}", {"outcome": "fail"})

    def book(self, amount: int, currency: str = "eur", **more: Any) -> dict[str, Any]:
        """A balance transaction the portal knows nothing of: `type` (adjustment), `description`."""
        return self._posted("/control/balance-transaction", {"amount": amount, "currency": currency, **more})

    def age(self, intent_id: str, days: int) -> dict[str, Any]:
        """A payment grows older: its intent, its charge, its refunds."""
        return self._posted(f"/control/age/{intent_id}", {"seconds": days * 86400})

    def fault(self, on: str, do: str, **details: Any) -> dict[str, Any]:
        return self._posted("/faults", {"on": on, "do": do, **details})

    def mend(self) -> None:
        """Take back every fault that is still ordered."""
        self._http.delete(f"{self.url}/faults", timeout=_SECONDS).raise_for_status()

    def redeliver(self, event_id: str, copies: int = 1) -> None:
        self._posted(f"/control/redeliver/{event_id}", {"copies": copies})

    def deliveries(self, event_id: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._got("/control/deliveries", event=event_id)["deliveries"]
        return found

    def calls(self) -> list[dict[str, Any]]:
        """What the portal asked, newest first."""
        found: list[dict[str, Any]] = self._got("/control/calls")["calls"]
        return found

    def messages(self, to: str = "", channel: str = "") -> list[dict[str, Any]]:
        """SMS and e-mails, newest first."""
        found: list[dict[str, Any]] = self._got("/inbox/messages.json", to=to, channel=channel, limit=1000)["messages"]
        return found

    def message_counts(self, channel: str = "") -> dict[str, int]:
        """How many `messages` there are, and how many were `repeated`: handed over more than once under one reference."""
        counts: dict[str, int] = self._got("/inbox/counts.json", channel=channel)
        return counts

    def forget_messages(self) -> None:
        self._http.delete(f"{self.url}/inbox/messages", timeout=_SECONDS).raise_for_status()

    def core_lines(self) -> dict[str, dict[str, Any]]:
        """What the core knows, by the line's id."""
        key = {"Authorization": "Bearer sandbox"}
        answer = self._http.get(f"{self.url}/core/lines.json", headers=key, timeout=_SECONDS)
        assert answer.ok, answer.text
        return {row["line"]: row for row in answer.json()["lines"]}

    def core_calls(self) -> list[dict[str, Any]]:
        """Every command the core took, oldest first: `command`, `line`, `kind`, `began_at`, `ended_at`, `is_new`."""
        found: list[dict[str, Any]] = self._got("/core/calls.json")["calls"]
        return found

    def change_core(self, line_id: object, **how: Any) -> None:
        """Somebody else changes what the core knows of a line: `state`, `period` (fields of its periods), `forget=True`."""
        self._posted(f"/core/lines/{line_id}", how)

    def forget_core(self) -> None:
        self._http.delete(f"{self.url}/core/lines", timeout=_SECONDS).raise_for_status()

    def turn_clock(self, offset_seconds: int) -> None:
        self._posted("/clock", {"offset_seconds": offset_seconds})

    def name_players(self, *players: dict[str, Any]) -> None:
        """Whose phones are used from now on; nobody's without any."""
        self._posted("/network/players", {"players": players})

    def set_out(self, seconds: int, **how: Any) -> None:
        """Let time go by; `step_seconds`."""
        self._posted("/time/journey", {"seconds": seconds, **how})

    def journey(self) -> dict[str, Any]:
        """How far the clock is on its way: `is_moving`, `records`, `sms`, `emails`, `told`, `trouble`."""
        found: dict[str, Any] = self._got("/time/journey.json")["journey"]
        return found

    def age_keys(self) -> None:
        """A day goes by for every idempotency key."""
        self._posted("/control/idempotency/age", {})

    def _posted(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(f"{self.url}{path}", json=body, timeout=_SECONDS)
        assert answer.ok, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def _got(self, path: str, **asked: Any) -> dict[str, Any]:
        answer = self._http.get(f"{self.url}{path}", params=asked, timeout=_SECONDS)
        assert answer.ok, answer.text
        told: dict[str, Any] = answer.json()
        return told
