"""What every test gets, those in `tests/` and the snippets of the docs alike."""

pytest_plugins = ["support.guards", "support.programs", "support.faces", "support.scripted_runtime"]
