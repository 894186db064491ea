"""What every test gets, those in `tests/` and the snippets of the docs alike."""

pytest_plugins = [
    "pytester",
    "support.chromium",
    "support.faces",
    "support.guards",
    "support.judged_answers",
    "support.peer_matrix",
    "support.programs",
    "support.scripted_runtime",
    "support.cache_servers",  # imports support.programs, which pytest has to load first
]
