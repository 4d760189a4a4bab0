"""What people write to support."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Line
from lib.msisdn import format_msisdn
from support.articles.situations import PAGES
from support.models import Topic
from support.models.ticket import LONGEST_TEXT, LONGEST_TITLE

_SHORTEST = 3


def _seen(text: str) -> str:
    """What can be seen of it."""
    return "".join(letter for letter in text if letter.isprintable()).strip()


class Writing(forms.Form):
    """A text with a token of its own, so that a second click says nothing twice."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST_TEXT,
        min_length=_SHORTEST,
        widget=forms.Textarea({"rows": 6}),
        error_messages={
            "required": _("Write something first."),
            "min_length": _("Write a little more, so that we understand it."),
            "max_length": _("This is too long. Shorten it to 4,000 letters."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {}, **kwargs})
        self.initial = {"form_token": uuid.uuid4(), **self.initial}

    def clean_text(self) -> str:
        """Signs that nobody can see say nothing."""
        text = str(self.cleaned_data["text"])
        if not _seen(text):
            raise forms.ValidationError(self.fields["text"].error_messages["required"], "required")
        return text

    def for_another_try(self) -> None:
        """A refused form is shown again with its token; only a token that is no token is replaced."""
        if "form_token" in self.errors:
            self.data = {**{name: self.data.get(name) for name in self.data}, "form_token": str(uuid.uuid4())}


class ReplyForm(Writing):
    """The next word in a conversation."""


class QuestionForm(Writing):
    """A new question: what it is about, in a few words and in more. Guests say where they read the answer."""

    title = forms.CharField(
        label=_("In a few words"),
        max_length=LONGEST_TITLE,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Say in a few words what it is about.")},
    )
    topic = forms.ChoiceField(label=_("About"), choices=Topic.choices)
    line = forms.ChoiceField(label=_("For which number"))
    email = forms.EmailField(
        label=_("Your e-mail, for the answer"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )
    page = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    field_order = ["form_token", "title", "topic", "line", "text", "email", "page"]

    def __init__(self, *args: Any, lines: Sequence[Line] = (), is_guest: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = {str(line.id): line for line in lines}
        if len(self._lines) < 2:
            del self.fields["line"]
        else:
            named = [(key, line.label or format_msisdn(line.msisdn)) for key, line in self._lines.items()]
            self.fields["line"].choices = named  # type: ignore[attr-defined]
        if not is_guest:
            del self.fields["email"]

    def clean_title(self) -> str:
        title = _seen(" ".join(str(self.cleaned_data["title"]).split()))
        if not title:
            raise forms.ValidationError(self.fields["title"].error_messages["required"], "required")
        return title

    def clean_page(self) -> str:
        page = str(self.cleaned_data["page"])
        return page if page in PAGES else ""

    @property
    def line_id(self) -> str:
        """Of the number that was chosen; empty where there was no choice."""
        return str(self.cleaned_data.get("line", ""))
