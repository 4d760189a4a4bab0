"""Auto-renew of many lines that are due at once, the gateway answering in 50 ms: how many a second one worker process does, and
whether anybody is charged twice when two work at once, one of them dies, and the gateway lets calls time out after doing them.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import stripe
from django.conf import settings
from django.db import connection

from bench import due_lines
from bench.report import Scale, progress
from bench.rounds import BooksBroken
from billing.models import OPEN_RUN_STATES, GatewayCustomer, LedgerEntry, PaymentAttempt, Renewal, RunState
from billing.paying import charging
from billing.standing import renewals
from plans.models import PlanPeriod
from tests.billing.ordering import load_reference_data
from tests.sandbox_process import ROOT, Sandbox
from tests.stack.invariants import broken

LINES = 10_000
THREADS = 8
ANSWERS_IN_SECONDS = 0.05
CHARGE = "POST /v1/payment_intents"
#: Of so many lines each the statements are counted, on one thread.
_FEW, _MORE = 10, 40
#: A worker of the second part, on other connections: it gives up a silent gateway after half a second.
_WORKER = """
import sys, django; django.setup()
from datetime import datetime
from billing.gateways.stripe import client
from billing.standing import renewals
client.READ_SECONDS, client.NETWORK_RETRIES = 0.5, 0
renewals.sweep(now=datetime.fromisoformat(sys.argv[1]), threads=4)
"""


class NotRenewed(AssertionError):
    """A line is without its next plan period, or has two."""


@dataclass(frozen=True, kw_only=True)
class Renewals:
    lines: int
    seconds: float
    statements_per_line: dict[str, float]
    memory_growth_mb: float
    charged_twice: int
    raced: int
    checked: list[str]

    def line(self) -> str:
        return json.dumps(
            {
                "name": "renewals",
                "rounds": 1,
                "lines": self.lines,
                "lines_per_second": round(self.lines / self.seconds, 1),
                "statements_per_line": self.statements_per_line,
                "memory_growth_mb": round(self.memory_growth_mb, 1),
                "charged_twice": self.charged_twice,
                "raced_lines": self.raced,
                "checked": self.checked,
            }
        )


def measure(scale: Scale) -> Renewals:
    """`scale.size` lines in the first part, a twentieth of them, at least 20, in the second. Raises NotRenewed, BooksBroken."""
    count = scale.size or LINES
    load_reference_data()
    with _sandbox() as sandbox:
        statements = _count_statements(sandbox)
        seconds, growth = _time(count, sandbox)
        raced = max(count // 20, 20)
        _race(raced, sandbox)
        twice = _check(count + raced + _FEW + _MORE)
    if promises := broken():
        raise BooksBroken(promises)
    return Renewals(
        lines=count,
        seconds=seconds,
        statements_per_line=statements,
        memory_growth_mb=growth,
        charged_twice=twice,
        raced=raced,
        checked=["one next plan period a line", "one charge a line at the gateway", "books add up", "fsync on"],
    )


@contextmanager
def _sandbox() -> Iterator[Sandbox]:
    port = urlsplit(settings.SANDBOX_URL).port
    with tempfile.TemporaryDirectory(prefix="portal-bench-sandbox-") as folder:
        sandbox = Sandbox(Path(folder), port=port or 0)
        sandbox.start()
        try:
            yield sandbox
        finally:
            sandbox.stop()


def _count_statements(sandbox: Sandbox) -> dict[str, float]:
    """Statements for one line when there are few and when there are more: a constant does not grow."""
    return {
        str(count): _statements(count, sandbox, first=first) for count, first in ((_FEW, 900_000), (_MORE, 910_000))
    }


def _statements(count: int, sandbox: Sandbox, *, first: int) -> float:
    due_lines.make(count, sandbox=sandbox, first=first)
    sent = 0

    def note(execute: Callable[..., Any], *words: Any) -> Any:
        nonlocal sent
        sent += 1
        return execute(*words)

    with connection.execute_wrapper(note):
        renewals.sweep(now=due_lines.NOW)
    return round(sent / count, 1)


def _time(count: int, sandbox: Sandbox) -> tuple[float, float]:
    """Seconds until all are renewed, and megabytes by which the process grew after the first tenth."""
    progress(f"renewals: making {count} lines that are due")
    due_lines.make(count, sandbox=sandbox)
    sandbox.fault("api", "delay", match=CHARGE, seconds=ANSWERS_IN_SECONDS, times=100_000)
    done_before = Renewal.objects.filter(state=RunState.DONE).count()
    with _watched(count, done_before) as seen:
        began = time.perf_counter()
        renewals.sweep(now=due_lines.NOW, threads=THREADS)
        seconds = time.perf_counter() - began
    sandbox.mend()
    after_a_tenth = next((memory for done, memory in seen if done >= count / 10), seen[0][1] if seen else 0.0)
    return seconds, _memory_mb() - after_a_tenth


@contextmanager
def _watched(count: int, done_before: int) -> Iterator[list[tuple[int, float]]]:
    """Lines done and megabytes used, now and then, for the person at the terminal and for the figure."""
    seen: list[tuple[int, float]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1):
            done = Renewal.objects.filter(state=RunState.DONE).count() - done_before
            seen.append((done, _memory_mb()))
            progress(f"renewals: {done} of {count} lines, {seen[-1][1]:.0f} MB")
        connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _memory_mb() -> float:
    """Of this process, resident (Linux, proc(5))."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def _race(count: int, sandbox: Sandbox) -> None:
    """Two processes at the same lines; one is killed on the way, and the gateway lets some calls time out after doing them."""
    progress(f"renewals: two processes at {count} lines, one of them dies, the gateway times out")
    due_lines.make(count, sandbox=sandbox, first=500_000)
    before = Renewal.objects.filter(state=RunState.DONE).count()
    sandbox.fault("api", "timeout_after", match=CHARGE, seconds=1.5, times=max(count // 10, 2))
    sandbox.fault("api", "delay", match=CHARGE, seconds=ANSWERS_IN_SECONDS, times=100_000)
    workers = [_worker(due_lines.NOW) for _number in range(2)]
    deadline = time.monotonic() + 120
    while Renewal.objects.filter(state=RunState.DONE).count() - before < count / 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    workers[0].send_signal(signal.SIGKILL)
    for worker in workers:
        worker.wait(timeout=600)
    sandbox.mend()
    _settle_down()


def _worker(now: datetime) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WORKER, now.isoformat()], cwd=ROOT)


