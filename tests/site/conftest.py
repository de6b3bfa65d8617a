"""A browser, and the built site served over HTTP as readers get it."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from helpers.publish import publish
from tests.publish import mini

#: Pictures come when a reader nears them; here they all come now.
ALL_PICTURES = """
() => Promise.all([...document.images].map((image) => {
  image.loading = "eager";
  return image.decode().catch(() => {});
}))
"""


@dataclass
class Visit:
    """A page in the browser and everything that went wrong while it was open."""

    page: object
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> "Visit":
        self.page.goto(f"{self.address}/{path}", wait_until="load")
        return self

    def with_pictures(self) -> "Visit":
        """Have every picture of the page drawn, whether or not it is in sight."""
        self.page.evaluate(ALL_PICTURES)
        return self


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def _serve(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def address(built_site: Path) -> Iterator[str]:
    """Where the built site is served."""
    yield from _serve(built_site)


@pytest.fixture(scope="session")
def pages(built_site: Path) -> list[str]:
    """Every page of the built site."""
    return sorted(json.loads((built_site / "manifest.json").read_text(encoding="utf-8"))["pages"])


@pytest.fixture(scope="session")
def small_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the small project's site is served; it holds what the real pages may not, tabs for instance."""
    folder = mini.bake(tmp_path_factory.mktemp("small"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        publish("pandoc")
    yield from _serve(folder / "_site")


@pytest.fixture
def visit(browser):
    """Open a window: `visit(address, width=1280, scheme="light")`."""
    contexts = []

    def open_window(address: str, *, width: int = 1280, scheme: str = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        seen = Visit(context.new_page(), address)
        seen.page.on(
            "console",
            lambda message: seen.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on(
            "request",
            lambda request: (
                None if request.url.startswith((address, "data:", "blob:")) else seen.complaints.append(request.url)
            ),
        )
        seen.page.on(
            "response",
            lambda response: (
                seen.complaints.append(f"{response.status} {response.url}") if response.status >= 400 else None
            ),
        )
        return seen

    yield open_window
    for context in contexts:
        context.close()
