"""All articles, in the order in which pages list them."""

from collections.abc import Iterable

from support.articles import about_accounts, about_paying, about_plans, about_sims, about_use
from support.articles.article import Article

ARTICLES: tuple[Article, ...] = (
    *about_paying.ARTICLES,
    *about_plans.ARTICLES,
    *about_use.ARTICLES,
    *about_sims.ARTICLES,
    *about_accounts.ARTICLES,
)
_BY_SLUG = {article.slug: article for article in ARTICLES}


def article_of(slug: str) -> Article | None:
    return _BY_SLUG.get(slug)


def fitting(situations: Iterable[str]) -> list[Article]:
    """What is offered unasked in these situations, the most telling first."""
    return list(dict.fromkeys(article for each in situations for article in ARTICLES if each in article.fits))
