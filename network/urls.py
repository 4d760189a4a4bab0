"""Addresses for the operator's own systems."""

from django.urls import path

from network import views

urlpatterns = [path("network/usage/", views.usage, name="usage_in")]
