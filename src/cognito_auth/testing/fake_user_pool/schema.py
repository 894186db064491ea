"""What the operations take: required members, types, lengths, patterns and values, as in Cognito's service model.

The tables say the same as botocore's `service-2.json` for `cognito-idp` (a test compares them); botocore itself is not
needed to run the fake. A member is written `Name:Type`, with `!` where it is required; `[Type]` is a list, `{Type}` a
map of texts to that type.
"""

from __future__ import annotations

from typing import Final

from cognito_auth.testing.fake_user_pool.shapes import Choice, Number, Text

SCALARS: Final[dict[str, Text | Choice | Number]] = {
    "AttributeNameType": Text(minimum=1, maximum=32, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+"),
    "AttributeValueType": Text(maximum=2048),
    "AudienceType": Text(minimum=1, maximum=256, pattern=r"[\x21\x23-\x5B\x5D-\x7E]+"),
    "AuthFlowType": Choice(
        (
            "USER_SRP_AUTH",
            "REFRESH_TOKEN_AUTH",
            "REFRESH_TOKEN",
            "CUSTOM_AUTH",
            "ADMIN_NO_SRP_AUTH",
            "USER_PASSWORD_AUTH",
            "ADMIN_USER_PASSWORD_AUTH",
            "USER_AUTH",
        )
    ),
    "ChallengeNameType": Choice(
        (
            "SMS_MFA",
            "EMAIL_OTP",
            "SOFTWARE_TOKEN_MFA",
            "SELECT_MFA_TYPE",
            "MFA_SETUP",
            "PASSWORD_VERIFIER",
            "CUSTOM_CHALLENGE",
            "SELECT_CHALLENGE",
            "DEVICE_SRP_AUTH",
            "DEVICE_PASSWORD_VERIFIER",
            "ADMIN_NO_SRP_AUTH",
            "NEW_PASSWORD_REQUIRED",
            "SMS_OTP",
            "PASSWORD",
            "WEB_AUTHN",
            "PASSWORD_SRP",
        )
    ),
    "ClientIdType": Text(minimum=1, maximum=128, pattern=r"[\w+]+"),
    "ClientSecretType": Text(minimum=24, maximum=64, pattern=r"[\w+]+"),
    "ConfirmationCodeType": Text(minimum=1, maximum=2048, pattern=r"[\S]+"),
    "DeliveryMediumType": Choice(("SMS", "EMAIL")),
    "DeviceKeyType": Text(minimum=1, maximum=55, pattern=r"[\w-]+_[0-9a-f-]+"),
    "DeviceNameType": Text(minimum=1, maximum=1024),
    "DeviceRememberedStatusType": Choice(("remembered", "not_remembered")),
    "EventIdType": Text(minimum=1, maximum=50, pattern=r"[\w+-]+"),
    "FeedbackValueType": Choice(("Valid", "Invalid")),
    "GetDerivedTokenTokenModelType": Text(maximum=131072, pattern=r"[A-Za-z0-9-_+/=.]+"),
    "IssuedTokenTypeIdentifierType": Choice(("ACCESS_TOKEN", "ID_TOKEN")),
    "MessageActionType": Choice(("RESEND", "SUPPRESS")),
    "PaginationKey": Text(minimum=1, maximum=131072, pattern=r"[\S]+"),
    # The model says `[\S]+`, the Developer Guide counts a space as a special character; the guide is followed.
    "PasswordType": Text(maximum=256),
    "ProviderNameType": Text(minimum=1, maximum=32, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+"),
    "QueryLimitType": Number(0, 60),
    "ResourceServerIdentifierType": Text(minimum=1, maximum=256, pattern=r"[\x21\x23-\x5B\x5D-\x7E]+"),
    "RevokeAssociatedSessionsType": Choice(("NONE", "LINKED")),
    "ScopeType": Text(minimum=1, maximum=256, pattern=r"[\x21\x23-\x5B\x5D-\x7E]+"),
    "SearchPaginationTokenType": Text(minimum=1, pattern=r"[\S]+"),
    "SecretHashType": Text(minimum=1, maximum=128, pattern=r"[\w+=/]+"),
    "SessionIdType": Text(minimum=28, maximum=28, pattern=r"^(tkn|sso)[a-z0-9]{25}$"),
    "SessionType": Text(minimum=20, maximum=4096),
    "SoftwareTokenMFAUserCodeType": Text(minimum=6, maximum=6, pattern=r"[0-9]+"),
    "StringType": Text(maximum=131072),
    "TokenModelType": Text(pattern=r"[A-Za-z0-9-_=.]+"),
    "TokenTypeIdentifierType": Choice(("ACCESS_TOKEN", "ID_TOKEN", "SAML2")),
    "UserFilterType": Text(maximum=256),
    "UserPoolIdType": Text(minimum=1, maximum=55, pattern=r"[\w-]+_[0-9a-zA-Z]+"),
    "UsernameType": Text(minimum=1, maximum=128, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"),
    "WebAuthnCredentialsQueryLimitType": Number(0, 20),
}

STRUCTURES: Final = {
    "AnalyticsMetadataType": "AnalyticsEndpointId:StringType",
    "AttributeType": "Name!:AttributeNameType Value:AttributeValueType",
    "DeviceSecretVerifierConfigType": "PasswordVerifier:StringType Salt:StringType",
    "EmailMfaSettingsType": "Enabled:Boolean PreferredMfa:Boolean",
    "MFAOptionType": "DeliveryMedium:DeliveryMediumType AttributeName:AttributeNameType",
    "SMSMfaSettingsType": "Enabled:Boolean PreferredMfa:Boolean",
    "SoftwareTokenMfaSettingsType": "Enabled:Boolean PreferredMfa:Boolean",
    "UserContextDataType": "IpAddress:StringType EncodedData:StringType",
    "WebAuthnMfaSettingsType": "Enabled:Boolean",
}

INPUTS: Final = {
    "AdminCreateUser": (
        "UserPoolId!:UserPoolIdType Username!:UsernameType UserAttributes:[AttributeType] "
        "ValidationData:[AttributeType] TemporaryPassword:PasswordType ForceAliasCreation:Boolean "
        "MessageAction:MessageActionType DesiredDeliveryMediums:[DeliveryMediumType] "
        "ClientMetadata:{StringType}"
    ),
    "AdminDeleteUser": "UserPoolId!:UserPoolIdType Username!:UsernameType",
    "AdminSetUserPassword": (
        "UserPoolId!:UserPoolIdType Username!:UsernameType Password!:PasswordType Permanent:Boolean"
    ),
    "AssociateSoftwareToken": "AccessToken:TokenModelType Session:SessionType",
    "ChangePassword": "PreviousPassword:PasswordType ProposedPassword!:PasswordType AccessToken!:TokenModelType",
    "CompleteWebAuthnRegistration": "AccessToken!:TokenModelType Credential!:Document",
    "ConfirmDevice": (
        "AccessToken!:TokenModelType DeviceKey!:DeviceKeyType "
        "DeviceSecretVerifierConfig:DeviceSecretVerifierConfigType DeviceName:DeviceNameType"
    ),
    "ConfirmForgotPassword": (
        "ClientId!:ClientIdType SecretHash:SecretHashType Username!:UsernameType "
        "ConfirmationCode!:ConfirmationCodeType Password!:PasswordType "
        "AnalyticsMetadata:AnalyticsMetadataType UserContextData:UserContextDataType "
        "ClientMetadata:{StringType}"
    ),
    "ConfirmSignUp": (
        "ClientId!:ClientIdType SecretHash:SecretHashType Username!:UsernameType "
        "ConfirmationCode!:ConfirmationCodeType ForceAliasCreation:Boolean "
        "AnalyticsMetadata:AnalyticsMetadataType UserContextData:UserContextDataType "
        "ClientMetadata:{StringType} Session:SessionType"
    ),
    "DeleteUser": "AccessToken!:TokenModelType",
    "DeleteUserAttributes": "UserAttributeNames!:[AttributeNameType] AccessToken!:TokenModelType",
    "DeleteWebAuthnCredential": "AccessToken!:TokenModelType CredentialId!:StringType",
    "ForgetDevice": "AccessToken:TokenModelType DeviceKey!:DeviceKeyType",
    "ForgotPassword": (
        "ClientId!:ClientIdType SecretHash:SecretHashType UserContextData:UserContextDataType "
        "Username!:UsernameType AnalyticsMetadata:AnalyticsMetadataType ClientMetadata:{StringType}"
    ),
    "GetClientToken": (
        "ClientId!:ClientIdType Secret!:ClientSecretType Scopes:[ScopeType] ClientMetadata:{StringType}"
    ),
    "GetDerivedToken": (
        "ClientId!:ClientIdType ClientSecret:ClientSecretType "
        "SubjectToken!:GetDerivedTokenTokenModelType SubjectTokenType!:TokenTypeIdentifierType "
        "SubjectTokenProviderName:ProviderNameType ActorToken:GetDerivedTokenTokenModelType "
        "ActorTokenType:TokenTypeIdentifierType ActorTokenProviderName:ProviderNameType "
        "Scopes:[ScopeType] Audiences:[AudienceType] Resources:[ResourceServerIdentifierType] "
        "RequestedTokenType:IssuedTokenTypeIdentifierType"
    ),
    "GetDevice": "DeviceKey!:DeviceKeyType AccessToken:TokenModelType",
    "GetTokensFromRefreshToken": (
        "RefreshToken!:TokenModelType ClientId!:ClientIdType ClientSecret:ClientSecretType "
        "DeviceKey:DeviceKeyType ClientMetadata:{StringType}"
    ),
    "GetUser": "AccessToken!:TokenModelType",
    "GetUserAttributeVerificationCode": "AccessToken!:TokenModelType AttributeName!:AttributeNameType ClientMetadata:{StringType}",
    "GetUserAuthFactors": "AccessToken!:TokenModelType",
    "GlobalSignOut": "AccessToken!:TokenModelType",
    "InitiateAuth": (
        "AuthFlow!:AuthFlowType AuthParameters:{StringType} ClientMetadata:{StringType} "
        "ClientId!:ClientIdType AnalyticsMetadata:AnalyticsMetadataType "
        "UserContextData:UserContextDataType Session:SessionType"
    ),
    "ListDevices": (
        "AccessToken!:TokenModelType Limit:QueryLimitType PaginationToken:SearchPaginationTokenType"
    ),
    "ListUserSessions": "AccessToken!:TokenModelType NextToken:PaginationKey",
    "ListUsers": (
        "UserPoolId!:UserPoolIdType AttributesToGet:[AttributeNameType] Limit:QueryLimitType "
        "PaginationToken:SearchPaginationTokenType Filter:UserFilterType"
    ),
    "ListWebAuthnCredentials": (
        "AccessToken!:TokenModelType NextToken:PaginationKey MaxResults:WebAuthnCredentialsQueryLimitType"
    ),
    "ResendConfirmationCode": (
        "ClientId!:ClientIdType SecretHash:SecretHashType UserContextData:UserContextDataType "
        "Username!:UsernameType AnalyticsMetadata:AnalyticsMetadataType ClientMetadata:{StringType}"
    ),
    "RespondToAuthChallenge": (
        "ClientId!:ClientIdType ChallengeName!:ChallengeNameType Session:SessionType "
        "ChallengeResponses:{StringType} AnalyticsMetadata:AnalyticsMetadataType "
        "UserContextData:UserContextDataType ClientMetadata:{StringType}"
    ),
    "RevokeToken": (
        "Token!:TokenModelType ClientId!:ClientIdType ClientSecret:ClientSecretType "
        "RevokeAssociatedSessions:RevokeAssociatedSessionsType"
    ),
    "RevokeUserSession": (
        "AccessToken!:TokenModelType SessionId!:SessionIdType "
        "RevokeAssociatedSessions:RevokeAssociatedSessionsType"
    ),
    "SetUserMFAPreference": (
        "SMSMfaSettings:SMSMfaSettingsType SoftwareTokenMfaSettings:SoftwareTokenMfaSettingsType "
        "EmailMfaSettings:EmailMfaSettingsType WebAuthnMfaSettings:WebAuthnMfaSettingsType "
        "AccessToken!:TokenModelType"
    ),
    "SetUserSettings": "AccessToken!:TokenModelType MFAOptions!:[MFAOptionType]",
    "SignUp": (
        "ClientId!:ClientIdType SecretHash:SecretHashType Username!:UsernameType Password:PasswordType "
        "UserAttributes:[AttributeType] ValidationData:[AttributeType] "
        "AnalyticsMetadata:AnalyticsMetadataType UserContextData:UserContextDataType "
        "ClientMetadata:{StringType}"
    ),
    "StartWebAuthnRegistration": "AccessToken!:TokenModelType",
    "UpdateAuthEventFeedback": (
        "UserPoolId!:UserPoolIdType Username!:UsernameType EventId!:EventIdType "
        "FeedbackToken!:TokenModelType FeedbackValue!:FeedbackValueType"
    ),
    "UpdateDeviceStatus": (
        "AccessToken!:TokenModelType DeviceKey!:DeviceKeyType "
        "DeviceRememberedStatus:DeviceRememberedStatusType"
    ),
    "UpdateUserAttributes": "UserAttributes!:[AttributeType] AccessToken!:TokenModelType ClientMetadata:{StringType}",
    "VerifySoftwareToken": (
        "AccessToken:TokenModelType Session:SessionType UserCode!:SoftwareTokenMFAUserCodeType "
        "FriendlyDeviceName:StringType"
    ),
    "VerifyUserAttribute": "AccessToken!:TokenModelType AttributeName!:AttributeNameType Code!:ConfirmationCodeType",
}
