"""What is sealed can be read by nobody without our key, and not for another purpose."""

import pytest
from cryptography.fernet import InvalidToken

from lib import sealing


def test_what_was_sealed_is_opened_again_and_cannot_be_read_in_between():
    sealed = sealing.seal({"iban": "DE89370400440532013000"}, purpose="payouts")
    assert b"DE89" not in sealed
    assert sealing.unseal(sealed, purpose="payouts") == {"iban": "DE89370400440532013000"}


def test_another_purpose_opens_nothing():
    with pytest.raises(InvalidToken):
        sealing.unseal(sealing.seal({"code": "1"}, purpose="messages"), purpose="payouts")


def test_a_former_key_still_opens_and_a_foreign_one_does_not(settings):
    sealed = sealing.seal({"code": "1"}, purpose="messages")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]
    assert sealing.unseal(sealed, purpose="messages") == {"code": "1"}
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        sealing.unseal(sealed, purpose="messages")
