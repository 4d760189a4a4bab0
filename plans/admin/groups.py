"""Sharing groups for reading: who shares with whom, up to how much, and what was asked for. Codes are not kept."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lib.admin.columns import column, line_of, link_to, moment_of, state_of
from lib.admin.reading import ReadOnlyAdmin, ReadOnlyInline
from lib.admin.showing import badge, linked
from lib.templatetags.formats import data
from plans.models import AskState, GroupAsk, GroupInvite, GroupMember, GroupShare, SharingGroup

_ASK_TONES = {AskState.OPEN: "busy", AskState.APPROVED: "good", AskState.REFUSED: "plain", AskState.EXPIRED: "plain"}


def _standing(is_over: bool) -> SafeString:  # noqa: FBT001  of a row
    return badge(str(_("over")), "plain") if is_over else badge(str(_("shares")), "good")


def _cap(row: Any) -> str:
    return str(_("no cap")) if row.cap_bytes is None else data(row.cap_bytes)


class MembersOfGroup(ReadOnlyInline):
    model = GroupMember
    fields = ["page", "cap", "joined", "left"]

    page = column(_("member"), lambda row: linked(row, row.shows))
    cap = column(_("cap"), _cap)
    joined = moment_of("joined_at", _("joined"))
    left = moment_of("left_at", _("left at"))


@admin.register(SharingGroup)
class SharingGroupAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["shows", "line_masked", "standing", "started", "dissolved"]
    list_select_related = ["line"]
    ordering = ["-started_at", "-pk"]
    inlines = [MembersOfGroup]
    fields = ["shows", "line_masked", "owner_linked", "standing", "started", "dissolved"]

    line_masked = line_of("line", _("line"))
    owner_linked = link_to("owner", _("owner"), shown_as="pk")
    standing = column(_("standing"), lambda row: _standing(row.dissolved_at is not None))
    started = moment_of("started_at", _("started"))
    dissolved = moment_of("dissolved_at", _("dissolved"))

    def heading(self, row: SharingGroup) -> str:
        return row.shows


class SharesOfMember(ReadOnlyInline):
    model = GroupShare
    fields = ["period_linked", "used", "added", "limit"]

    period_linked = link_to("period", _("period"))
    used = column(_("used"), lambda row: data(row.used_bytes))
    added = column(_("added to the cap"), lambda row: data(row.extra_bytes))
    limit = column(_("limit"), lambda row: str(_("no cap")) if row.limit_bytes is None else data(row.limit_bytes))


@admin.register(GroupMember)
class GroupMemberAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["shows", "line_masked", "group_linked", "cap", "standing", "joined"]
    list_filter = ["end"]
    list_select_related = ["line", "group"]
    ordering = ["-joined_at", "-pk"]
    inlines = [SharesOfMember]
    fields = ["shows", "line_masked", "member_linked", "group_linked", "cap", "standing", "joined", "left", "end"]

    line_masked = line_of("line", _("line"))
    member_linked = link_to("subscriber", _("member"), shown_as="pk")
    group_linked = link_to("group", _("group"))
    cap = column(_("cap"), _cap)
    standing = column(_("standing"), lambda row: _standing(row.left_at is not None))
    joined = moment_of("joined_at", _("joined"))
    left = moment_of("left_at", _("left at"))

    def heading(self, row: GroupMember) -> str:
        return row.shows


@admin.register(GroupInvite)
class GroupInviteAdmin(ReadOnlyAdmin):
    line_path = "group.line_id"
    list_display = ["made", "group_linked", "cap", "until", "revoked", "used"]
    list_select_related = ["group"]
    ordering = ["-made_at", "-pk"]
    fields = ["made", "group_linked", "cap", "until", "revoked", "used", "member_linked"]

    made = moment_of("made_at", _("made"))
    group_linked = link_to("group", _("group"))
    cap = column(_("cap"), _cap)
    until = moment_of("expires_at", _("good until"))
    revoked = moment_of("revoked_at", _("revoked"))
    used = moment_of("used_at", _("used at"))
    member_linked = link_to("member", _("who joined by it"))

    def heading(self, row: GroupInvite) -> str:
        return str(_("invitation to a group"))


@admin.register(GroupAsk)
class GroupAskAdmin(ReadOnlyAdmin):
    line_path = "member.line_id"
    list_display = ["amount", "member_linked", "standing", "asked", "until", "decided"]
    list_filter = ["state"]
    list_select_related = ["member"]
    ordering = ["-asked_at", "-pk"]
    fields = ["amount", "member_linked", "period_linked", "standing", "asked", "until", "decided"]

    amount = column(_("bytes asked for"), lambda row: data(row.amount_bytes))
    member_linked = link_to("member", _("member"))
    period_linked = link_to("period", _("period"))
    standing = state_of(_("state"), _ASK_TONES)
    asked = moment_of("asked_at", _("asked"))
    until = moment_of("decides_at", _("decides"))
    decided = moment_of("decided_at", _("decided"))

    def heading(self, row: GroupAsk) -> str:
        return data(row.amount_bytes)
