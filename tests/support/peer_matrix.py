"""What works with which peer, as the tests have just found: peer × operation × face × secret or none.

A test tells of each cell as it goes:

    with matrix.cell("moto", "sign up", face.name, secret=True):
        await face(pool.sign_up(...))

A cell whose body ends is "yes". One that ends by showing why it cannot work carries that reason. What has no cell
at all was not tested, and says so; where that is on purpose, `UNTRIED` says why. No "yes" is written by hand.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

import pytest

FACES = ("blocking", "asyncio", "trio")
COLUMNS = tuple((face, secret) for face in FACES for secret in (True, False))
E = TypeVar("E", bound=Exception)

BOTO3 = "boto3 → fake pool"
_NO_PROOF = "moto accepts any SRP proof, so that signing in with one would prove nothing"
_NO_ARITHMETIC = "boto3 has no SRP arithmetic; pycognito signs in with SRP in test_clients_of_the_fake.py"
_SESSIONS = "ministack's sessions and new-password policy are not Cognito's: moto is the peer for chains"
_ONLY_BLOCKS = "boto3 is the caller here, and only blocks"

UNTRIED = {
    ("moto", "sign in (SRP)"): _NO_PROOF,
    ("moto", "sign in (SRP, alias)"): _NO_PROOF,
    ("moto", "refresh after SRP"): _NO_PROOF,
    ("moto", "custom challenge"): "moto runs no triggers, so that there is no custom challenge to answer",
    (
        "ministack",
        "new password",
    ): _SESSIONS,
    ("ministack", "set-up of an authenticator"): _SESSIONS,
    (BOTO3, "sign in (SRP)"): _NO_ARITHMETIC,
    (BOTO3, "sign in (SRP, alias)"): _NO_ARITHMETIC,
    (BOTO3, "refresh after SRP"): _NO_ARITHMETIC,
    (BOTO3, "custom challenge"): "the fake pool's own tests and ministack's triggers cover it",
    (BOTO3, "make and delete a test user"): _ONLY_BLOCKS,
    (BOTO3, "new password"): _ONLY_BLOCKS,
    (BOTO3, "set-up of an authenticator"): _ONLY_BLOCKS,
    (BOTO3, "authenticator (TOTP)"): _ONLY_BLOCKS,
}
"""Why nobody tries an operation with a peer, by both their names."""

_PROPERTY = "cell of the matrix"
YES = "yes"


class Cell(NamedTuple):
    """One outcome; the reason is why it cannot work, or `yes`."""

    peer: str
    operation: str
    face: str
    secret: bool
    reason: str


class Matrix:
    """Where a test tells what it found."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def tell(self, *cell: str | bool) -> None:
        """Put a cell into the table."""
        self._item.user_properties.append((_PROPERTY, list(cell)))

    @contextmanager
    def cell(self, peer: str, operation: str, face: str, *, secret: bool) -> Iterator[None]:
        """A cell that works if its body ends, and that failed if it does not."""
        try:
            yield
        except BaseException:
            self.tell(peer, operation, face, secret, "FAILED")
            raise
        self.tell(peer, operation, face, secret, YES)

    @contextmanager
    def refusal(
        self, peer: str, operation: str, face: str, *, secret: bool, expected: type[E]
    ) -> Iterator[pytest.ExceptionInfo[E]]:
        """A cell that cannot work, which the library must say by this error; its text is the reason."""
        with pytest.raises(expected) as caught:
            yield caught
        # One reason is one footnote, whichever request it was.
        text = re.sub(r",? ?request id \w+", "", " ".join(str(caught.value).split()))
        name = type(caught.value).__name__
        self.tell(peer, operation, face, secret, text if text.startswith(name) else f"{name}: {text}")


@pytest.fixture
def matrix(request: pytest.FixtureRequest) -> Matrix:
    """The table of what works with which peer."""
    return Matrix(request.node)


def table(cells: list[Cell]) -> list[str]:
    """The table as lines of text, its footnotes below: one for each reason."""
    found = {cell[:4]: cell.reason for cell in cells}
    operations = dict.fromkeys(cell.operation for cell in cells)
    rows = [
        (peer, operation) for peer in dict.fromkeys(cell.peer for cell in cells) for operation in operations
    ]
    notes: dict[str, int] = {}

    def mark(peer: str, operation: str, face: str, secret: bool) -> str:
        untried = UNTRIED.get((peer, operation), "no test tried this")
        reason = found.get((peer, operation, face, secret), untried)
        return YES if reason == YES else f"[{notes.setdefault(reason, len(notes) + 1)}]"

    width = [max(map(len, texts)) for texts in zip(*rows, strict=True)]
    heads = [f"{face}{'+secret' if secret else ''}" for face, secret in COLUMNS]
    lines = ["  ".join([" " * width[0], " " * width[1], *heads])]
    for row in rows:
        marks = [mark(*row, *column).center(len(head)) for column, head in zip(COLUMNS, heads, strict=True)]
        lines.append("  ".join([row[0].ljust(width[0]), row[1].ljust(width[1]), *marks]).rstrip())
    return lines + [f"[{number}] {reason}" for reason, number in notes.items()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, if any test of a peer has run."""
    cells = [
        Cell(*value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for key, value in report.user_properties
        if key == _PROPERTY
    ]
    if cells:
        terminalreporter.section("what works with which peer")
        for line in table(sorted(cells, key=lambda cell: cell.peer)):
            terminalreporter.write_line(line)
