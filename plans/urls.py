"""Addresses of plans; the list itself is the roof's, which knows what was used."""

from django.urls import path

from plans import views
from plans.world import views as world

urlpatterns = [
    path("plans/<slug:code>/summary/", views.plan_summary, name="plan_summary"),
    path("world/", world.world, name="world"),
    path("world/<slug:code>/", world.country, name="world_country"),
]
