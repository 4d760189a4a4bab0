"""`python -m bench NAME…`: measures, tells on standard error how far it is, and prints one JSON line a bench last."""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from bench.report import Figures, Scale, progress
from bench.stack import own_stack

#: name → the module whose `measure(scale)` returns the report; imported once Django is ready
BENCHES = {
    "ledger": "bench.ledger",
    "fulfil": "bench.fulfil",
    "renewals": "bench.renewals",
    "delivery": "bench.delivery",
    "sweep": "bench.sweep",
    "usage": "bench.usage",
    "usage_pages": "bench.usage_pages",
}


def main(words: Sequence[str] | None = None) -> int:
    asked = _asked(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled run tidies up like an interrupted one
    scale = Scale(rounds=asked.rounds, size=asked.size)
    progress("starting a Postgres of its own")
    with own_stack():
        reports = [measure(name, scale) for name in asked.names]
    for report in reports:
        print(report.line(), flush=True)
    return 0


def measure(name: str, scale: Scale) -> Figures:
    report: Figures = import_module(BENCHES[name]).measure(scale)
    return report


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the portal against raw psycopg.")
    parser.add_argument("names", nargs="+", choices=sorted(BENCHES), metavar="NAME", help=", ".join(sorted(BENCHES)))
    parser.add_argument("--rounds", type=_positive, default=11, help="how often each side runs, in turn (default 11)")
    parser.add_argument("--size", type=_positive, help="pieces of work in a round (default: the bench's own)")
    return parser.parse_args(words)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
