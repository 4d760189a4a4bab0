"""What axe objects to on a page."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

#: only what is wrong comes back: lists of all that is right are long
_VIOLATIONS = """async () => {
    const { violations } = await axe.run({ resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 160))]);
}"""


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Each rule that is broken, with the elements that break it. Looking itself applies styles, which a strict policy reports."""
    page.evaluate(AXE_SCRIPT)
    return [(rule, elements) for rule, elements in page.evaluate(_VIOLATIONS)]
