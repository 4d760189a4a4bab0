"""Tickets: what waits for an answer, the conversation, and what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib import audit, clock
from lib.admin import people
from lib.admin.acts import Act, ActingAdmin, Refusal
from lib.admin.columns import column, line_of, link_to, masked_address_of, moment_of
from lib.admin.form_page import Fact
from lib.admin.showing import NOTHING, badge, linked
from notifications.models import Message
from support import conversation
from support.admin.forms import AnswerForm, NoteForm
from support.authority import ANSWER, Staff
from support.models import OPEN_STATES, Author, Ticket, TicketEntry, TicketState
from support.pages.ticket_page import title_of
from support.telling import paragraphs

_ANSWER = Act(name="answer", words=gettext_lazy("Answer"), right=ANSWER, asks=AnswerForm)
_NOTE = Act(name="note", words=gettext_lazy("Write a note"), right=ANSWER, asks=NoteForm)
_TAKE = Act(name="take", words=gettext_lazy("Take"), right=ANSWER)
_HAND_BACK = Act(name="hand-back", words=gettext_lazy("Hand back"), right=ANSWER)
_SOLVE = Act(name="solve", words=gettext_lazy("Mark as solved"), right=ANSWER)
_TONES = {TicketState.NEW: "warn", TicketState.OPEN: "busy", TicketState.WAITING: "good", TicketState.SOLVED: "good"}


class StandingFilter(admin.SimpleListFilter):
    title = gettext_lazy("waits")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("for an answer")), ("late", gettext_lazy("longer than promised"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        if self.value() == "open":
            return queryset.filter(state__in=OPEN_STATES)
        return queryset.filter(promised_at__lt=clock.now()) if self.value() == "late" else queryset


class OwnerFilter(admin.SimpleListFilter):
    title = gettext_lazy("looked after")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", gettext_lazy("by me")), ("nobody", gettext_lazy("by nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        if self.value() == "me":
            return queryset.filter(owner=staff_of(request).actor)
        return queryset.filter(owner="") if self.value() == "nobody" else queryset


def staff_of(request: HttpRequest) -> Staff:
    """Whoever asks, as the domain knows them."""
    return Staff(person_id=int(request.user.pk or 0), address=audit.who(request)["address"])


def _standing(ticket: Ticket) -> SafeString:
    if ticket.is_late(clock.now()):
        return badge(_("late"), "bad")
    return badge(ticket.get_state_display(), _TONES.get(TicketState(ticket.state), "plain"))


def _person(ticket: Ticket) -> SafeString | str:
    return linked(ticket.subscriber) if ticket.subscriber else _("a guest")


@dataclass(frozen=True)
class Word:
    """An entry as the desk reads it."""

    entry: TicketEntry
    name: str
    told: str
    paragraphs: list[str]


def words_of(ticket: Ticket) -> list[Word]:
    """The whole conversation, notes of the desk included."""
    entries = list(ticket.entries.all())
    names = people.names_of(entry.actor for entry in entries)
    return [
        Word(
            entry,
            names[entry.actor] if entry.author != "system" else _("by itself"),
            "" if entry.event == "said" else str(entry.get_event_display()),
            paragraphs(entry.text),
        )
        for entry in entries
    ]


@admin.register(Ticket)
class TicketAdmin(ActingAdmin):
    line_path = "line_id"
    is_personal = True
    acts = (_ANSWER, _NOTE, _TAKE, _HAND_BACK, _SOLVE)
    list_display = ["reference", "named", "topic", "standing", "promised", "owner_name", "last"]
    list_filter = [StandingFilter, OwnerFilter, "topic", "state", "opened_by"]
    list_select_related = ["subscriber"]
    change_form_template = "admin/support/ticket/change_form.html"
    fields = [
        "reference",
        "standing",
        "topic",
        "person",
        "guest",
        "language",
        "line_masked",
        "order_linked",
        "payment_linked",
        "page_shown",
        "opened_by",
        "owner_name",
        "opened",
        "promised",
        "answered",
        "last",
    ]

    named = column(gettext_lazy("title"), title_of)
    standing = column(gettext_lazy("state"), _standing)
    person = column(gettext_lazy("subscriber"), _person)
    guest = masked_address_of("email", gettext_lazy("guest's e-mail"))
    line_masked = line_of("line", gettext_lazy("line"))
    order_linked = link_to("order", gettext_lazy("order"))
    payment_linked = link_to("payment", gettext_lazy("payment"))
    page_shown = column(gettext_lazy("opened on"), lambda ticket: ticket.page or NOTHING)
    owner_name = column(gettext_lazy("looked after by"), lambda ticket: ticket.owner_shown or ticket.owner or NOTHING)
    opened = moment_of("opened_at", gettext_lazy("opened"))
    promised = moment_of("promised_at", gettext_lazy("answer promised by"))
    answered = moment_of("first_answered_at", gettext_lazy("first answered"))
    last = moment_of("last_at", gettext_lazy("last word"))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Whoever waits stands first, and of these whoever was promised an answer soonest."""
        return [F("promised_at").asc(nulls_last=True), "-last_at"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(owner_shown=people.staff_name("owner"))

    def heading(self, row: Ticket) -> str:
        return f"{row.reference}: {title_of(row)}"

    def offers(self, request: HttpRequest, row: Ticket) -> Mapping[str, str]:
        shown = {_ANSWER.name: "", _NOTE.name: ""}
        shown[_HAND_BACK.name if row.owner else _TAKE.name] = ""
        if row.state not in {TicketState.SOLVED, TicketState.CLOSED}:
            shown[_SOLVE.name] = ""
        return shown

    def form_of(self, request: HttpRequest, row: Ticket, act: Act) -> forms.Form:
        if act is _ANSWER:
            language = row.subscriber.language if row.subscriber else row.language
            return AnswerForm(request.POST or None, language=language)
        return NoteForm(request.POST or None)

    def facts_of(self, request: HttpRequest, row: Ticket, act: Act) -> list[Fact]:
        """What its person said last."""
        last = row.entries.filter(author=Author.PERSON).exclude(text="").last()
        return [(_("Title"), title_of(row)), (_("Said last"), last.text if last else NOTHING)]

    def do_answer(self, request: HttpRequest, row: Ticket, form: AnswerForm) -> str:
        asked = form.cleaned_data
        conversation.answer(
            row.pk,
            text=asked["whole"],
            solves=asked["solves"],
            by=staff_of(request),
            now=clock.now(),
            form_token=asked["form_token"],
        )
        return _("Answered. It goes out by e-mail and stands on their page.")

    def do_note(self, request: HttpRequest, row: Ticket, form: NoteForm) -> str:
        asked = form.cleaned_data
        conversation.note(
            row.pk, text=asked["text"], by=staff_of(request), now=clock.now(), form_token=asked["form_token"]
        )
        return _("Noted, for the desk alone.")

    def do_take(self, request: HttpRequest, row: Ticket) -> str:
        try:
            conversation.take(row.pk, by=staff_of(request))
        except conversation.AlreadyTaken as error:
            raise Refusal(_("Somebody else looks after it. Nothing changed.")) from error
        return _("You look after it now.")

    def do_hand_back(self, request: HttpRequest, row: Ticket) -> str:
        conversation.hand_back(row.pk, by=staff_of(request))
        return _("Nobody looks after it now.")

    def do_solve(self, request: HttpRequest, row: Ticket) -> str:
        conversation.solve(row.pk, by=staff_of(request), now=clock.now())
        return _("Marked as solved. Their page says so.")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if row := kwargs.get("obj"):
            about = Q(subject=row.subject) | (Q(subject=row.order.subject) if row.order else Q(pk=None))
            context["words"] = words_of(row)
            context["payments"] = row.order.payments.all() if row.order else []
            context["about_messages"] = Message.objects.filter(about).order_by("created_at")
        return super().render_change_form(request, context, *args, **kwargs)
