"""JSON as it is posted to the sandbox's own addresses."""

import json
from typing import Any

from flask import request


def posted() -> Any:
    """The request's body; None where it is no JSON, nested too deeply, or text that no book could hold."""
    try:
        body = request.get_json(silent=True)
        json.dumps(body, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return None
    return body
