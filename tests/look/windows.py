"""Browser windows that stay open between tests: the next page finds the process, the sheets and the scripts there."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page


class Windows:
    """One window for each width and colour scheme that was asked for."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._pages: dict[tuple[int, str], Page] = {}

    @contextmanager
    def open(self, width: int, scheme: str) -> Iterator[tuple[Page, list[str]]]:
        """An empty page without cookies, and what it says from now on: warnings, errors, what nobody caught.

        After the block it is empty again; one in which something went wrong is not used again.
        """
        page = self._pages.pop((width, scheme), None) or self._new(width, scheme)
        said: list[str] = []

        def listen(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                said.append(message.text)

        def note(error: Exception) -> None:
            said.append(str(error))

        page.on("console", listen)
        page.on("pageerror", note)
        try:
            yield page, said
            page.goto("about:blank")
            page.context.clear_cookies()
        except BaseException:
            page.context.close()
            raise
        page.remove_listener("console", listen)
        page.remove_listener("pageerror", note)
        self._pages[width, scheme] = page

    def _new(self, width: int, scheme: str) -> Page:
        size = {"width": width, "height": 800}
        return self._browser.new_context(viewport=size, color_scheme=scheme).new_page()  # type: ignore[arg-type]
