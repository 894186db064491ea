"""docs/reference/supported-operations.md, made from the code: `python tests/support/supported_operations.py` writes it.

An operation's docstring names the page of the service's own reference, and that page's name is the operation.
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cognito_auth import UserPool
from cognito_auth.challenges import CHALLENGES, TotpSetup
from cognito_auth.user_pool.attempt import INSIDE
from cognito_auth.user_pool.flows import FLOWS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "supported-operations.md"
REFERENCE = "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference"

HEAD = f"""# Supported operations

Every operation of a user pool that needs no AWS credentials, every challenge, every way to begin a sign-in. `UserPool` and
`AsyncUserPool` have the same methods. This page is made from the code.

The names are those of the [service's own reference]({REFERENCE}/Welcome.html).
"""


def methods() -> dict[str, list[str]]:
    """Operation → the methods whose docstrings name its page."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, method in inspect.getmembers(UserPool, inspect.isfunction):
        if not name.startswith("_"):
            for operation in re.findall(r"/API_(\w+)\.html", inspect.getdoc(method) or ""):
                found[operation].append(name)
    return found


def first_line(thing: object) -> str:
    """What the caller gets."""
    return (inspect.getdoc(thing) or "").splitlines()[0]


def operations() -> Iterator[str]:
    """The table of operations."""
    yield "| operation | method | what it gives |"
    yield "| --- | --- | --- |"
    for operation, names in sorted(methods().items()):
        for name in names:
            shown = f"[`{operation}`]({REFERENCE}/API_{operation}.html)"
            yield f"| {shown} | `{name}` | {escaped(first_line(getattr(UserPool, name)))} |"


def ways_in() -> Iterator[str]:
    """The table of methods of `sign_in`."""
    yield "| `sign_in(method=…)` | `AuthFlow` | the app client must allow |"
    yield "| --- | --- | --- |"
    for flow in FLOWS.values():
        yield f'| `"{flow.method}"` | `{flow.wire_name}` | `{flow.allowed_by}` |'


def challenges() -> Iterator[str]:
    """The table of challenges."""
    yield "| challenge | class | answered by |"
    yield "| --- | --- | --- |"
    rows = {name: (f"`challenges.{kind.__name__}`", f"`{answer(kind)}`") for name, kind in CHALLENGES.items()}
    kind, how = rows["MFA_SETUP"]
    rows["MFA_SETUP"] = (kind, f"{how}, or `begin_totp_setup` and then its `{answer(TotpSetup)}`")
    rows |= {name: ("none", f"`sign_in` and `respond` themselves: {how}") for name, how in INSIDE.items()}
    rows["ADMIN_NO_SRP_AUTH"] = ("none", "nobody here: it belongs to `AdminInitiateAuth`")
    for name, (kind, how) in sorted(rows.items()):
        yield f"| `{name}` | {kind} | {how} |"
    yield "| a name that is new | `Challenge` | `answer_with({…})` |"


def answer(kind: Any) -> str:
    """The signature of a challenge's typed answer, without types."""
    parameters = list(inspect.signature(kind.answer).parameters.values())[1:]
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in parameters]
    return f"answer{inspect.Signature(bare)}".replace("mappingproxy({})", "{}")


def escaped(text: str) -> str:
    """Fit for a cell of a table, in Markdown's own marks."""
    return re.sub(r":\w+:`[~.]*([^`]+)`", r"`\1`", text).replace("``", "`").replace("|", r"\|")


def page() -> str:
    """The whole page."""
    parts = [
        HEAD,
        "## Operations\n",
        "\n".join(operations()),
        "\n## Ways to begin a sign-in\n",
        "\n".join(ways_in()),
        "\n## Challenges\n",
        "\n".join(challenges()),
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
