"""A person's bank account: an IBAN with its check digits (ISO 13616, ISO 7064 mod 97-10), or whatever another country writes."""

import re
from dataclasses import asdict, dataclass

from lib import sealing

#: Letters of an IBAN in the countries of the euro payment area; elsewhere 15 to 34 (IBAN registry of SWIFT).
_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "NL"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "EE", "LT", "LU"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "DE", "GB", "IE", "ME", "RS"), 22),
    **dict.fromkeys(("GI",), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "RO", "SE", "SK"), 24),
    **dict.fromkeys(("PT",), 25),
    **dict.fromkeys(("IS",), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "SM"), 27),
    **dict.fromkeys(("AL", "CY", "HU", "PL"), 28),
    **dict.fromkeys(("MT",), 31),
}
_PURPOSE = "bank accounts"
_SHOWN = 4


class NotAnIban(ValueError):
    """A letter is missing, doubled or wrong."""


class NotABic(ValueError):
    """Eight or eleven letters (ISO 9362)."""


@dataclass(frozen=True, kw_only=True)
class BankAccount:
    """`other`: all of it in free text, where there is no IBAN. Personal: never logged, sealed at rest."""

    holder: str
    iban: str = ""
    bic: str = ""
    other: str = ""

    def __repr__(self) -> str:
        return f"BankAccount({self.hint})"

    @property
    def hint(self) -> str:
        """Enough to recognise it by: `DE•••3000`."""
        if self.iban:
            return f"{self.iban[:2]}•••{self.iban[-_SHOWN:]}"
        return f"•••{self.other.split()[-1][-_SHOWN:]}" if self.other.split() else ""

    @property
    def spaced_iban(self) -> str:
        """In groups of four, as it is printed."""
        return " ".join(self.iban[start : start + 4] for start in range(0, len(self.iban), 4))

    def sealed(self) -> bytes:
        return sealing.seal(asdict(self), purpose=_PURPOSE)


def unsealed(data: bytes | memoryview) -> BankAccount:
    """Raises cryptography.fernet.InvalidToken."""
    return BankAccount(**sealing.unseal(data, purpose=_PURPOSE))


def parse_iban(typed: str) -> str:
    """In capitals without blanks. Raises NotAnIban."""
    iban = _letters(typed)
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban) or len(iban) != _LENGTHS.get(iban[:2], len(iban)):
        raise NotAnIban
    number = int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4]))
    if number % 97 != 1 or not 2 <= int(iban[2:4]) <= 98:
        raise NotAnIban
    return iban


def parse_bic(typed: str) -> str:
    """In capitals without blanks. Raises NotABic."""
    bic = _letters(typed)
    if not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", bic):
        raise NotABic
    return bic


def _letters(typed: str) -> str:
    return re.sub(r"[\s\-–.\u200e\u200f\u2066-\u2069]", "", typed).upper()
