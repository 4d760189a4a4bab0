"""What staff write: an answer, a note, a notice."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from support import canned
from support.articles import shelf
from support.models import Notice, NoticeKind, NoticePlace
from support.models.ticket import LONGEST_TEXT

_LONGEST_NOTICE = 400


class NoteForm(forms.Form):
    """For the desk alone."""

    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    text = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Only staff read it."),
    )


class AnswerForm(forms.Form):
    """To the person; an article may do the work, in their language."""

    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    text = forms.CharField(label=_("Answer"), required=False, widget=forms.Textarea({"rows": 8}))
    article = forms.ChoiceField(
        label=_("Add an article"), required=False, help_text=_("Its text and its address go below the answer.")
    )
    solves = forms.BooleanField(label=_("This solves it"), required=False)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._language = language
        named = [(article.slug, article.title) for article in shelf.ARTICLES]
        self.fields["article"].choices = [("", "–"), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        article = shelf.article_of(asked.get("article", ""))
        parts = [asked.get("text", "").strip(), canned.text_of(article, self._language) if article else ""]
        asked["whole"] = "\n\n".join(filter(None, parts))
        if not asked["whole"]:
            self.add_error("text", _("Write an answer, or add an article."))
        elif len(asked["whole"]) > LONGEST_TEXT:
            self.add_error("text", _("This is too long. Shorten it to 4,000 letters."))
        return asked


class NoticeForm(forms.Form):
    """An outage or planned works, in every language of the portal; English is what the others fall back on."""

    kind = forms.ChoiceField(label=_("What it is"), choices=NoticeKind.choices, widget=forms.RadioSelect)
    from_at = forms.DateTimeField(
        label=_("From"), help_text=_("As 2026-11-30 22:00, by your clock. Planned works are told two days ahead.")
    )
    until_at = forms.DateTimeField(
        label=_("Until"), required=False, help_text=_("Planned works need it; an outage need not know.")
    )
    places = forms.MultipleChoiceField(
        label=_("Shown on"), choices=NoticePlace.choices, initial=list(NoticePlace.values)
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("Text, %(language)s") % {"language": name},
                required=code == "en",
                max_length=_LONGEST_NOTICE,
                widget=forms.Textarea({"rows": 3, "lang": code}),
            )

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        begin, end = asked.get("from_at"), asked.get("until_at")
        if asked.get("kind") == NoticeKind.WORKS and not end and "until_at" not in self.errors:
            self.add_error("until_at", _("Say until when the works go on."))
        if end and (end <= self._now or (begin and end <= begin)):
            self.add_error("until_at", _("This is over already, or ends before it begins."))
        return asked

    def notice(self) -> Notice:
        """What was filled in, not saved."""
        asked = self.cleaned_data
        texts = {code: " ".join(asked[f"text_{code}"].split()) for code, _name in settings.LANGUAGES}
        return Notice(
            kind=asked["kind"],
            texts={code: text for code, text in texts.items() if text},
            places=asked["places"],
            from_at=asked["from_at"],
            until_at=asked["until_at"],
        )
