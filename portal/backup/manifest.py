"""What a backup says of itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from portal.backup.figures import Figures
from portal.backup.refusal import BackupRefused

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`taken_at`: the moment of the snapshot, by the server's clock. `key_mark`: tells which SECRET_KEY sealed what is sealed."""

    taken_at: datetime
    server_version: str
    pg_dump_version: str
    key_mark: str
    left_out: list[str]
    figures: Figures
    dump_bytes: int
    dump_sha256: str

    @property
    def row_count(self) -> int:
        return sum(self.figures.rows.values())


def to_json(manifest: Manifest) -> bytes:
    """One line."""
    told = {"format": FORMAT, **asdict(manifest), "taken_at": manifest.taken_at.isoformat()}
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def from_json(text: bytes) -> Manifest:
    """Raises BackupRefused for what this version cannot read."""
    try:
        told: Mapping[str, Any] = json.loads(text)
        if told["format"] != FORMAT:
            raise BackupRefused(f"The backup is of format {told['format']}; this version of the portal reads {FORMAT}.")
        fields = {name: told[name] for name in Manifest.__dataclass_fields__}
        fields |= {"taken_at": datetime.fromisoformat(told["taken_at"]), "figures": Figures(**told["figures"])}
        return Manifest(**fields)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefused("The backup's manifest cannot be read: the file was changed.") from error


def key_mark(key: str | None = None) -> str:
    """Stands for a SECRET_KEY without telling anything of it."""
    digest = salted_hmac("portal.backup.key_mark", "which key", secret=key or settings.SECRET_KEY, algorithm="sha256")
    return digest.hexdigest()[:16]


def is_our_key(mark: str) -> bool:
    """Whether SECRET_KEY or a fallback opens what was sealed then."""
    return mark in {key_mark(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}
