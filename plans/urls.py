"""Addresses of plans."""

from django.urls import path

from plans import views

urlpatterns = [
    path("plans/", views.plan_list, name="plan_list"),
    path("plans/<slug:code>/summary/", views.plan_summary, name="plan_summary"),
]
