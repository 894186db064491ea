"""AWS Signature Version 4 for the operations that need AWS credentials, by botocore (extra `admin`).

<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_auth.errors import UsageError

SERVICE = "cognito-idp"
_ADDED = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")


class Signer:
    """Signs requests with the credentials of the usual AWS chain: environment, profile, container, instance.

    Args:
        region: The Region of the service.

    Raises:
        UsageError: botocore is not installed.
    """

    def __init__(self, region: str) -> None:
        try:
            import botocore.session
        except ImportError:
            raise UsageError(
                "real users need botocore, which signs the requests: pip install 'cognito-auth[admin]'"
            ) from None
        self._region = region
        self._session = botocore.session.get_session()
        self._credentials: Any = None

    def headers(self, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The given headers and the signature over them. It may block: looking for credentials asks the network.

        Args:
            url: Where the request goes.
            headers: What is signed beside the host; nothing else that a client adds must be in it.
            body: What is sent.

        Raises:
            UsageError: There are no credentials.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method="POST", url=url, data=body, headers=dict(headers))
        SigV4Auth(self._frozen(), SERVICE, self._region).add_auth(request)
        return {**headers, **{name: request.headers[name] for name in _ADDED if name in request.headers}}

    def _frozen(self) -> Any:
        self._credentials = self._credentials or self._session.get_credentials()
        if self._credentials is None:
            raise UsageError(
                "no AWS credentials: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role"
            )
        return self._credentials.get_frozen_credentials()
