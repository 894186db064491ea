"""The OAuth wire: what came back is an answer, a typed error, or said to be neither."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_auth import AppClient, AuthorizationServer, Retry, TokenSet, errors
from cognito_auth._runtime.http import Reply
from cognito_auth.authorization_server import endpoints, wire
from support.scripted_runtime import Scripted, posts, reply

TOKEN_URL = "https://auth.example.com/oauth2/token"
APP = AppClient(client_id="machine1", region="eu-west-1", domain="auth.example.com", client_secret="s3cr3t")
REQUEST_ID = {"x-amz-cognito-request-id": "r-1"}


def ask(scripted: Scripted, answer: Reply) -> TokenSet:
    """Client credentials, answered with this, and not tried again."""
    form = {"grant_type": "client_credentials", "client_id": "machine1"}
    runtime = scripted(posts(TOKEN_URL, form, answer=answer), retry=Retry(attempts=1))
    return runtime.under(AuthorizationServer(APP)).client_credentials()


@pytest.mark.parametrize("status", [400, 401, 403, 503])
@pytest.mark.parametrize("error, cls", errors.OAUTH_ERRORS.items())
def test_an_error_is_typed_by_its_code_whatever_the_status(
    scripted: Scripted, error: str, cls: type[errors.OAuthError], status: int
) -> None:
    """The status and the request id are evidence, not what decides."""
    answer = reply({"error": error, "error_description": "invalid_client"}, status=status, headers=REQUEST_ID)
    with pytest.raises(errors.OAuthError) as caught:
        ask(scripted, answer)
    raised = caught.value
    expected = (cls, error, "invalid_client", status, "r-1")
    assert expected == (type(raised), raised.error, raised.description, raised.status, raised.request_id)


def test_an_unknown_error_is_still_an_oauth_error(scripted: Scripted) -> None:
    """New codes keep their name."""
    with pytest.raises(errors.OAuthError, match="use_dpop_nonce") as caught:
        ask(scripted, reply({"error": "use_dpop_nonce"}, status=400))
    assert errors.OAuthError is type(caught.value)


def test_a_protected_endpoint_may_say_it_in_a_header() -> None:
    """RFC 6750 §3: the challenge carries the error where the body does not."""
    said = 'Bearer realm="x", Error="invalid_token", error_description="expired"'
    answer = reply(b"", status=401, headers={"www-authenticate": said})
    with pytest.raises(errors.InvalidToken, match="expired"):
        wire.document(answer)


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"<html>Request blocked. s3cr3t</html>", status=403, headers=REQUEST_ID),
        reply({"access_token": "s3cr3t\ud800", "expires_in": 300}, headers=REQUEST_ID),
        reply({"access_token": "s3cr3t\r\nx: y", "expires_in": 300}, headers=REQUEST_ID),
        reply(b"<html>Hello</html>", status=200, headers=REQUEST_ID),
        reply(b'{"access_token": "s3cr3t', headers=REQUEST_ID),
        reply(b"", status=502, headers=REQUEST_ID),
        reply(b"[" * 100_000, headers=REQUEST_ID),
        reply(b"\xff\xfe", headers=REQUEST_ID),
        reply(["s3cr3t"], headers=REQUEST_ID),
        reply({"error": ["invalid_client"]}, status=400, headers=REQUEST_ID),
        reply({"message": "no"}, status=404, headers=REQUEST_ID),
        reply({"access_token": "s3cr3t", "expires_in": 60}, status=404, headers=REQUEST_ID),
        reply({}, headers=REQUEST_ID),
        reply({"access_token": 1, "expires_in": 60}, headers=REQUEST_ID),
        reply({"access_token": "", "expires_in": 60}, headers=REQUEST_ID),
        reply({"access_token": "s3cr3t", "expires_in": "soon"}, headers=REQUEST_ID),
        reply({"access_token": "s3cr3t", "expires_in": 60, "id_token": {}}, headers=REQUEST_ID),
        reply({"access_token": "s3cr3t", "expires_in": 60, "token_type": "DPoP"}, headers=REQUEST_ID),
        reply({"access_token": "s3cr3t", "expires_in": 60, "token_type": 7}, headers=REQUEST_ID),
    ],
)
def test_what_is_no_answer_is_said_with_its_evidence(scripted: Scripted, answer: Reply) -> None:
    """Status and request id are there; nothing of the body is quoted."""
    with pytest.raises(errors.UnexpectedReply) as caught:
        ask(scripted, answer)
    assert (answer.status, "r-1") == (caught.value.status, caught.value.request_id)
    assert "s3cr3t" not in str(caught.value)


def test_a_token_type_is_read_without_its_case(scripted: Scripted) -> None:
    """RFC 6749 §5.1: the value is case-insensitive; it may be missing, as emulators do."""
    tokens = ask(scripted, reply({"access_token": "opaque", "expires_in": 60, "token_type": "bearer"}))
    assert "Bearer" == tokens.token_type
    assert "Bearer" == ask(scripted, reply({"access_token": "opaque", "expires_in": 60})).token_type


def test_a_long_description_is_cut() -> None:
    """A hostile server does not fill the log."""
    with pytest.raises(errors.InvalidGrant) as caught:
        wire.document(reply({"error": "invalid_grant", "error_description": "x" * 10_000}, status=400))
    assert 500 == len(caught.value.description)


@pytest.mark.parametrize(
    "answer, later",
    [
        (reply({"error": "temporarily_unavailable"}, status=400), True),
        (reply({"error": "slow_down"}, status=429), True),
        (reply({"__type": "com.x#TooManyRequestsException"}, status=400), True),
        (reply({"__type": "TooManyRequestsException"}, status=400), True),
        (reply({"error": "invalid_client"}, status=400), False),
        (reply({"error": "temporarily_unavailable"}, status=200), False),
        (reply(b"<html>", status=400), False),
        (reply({"error": [], "__type": 3}, status=400), False),
    ],
)
def test_later_is_said_by_code(answer: Reply, *, later: bool) -> None:
    """Never by status alone, and never by a good answer."""
    assert later is wire.says_later(answer)


def test_an_empty_answer_is_good_where_no_content_is_expected() -> None:
    """Revocation answers 200 with nothing."""
    wire.accepted(reply(b""))


def test_an_error_page_is_not_a_good_answer() -> None:
    """A firewall's refusal of a revocation must not pass for a revocation."""
    with pytest.raises(errors.UnexpectedReply):
        wire.accepted(reply(b"<html>", status=403))


