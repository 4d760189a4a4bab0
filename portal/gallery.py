"""The style gallery: every component in every state on one page, for whoever works on the look. Development and test only."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from lib import clock
from lib.wording import GIGABYTE
from plans import run_out_words
from plans.run_out import Forecast


class SampleForm(forms.Form):
    """A field of each kind."""

    text = forms.CharField(label="A text", help_text="A hint says what is wanted.")
    number = forms.CharField(
        label="A number", required=False, widget=forms.TextInput({"type": "tel", "autocomplete": "tel"})
    )
    secret = forms.CharField(label="A password", widget=forms.PasswordInput({"autocomplete": "new-password"}))
    code = forms.CharField(label="A code", widget=forms.TextInput({"autocomplete": "one-time-code"}))
    choice = forms.ChoiceField(label="A choice", choices=[("a", "This"), ("b", "That")])
    radios = forms.ChoiceField(label="A few choices", choices=[("a", "This"), ("b", "That")], widget=forms.RadioSelect)
    words = forms.CharField(label="Many words", widget=forms.Textarea({"rows": 3}))
    box = forms.BooleanField(
        label="A box with a long text, which wraps and stays beside its box however long it is, and says what ticking it means."
    )
    closed = forms.CharField(label="Closed", disabled=True, initial="Cannot be changed here")


def forecasts(now: datetime) -> list[SimpleNamespace]:
    """A run-out of each outlook: days from now to the heavy, the usual and the light case, of nine."""
    cases = [(3, 5, 7), (5, 7, None), (7, None, None), (None, None, None)]
    moments = [[now + timedelta(days=days) if days else None for days in case] for case in cases]
    found = [
        Forecast(now=now, until=now + timedelta(days=9), early=early, likely=likely, late=late, left=2 * GIGABYTE)
        for early, likely, late in moments
    ]
    return [SimpleNamespace(forecast=one, says=run_out_words.sentence(one)) for one in found]


def samples() -> dict[str, Any]:
    """What the page shows."""
    now = clock.now()
    kinds = {"renewed": "Renewed until Mon 30 Nov", "next_paid": "Next plan paid", "ends_soon": "Ends in 3 days"}
    kinds |= {"waiting": "Waiting for your payment", "ended": "Ended"}
    states = [
        ("Ordered", "done"),
        ("The bank confirmed the payment", "done"),
        ("Adding it", "now"),
        ("Telling you", "todo"),
    ]
    return {
        "form": SampleForm(auto_id="empty_%s"),
        "wrong": SampleForm({}, auto_id="wrong_%s"),
        "line_states": [SimpleNamespace(kind=kind, words=words) for kind, words in kinds.items()],
        "steps": [
            SimpleNamespace(title=title, state=state, detail="A detail", at=now if state == "done" else None)
            for title, state in states
        ],
        "failed_steps": [
            SimpleNamespace(title="Your bank said no", state="bad", detail="You have not been charged.", at=now)
        ],
        "now": now,
        "bytes": 6_400_000_000,
        "total": 15 * GIGABYTE,
        "forecasts": forecasts(now),
    }


def page(request: HttpRequest) -> HttpResponse:
    """Raises Http404 in production, should anybody route it there."""
    if settings.PRODUCTION:
        raise Http404
    return render(request, "portal/gallery.html", samples())
