"""API Gateway's side of an authorizer: its events, judged by AWS's own models, and its reading of a policy."""

import re
from typing import Any

from aws_lambda_powertools.utilities.parser.models import (
    ApiGatewayAuthorizerRequest,
    ApiGatewayAuthorizerRequestV2,
    ApiGatewayAuthorizerToken,
    APIGatewayProxyEventModel,
    APIGatewayProxyEventV2Model,
)

API = "arn:aws:execute-api:eu-west-1:123456789012:abcdef123"
STAGE = f"{API}/prod"


def token_event(authorization: str, *, method: str = "GET", path: str = "/orders/7") -> dict[str, Any]:
    """To a TOKEN authorizer of a REST API."""
    event = {"type": "TOKEN", "authorizationToken": authorization, "methodArn": f"{STAGE}/{method}{path}"}
    ApiGatewayAuthorizerToken.model_validate(event)
    return event


def proxy_event(
    headers: dict[str, str], *, method: str = "GET", path: str = "/orders/7", **changes: Any
) -> dict[str, Any]:
    """To a handler, payload format 1.0."""
    event: dict[str, Any] = {
        "version": "1.0",
        "resource": "/orders/{id}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"id": "7"},
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdef123",
            "stage": "prod",
            "protocol": "HTTP/1.1",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "test"},
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTime": "21/Nov/2026:03:00:00 +0000",
            "requestTimeEpoch": 1795230000000,
            "resourceId": "123456",
            "resourcePath": "/orders/{id}",
            "httpMethod": method,
            "path": f"/prod{path}",
        },
        **changes,
    }
    APIGatewayProxyEventModel.model_validate(event)
    return event


def request_event(headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    """To a REQUEST authorizer, payload format 1.0."""
    event = proxy_event(headers, **changes)
    event |= {"type": "REQUEST", "methodArn": f"{STAGE}/{event['httpMethod']}{event['path']}"}
    ApiGatewayAuthorizerRequest.model_validate(event)
    return event


def proxy_event_v2(
    headers: dict[str, str],
    *,
    method: str = "GET",
    path: str = "/orders/7",
    key: str = "GET /orders/{id}",
    **changes: Any,
) -> dict[str, Any]:
    """To a handler, payload format 2.0."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdef123",
            "domainName": "abcdef123.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "abcdef123",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
            "requestId": "id",
            "routeKey": key,
            "stage": "prod",
            "time": "21/Nov/2026:03:00:00 +0000",
            "timeEpoch": 1795230000000,
        },
        "isBase64Encoded": False,
        **changes,
    }  # fmt: skip
    APIGatewayProxyEventV2Model.model_validate(event)
    return event


def request_event_v2(headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    """To a REQUEST authorizer, payload format 2.0."""
    event = proxy_event_v2(headers, **changes)
    http = event["requestContext"]["http"]
    event |= {"type": "REQUEST", "routeArn": f"{STAGE}/{http['method']}{http['path']}"}
    event.setdefault("identitySource", [headers.get("Authorization", "")])
    ApiGatewayAuthorizerRequestV2.model_validate(event)
    return event


def behind(event: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The event of a handler behind an authorizer that gave this answer."""
    context = {**answer["context"], "integrationLatency": 5}
    is_v2 = event["version"] == "2.0"
    authorizer = {"lambda": context} if is_v2 else {**context, "principalId": answer["principalId"]}
    event = {**event, "requestContext": {**event["requestContext"], "authorizer": authorizer}}
    (APIGatewayProxyEventV2Model if is_v2 else APIGatewayProxyEventModel).model_validate(event)
    return event


def allows(answer: dict[str, Any], method: str, path: str) -> bool:
    """Whether API Gateway lets a request in under a policy, by IAM's rules: `*` is any text, and a denial wins."""
    arn = path if path.startswith("arn:") else f"{STAGE}/{method}{path}"
    effects = {
        statement["Effect"]
        for statement in answer["policyDocument"]["Statement"]
        for resource in statement["Resource"]
        if re.fullmatch(re.escape(resource).replace(r"\*", ".*"), arn, re.DOTALL)
    }
    return effects == {"Allow"}
