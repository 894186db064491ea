"""`python -m cognito_auth.cli`, where the `cognito-auth` script is not on the path."""

from cognito_auth.cli import main

raise SystemExit(main())
