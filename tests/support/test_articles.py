"""Articles are found however people call their trouble and, nearly, however they spell it; and they are offered where they fit."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from support.articles import finding, shelf
from support.models import Topic


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    yield
    finding._read.cache_clear()
    finding._known.cache_clear()


def slugs(typed: str) -> list[str]:
    return [article.slug for article in finding.find(typed)]


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("my card was declined", "payment-declined"),
        ("card declned", "payment-declined"),
        ("PAYMENT REFUSED", "payment-declined"),
        ("I paid and nothing happened", "paid-but-nothing-came"),
        ("bank transfer how long", "bank-transfer-how-long"),
        ("tranfer iban", "bank-transfer-how-long"),
        ("invoice", "receipts-and-vat"),
        ("refund", "withdraw-within-14-days"),
        ("vouchr", "voucher-refused"),
        ("stop auto renew", "renew-by-itself"),
        ("lose my number", "what-is-grace"),
        ("where is my credit", "credit-is-gone"),
        ("credit", "credit-is-gone"),
        ("give data to my sister", "gift-data"),
        ("no internet", "no-data-though-data-left"),
        ("apn", "set-up-the-apn"),
        ("roaming price", "prices-abroad"),
        ("esim", "install-an-esim"),
        ("stolen phone", "lost-phone"),
        ("no sms code", "code-does-not-come"),
        ("forgot pasword", "forgotten-password"),
        ("delete account", "delete-my-account"),
    ],
)
def test_an_article_is_found_by_its_own_words_by_others_and_with_a_slip(typed: str, slug: str) -> None:
    assert slug in slugs(typed)[:2]


@pytest.mark.parametrize("typed", ["", "  ", "zzzzzz", "x", "\x00", "%", "?!", "龘" * 300, "q" * 9999, "<script>"])
def test_nonsense_finds_nothing_and_breaks_nothing(typed: str) -> None:
    assert finding.find(typed) == []


def test_every_article_finds_itself_by_its_title() -> None:
    for article in shelf.ARTICLES:
        assert slugs(str(article.title))[0] == article.slug


def test_a_language_without_spaces_is_searched_by_pairs_of_characters(monkeypatch: Any) -> None:
    texts = {
        "payment-declined": ("我的付款被拒绝", "银行卡被拒, 付款失败"),
        "install-an-esim": ("如何安装 eSIM？", "eSIM卡, 二维码"),
    }
    from dataclasses import replace

    chinese = [
        replace(a, title=texts[a.slug][0], also=texts[a.slug][1], says=("。",))
        for a in shelf.ARTICLES
        if a.slug in texts
    ]
    monkeypatch.setattr(
        finding,
        "ARTICLES",
        (*chinese, *[replace(chinese[0], slug=str(n), title=f"别的{n}", also="") for n in range(9)]),
    )
    finding._read.cache_clear()
    finding._known.cache_clear()
    with translation.override("zh-hans"):
        assert slugs("卡被拒绝了")[0] == "payment-declined"
        assert slugs("付款 失败")[0] == "payment-declined"
        assert slugs("安装esim卡")[0] == "install-an-esim"
        assert slugs("天气") == []


def test_what_fits_a_situation_is_offered_and_every_topic_has_its_shelf() -> None:
    assert [article.slug for article in shelf.fitting(["order:declined"])] == ["payment-declined"]
    assert shelf.fitting(["page:nothing"]) == []
    assert {article.topic for article in shelf.ARTICLES} == set(Topic) - {Topic.OTHER}
