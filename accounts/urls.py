"""Addresses of people and their lines; signing in itself is allauth's."""

from django.urls import path

from accounts.views import changing, lines, messages, passkeys, profile

urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("messages/", messages.choose, name="message_choices"),
    path("messages/again/", messages.try_mail_again, name="try_mail_again"),
    path("messages/<slug:kind>/", messages.example, name="message_example"),
    path("lines/switch/", lines.switch, name="line_switch"),
    path("lines/add/", lines.add, name="line_add"),
    path("lines/confirm/", lines.confirm, name="line_confirm"),
    path("lines/claims/<str:token>/", lines.veto, name="claim_veto"),
    path("not-me/<str:token>/", changing.not_me, name="not_me"),
    path("2fa/webauthn/login/", passkeys.sign_in, name="mfa_login_webauthn"),
]
