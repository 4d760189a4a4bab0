"""One request to Stripe's API, from the key at the door to the answer kept under its idempotency key."""

import base64
import binascii
import hmac
import json
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Request, Response, request

from sandbox.faults import orders
from sandbox.faults.orders import Fault
from sandbox.running import Running, running
from sandbox.stripe_api import documents, forms, idempotency
from sandbox.stripe_api.addresses import ADDRESSES, Address
from sandbox.stripe_api.desk import API_VERSION
from sandbox.stripe_api.expansion import expand
from sandbox.stripe_api.idempotency import Answer
from sandbox.stripe_api.parameters import checked
from sandbox.stripe_api.refusals import ParameterRefusal, Refusal

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


@dataclass(frozen=True)
class Call:
    """What identifies one request."""

    method: str
    path: str
    body: bytes
    query: str
    request_id: str
    api_version: str
    key: str

    @classmethod
    def of(cls, http: Request) -> "Call":
        return cls(
            method=http.method,
            path=http.path,
            body=http.get_data(),
            query=http.query_string.decode("ascii", "replace"),
            request_id=documents.new_id("request"),
            api_version=http.headers.get("Stripe-Version") or API_VERSION,
            key=http.headers.get("Idempotency-Key", "") if http.method == "POST" else "",
        )

    @property
    def hash(self) -> str:
        return idempotency.fingerprint(self.method, self.path, self.body)

    def parameters(self) -> dict[str, Any]:
        """Query and form as nested values. Raises ParameterRefusal."""
        kind = request.mimetype
        if self.body and kind != "application/x-www-form-urlencoded":
            raise ParameterRefusal(
                f"Invalid content type: {kind[:80] or 'none'}. Send application/x-www-form-urlencoded."
            )
        try:
            text = "&".join(part for part in (self.query, self.body.decode()) if part)
            fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
        except ValueError as error:
            raise ParameterRefusal("The request's parameters cannot be read.") from error
        return forms.nested(fields)


def blueprint() -> Blueprint:
    """Everything under /v1/."""
    routes = Blueprint("stripe_api", __name__)
    for address in ADDRESSES:
        routes.add_url_rule(
            address.path,
            endpoint=f"{address.method}-{address.path}".replace(".", "-"),
            view_func=_view(address),
            methods=[address.method],
        )
    routes.add_url_rule(
        "/v1/<path:rest>",
        view_func=_unrecognized,
        methods=["GET", "POST", "DELETE", "PUT", "PATCH"],
        endpoint="unrecognized",
    )
    return routes


def _view(address: Address) -> Any:
    def view(**ids: str) -> Response:
        call = Call.of(request)
        parts = running()
        try:
            _check_door(call, parts)
            answer = _answered(address, call, ids, parts)
        except Refusal as refusal:
            answer = _refused(refusal)
        _note(call, answer, parts)
        return _response(call, answer)

    return view


def _unrecognized(rest: str) -> Response:
    call = Call.of(request)
    refusal = Refusal(f"Unrecognized request URL ({call.method}: /v1/{rest[:100]}).", status=404)
    return _response(call, _refused(refusal))


def _check_door(call: Call, parts: Running) -> None:
    """Raises Refusal without the sandbox's key, or with a version that is none."""
    given = _key_of(request)
    if not given:
        raise Refusal(
            "You did not provide an API key. Provide it in the Authorization header, using Bearer auth.", status=401
        )
    if not hmac.compare_digest(given.encode(), parts.configuration.api_key.encode()):
        raise Refusal(f"Invalid API Key provided: {given[:8]}{'*' * 8}", status=401, code="api_key_invalid")
    if not _VERSION.fullmatch(call.api_version):
        raise ParameterRefusal(f"Invalid Stripe API version: {call.api_version[:40]}")


def _key_of(http: Request) -> str:
    scheme, _, text = http.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return text.strip()
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0] if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _answered(address: Address, call: Call, ids: dict[str, str], parts: Running) -> Answer:
    """The answer, kept or new, bent by a fault. Raises Refusal."""
    looking = parts.books.reading()
    if call.key and (known := idempotency.kept(looking, call.key, call.hash)):
        return known
    fault = None
    if orders.in_force(looking, "api"):
        with parts.books.writing() as sql:
            fault = orders.take(sql, "api", f"{call.method} {call.path}", _method_of(call))
            if fault and fault.deed == "error" and not fault.details["after"]:
                return _broken(sql, call, fault)
    if fault and fault.deed == "rate_limit":
        raise ParameterRefusal("Too many requests hit the API too quickly.", status=429, code="rate_limit")
    if fault and fault.deed == "delay":
        time.sleep(fault.details["seconds"])
    answer = _played(address, call, ids, parts, fault)
    if fault and fault.deed == "timeout_after":
        time.sleep(fault.details["seconds"])
    return answer


def _method_of(call: Call) -> str:
    """The payment method a request names, for a fault that is meant for it alone."""
    return str(call.parameters().get("payment_method", ""))


def _played(address: Address, call: Call, ids: dict[str, str], parts: Running, fault: Fault | None) -> Answer:
    """Carry the request out and keep its answer, in one transaction. Raises ParameterRefusal before anything is done."""
    asked = checked(address.definition, call.parameters())
    mark = {"api_version": call.api_version, "request_id": call.request_id, "idempotency_key": call.key or None}
    with parts.looking_desk(**mark) if address.only_looks else parts.desk(**mark) as desk:
        if call.key and (known := idempotency.kept(desk.sql, call.key, call.hash)):
            return known
        desk.sql.execute("SAVEPOINT play")
        try:
            document = address.answer(desk, asked, ids)
            expand(desk.sql, document, asked.get("expand", []))
            answer = Answer(200, json.dumps(documents.shown(document)))
        except ParameterRefusal:
            raise
        except Refusal as refusal:
            if not refusal.keeps_effects:
                desk.sql.execute("ROLLBACK TO play")
            answer = _refused(refusal)
        if fault and fault.deed == "error":
            return _broken(desk.sql, call, fault)  # a GET has no key, so this writes nothing there
        if call.key:
            idempotency.keep(desk.sql, call.key, call.hash, answer)
    return answer


def _broken(sql: Any, call: Call, fault: Fault) -> Answer:
    """The 5xx a fault asks for; kept under the key unless the fault says it is not stored."""
    refusal = Refusal("Something went wrong on the sandbox's end.", status=fault.details["status"], kind="api_error")
    answer = _refused(refusal)
    if call.key and fault.details["stored"]:
        idempotency.keep(sql, call.key, call.hash, answer)
    return answer


def _refused(refusal: Refusal) -> Answer:
    error = {**refusal.error, "request_log_url": f"{request.host_url}control/calls"}
    return Answer(refusal.status, json.dumps({"error": error}, indent=2))


def _note(call: Call, answer: Answer, parts: Running) -> None:
    with parts.books.writing() as sql:
        sql.execute(
            "INSERT INTO calls (at, method, path, status, idempotency_key, is_replay) VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), call.method, call.path, answer.status, call.key, answer.is_replay),
        )


def _response(call: Call, answer: Answer) -> Response:
    response = Response(answer.body, answer.status, mimetype="application/json")
    response.headers["Request-Id"] = call.request_id
    response.headers["Stripe-Version"] = call.api_version
    if call.key:
        response.headers["Idempotency-Key"] = call.key.encode("ascii", "replace").decode()
    if answer.is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    return response
