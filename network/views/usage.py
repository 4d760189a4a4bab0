"""Where the operator's systems hand in usage in batches, as it happens."""

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lib import clock
from network import loading, sources
from network.formats import FileRefused
from network.models import UsageFile

LONGEST_BYTES = 4_000_000
#: Of a batch with more wrong rows than this the first are told; the desk has them all.
TELLS = 100


@csrf_exempt
@require_POST
def usage(request: HttpRequest) -> JsonResponse:
    """Records as CSV or JSON lines, plain or gzip, like a file (network.formats). 200 with what became of the rows, also when the same
    batch comes again; 401 without a source's key, 413 when it is too long, 422 when it cannot be read to its end.
    """
    source = sources.of(request, settings.USAGE_KEYS)
    if source is None:
        return _refused("Send the key of your source: Authorization: Bearer …", 401)
    body = request.read(LONGEST_BYTES + 1)
    if len(body) > LONGEST_BYTES:
        return _refused(f"Send at most {LONGEST_BYTES} bytes at once.", 413)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch"
        path.write_bytes(body)
        try:
            for _progress in loading.load(path, source=source, now=clock.now()):
                pass
        except FileRefused as refusal:
            return _refused(str(refusal), 422)
        return JsonResponse(_told(loading.known(path, source=source)))


def _told(file: UsageFile) -> dict[str, Any]:
    wrong = file.errors.order_by("row").values("row", "reason")[:TELLS]
    counts = {name: getattr(file, f"rows_{name}") for name in ("read", "new", "known", "wrong")}
    return {**counts, "errors": list(wrong)}


def _refused(words: str, status: int) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)
