"""How long an SMS is and in how many parts it travels (3GPP TS 23.038 and 23.040)."""

from dataclasses import dataclass

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")  # each takes the room of two
_GSM_ONE, _GSM_EACH = 160, 153
_UCS2_ONE, _UCS2_EACH = 70, 67


@dataclass(frozen=True)
class SmsLength:
    """`units`: septets of the GSM alphabet, or UTF-16 units where one character is outside it."""

    characters: int
    units: int
    parts: int
    alphabet: str


def sms_length(text: str) -> SmsLength:
    is_gsm = all(character in _GSM_BASIC or character in _GSM_EXTENDED for character in text)
    if is_gsm:
        sizes = [2 if character in _GSM_EXTENDED else 1 for character in text]
        one, each, alphabet = _GSM_ONE, _GSM_EACH, "GSM-7"
    else:
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
        one, each, alphabet = _UCS2_ONE, _UCS2_EACH, "UCS-2"
    units = sum(sizes)
    return SmsLength(len(text), units, 1 if units <= one else _parts(sizes, each), alphabet)


def _parts(sizes: list[int], each: int) -> int:
    """No character is torn apart between two parts."""
    parts, room = 1, each
    for size in sizes:
        if size > room:
            parts, room = parts + 1, each
        room -= size
    return parts
