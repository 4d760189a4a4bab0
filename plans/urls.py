"""Addresses of plans; the list itself is the roof's, which knows what was used."""

from django.urls import path

from plans import views
from plans.gifts import views as gifts
from plans.world import views as world

urlpatterns = [
    path("plans/<slug:code>/summary/", views.plan_summary, name="plan_summary"),
    path("gifts/", gifts.of_current_line, name="gifts"),
    path("lines/<uuid:line_id>/gifts/", gifts.of_line, name="line_gifts"),
    path("gifts/<uuid:gift_id>/", gifts.gift, name="gift"),
    path("gifts/<uuid:gift_id>/undo/", gifts.undo, name="gift_undo"),
    path("world/", world.world, name="world"),
    path("world/<slug:code>/", world.country, name="world_country"),
]
