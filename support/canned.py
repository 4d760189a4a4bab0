"""An article as part of an answer, in the language of whoever reads it."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from support.articles.article import Article


def text_of(article: Article, language: str) -> str:
    """Its paragraphs, and where it stands."""
    with translation.override(language):
        where = settings.PORTAL_ORIGIN + reverse("help_article", args=[article.slug])
        return "\n".join([*(str(paragraph) for paragraph in article.says), where])