def test_a_refused_revocation_is_typed() -> None:
    """RFC 7009 §2.2.1."""
    with pytest.raises(errors.UnsupportedRevocation):
        wire.accepted(reply({"error": "unsupported_token_type"}, status=400))


def test_no_error_quotes_a_secret_of_the_form(scripted: Scripted) -> None:
    """The secret is neither in the error's text nor in anything that it holds."""
    with pytest.raises(errors.InvalidClient) as caught:
        ask(scripted, reply({"error": "invalid_client"}, status=400))
    assert "s3cr3t" not in json.dumps([str(caught.value), repr(caught.value), repr(vars(caught.value))])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = [
    "access_token",
    "id_token",
    "refresh_token",
    "token_type",
    "expires_in",
    "error",
    "error_description",
]


@given(
    st.binary()
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(MEMBERS), JSON).map(lambda value: json.dumps(value).encode()),
    st.sampled_from([200, 204, 400, 401, 403, 429, 500, 503]),
)
def test_whatever_is_answered_there_are_tokens_or_one_of_our_errors(content: bytes, status: int) -> None:
    """Never a KeyError, a TypeError or an OverflowError."""
    answer = Reply(status=status, content=content)
    wire.says_later(answer)
    try:
        tokens = endpoints.token_set(answer, 1_800_000_000.0)
    except (errors.OAuthError, errors.UnexpectedReply):
        return
    assert status < 300
    assert tokens.access_token


@pytest.mark.parametrize("name", ["refresh", "revoke"])
def test_half_of_a_surrogate_pair_is_refused_before_it_is_sent(scripted: Scripted, name: str) -> None:
    """By the field's name. Python's own error would hold the whole token."""
    server = scripted().under(AuthorizationServer(APP))
    with pytest.raises(errors.UsageError, match="surrogate") as refused:
        getattr(server, name)("s3cr3t\ud800")
    assert "s3cr3t" not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_form_names_the_field_that_no_form_can_hold() -> None:
    """A code may come from a callback's address, which anybody can make up."""
    with pytest.raises(errors.UsageError, match=r"^code: has half of a surrogate pair"):
        wire.encoded({"grant_type": "authorization_code", "code": "\udfff"})
