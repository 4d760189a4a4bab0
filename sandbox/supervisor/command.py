"""The command line of the supervisor."""

import argparse
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import FrameType
from typing import NoReturn

from sandbox.embedded.process import EmbeddedProblem
from sandbox.supervisor.environment import KIOSK_KEY, Options
from sandbox.supervisor.folder import locked, start_over
from sandbox.supervisor.stack import Stack

_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Say = Callable[[str], None]


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM, or a closed terminal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop. Returns the exit status: 0 when stopped on request, 1 when something went wrong."""
    options = _options(arguments)
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {line}", flush=True)

    for number in _expected_signals():
        signal.signal(number, _request_stop)
    try:
        with locked(options), ExitStack() as closing:
            try:
                _run(options, say, closing)
            finally:
                for number in _STOPPING_SIGNALS:
                    signal.signal(number, signal.SIG_IGN)
    except StopRequested:
        say("Stopped. The data stays in var/.")
        return 0
    except EmbeddedProblem as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1


def _run(options: Options, say: Say, closing: ExitStack) -> NoReturn:
    for port, option in ((options.port, "--port"), (options.sandbox_port, "--sandbox-port")):
        _refuse_taken(port, option)
    if options.is_fresh:
        say("Forgetting all data")
        start_over(options.folder)
        if os.environ.get("DATABASE_URL"):
            say("DATABASE_URL is set: what that database holds is left alone")
    stack = Stack(options, say=say, closing=closing)
    stack.start()
    say("Ready.")
    print(_welcome(options, stack.sign_ins()), flush=True)
    stack.watch()


def _welcome(options: Options, sign_ins: str) -> str:
    lines = [
        "",
        f"  Portal    {options.portal_url}",
        f"  Inbox     {options.sandbox_url}/inbox   every SMS and e-mail of the demo",
        f"  Time      {options.sandbox_url}/time    let a day or a month go by (or: script/clock --month)",
        f"  Bank      {options.sandbox_url}/bank    money for transfers that are awaited",
        f"  Top-ups   {options.portal_url}/network/top-ups/   a shop hands them in; key {KIOSK_KEY} (docs/integration.md)",
        "  Logs      var/log/",
        "  manage.py by hand: . var/environment && .venv/bin/python manage.py ...",
        "",
        *(f"  {line}" for line in sign_ins.splitlines()),
        "",
        "Ctrl-C stops everything and keeps the data; --fresh starts over.",
    ]
    return "\n".join(lines)


def _refuse_taken(port: int, option: str, *, patience_seconds: float = 1) -> None:
    """Raises EmbeddedProblem. A moment's patience, since a demo that was killed may still be on its way out."""
    deadline = time.monotonic() + patience_seconds
    while not _is_free(port):
        if time.monotonic() > deadline:
            other = next((number for number in range(min(port + 10, 60000), 65536) if _is_free(number)), "...")
            raise EmbeddedProblem(f"Port {port} is taken: stop what uses it, or start with {option} {other}.")
        time.sleep(0.1)


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested


def _expected_signals() -> list[signal.Signals]:
    """Those that stop us; a hang-up that `nohup` switched off stays off."""
    return [
        number for number in _STOPPING_SIGNALS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    ]


def _options(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="script/server", description="Runs the portal and all it needs on this machine."
    )
    parser.add_argument("--port", type=_port, default=8000, help="of the portal (8000)")
    parser.add_argument("--sandbox-port", type=_port, default=8001, help="of the sandbox (8001)")
    parser.add_argument("--fresh", action="store_true", help="forget all data and start over")
    chosen = parser.parse_args(arguments)
    if chosen.port == chosen.sandbox_port:
        parser.error("portal and sandbox need different ports")
    return Options(port=chosen.port, sandbox_port=chosen.sandbox_port, is_fresh=chosen.fresh)


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError(f"{number} is no port: choose 1024 to 65535")
    return number
