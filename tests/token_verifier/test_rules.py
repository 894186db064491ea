"""What a token must say. Each refusal is a class of its own, with what was expected and what was found."""

import warnings
from typing import Any

import pytest

from cognito_auth import TokenVerifier, errors
from cognito_auth.token_verifier.rules import Rules
from support.tokens import CLIENT, NOW, POOL, access_claims, id_claims


def rules(**settings: Any) -> Rules:
    """Rules for access tokens of the one client, with these settings."""
    return Rules(**{"token_use": "access", "client_id": CLIENT, **settings})


REFUSED: dict[str, tuple[type[errors.TokenRejected], dict[str, Any], dict[str, Any]]] = {
    # what it is: the refusal, the rules, what is different about the token
    "no exp": (errors.MalformedToken, {}, {"exp": None}),
    "expired": (errors.TokenExpired, {}, {"exp": NOW - 1}),
    "expired at this very second": (errors.TokenExpired, {}, {"exp": NOW}),
    "expired beyond the leeway": (errors.TokenExpired, {"leeway": 5}, {"exp": NOW - 5}),
    "not valid yet": (errors.TokenNotYetValid, {}, {"nbf": NOW + 1}),
    "not valid yet, beyond the leeway": (errors.TokenNotYetValid, {"leeway": 5}, {"nbf": NOW + 6}),
    "no token_use": (errors.WrongTokenUse, {}, {"token_use": None}),
    "an ID token": (errors.WrongTokenUse, {}, {"token_use": "id"}),
    "a refresh token where either is accepted": (
        errors.WrongTokenUse,
        {"token_use": None},
        {"token_use": "refresh"},
    ),
    "no token_use where either is accepted": (errors.WrongTokenUse, {"token_use": None}, {"token_use": None}),
    "no client": (errors.WrongClient, {}, {"client_id": None}),
    "no client where any is accepted": (errors.WrongClient, {"client_id": None}, {"client_id": None}),
    "another client": (errors.WrongClient, {}, {"client_id": "another"}),
    "a client in other letters": (errors.WrongClient, {}, {"client_id": CLIENT.upper()}),
    "the client in aud alone": (errors.WrongClient, {}, {"client_id": "another", "aud": CLIENT}),
    "an audience that nobody asked for": (errors.WrongAudience, {}, {"aud": "https://api.example.com"}),
    "… where any client is accepted": (
        errors.WrongAudience,
        {"client_id": None},
        {"aud": "https://api.example.com"},
    ),
    "another audience": (
        errors.WrongAudience,
        {"resource": "https://api.example.com"},
        {"aud": "https://other.example.com"},
    ),
    "an audience among others": (
        errors.WrongAudience,
        {"resource": "https://api.example.com"},
        {"aud": ["https://api.example.com", "https://other.example.com"]},
    ),
    "no audience": (errors.WrongAudience, {"resource": "https://api.example.com"}, {}),
    "the client as the audience": (
        errors.WrongAudience,
        {"resource": "https://api.example.com"},
        {"aud": CLIENT},
    ),
    "no acr": (errors.WeakAuthentication, {"acr": "mfa"}, {}),
    "another acr": (errors.WeakAuthentication, {"acr": {"mfa", "passkey"}}, {"acr": "password"}),
    "a sign-in too long ago": (errors.StaleAuthentication, {"max_age": 59}, {}),
    "no auth_time": (errors.StaleAuthentication, {"max_age": 3600}, {"auth_time": None}),
}


@pytest.mark.parametrize(
    "refusal, settings, changes", [pytest.param(*case, id=name) for name, case in REFUSED.items()]
)
def test_an_access_token_that_breaks_a_rule_is_refused(
    refusal: type[errors.TokenRejected], settings: dict[str, Any], changes: dict[str, Any]
) -> None:
    """The class says which rule, the evidence says why."""
    with pytest.raises(refusal) as caught:
        rules(**settings).judge(access_claims(**changes), NOW)
    assert caught.type is refusal
    assert caught.value.http_status == 401
    assert (
        caught.value.expected is not None or "client" in caught.value.reason or "API" in caught.value.reason
    )


ACCEPTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "as it comes": ({}, {}),
    "expired within the leeway": ({"leeway": 5}, {"exp": NOW - 4}),
    "not valid yet, within the leeway": ({"leeway": 5}, {"nbf": NOW + 5}),
    "one of several clients": ({"client_id": [CLIENT, "another"]}, {}),
    "any client": ({"client_id": None}, {"client_id": "whoever"}),
    "an allowed client as the audience": ({}, {"aud": CLIENT}),
    "any client as its own audience": ({"client_id": None}, {"client_id": "whoever", "aud": "whoever"}),
    "the audience": ({"resource": "https://api.example.com"}, {"aud": "https://api.example.com"}),
    "the audience beside the client": (
        {"resource": "https://api.example.com"},
        {"aud": ["https://api.example.com", CLIENT]},
    ),
    "either use": ({"token_use": None}, {}),
    "an acr": ({"acr": "mfa"}, {"acr": "mfa"}),
    "a sign-in just in time": ({"max_age": 60}, {}),
}


