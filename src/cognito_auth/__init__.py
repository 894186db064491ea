"""Amazon Cognito for Python."""
