"""Forms as the pages get them, to see labels, hints and errors."""

from django import forms

from billing.forms import KEEPS

CONSENT = "Start at once; I know that I pay for what I used if I withdraw within 14 days, and lose the right once it is used up."


class ReviewForm(forms.Form):
    form_token = forms.CharField(widget=forms.HiddenInput, initial="019a")
    start = forms.ChoiceField(choices=[("queue", "queue"), ("now", "now")])
    method = forms.ChoiceField(choices=[("card", "card"), ("credit", "credit")])
    keep = forms.BooleanField(label=KEEPS, required=False)
    consent = forms.BooleanField(label=CONSENT, required=False)

    def clean(self) -> None:
        if self.errors:
            self.add_error("consent", "Tick the box to start at once, or choose the other start.")


class TopUpForm(forms.Form):
    form_token = forms.CharField(widget=forms.HiddenInput, initial="019a")
    amount_minor = forms.IntegerField()


class VoucherForm(forms.Form):
    code = forms.CharField(
        label="Code",
        help_text="20 letters and digits. Capitals, blanks and dashes do not matter.",
        widget=forms.TextInput(
            {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false", "dir": "ltr"}
        ),
    )

    def clean(self) -> None:
        self.add_error(
            "code", "This code cannot be redeemed. Check it, or ask our support with the serial printed beside it."
        )


class RedeemForm(forms.Form):
    form_token = forms.CharField(widget=forms.HiddenInput, initial="019a")
    line = forms.CharField(widget=forms.HiddenInput, initial="019b")
    start = forms.ChoiceField(choices=[("queue", "queue"), ("now", "now")])
    consent = forms.BooleanField(label=CONSENT, required=False)


class SignInForm(forms.Form):
    login = forms.CharField(label="Mobile number or e-mail", widget=forms.TextInput({"autocomplete": "username"}))
    password = forms.CharField(label="Password", widget=forms.PasswordInput({"autocomplete": "current-password"}))

    def clean(self) -> None:
        if self.errors:
            raise forms.ValidationError("Number, e-mail or password do not fit. Try again, or ask for a code.")


class RegisterForm(forms.Form):
    phone = forms.CharField(
        label="Mobile number",
        help_text="With its country code, or as you dial it at home: 0176 04069011.",
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.EmailField(label="E-mail", help_text="For receipts, and for when you forget your password.")
    password1 = forms.CharField(
        label="Password",
        help_text="At least 12 characters; several words are easy to remember.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    terms = forms.BooleanField(label="I accept the terms of 1 November 2026.")


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code", min_length=6, widget=forms.TextInput({"autocomplete": "one-time-code", "placeholder": "Code"})
    )


class NumberForm(forms.Form):
    phone = forms.CharField(label="Mobile number", widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}))


class EmailForm(forms.Form):
    email = forms.EmailField(label="E-mail")


class ProfileForm(forms.Form):
    name = forms.CharField(label="Name", required=False, help_text="How we call you in messages.")
    language = forms.ChoiceField(label="Language", choices=[("en", "English"), ("zh-hans", "简体中文")])
    time_zone = forms.ChoiceField(
        label="Time zone", choices=[("Europe/Berlin", "Berlin"), ("Asia/Shanghai", "Shanghai")], initial="Europe/Berlin"
    )


class CodeRequestForm(forms.Form):
    phone = forms.CharField(label="Mobile number", required=False, widget=forms.TextInput({"type": "tel"}))
    email = forms.EmailField(required=False)


class PasswordForm(forms.Form):
    oldpassword = forms.CharField(
        label="Current password", widget=forms.PasswordInput({"autocomplete": "current-password"})
    )
    password1 = forms.CharField(label="New password", widget=forms.PasswordInput({"autocomplete": "new-password"}))
