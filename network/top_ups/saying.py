"""What a seller's system sent, checked field by field before anything is looked up: every fault at once, whatever was sent."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

_REFERENCE = re.compile(r"[!-~]{1,80}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
_CURRENCY = re.compile(r"[A-Z]{3}")
_PLAN = re.compile(r"[A-Za-z0-9_-]{1,50}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
#: Beside letters and digits of every script in a place's name: nothing that a phone would make a link of.
_PUNCTUATION = frozenset(" ,.'’()&#-")
_LONGEST_PLACE = 40
_TILL = re.compile(r"[!-~](?:[ -~]{0,38}[!-~])?")
_MOST_MINOR = 10**12


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one field; `network.wording` has the words of `code`, `told` fills them."""

    field: str
    code: str
    told: str = ""


class Refused(Exception):
    """Nothing was booked."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class TopUpSaid:
    """A sale as it was told. `plan`, `place`, `till` may be empty."""

    reference: str
    msisdn: str
    amount_minor: int
    currency: str
    plan: str
    paid_at: datetime
    place: str
    till: str


@dataclass(frozen=True, kw_only=True)
class ReversalSaid:
    """`top_up`: the reference of what is taken back."""

    reference: str
    top_up: str


def top_up(body: bytes) -> TopUpSaid:
    """Raises Refused with every fault."""
    found = _read(
        body,
        must={
            "reference": _text(_REFERENCE),
            "number": _text(_NUMBER),
            "amount_minor": _whole_number,
            "currency": _text(_CURRENCY),
            "paid_at": _moment,
        },
        may={"plan": _text(_PLAN), "place": _place, "till": _text(_TILL)},
    )
    return TopUpSaid(msisdn=found.pop("number"), **found)


def reversal(body: bytes) -> ReversalSaid:
    """Raises Refused with every fault."""
    return ReversalSaid(**_read(body, must={"reference": _text(_REFERENCE), "top_up": _text(_REFERENCE)}, may={}))


#: Takes what JSON held; returns what it stands for, or None.
_Check = Callable[[Any], Any]


def _read(body: bytes, *, must: Mapping[str, _Check], may: Mapping[str, _Check]) -> dict[str, Any]:
    said = _object(body)
    found: dict[str, Any] = dict.fromkeys(may, "")
    faults = [Fault(name[:40], "unknown_field") for name in said if name not in must and name not in may]
    for name, check in {**must, **may}.items():
        if said.get(name) is None:
            faults += [Fault(name, "missing")] if name in must else []
        elif (value := check(said[name])) is None:
            faults.append(Fault(name, name))
        else:
            found[name] = value
    if faults:
        raise Refused(*faults[:20])
    return found


def _object(body: bytes) -> dict[str, Any]:
    """One JSON object (RFC 8259) in UTF-8 that names no field twice."""
    try:
        said = json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(Fault("", "unreadable")) from error
    if not isinstance(said, dict):
        raise Refused(Fault("", "unreadable"))
    return said


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _text(form: re.Pattern[str]) -> _Check:
    return lambda value: value if isinstance(value, str) and form.fullmatch(value) else None


def _place(value: Any) -> str | None:
    """Begins with a letter or digit; a full stop ends a word."""
    if not isinstance(value, str) or not value or len(value) > _LONGEST_PLACE or not value[0].isalnum():
        return None
    is_plain = all(sign in _PUNCTUATION or unicodedata.category(sign)[0] in "LMN" for sign in value)
    return value if is_plain and not re.search(r"\.\S", value) else None


def _whole_number(value: Any) -> int | None:
    is_one = isinstance(value, int) and not isinstance(value, bool)
    return value if is_one and 0 < value < _MOST_MINOR else None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
