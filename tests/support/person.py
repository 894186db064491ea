"""A person at a browser without scripts: follows redirects, keeps cookies, fills in the one form of a page.

person = Person.at(pool)
person.visit(login.url)
person.submit(username="ann", password="…")
person.address          # where the browser ended up: outside of the pool it is not fetched
"""

from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

from cognito_auth.testing import FakeUserPool


class _Reader(HTMLParser):
    """Reads the form, the choices and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.labelled: set[str] = set()
        self.choices: list[str] = []
        self.text = ""
        self.alerts: list[str] = []
        self._quiet = False
        self._alert = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._quiet = tag == "style"
        self._alert = given.get("role") == "alert"
        if tag == "form":
            assert given["method"].lower() == "post"
            self.action = given["action"]
        elif tag == "input":
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "label":
            self.labelled.add(given["for"])
        elif tag == "button":
            self.choices.append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text += data
        if self._alert:
            self.alerts.append(data)
            self._alert = False


class Person:
    """One browser with its cookies, and whoever sits at it.

    Args:
        http: What carries the requests; whoever made it closes it.
        home: Where the login pages are: only addresses there are fetched.

    Attributes:
        address: Where the browser is.
        status: The status of the page that is shown.
        headers: Its headers.
        page: What stands on it.
    """

    def __init__(self, http: httpx.Client, home: str) -> None:
        self._http = http
        self._home = urlsplit(home).netloc
        self.address = ""
        self.status = 0
        self.headers = httpx.Headers()
        self.page = _Reader()

    @classmethod
    def at(cls, pool: FakeUserPool) -> Self:
        """Somebody whose browser leads to a fake pool in this process."""
        return cls(httpx.Client(transport=pool.transport()), pool.base_url)

    def visit(self, url: str) -> None:
        """Go to an address, and wherever it leads."""
        self._arrive(self._http.get(url))

    def submit(self, *, choice: str | None = None, **fields: str) -> None:
        """Fill in fields of the page's form and press a button, the first one if none is named."""
        assert self.page.action is not None, f"there is no form here: {self.page.text}"
        unknown = fields.keys() - self.page.fields.keys()
        assert not unknown, f"the form has no {unknown}"
        data = {**self.page.fields, **fields, "choice": choice or self.page.choices[0]}
        self._arrive(self._http.post(urljoin(self.address, self.page.action), data=data))

    def forget(self, cookie: str) -> None:
        """Lose a cookie."""
        self._http.cookies.delete(cookie)

    def _arrive(self, response: httpx.Response) -> None:
        while response.is_redirect:
            target = urljoin(str(response.url), response.headers["location"])
            if urlsplit(target).netloc != self._home:
                self.address, self.status, self.page = target, response.status_code, _Reader()
                return
            response = self._http.get(target)
        self.address, self.status, self.headers = str(response.url), response.status_code, response.headers
        self.page = _Reader()
        self.page.feed(response.text)
