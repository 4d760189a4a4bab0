"""What a log line never shows, whichever way it got there."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.core import signing
from django.test import Client

from lib.logging import logging_settings, scrub

NUMBER, ADDRESS, KEY = "+4917604069011", "anna@example.com", "sk_live_abc123"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What production would write."""
    written = io.StringIO()
    formatter = logging_settings(level="DEBUG", as_json=True)["formatters"]["lines"]
    handler = logging.StreamHandler(written)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(**{key: formatter[key] for key in formatter if key != "()"})
    )
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("DEBUG")
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def told(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"to {NUMBER}.", "to +49•••••9011."),
        ("+14155550123", "+14•••••0123"),
        (f"<{ADDRESS}>", "<•••@•••>"),
        (f"key {KEY} and whsec_x1 and cs_test_a1B2", "key ••• and ••• and •••"),
        ("Not Found: /t/iNaCngKRrA6aifQ9sWzTfkDctvSeEzFt/", "Not Found: /t/•••/"),
        (
            "/orders/01a207aa-0f2e-7634-955d-81396d4c4e7b/timeline/",
            "/orders/01a207aa-0f2e-7634-955d-81396d4c4e7b/timeline/",
        ),
        ("order 01a207aa-0f2e-7634 of 1500 EUR", "order 01a207aa-0f2e-7634 of 1500 EUR"),
        ("2026-11-23T09:08:35.249065+00:00", "2026-11-23T09:08:35.249065+00:00"),
    ],
)
def test_numbers_addresses_and_keys_become_dots_and_nothing_else_does(text, expected):
    assert scrub(text) == expected


@pytest.mark.parametrize("ending", ["/", "/reply/", ""])
def test_a_signed_token_in_an_address_is_never_written(ending):
    token = signing.dumps("01a207aa0f2e7634955d81396d4c4e7b", salt="x")
    assert scrub(f"Not Found: /help/questions/{token}{ending}") == f"Not Found: /help/questions/•••{ending}"


@pytest.mark.parametrize(
    "say",
    [
        lambda: structlog.get_logger("portal.x").warning("x", to=NUMBER, mail=ADDRESS, key=KEY),
        lambda: structlog.get_logger("portal.x").warning(f"sent to {NUMBER} {ADDRESS} {KEY}"),
        lambda: structlog.get_logger("portal.x").warning("x", nested={"to": [NUMBER, {"mail": ADDRESS}], "key": KEY}),
        lambda: logging.getLogger("library").warning("sent to %s %s %s", NUMBER, ADDRESS, KEY),
        lambda: logging.getLogger("library").warning("x", extra={"request": f"<POST {NUMBER} {ADDRESS} {KEY}>"}),
        lambda: logging.getLogger("library").warning("x", extra={"error": ValueError(f"{NUMBER} {ADDRESS} {KEY}")}),
    ],
)
def test_no_way_into_a_line_shows_a_number_an_address_or_a_key(lines, say):
    say()

    assert "•••" in str(told(lines))
    for secret in (NUMBER, "04069", ADDRESS, "anna", KEY):
        assert secret not in lines.getvalue()


def test_the_text_of_an_error_is_scrubbed_too(lines):
    try:
        int(f"{NUMBER} is taken by {ADDRESS}")
    except ValueError:
        structlog.get_logger("portal.x").exception("failed")
        logging.getLogger("library").exception("failed")

    for line in told(lines):
        assert line["exception"].endswith("'+49•••••9011 is taken by •••@•••'")
    assert len(told(lines)) == 2


@pytest.mark.parametrize("name", ["code", "password", "secret", "token", "cookie", "authorization"])
def test_what_is_called_a_secret_is_never_written(lines, name):
    structlog.get_logger("portal.x").warning("x", **{name: "493817"})
    logging.getLogger("library").warning("x", extra={name: "493817"})

    assert [line[name] for line in told(lines)] == ["•••", "•••"]
    assert "493817" not in lines.getvalue()


@pytest.mark.django_db
def test_a_request_is_one_line_with_an_id_that_its_other_lines_share(lines):
    Client().get("/contact/?phone=%2B4917604069011")
    (line,) = [line for line in told(lines) if line["event"] == "request"]

    assert (line["method"], line["path"], line["status"], line["level"]) == ("GET", "/contact/", 200, "info")
    assert len(line["request_id"]) == 12
    assert line["ms"] >= 0
    assert "4069011" not in lines.getvalue()
