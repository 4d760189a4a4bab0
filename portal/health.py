"""`/healthz` says whether this web process can serve, for load balancer and supervisor; `/healthz/worker`, whether all of it works.

A missing worker makes nothing that the web process serves wrong (money is kept and applied later), so only the second says so.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from health_check.base import HealthCheck
from health_check.checks import Cache
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView
from redis.exceptions import RedisError

from lib import clock, heartbeat

#: `uuidv7()` of Postgres 18 (RFC 9562) makes our ids.
POSTGRES_AT_LEAST = 18
#: Beat sends a heartbeat every 15 s; four of them missing is a worker that is gone.
HEARTBEAT_SECONDS = 60


@dataclass
class Postgres(HealthCheck):
    async def run(self) -> None:
        try:
            version = await sync_to_async(_postgres_version)()
        except DatabaseError as error:
            raise _unavailable("no answer") from error
        if version < POSTGRES_AT_LEAST:
            raise _unavailable(f"version {version}; {POSTGRES_AT_LEAST} is needed")


@dataclass
class Worker(HealthCheck):
    async def run(self) -> None:
        try:
            beat = await sync_to_async(heartbeat.last_beat)()
        except RedisError as error:
            raise _unavailable("no answer") from error
        if beat is None:
            raise _unavailable("no heartbeat")
        age = (clock.real_now() - beat).total_seconds()
        if age > HEARTBEAT_SECONDS:
            raise _unavailable(f"last heartbeat {age:.0f} s ago")


class Health(HealthCheckView):
    """JSON for whoever asks: `{"status": "ok", "checks": {"postgres": "ok", …}}`; 200, or 503 when anything is wrong."""

    checks: tuple[Any, ...] = (Postgres, Cache)

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:  # noqa: ARG002
        return self.render_to_response_json(response_kwargs["status"])

    def render_to_response_json(self, status: int) -> HttpResponse:
        found = {type(result.check).__name__.lower(): str(result.error or "ok") for result in self.results}
        is_well = status == HTTPStatus.OK
        body = {"status": "ok" if is_well else "unavailable", "checks": found}
        return JsonResponse(body, status=status if is_well else HTTPStatus.SERVICE_UNAVAILABLE)


class WorkerHealth(Health):
    checks = (Postgres, Cache, Worker)


def _unavailable(why: str) -> ServiceUnavailable:
    return ServiceUnavailable(why)  # type: ignore[no-untyped-call]


def _postgres_version() -> int:
    """The major version of the server that answers now."""
    with connection.temporary_connection() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


@register(Tags.database)
def postgres_is_new_enough(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """Run by `migrate`, and by `check --database default`, before anything is served."""
    if not databases:
        return []
    version = _postgres_version()
    if version >= POSTGRES_AT_LEAST:
        return []
    words = f"Postgres {version} answers; the portal needs {POSTGRES_AT_LEAST} or newer."
    return [Error(words, hint="Point DATABASE_URL at a newer server.", id="portal.E001")]


@register(Tags.database)
def the_role_cannot_empty_tables(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """In production the portal runs as a role that may neither TRUNCATE nor alter: triggers do not see either."""
    if not databases or not settings.PRODUCTION:
        return []
    with connection.temporary_connection() as cursor:
        cursor.execute(_TOO_MUCH)
        role, tables = cursor.fetchone()
    if not tables:
        return []
    words = f"The role {role} owns or may empty {tables} tables of the portal."
    return [CheckWarning(words, hint="Migrate as owner, run as portal_app: deploy/roles.sh.", id="portal.W002")]


_TOO_MUCH = """
    SELECT current_user, count(*) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND (pg_has_role(relowner, 'USAGE') OR has_table_privilege(oid, 'TRUNCATE'))
"""