def _settle_down() -> None:
    """Leases end and the sweeps come by, as in the hour after."""
    now = due_lines.NOW
    for _round in range(12):
        if not Renewal.objects.filter(state__in=OPEN_RUN_STATES).exists():
            return
        now += timedelta(minutes=6)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE billing_paymentattempt SET asked_at = asked_at - interval '3 minutes', "
                "unknown_since = unknown_since - interval '3 minutes' WHERE answered_at IS NULL"
            )
        charging.sweep(now=now)
        renewals.sweep(now=now, threads=THREADS)
    left = PaymentAttempt.objects.filter(answered_at=None).count()
    raise NotRenewed(f"{left} tries without an answer after an hour")


def _check(count: int) -> int:
    """How many lines were charged more than once, by our books or by the gateway's. Raises NotRenewed."""
    followed = PlanPeriod.objects.filter(starts_at=due_lines.ENDS_AT, cancelled_at=None)
    lines = Counter(followed.values_list("line_id", flat=True))
    if len(lines) != count or max(lines.values()) > 1:
        raise NotRenewed(f"{len(lines)} of {count} lines go on; at most {max(lines.values(), default=0)} next periods")
    booked = Counter(LedgerEntry.objects.filter(kind="payment").values_list("order__line_id", flat=True))
    charged = _charged_at_the_gateway()
    known = set(GatewayCustomer.objects.values_list("customer_id", flat=True))
    if set(charged) != known:
        raise NotRenewed(f"the gateway has charged {len(charged)} of {len(known)} customers")
    return sum(times > 1 for times in booked.values()) + sum(times > 1 for times in charged.values())


def _charged_at_the_gateway() -> Counter[str]:
    """Charges that took money, by customer."""
    client = stripe.StripeClient(settings.STRIPE_API_KEY, base_addresses={"api": settings.SANDBOX_URL})
    charged = Counter[str]()
    for intent in client.v1.payment_intents.list({"limit": 100}).auto_paging_iter():
        if intent.status == "succeeded":
            charged[str(intent.customer)] += 1
    return charged
