"""Receipts as PDF: quick, the same each time, for archives and for readers by ear, whatever stands in a name."""

import statistics
import time
import unicodedata
from typing import Any

import pytest

from billing.receipts import drawing, signs
from tests.billing.ordering import NOW
from tests.billing.receiving import written

HOSTILE = [
    '#[$*_`<b> "W\\ @import',
    "x\x00y\x07\x1b[2J",
    "\u202egro.live \u2066\u2067\ufeff",
    "W" * 80,
    "名" * 80,
    "ليلى حداد (Leila)",
    "สมชาย ใจดี",
    "👩‍👩‍👧 emoji",
    "Z" + "\u0301" * 79,
    'a"b\\c\nd\u2028e',
    "\ue000\uffff\U0010ffff",
    " ",
]


def draw(document: dict[str, Any]) -> bytes:
    return drawing.draw(document, issued_at=NOW)


def translated(document: dict[str, Any]) -> dict[str, Any]:
    """As an Arabic catalogue would have it."""
    words = {"Receipt": "إيصال", "Paid": "مدفوع", "What": "البند", "Net": "الصافي", "Total": "المجموع"}
    told = {name: part for name, part in document.items() if name != "mark"}
    words_in_it: dict[str, Any] = signs.everywhere(told, lambda text: words.get(text, text))
    return document | words_in_it


@pytest.mark.parametrize("language", ["en", "zh-hans", "ar"])
def test_it_is_a_tagged_pdf_by_both_standards_in_each_script(language: str) -> None:
    names = {"en": "Anna Berg", "zh-hans": "包小明", "ar": "ليلى حداد (Leila)"}
    pdf = draw(translated(written(language=language, name=names[language], plan="شهر 15 غيغابايت")))
    assert pdf.startswith(b"%PDF-1.7")
    for mark in (b"pdfuaid:part", b"pdfaid:part", b"/StructTreeRoot", b"/Lang"):
        assert mark in pdf
    assert pdf.count(b"/Type /Page\n") <= 1
    assert len(pdf) < 100_000


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_any_name_is_drawn_on_one_page_by_both_standards(name: str, language: str) -> None:
    pdf = draw(written(name=name, plan=name, language=language))
    assert b"pdfuaid:part" in pdf
    assert b"pdfaid:part" in pdf
    assert b"/Count 1" in pdf


def test_a_sign_that_no_font_has_becomes_a_box_and_the_rest_stays() -> None:
    boxed = signs.boxed("Anna สมชาย Berg", drawing._is_drawn)
    assert boxed == f"Anna {signs.MISSING * 5} Berg"
    assert signs.boxed("包小明 ليلى Žofia", drawing._is_drawn) == "包小明 ليلى Žofia"


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("\u202eevil\u202c", "evil"),
        ("a\x00b", "a b"),
        ("a\r\nb\tc\u2028d", "a  b c d"),
        ("15\N{NO-BREAK SPACE}GB", "15\N{NO-BREAK SPACE}GB"),
        ("\ufeff\ue000\uffffx", "x"),
        ("e\u0301\u0302\u0303\u0304\u0305\u0306", "e\u0301\u0302\u0303\u0304"),
        ("#[$", "#[$"),
        ("\u200f15.00 €", "\u200f15.00 €"),
    ],
)
def test_texts_lose_what_turns_or_bursts_a_page(text: str, fit: str) -> None:
    assert signs.fit(text) == fit
    assert signs.fit(fit) == fit


def test_every_text_that_is_kept_can_be_encoded() -> None:
    everything = "".join(chr(number) for number in range(0x3000) if unicodedata.category(chr(number)) != "Cs")
    assert signs.fit(everything).encode()


def test_the_same_document_is_the_same_file_and_another_number_another() -> None:
    document = written()
    first = draw(document)
    time.sleep(1.1)
    assert draw(document) == first
    assert draw({**document, "number": "S-2026-000124"}) != first


def test_a_warm_render_is_quick() -> None:
    document = written()
    draw(document)
    took = []
    for number in range(10):
        begun = time.perf_counter()
        draw({**document, "number": f"S-2026-{number:06d}"})
        took.append(time.perf_counter() - begun)
    assert statistics.median(took) < 1  # 0.02 s on a quiet machine; 0.15 s is promised
