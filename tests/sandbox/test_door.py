"""Who is let in, and what is sent away: keys, versions, strange addresses, other sites, production."""

import base64
import subprocess
from pathlib import Path

import pytest
import stripe
from flask.testing import FlaskClient
from stripe import StripeClient

from sandbox.app import create_app
from sandbox.supervisor import commands
from tests.conftest import free_port
from tests.sandbox.asking import INTENTS, KEY, Asking, flat, intent_wanted, refusal, sdk, told
from tests.sandbox_process import ROOT, Sandbox


def test_the_sdk_with_another_key_is_a_stranger(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided: sk_test_") as refused:
        sdk(sandbox.url, key="sk_test_somebody_else").v1.balance.retrieve()
    assert refused.value.http_status == 401
    assert "somebody_else" not in str(refused.value)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic", "Basic !!!", "Basic /w==", "Digest a=b"])
def test_without_a_key_nothing_is_made(http: FlaskClient, header: str) -> None:
    answer = http.post(INTENTS, data=flat(intent_wanted()), headers={"Authorization": header})
    assert refusal(answer)[0] == 401
    assert "You did not provide an API key" in refusal(answer)[1]
    assert told(Asking(http).get(INTENTS))["data"] == []


def test_the_key_is_also_taken_as_the_name_of_basic_authentication(http: FlaskClient) -> None:
    named = base64.b64encode(f"{KEY}:".encode()).decode()
    assert http.get("/v1/balance", headers={"Authorization": f"Basic {named}"}).status_code == 200


def test_an_answer_carries_its_request_id_and_version(client: StripeClient, api: Asking) -> None:
    balance = client.v1.balance.retrieve()
    assert balance.last_response is not None
    assert balance.last_response.headers["Stripe-Version"] == stripe.api_version
    assert (balance.last_response.request_id or "").startswith("req_")
    assert refusal(api.get("/v1/balance", None, **{"Stripe-Version": "newest"}))[:2] == (
        400,
        "Invalid Stripe API version: newest",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/prices"), ("POST", "/v1/balance"), ("DELETE", "/v1/customers/cus_1"), ("PUT", "/v1/a/b")],
)
def test_an_address_that_is_not_played_is_a_404_in_stripes_words(http: FlaskClient, method: str, path: str) -> None:
    answer = http.open(path, method=method, headers={"Authorization": f"Bearer {KEY}"})
    assert refusal(answer)[:2] == (404, f"Unrecognized request URL ({method}: {path}).")


def test_every_request_to_the_api_is_noted(api: Asking) -> None:
    api.made(INTENTS, flat(intent_wanted()), key="k")
    api.made(INTENTS, flat(intent_wanted()), key="k")
    api.get(f"{INTENTS}/none")
    calls = told(api.http.get("/control/calls"))["calls"]
    assert [
        (call["method"], call["path"], call["status"], call["idempotency_key"], call["is_replay"]) for call in calls
    ] == [
        ("GET", f"{INTENTS}/none", 404, "", False),
        ("POST", INTENTS, 200, "k", True),
        ("POST", INTENTS, 200, "k", False),
    ]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/faults"),
        ("DELETE", "/faults"),
        ("POST", "/clock"),
        ("POST", "/inbox/messages"),
        ("POST", "/pay/cs_1"),
    ],
)
def test_another_site_may_not_post_through_somebodys_browser(
    http: FlaskClient, method: str, path: str, site: str
) -> None:
    answer = http.open(path, method=method, json={}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


def test_only_names_of_this_machine_are_answered(http: FlaskClient) -> None:
    assert http.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
    assert http.get("/healthz", headers={"Host": "localhost:8001"}).json == {"status": "ok"}


_PLACES = [
    "/inbox/messages",
    "/faults",
    "/clock",
    "/control/pay/cs_1",
    "/control/settle/pi_1",
    "/control/idempotency/age",
]


@pytest.mark.parametrize("path", [*_PLACES, INTENTS])
def test_ten_megabytes_are_too_many_and_never_a_500(http: FlaskClient, path: str) -> None:
    answer = http.post(
        path, data=b"a" * 10_000_000, content_type="application/json", headers={"Authorization": f"Bearer {KEY}"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("path", _PLACES)
@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b'{"a":' * 100_000, b"\x00", b"\xff\xfe", b"null", b"[]", b'"text"', b'{"on": "\\ud800"}', b"{"],
    ids=["deep list", "deep object", "NUL", "no UTF-8", "null", "list", "text", "lone surrogate", "cut off"],
)
def test_a_body_that_is_no_json_object_is_refused_and_never_a_500(http: FlaskClient, path: str, body: bytes) -> None:
    answer = http.post(path, data=body, content_type="application/json")
    assert answer.status_code in {400, 404, 422}
    assert told(answer)["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/idempotency/age", {"seconds": 10**400}),
        ("/control/redeliver/evt_1", {"copies": 10**400}),
        ("/clock", {"offset_seconds": 10**400}),
        ("/clock", {"offset_seconds": True}),
        ("/clock", {"offset_seconds": 1.5}),
        ("/clock", {}),
        ("/faults", {"on": "webhook", "do": "drop", "times": 10**400}),
        ("/faults", {"on": "payment", "do": "amount", "amount": 10**400}),
        ("/faults", {"on": "webhook", "do": "drop", "match": "\ud800"}),
    ],
)
def test_a_number_beyond_all_bounds_is_refused(http: FlaskClient, path: str, body: dict[str, object]) -> None:
    answer = http.post(path, json=body)
    assert answer.status_code in {400, 404, 422}
    assert told(answer)["error"]


def test_a_name_with_nul_in_the_address_is_simply_unknown(api: Asking) -> None:
    assert api.get(f"{INTENTS}/%00").status_code == 404
    assert api.get(f"{INTENTS}/%ED%A0%80").status_code == 404
    assert api.http.get("/pay/%00").status_code == 404
    assert api.http.get("/inbox/%00").status_code == 404
    assert api.http.get("/inbox?to=%00&channel=%ff").status_code == 200


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        (
            "PORTAL_ENV",
            "production",
            "The sandbox does not start while PORTAL_ENV=production: set Stripe's own keys instead.",
        ),
        (
            "SANDBOX_API_KEY",
            "sk_live_51abc",
            "SANDBOX_API_KEY must start with sk_test_: the sandbox never touches a live key.",
        ),
    ],
)
def test_it_refuses_production_and_live_keys_in_one_line(
    environment: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    line: str,
) -> None:
    with pytest.raises(SystemExit) as refused:
        create_app({**environment, variable: value})
    assert refused.value.code == 4
    assert capsys.readouterr().err == f"{line}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_whole_server_stops_at_once_in_production(environment: dict[str, str], tmp_path: Path) -> None:
    ended = subprocess.run(
        commands.sandbox(free_port()),
        env={**environment, "PORTAL_ENV": "production"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 4
    assert ended.stderr.count("The sandbox does not start while PORTAL_ENV=production") == 1
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []
