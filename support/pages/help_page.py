"""The first page of help: looking for an answer, what is often asked, one's own questions, and how to reach us."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.urls import reverse

from accounts.models import Line, Subscriber
from support.articles import finding, shelf
from support.articles.article import Article
from support.models import Ticket, TicketState, Topic
from support.pages.ticket_page import TONES, state_in_words, title_of

PAGE_SIZE = 10


@dataclass(frozen=True)
class Answer:
    """An article in a list."""

    title: str
    begins: str
    url: str


@dataclass(frozen=True)
class Asked:
    """One of the reader's tickets in a list."""

    ticket: Ticket
    title: str
    state: str
    tone: str


def facts(reader: Subscriber | None, *, typed: str, page: str, came_from: str = "") -> dict[str, Any]:
    """The context of the page; `typed` is what the reader looks for, `came_from` the page they were on, by its name."""
    typed = typed.strip()[: finding.MOST_LETTERS]
    return {
        "place": "help",
        "typed": typed,
        "came_from": came_from,
        "found": answers(finding.find(typed)) if typed else [],
        "shelves": [(topic.label, shelf_of(topic)) for topic in Topic if shelf_of(topic)],
        **(_own(reader, page) if reader else {}),
    }


def shelf_of(topic: Topic) -> list[Answer]:
    return answers([article for article in shelf.ARTICLES if article.topic == topic])


def answers(articles: list[Article]) -> list[Answer]:
    return [
        Answer(str(article.title), str(article.says[0]), reverse("help_article", args=[article.slug]))
        for article in articles
    ]


def _own(reader: Subscriber, number: str) -> dict[str, Any]:
    page = Paginator(reader.tickets.all(), PAGE_SIZE).get_page(number)
    rows = [
        Asked(ticket, title_of(ticket), state_in_words(ticket), TONES[TicketState(ticket.state)]) for ticket in page
    ]
    return {"tickets": rows, "page": page}


def article_facts(article: Article, line: Line | None) -> dict[str, Any]:
    """The context of one article's page."""
    links = [(link.words, url) for link in article.links if (url := link.url(line))]
    beside = [other for other in shelf.ARTICLES if other.topic == article.topic and other is not article]
    return {
        "place": "help",
        "article": article,
        "links": links,
        "beside": answers(beside)[:4],
    }
