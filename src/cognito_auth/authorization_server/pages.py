"""What the loopback listener shows. Whole pages, fixed beforehand: nothing of a request ever stands in one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

_TEMPLATE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.0625rem/1.6 system-ui, sans-serif; }}
  main {{ max-width: 30rem; padding: 2rem; }}
  h1 {{ margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }}
  p {{ margin: 0; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
</main>
</body>
</html>
"""

_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
    }
)


class Page(Enum):
    """A status, a title and a text for a person."""

    DONE = (200, "You can close this window", "Return to the application. It now finishes signing you in.")
    REFUSED = (200, "You are not signed in", "Close this window and return to the application.")
    WRONG_STATE = (
        400,
        "This is not the login that was begun",
        "Nothing was done. Return to the window where you were signing in, or begin again in the application.",
    )
    WRONG_HOST = (400, "Nothing here", "This address belongs to an application on this computer.")
    WRONG_METHOD = (405, "Nothing here", "This address only takes the end of a login.")
    NOT_UNDERSTOOD = (400, "Nothing here", "This address only takes the end of a login, from a browser.")
    NOT_FOUND = (404, "Nothing here", "This address only takes the end of a login.")

    def __init__(self, status: int, title: str, text: str) -> None:
        self.status = status
        self.html = _TEMPLATE.format(title=title, text=text)

    @property
    def headers(self) -> Mapping[str, str]:
        """Never kept, never referred to, nothing loaded; where the method is wrong, the right one."""
        return {**_HEADERS, "Allow": "GET"} if self is Page.WRONG_METHOD else _HEADERS