@pytest.mark.parametrize(
    "settings, changes", [pytest.param(*case, id=name) for name, case in ACCEPTED.items()]
)
def test_an_access_token_that_keeps_the_rules_is_accepted(
    settings: dict[str, Any], changes: dict[str, Any]
) -> None:
    """Up to the very edge of each."""
    rules(**settings).judge(access_claims(**changes), NOW)


@pytest.mark.parametrize(
    "audience, clients",
    [(None, CLIENT), ("another", CLIENT), ([CLIENT, "another"], CLIENT), (None, None)],
)
def test_an_id_token_of_another_client_is_refused(audience: object, clients: str | None) -> None:
    """Its audience is the app client; every audience must be a trusted one (OpenID Connect Core §3.1.3.7)."""
    with pytest.raises(errors.WrongClient):
        rules(token_use="id", client_id=clients).judge(id_claims(aud=audience), NOW)


@pytest.mark.parametrize("audience", [CLIENT, [CLIENT]])
def test_an_id_token_of_the_client_is_accepted(audience: object) -> None:
    """Whether its one audience stands alone or in a list."""
    rules(token_use="id").judge(id_claims(aud=audience), NOW)
    rules(token_use=None).judge(id_claims(aud=audience), NOW)


@pytest.mark.parametrize(
    "settings, refusal",
    [
        ({"all_scopes": {"orders/read", "orders/delete"}}, errors.MissingScope),
        ({"any_scopes": "orders/delete orders/admin"}, errors.MissingScope),
        ({"all_scopes": "orders"}, errors.MissingScope),
        ({"all_groups": {"admin", "owners"}}, errors.MissingGroup),
        ({"any_groups": ["owners"]}, errors.MissingGroup),
        ({"any_groups": "adm"}, errors.MissingGroup),
    ],
)
def test_a_good_token_that_may_not_do_this_is_told_so(
    settings: dict[str, Any], refusal: type[errors.TokenRejected]
) -> None:
    """403, not 401: signing in again would not help."""
    with pytest.raises(refusal) as caught:
        rules(**settings).permit(["orders/read", "orders/write"], ["admin", "staff"])
    assert caught.value.http_status == 403


@pytest.mark.parametrize(
    "settings",
    [
        {"all_scopes": "orders/read orders/write"},
        {"any_scopes": ["orders/read", "orders/delete"]},
        {"all_groups": "admin"},
        {"any_groups": {"owners", "staff"}},
    ],
)
def test_a_good_token_that_may_do_this_passes(settings: dict[str, Any]) -> None:
    """All of the ones, any of the others."""
    checked = rules(**settings)
    assert checked.restrict
    checked.permit(["orders/read", "orders/write"], ["admin", "staff"])


@pytest.mark.parametrize(
    "settings, argument",
    [
        ({"token_use": "refresh"}, "token_use"),
        ({"client_id": []}, "client_id"),
        ({"client_id": ""}, "client_id"),
        ({"all_scopes": ["a b"]}, "all_scopes"),
        ({"any_groups": [""]}, "any_groups"),
        ({"resource": ""}, "resource"),
        ({"leeway": -1}, "leeway"),
        ({"leeway": None}, "leeway"),
        ({"leeway": float("inf")}, "leeway"),
        ({"max_age": "60"}, "max_age"),
        ({"max_age": True}, "max_age"),
        ({"acr": [""]}, "acr"),
        ({"token_use": "id", "all_scopes": "a"}, "all_scopes"),
        ({"token_use": "id", "resource": "https://api.example.com"}, "resource"),
    ],
)
def test_rules_that_cannot_be_right_are_refused_at_once(settings: dict[str, Any], argument: str) -> None:
    """Naming the argument."""
    with pytest.raises(errors.UsageError, match=f"^{argument}: "):
        rules(**settings)


@pytest.mark.parametrize("token_use", ["access", "id", None])
def test_trusting_every_client_with_nothing_else_asked_warns(token_use: Any) -> None:
    """Anyone may be able to register an app client."""
    with pytest.warns(UserWarning, match="every app client") as caught:
        TokenVerifier(POOL, client_id=None, token_use=token_use)
    assert __file__ == caught[0].filename


@pytest.mark.parametrize(
    "settings", [{"all_scopes": "a"}, {"any_scopes": "a"}, {"resource": "https://a.example"}]
)
def test_trusting_every_client_with_something_asked_does_not_warn(settings: dict[str, Any]) -> None:
    """Scopes and resources are the pool owner's to give."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TokenVerifier(POOL, client_id=None, token_use="access", **settings)
