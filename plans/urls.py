"""Addresses of plans; the list itself is the roof's, which knows what was used."""

from django.urls import path

from plans import views

urlpatterns = [
    path("plans/<slug:code>/summary/", views.plan_summary, name="plan_summary"),
]
