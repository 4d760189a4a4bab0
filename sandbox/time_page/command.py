"""`script/clock`: asks the sandbox that runs to move the clock, and shows what happens on the way."""

import argparse
import http.client
import json
import os
import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sandbox.supervisor.environment import ROOT

_BERLIN = ZoneInfo("Europe/Berlin")
_SECONDS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
_MONTH_SECONDS = 30 * 86_400
_EVERY_SECONDS = 0.2
_ANSWER_SECONDS = 20
_BAR = 24


class CannotMove(Exception):
    """In words for whoever typed the command."""


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """0 when the clock is where it was to go, 1 when it is not."""
    chosen = _options(arguments)
    try:
        at = _address(os.environ if environment is None else environment)
        if chosen.stop:
            _ask(at, "DELETE", "/time/journey")
        elif wanted := _wanted(chosen):
            begun = _ask(at, "GET", f"/time/journey.json?after={2**62}")
            _ask(at, "POST", "/time/journey", wanted)
            return _watch(at, last=begun["last"])
        _say_time(_ask(at, "GET", f"/time/journey.json?after={2**62}")["now"])
    except CannotMove as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/clock", description="Lets time go by in the demo that runs.")
    parser.add_argument("by", nargs="?", type=_span, help="how far: +1h, +3d, +1w")
    parser.add_argument("--month", action="store_true", help="30 days, in about a minute")
    parser.add_argument("--next", action="store_true", help="to the end of the next plan")
    parser.add_argument("--stop", action="store_true", help="stop where the clock is now")
    return parser.parse_args(arguments)


def _span(text: str) -> int:
    found = re.fullmatch(r"\+?([0-9]{1,3})([hdw])", text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text}: write +1h, +3d or +1w; the clock only goes forward")
    return int(found[1]) * _SECONDS[found[2]]


def _wanted(chosen: argparse.Namespace) -> dict[str, Any]:
    if chosen.next:
        return {"to": "next"}
    seconds = _MONTH_SECONDS if chosen.month else chosen.by
    return {"seconds": seconds} if seconds else {}


def _address(environment: Mapping[str, str]) -> str:
    """Where the sandbox is: by the shell, else by what the running demo has left in var/environment. Raises CannotMove."""
    if environment.get("PORTAL_ENV") == "production":
        raise CannotMove("The clock cannot be moved in production.")
    if url := environment.get("SANDBOX_URL"):
        return url
    left = Path(environment.get("DEMO_ENVIRONMENT") or ROOT / "var/environment")
    found = re.search(r"^export SANDBOX_URL=(.*)$", left.read_text("utf-8") if left.exists() else "", re.MULTILINE)
    if found is None:
        raise CannotMove("No demo runs here: start it with script/server.")
    return shlex.split(found[1])[0]


def _ask(at: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Raises CannotMove."""
    parts = urlsplit(at)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CannotMove(f"The sandbox at {at} does not answer ({type(error).__name__}).") from error
    finally:
        connection.close()
    if answer.status >= http.HTTPStatus.BAD_REQUEST:
        raise CannotMove(str(told.get("error", answer.status)))
    return told


def _watch(at: str, *, last: int) -> int:
    """Until it has arrived. Each thing that happens is a line; on a terminal one more shows how far it is."""
    while True:
        told = _ask(at, "GET", f"/time/journey.json?after={last}")
        for one in told["happened"]:
            last = max(last, one["number"])
            _print_above(
                f"{_there(one['at']):%a %d %b %H:%M}  {one['kind']:<5}  {one['to']:<18}  {_short(one['words'])}"
            )
        journey = told["journey"]
        if not journey["is_moving"]:
            _print_above(_bar(told["now"], journey))
            if journey["trouble"]:
                raise CannotMove(f"Stopped: {journey['trouble']}")
            return 0
        if sys.stdout.isatty():
            print(f"\r\033[K{_bar(told['now'], journey)}", end="", flush=True)
        time.sleep(_EVERY_SECONDS)


def _bar(now: float, journey: Mapping[str, Any]) -> str:
    done = round(journey["share"] * _BAR)
    counted = f"{journey['records']:,} records, {journey['sms']} SMS, {journey['emails']} e-mails, {journey['told']} to the core"
    return f"{_there(now):%a %d %b %Y %H:%M} [{'#' * done}{'.' * (_BAR - done)}] {counted}"


def _print_above(line: str) -> None:
    print(f"\r\033[K{line}" if sys.stdout.isatty() else line, flush=True)


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 72 else f"{line[:71]}…"


def _say_time(now: float) -> None:
    print(f"{_there(now):%a %d %b %Y, %H:%M} in Berlin, {(now - time.time()) / 86_400:+.2f} days from real time.")


def _there(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, _BERLIN)


if __name__ == "__main__":
    sys.exit(main())
