"""The sandbox's WSGI application: `gunicorn --workers 1 --threads 16 'sandbox.app:create_app()'`."""

import os
import sys
from collections.abc import Mapping

from flask import Flask, Response, abort, request

from sandbox import home
from sandbox.bank_page import pages as bank_pages
from sandbox.configuration import Configuration, MustNotRun
from sandbox.control import routes as controls
from sandbox.core import pages as core_pages
from sandbox.faults import pages as fault_pages
from sandbox.inbox import pages as inbox_pages
from sandbox.mail_api import pages as mail_pages
from sandbox.network import pages as network_pages
from sandbox.pay_page import pages as pay_pages
from sandbox.permission_page import pages as permission_pages
from sandbox.refund_page import pages as refund_pages
from sandbox.running import Running
from sandbox.sms_api import pages as sms_pages
from sandbox.stripe_api import answers
from sandbox.time_page import pages as time_pages

#: gunicorn stops at this status instead of starting the worker again and again
_GUNICORN_GIVES_UP = 4
_LARGEST_BODY_BYTES = 2_000_000
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """Read the environment, open the books, start the deliveries. In production it says why not and ends the process."""
    try:
        configuration = Configuration.read(os.environ if environment is None else environment)
    except MustNotRun as refusal:
        sys.stderr.write(f"{refusal}\n")
        raise SystemExit(_GUNICORN_GIVES_UP) from refusal
    app = Flask("sandbox")
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY_BYTES
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.extensions["sandbox"] = Running.start(configuration)
    for part in (
        answers,
        pay_pages,
        bank_pages,
        refund_pages,
        permission_pages,
        sms_pages,
        mail_pages,
        core_pages,
        network_pages,
        time_pages,
        inbox_pages,
        fault_pages,
        controls,
        home,
    ):
        app.register_blueprint(part.blueprint())
    app.before_request(_refuse_other_sites)
    app.after_request(_guard)
    app.add_url_rule("/healthz", view_func=lambda: {"status": "ok"})
    return app


def _refuse_other_sites() -> None:
    """No page of another site may post here through somebody's browser."""
    if request.method not in {"GET", "HEAD"} and request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        abort(403)


def _guard(response: Response) -> Response:
    """The same strict policy on every page; a page that needs another one has set it."""
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
