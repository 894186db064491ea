"""What frozen values share: collections and texts normalised at the door."""

from typing import Any

import pytest

from cognito_auth._values import is_loopback, required_text, scope_set, text_set
from cognito_auth.errors import UsageError


@pytest.mark.parametrize(
    "given,scopes",
    [
        ("orders/read", {"orders/read"}),
        ("openid email", {"openid", "email"}),
        ("", set()),
        ((), set()),
        (
            ["https://api.example.com/prod/api.readwrite", "a"],
            {"https://api.example.com/prod/api.readwrite", "a"},
        ),
    ],
)
def test_scopes_are_a_set_however_they_are_given(given: Any, scopes: set[str]) -> None:
    """A text is split at spaces; addresses are scopes too."""
    assert scope_set(given) == scopes


@pytest.mark.parametrize("given", [["a b"], "a  b", [""], " a", ["a\n"], ['"'], ["é"], [5], ["\\"]])
def test_what_is_no_scope_is_refused_by_name(given: Any) -> None:
    """RFC 6749 §3.3 says which characters a scope has."""
    with pytest.raises(UsageError, match=r"scopes: .* is not a scope: expected"):
        scope_set(given)


def test_a_text_where_a_collection_is_asked_for_is_one_value() -> None:
    """Not its letters."""
    assert text_set("admin", "groups") == {"admin"}
    assert text_set(["a", "b"], "groups") == {"a", "b"}
    wrong: Any
    assert text_set(frozenset({"a"}), "groups") == {"a"}
    for wrong in ([""], [None], ""):
        with pytest.raises(UsageError, match=r"groups: .* is not a non-empty text"):
            text_set(wrong, "groups")


@pytest.mark.parametrize(
    "value,shown", [("", "an empty text"), (" ", "an empty text"), (None, "NoneType"), (5, "int")]
)
def test_a_required_text_is_one(value: Any, shown: str) -> None:
    """The refusal names the argument and shows an example, not the value."""
    with pytest.raises(UsageError, match=f"username: got {shown}: expected a text such as 'ann'"):
        required_text(value, "username", "ann")
    assert required_text(" ann", "username", "ann") == " ann"


@pytest.mark.parametrize(
    "host,expected",
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("example.com", False),
        ("localhost.example.com", False),
    ],
)
def test_loopback_is_this_machine_only(host: str, expected: bool) -> None:
    """No name but localhost counts, whatever it resolves to."""
    assert is_loopback(host) is expected
