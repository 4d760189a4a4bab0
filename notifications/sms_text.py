"""How many segments a text takes on the air (3GPP TS 23.038: GSM 7 bit default alphabet and its extension, else UCS-2)."""

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = "^{}\\[~]|€\f"
#: (one segment, each of several: the rest is the header that joins them; TS 23.040, 9.2.3.24.1)
_GSM, _UCS2 = (160, 153), (70, 67)
#: What typesetters write and the 7 bit alphabet lacks: one of these would more than double an SMS.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}", " "),
        **dict.fromkeys("‘’‚′", "'"),
        **dict.fromkeys("“”„″", '"'),
        **dict.fromkeys("–—‑−", "-"),
        "…": "...",
        "·": "-",
        "\N{FIRST STRONG ISOLATE}": "",
        "\N{POP DIRECTIONAL ISOLATE}": "",
    }
)


def in_gsm(text: str) -> str:
    """`text` with plain spaces, quotes and dashes if it then fits the 7 bit alphabet; else as it was."""
    plain = text.translate(_PLAIN)
    return plain if is_gsm(plain) else text


def is_gsm(text: str) -> bool:
    """Whether the text fits the 7 bit alphabet."""
    return all(char in _BASIC or char in _EXTENDED for char in text)


def segments(text: str) -> int:
    """Segments of `text`: 160 septets or 70 UTF-16 units in one, 153 or 67 each in several; no pair is torn apart."""
    if not text:
        return 1
    if is_gsm(text):
        return _count([2 if char in _EXTENDED else 1 for char in text], _GSM)
    return _count([2 if ord(char) > 0xFFFF else 1 for char in text], _UCS2)


def _count(widths: list[int], sizes: tuple[int, int]) -> int:
    if sum(widths) <= sizes[0]:
        return 1
    used, filled = 1, 0
    for width in widths:
        if filled + width > sizes[1]:
            used, filled = used + 1, 0
        filled += width
    return used
