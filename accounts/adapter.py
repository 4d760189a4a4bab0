"""How allauth meets our subscribers: numbers, codes, words."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter


class Adapter(DefaultAccountAdapter):
    def phone_form_field(self, **kwargs):
        from django import forms

        return forms.CharField(**kwargs)

    def set_phone(self, user, phone, verified): ...
    def get_phone(self, user): ...
    def set_phone_verified(self, user, phone): ...
    def get_user_by_phone(self, phone): ...
    def send_verification_code_sms(self, user, phone, code, **kwargs): ...


class SecondFactorAdapter(DefaultMFAAdapter):
    pass
