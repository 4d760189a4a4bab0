"""Send a message (documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages)."""

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from sandbox import reports
from sandbox.inbox.pages import kept
from sandbox.running import running


def blueprint() -> Blueprint:
    """Everything under /mail."""
    routes = Blueprint("mail_api", __name__)
    routes.add_url_rule("/mail/v3/<domain>/messages", view_func=send, methods=["POST"])
    return routes


def send(domain: str) -> tuple[Response, int]:
    """200 with our `id`, which is the Message-ID it was given; errors with `message`. The faults of the inbox hold here, too."""
    if request.authorization is None or request.authorization.username != "api":
        return jsonify(message="Forbidden"), 401
    form, reference = request.form, request.form.get("h:Message-Id", "")
    to = form.getlist("to")
    if len(to) != 1 or "@" not in to[0]:
        return jsonify(message="to parameter is not a valid address. please check documentation"), 400
    told = {
        "channel": "email",
        "to": to[0],
        "sender": form.get("from", f"nobody@{domain}"),
        "subject": form.get("subject", ""),
        "text": "\n\n".join([form.get("text", ""), *(f"[{file.filename}]" for file in request.files.values())]),
        "html": form.get("html", ""),
        "reference": reference,
        "reply_to": form.get("h:Reply-To", ""),
    }
    message_id, status = kept(told)
    if status >= 400:
        return jsonify(message=message_id), 400 if status == 422 else status
    answer_id = reference or f"<{message_id}@{domain}>"
    parts = running().configuration
    if parts.sends_reports:
        reports.of_mail(
            f"{parts.portal_origin}/webhooks/mail/",
            message_id=answer_id,
            to=to[0],
            key=request.authorization.password or "",
            variables={name.removeprefix("v:"): text for name, text in form.items() if name.startswith("v:")},
        )
    return jsonify(id=answer_id, message="Queued. Thank you."), 200
