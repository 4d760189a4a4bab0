"""Articles by what somebody types, in their language: words that begin so or are nearly so; where no spaces stand between words,
pairs of characters.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
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
_LEAST = 1.5
#: Beside the best one, only what is nearly as good.
_SHARE = 0.6


@dataclass(frozen=True)
class _Read:
    """An article's words by place, as they are compared."""

    article: Article
    places: tuple[frozenset[str], ...]


def find(typed: str) -> list[Article]:
    """The best first; none for nothing."""
    wanted = set(_words(plain(typed[:MOST_LETTERS])))
    language = get_language() or "en"
    known = _known(language)
    scores = [(read.article, sum(_score(word, read, known) for word in wanted)) for read in _read(language)]
    best = max((score for _article, score in scores), default=0.0)
    good = [(article, score) for article, score in scores if score >= max(_LEAST, _SHARE * best)]
    return [article for article, _score in sorted(good, key=lambda each: -each[1])][:MOST_FOUND]


def _score(word: str, read: _Read, known: Sequence[Counter[str]]) -> float:
    """What `word` says for the article: at its best place, by how few articles know it there, and at all."""
    return max(
        weight * _likeness(word, there) * (_rarity(word, there, in_place) + _rarity(word, there, known[-1])) / 2
        for weight, place, in_place in zip(_WEIGHTS, read.places, known, strict=False)
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


def _rarity(word: str, there: str, known: Counter[str]) -> float:
    """Between 0 for what every article has and 1 for what one has; a word that only looks like a rare one is as common as it is."""
    articles = len(ARTICLES)
    return math.log(articles / max(known[word], known[there], 1)) / math.log(articles)


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
def _known(language: str) -> tuple[Counter[str], ...]:
    """In how many articles each word stands: place by place, and at last anywhere."""
    read = _read(language)
    by_place = (Counter(word for each in read for word in each.places[place]) for place in range(len(_WEIGHTS)))
    return (*by_place, Counter(word for each in read for word in frozenset[str]().union(*each.places)))
