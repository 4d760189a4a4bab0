"""Bank accounts as people type them: checked to the letter, sealed, and never printed whole by accident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.paying_out.bank_accounts import BankAccount, NotABic, NotAnIban, parse_bic, parse_iban, unsealed

#: examples of the IBAN registry
REAL = [
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
    "TR330006100519786457841326",
    "SA0380000000608010167519",
]


@pytest.mark.parametrize("iban", REAL)
def test_a_real_one_is_read_in_any_spelling(iban):
    spaced = " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
    for typed in (iban, iban.lower(), spaced, f"\u200e{spaced}\u00a0", spaced.replace(" ", "-")):
        assert parse_iban(typed) == iban


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "DE",
        "DE89",
        "X" * 40,
        "DE8937040044053201300",
        "DE893704004405320130000",
        "DE89 3704 0044 0532 0130 0O",
        "ＤＥ89370400440532013000",
        "DE00370400440532013000",
        "1289370400440532013000",
        "<script>",
    ],
)
def test_what_is_none_is_refused(typed):
    with pytest.raises(NotAnIban):
        parse_iban(typed)


@given(st.sampled_from(REAL), st.data())
def test_one_wrong_digit_and_two_that_changed_places_are_noticed(iban, data):
    at = data.draw(st.integers(4, len(iban) - 1))
    digit = data.draw(st.sampled_from([letter for letter in "0123456789" if letter != iban[at]]))
    with pytest.raises(NotAnIban):
        parse_iban(iban[:at] + digit + iban[at + 1 :])
    if at > 4 and iban[at] != iban[at - 1]:
        with pytest.raises(NotAnIban):
            parse_iban(iban[: at - 1] + iban[at] + iban[at - 1] + iban[at + 1 :])


def test_a_bic_has_eight_or_eleven_letters():
    assert parse_bic("cobade ff xxx") == "COBADEFFXXX"
    assert parse_bic("COBADEFF") == "COBADEFF"
    for typed in ("COBADEF", "COBADEFFX", "C0BADEFF", ""):
        with pytest.raises(NotABic):
            parse_bic(typed)


def test_sealed_and_opened_again_it_is_the_same_and_its_hint_gives_nothing_away():
    account = BankAccount(holder="Zoë 李", iban="DE89370400440532013000", bic="COBADEFF")
    assert unsealed(account.sealed()) == account
    assert (account.hint, account.spaced_iban) == ("DE•••3000", "DE89 3704 0044 0532 0130 00")
    assert BankAccount(holder="Li", other="Bank of China, 6222 0000 1234 5678").hint == "•••5678"
    assert "Zoë" not in repr(account)
