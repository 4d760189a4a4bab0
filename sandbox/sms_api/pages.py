"""Create a message (twilio.com/docs/messaging/api/message-resource)."""

from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from sandbox import reports
from sandbox.inbox.pages import kept
from sandbox.running import running

_INVALID, _MISSING, _BUSY = 21211, 21602, 20429


def blueprint() -> Blueprint:
    """Everything under /sms."""
    routes = Blueprint("sms_api", __name__)
    routes.add_url_rule("/sms/<account>/Messages.json", view_func=create, methods=["POST"])
    return routes


def create(account: str) -> tuple[Response, int]:
    """201 with the `sid`; errors with `code`, as Twilio says them. The faults of the inbox hold here, too."""
    if request.authorization is None or request.authorization.username != account:
        return _refused(20003, "Authenticate", 401)
    to, text = request.form.get("To", ""), request.form.get("Body", "")
    if not to.startswith("+") or not to[1:].isdigit():
        return _refused(_INVALID, f"Invalid 'To' Phone Number: {to}", 400)
    if not text:
        return _refused(_MISSING, "Message body is required", 400)
    told = {"channel": "sms", "to": to, "sender": request.form.get("From", ""), "text": text, "reference": _reference()}
    message_id, status = kept(told)
    if status >= 400:
        return _refused(_BUSY if status == 429 else status, message_id, status)
    sid = f"SM{message_id.replace('-', '')}"
    callback = request.form.get("StatusCallback", "")
    if callback and running().configuration.sends_reports:
        reports.of_sms(callback, sid=sid, to=to, key=request.authorization.password or "")
    return jsonify(sid=sid, status="queued", to=to, error_code=None), 201


def _reference() -> str:
    """Whose message it is, from the address its reports shall go to: the same one again is the same message."""
    asked = parse_qs(urlsplit(request.form.get("StatusCallback", "")).query)
    return asked.get("message", [""])[0]


def _refused(code: int, words: str, status: int) -> tuple[Response, int]:
    return jsonify(code=code, message=words, status=status), status
