"""The environment every process of the demo gets: addresses, the sandbox's keys, and a secret of this folder's own."""

import os
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.embedded.process import EmbeddedProblem

#: With this key anybody may play the shop of the demo.
KIOSK_KEY = "demo-key-of-the-kiosks"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Options:
    """What the person at the terminal chose."""

    port: int
    sandbox_port: int
    is_fresh: bool
    folder: Path = ROOT / "var"

    @property
    def portal_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"


def demo_environment(options: Options, *, database_url: str, redis_url: str) -> dict[str, str]:
    """The shell's environment with the demo's addresses over it; what the shell says about Stripe or mail is left alone."""
    state = options.folder / "sandbox"
    chosen = {
        "PORTAL_ENV": "development",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "NO_PROXY": without_proxy(os.environ.get("NO_PROXY", "")),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORTAL_ORIGIN": options.portal_url,
        "SANDBOX_URL": options.sandbox_url,
        "SANDBOX_PORT": str(options.sandbox_port),
        "SANDBOX_STATE_DIR": str(state),
        "SANDBOX_WEBHOOK_URL": f"{options.portal_url}/webhooks/stripe/",
        "CLOCK_FILE": str(state / "clock"),
        "CLOCK_KEY": _kept_secret(options.folder / "clock-key"),
        "PYTHONUNBUFFERED": "1",
    }
    replaceable = {
        "SECRET_KEY": _kept_secret(options.folder / "secret-key"),
        "STRIPE_API_KEY": "sk_test_sandbox",
        "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
        "SANDBOX_API_KEY": "sk_test_sandbox",
        "SANDBOX_WEBHOOK_SECRET": "whsec_sandbox",
        "SANDBOX_REPORTS": "1",
        "SMS_CHANNEL": "notifications.channels.sms.SmsChannel",
        "SMS_API_URL": f"{options.sandbox_url}/sms/demo",
        "SMS_API_ACCOUNT": "demo",
        "SMS_API_KEY": "sandbox",
        "TOP_UP_KEYS": f"kiosks={KIOSK_KEY}",
        "CORE_API_URL": f"{options.sandbox_url}/core",
        "CORE_API_KEY": "sandbox",
        "SANDBOX_USAGE_KEY": "sandbox-usage",
        "USAGE_KEYS": "network=sandbox-usage",
        "USAGE_KEPT_MONTHS": "14",
        "REPLY_ADDRESS": "reply@in.refill.example",
        "MAIL_REPLIES": "anymail.webhooks.mailgun.MailgunInboundWebhookView",
        "ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY": "sandbox-replies",
        "SANDBOX_REPLY_KEY": "sandbox-replies",
    }
    return {**replaceable, **os.environ, **chosen}


def without_proxy(names: str) -> str:
    """The shell's list of hosts no proxy is used for, with this machine in it: portal and sandbox talk over loopback."""
    return ",".join(filter(None, [names, "localhost", "127.0.0.1"]))


def write_for_the_shell(environment: Mapping[str, str], path: Path) -> None:
    """A file to source (`. var/environment`), so that manage.py by hand meets the running database."""
    names = (
        "PORTAL_",
        "DATABASE_",
        "REDIS_",
        "SANDBOX_",
        "STRIPE_",
        "SECRET_",
        "CLOCK_",
        "SMS_",
        "CORE_",
        "TOP_UP_",
        "USAGE_",
        "REPLY_",
        "MAIL_",
        "ANYMAIL_",
    )
    lines = [
        f"export {name}={shlex.quote(text)}\n" for name, text in sorted(environment.items()) if name.startswith(names)
    ]
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(lines), encoding="utf-8")


def _kept_secret(path: Path) -> str:
    """Made once and kept, so that a restart signs nobody out. Raises EmbeddedProblem."""
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(64), encoding="ascii")
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise EmbeddedProblem(f"{path} cannot be used ({error.strerror}): remove it or run as its owner.") from error
