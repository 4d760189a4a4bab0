"""A server for the sample pages: the real templates, style sheets and policy, no database."""

import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from playwright.sync_api import Browser

from tests.look.windows import Windows

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class StrictPolicy:
    """The policy of the portal, without what only the way to the payment page needs."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["Content-Security-Policy"] = STRICT
        return response


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):  # noqa: A002 - the name of the library
        pass


def in_its_own_addresses(get_response):
    """No setting is changed for it: each request brings its addresses along."""

    def respond(request):
        request.urlconf = "tests.look.urls"
        return get_response(request)

    return respond


@pytest.fixture(scope="session")
def look_site() -> Iterator[str]:
    """The address under which `/look/<name>/` shows each sample page."""
    chain = ["tests.look.conftest.in_its_own_addresses", "tests.look.conftest.StrictPolicy"]
    with override_settings(MIDDLEWARE=chain):
        application = StaticFilesHandler(WSGIHandler())
    with make_server("127.0.0.1", 0, application, _Server, _Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Windows:
    return Windows(browser)
