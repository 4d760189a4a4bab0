"""Addresses of people and their lines."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
