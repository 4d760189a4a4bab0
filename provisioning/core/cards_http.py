"""Cards and profiles over HTTP and JSON, as docs/provisioning.md writes it down: `GET /cards/<iccid>.json`, `POST /profiles`."""

import re
from uuid import UUID

from provisioning.core.cards import Card, Profile
from provisioning.core.http import HttpCore, how, read_body, url_of
from provisioning.core.protocol import OutcomeUnknown, Refused

_ICCID = re.compile(r"89[0-9]{16,18}")
#: The alphabets of SGP.22, 4.1: a host name, and a matching id of upper case letters, digits and hyphens. `$` parts them.
_ADDRESS = re.compile(r"[A-Za-z0-9.-]{1,255}")
_MATCHING_ID = re.compile(r"[A-Z0-9-]{0,255}")
_UNKNOWN = "404"


class HttpCards(HttpCore):
    """At the same place as the core, with the same key."""

    def find(self, iccid: str) -> Card | None:
        try:
            said = read_body(self.asked(lambda http: http.get(url_of(f"cards/{iccid}.json"), **how())))
        except Refused as refusal:
            if refusal.code in {_UNKNOWN, "unknown_card"}:
                return None
            raise
        if said.get("iccid") != iccid or said.get("is_free") not in {True, False}:
            raise OutcomeUnknown("unreadable")
        return Card(iccid=iccid, puk=str(said.get("puk") or "")) if said["is_free"] else None

    def reserve(self, order_id: UUID, *, msisdn: str) -> Profile:
        body = {"id": str(order_id), "msisdn": msisdn}
        headers = {"Idempotency-Key": str(order_id)}
        said = read_body(self.asked(lambda http: http.post(url_of("profiles"), json=body, headers=headers, **how())))
        words = {
            name: str(said.get(name) or "") for name in ("iccid", "address", "matching_id", "confirmation_code", "puk")
        }
        if not (
            _ICCID.fullmatch(words["iccid"])
            and _ADDRESS.fullmatch(words["address"])
            and _MATCHING_ID.fullmatch(words["matching_id"])
        ):
            raise OutcomeUnknown("unreadable")
        return Profile(**words, is_installed=said.get("is_installed") is True)
