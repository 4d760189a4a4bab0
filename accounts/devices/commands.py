"""What the operator's core is told of the SIMs of a line, and whether its number may be taken away. docs/provisioning.md holds the format."""

from collections.abc import Iterable
from datetime import UTC

from accounts.models import Line, PortOutCode, Sim
from provisioning.models import CommandKind
from provisioning.outbox import Telling


def of_sims(line: Line, sims: Iterable[Sim], *, change: str) -> Telling:
    """The cards and profiles that are in the line now, all of them: any other is out of it. `change` tells this from other commands."""
    told = [
        {"iccid": sim.iccid, "kind": str(sim.kind), "is_blocked": sim.is_blocked, "gets_texts": sim.gets_texts}
        for sim in sims
    ]
    return Telling(
        line_id=line.pk,
        msisdn=line.msisdn,
        kind=CommandKind.SIMS_SET,
        payload={"sims": told},
        subject=f"line:{line.pk}",
        key=f"sims:{line.pk}:{change}",
    )


def of_port_code(line: Line, good: PortOutCode | None, digest: str, *, change: str) -> Telling:
    """The SHA-256 of the code that lets the number go, and until when; without a `good` one nobody may take it."""
    until = good.until_at.astimezone(UTC).isoformat() if good else None
    return Telling(
        line_id=line.pk,
        msisdn=line.msisdn,
        kind=CommandKind.PORT_SET,
        payload={"code_sha256": digest if good else "", "until": until},
        subject=f"line:{line.pk}",
        key=f"port:{line.pk}:{change}",
    )
