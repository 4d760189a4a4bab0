"""Articles by what somebody types, in their language: words that begin so or are nearly so; where no spaces stand between words,
pairs of characters.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.utils import translation
from django.utils.translation import get_language

from lib.spelling import distance, plain, slips
from support.articles.article import Article
from support.articles.shelf import ARTICLES

#: What is longer is cut.
MOST_LETTERS = 120
MOST_FOUND = 5
#: From this character on people write without spaces (Chinese, Japanese, Korean).
_WITHOUT_SPACES = "\u2e80"
_RUNS = re.compile(rf"[^\s{_WITHOUT_SPACES}-\U0003ffff]+|[{_WITHOUT_SPACES}-\U0003ffff]+")
#: What a word is worth where it stands: in the title, among the other names, in the text.
_WEIGHTS = (4.0, 3.0, 1.0)
#: What is left of that for a word that only begins so, and for one that is a slip or two away.
_BEGINS, _NEARLY = 0.8, 0.55
_FEW_LETTERS = 3
#: An article that is found by less has nothing to do with it.
_LEAST = 1.7
#: Beside the best one, only what is nearly as good.
_SHARE = 0.35


@dataclass(frozen=True)
class _Read:
    """An article's words by place, as they are compared."""

    article: Article
    places: tuple[frozenset[str], ...]


def find(typed: str) -> list[Article]:
    """The best first; none for nothing."""
    wanted = set(_words(plain(typed[:MOST_LETTERS])))
    language = get_language() or "en"
    worth = _worth(language)
    scores = [(read.article, sum(_score(word, read, worth) for word in wanted)) for read in _read(language)]
    best = max((score for _article, score in scores), default=0.0)
    good = [(article, score) for article, score in scores if score >= max(_LEAST, _SHARE * best)]
    return [article for article, _score in sorted(good, key=lambda each: -each[1])][:MOST_FOUND]


def _score(word: str, read: _Read, worth: Counter[str]) -> float:
    """What `word` says for the article: at its best place, by how few articles know it."""
    return max(
        weight * _likeness(word, there) * _rarity(there, worth)
        for weight, place in zip(_WEIGHTS, read.places, strict=True)
        for there in [_nearest(word, place)]
    )


def _nearest(word: str, place: frozenset[str]) -> str:
    """Of the words of a place the one most like it."""
    return word if word in place else max(place, key=lambda there: _likeness(word, there), default="")


def _likeness(word: str, there: str) -> float:
    if word == there:
        return 1.0
    if word >= _WITHOUT_SPACES or len(word) < _FEW_LETTERS or not there:
        return 0.0
    if there.startswith(word) or (word.startswith(there) and len(there) > _FEW_LETTERS):
        return _BEGINS
    most = slips(word)
    if abs(len(there) - len(word)) > most or there[0] != word[0]:
        return 0.0
    return _NEARLY if 0 < distance(word, there) <= most else 0.0


def _rarity(word: str, worth: Counter[str]) -> float:
    return math.log(len(ARTICLES) / worth[word]) / math.log(len(ARTICLES)) if worth[word] else 0.0


def _words(text: str) -> Iterator[str]:
    """Words; of those without spaces each pair of neighbours, or the one character there is."""
    for word in _RUNS.findall(text):
        if word[0] < _WITHOUT_SPACES or len(word) == 1:
            yield word
        else:
            yield from (word[place : place + 2] for place in range(len(word) - 1))


@cache
def _read(language: str) -> tuple[_Read, ...]:
    with translation.override(language):
        return tuple(
            _Read(
                article,
                tuple(
                    frozenset(_words(plain(text)))
                    for text in (str(article.title), str(article.also), " ".join(map(str, article.says)))
                ),
            )
            for article in ARTICLES
        )


@cache
def _worth(language: str) -> Counter[str]:
    """In how many articles each word stands."""
    return Counter(word for read in _read(language) for word in frozenset[str]().union(*read.places))
