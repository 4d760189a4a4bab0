"""Addresses of plans; the list itself is the roof's, which knows what was used."""

from django.urls import path

from plans import views
from plans.gifts import views as gifts
from plans.groups.views import group, joining, owning
from plans.world import views as world

urlpatterns = [
    path("plans/<slug:code>/summary/", views.plan_summary, name="plan_summary"),
    path("gifts/", gifts.of_current_line, name="gifts"),
    path("lines/<uuid:line_id>/gifts/", gifts.of_line, name="line_gifts"),
    path("gifts/<uuid:gift_id>/", gifts.gift, name="gift"),
    path("gifts/<uuid:gift_id>/undo/", gifts.undo, name="gift_undo"),
    path("world/", world.world, name="world"),
    path("world/<slug:code>/", world.country, name="world_country"),
    path("group/", group.group, name="group"),
    path("group/start/", group.start, name="group_start"),
    path("group/ask/", group.ask, name="group_ask"),
    path("group/leave/", group.leave, name="group_leave"),
    path("group/join/", joining.join, name="group_join"),
    path("group/join/check/", joining.check, name="group_join_check"),
    path("group/invitations/", owning.invite, name="group_invite"),
    path("group/invitations/<uuid:invite_id>/", owning.invitation, name="group_invitation"),
    path("group/invitations/<uuid:invite_id>/revoke/", owning.revoke, name="group_invite_revoke"),
    path("group/members/<uuid:member_id>/", owning.member, name="group_member"),
    path("group/members/<uuid:member_id>/pause/", owning.pause, name="group_member_pause"),
    path("group/members/<uuid:member_id>/resume/", owning.resume, name="group_member_resume"),
    path("group/members/<uuid:member_id>/remove/", owning.remove, name="group_member_remove"),
    path("group/asks/<uuid:ask_id>/approve/", owning.approve, name="group_ask_approve"),
    path("group/asks/<uuid:ask_id>/refuse/", owning.refuse, name="group_ask_refuse"),
    path("group/dissolve/", owning.dissolve, name="group_dissolve"),
]
