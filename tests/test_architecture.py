"""Who may import whom. The drawing is in docs/explain/architecture.md; the tables here are its letter."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = "cognito_auth"

# Modules at the top of the package that share a room. Every folder is a room of its own.
VOCABULARY = "vocabulary"
HOSTS = "hosts"
FRONT_DOOR = "front door"
ROOMS = {
    "__init__": FRONT_DOOR,
    "cli": "cli",
    **dict.fromkeys(
        ["_challenge", "_checks", "_seal", "_values", "app_client", "challenges", "claims", "compact"],
        VOCABULARY,
    ),
    **dict.fromkeys(["errors", "events", "grants", "tokens", "users"], VOCABULARY),
    **dict.fromkeys(["_bearer", "_credentials", "_execute_api", "_requires"], HOSTS),
    **dict.fromkeys(["asgi", "aws_lambda", "fastapi", "httpx", "httpx2", "mcp", "wsgi"], HOSTS),
}

MAY_IMPORT = {
    VOCABULARY: set[str](),
    "_runtime": {VOCABULARY},
    "caches": {"_runtime", VOCABULARY},
    "user_pool": {"_runtime", VOCABULARY},
    "token_verifier": {"_runtime", VOCABULARY},
    "authorization_server": {"token_verifier", "_runtime", VOCABULARY},
    "token_source": {"user_pool", "authorization_server", "caches", "_runtime", VOCABULARY},
}
# Hosts and the command line stand above every room; only the command line may start the fake pool.
MAY_IMPORT[HOSTS] = {*MAY_IMPORT}
MAY_IMPORT["cli"] = {*MAY_IMPORT, "testing", FRONT_DOOR}
MAY_IMPORT["testing"] = {*MAY_IMPORT, FRONT_DOOR}
MAY_IMPORT[FRONT_DOOR] = {*MAY_IMPORT} - {"cli"}

# Where a library may be known at all, by room or by module. A library that is not named here may be used by the
# module that is named after it, and by the fake pool.
TALKING_AND_WAITING = {"_runtime", "caches", "testing"}
LIBRARIES = {
    "attr": set[str](),  # the old name: attrs is imported as attrs
    "httpx": {"_runtime/http", "httpx", "testing"},
    "httpx2": {"_runtime/http", "httpx2", "testing"},
    "jwt": {"token_verifier", "testing"},
    "cryptography": {"token_verifier", "caches/encrypted", "_seal", "testing"},
    "time": TALKING_AND_WAITING,
    "random": TALKING_AND_WAITING,
    "secrets": TALKING_AND_WAITING,
    "threading": TALKING_AND_WAITING | {"authorization_server/browser"},
    "asyncio": TALKING_AND_WAITING,
    "anyio": TALKING_AND_WAITING,
    "tenacity": TALKING_AND_WAITING,
    "boto3": {"caches/dynamodb", "testing"},
    "botocore": {"caches/dynamodb", "testing"},
    "fastapi": {"fastapi", "testing"},
    "starlette": {"fastapi", "testing"},
    "mcp": {"mcp"},
    "redis": {"caches/redis"},
    "filelock": {"caches/file"},
    "gmpy2": {"user_pool/srp", "testing"},
}


class Module(NamedTuple):
    """A file of the package."""

    path: Path

    @property
    def name(self) -> str:
        """Its place in the package without the suffix: `user_pool/srp`."""
        return self.path.relative_to(SOURCE / PACKAGE).with_suffix("").as_posix()

    @property
    def room(self) -> str:
        """Its folder, or the room that the table gives to a module at the top."""
        top, *inside = self.name.split("/")
        return top if inside else ROOMS[top]

    def imports(self) -> Iterator[tuple[str, ...]]:
        """Each module that it imports, wherever in the file, as the parts of its full name."""
        here = [PACKAGE, *self.name.split("/")[:-1]]
        for node in ast.walk(ast.parse(self.path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (tuple(alias.name.split(".")) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = here[: len(here) - node.level + 1] if node.level else []
                module = [*base, *(node.module.split(".") if node.module else [])]
                if module in ([PACKAGE], here[:1]):
                    yield from ((*module, alias.name) for alias in node.names)
                else:
                    yield tuple(module)


MODULES = [Module(path) for path in sorted((SOURCE / PACKAGE).rglob("*.py"))]
each_module = pytest.mark.parametrize("module", [pytest.param(module, id=module.name) for module in MODULES])


def room_of(parts: tuple[str, ...]) -> str:
    """The room of an imported module of the package, or of a name that the front door gives."""
    name = parts[1] if len(parts) > 1 else "__init__"
    if (SOURCE / PACKAGE / name).is_dir():
        return name
    return ROOMS[name] if (SOURCE / PACKAGE / f"{name}.py").exists() else FRONT_DOOR


@each_module
def test_a_module_imports_only_from_rooms_below_its_own(module: Module) -> None:
    """The arrows of the drawing, and no others."""
    rooms = {room_of(parts) for parts in module.imports() if parts[0] == PACKAGE}
    assert set() == rooms - {module.room} - MAY_IMPORT[module.room]


@each_module
def test_a_library_is_known_only_where_it_belongs(module: Module) -> None:
    """Sockets, clocks, randomness, locks and cryptography each have their place."""
    strays = {
        parts[0]
        for parts in module.imports()
        if parts[0] in LIBRARIES and not {module.room, module.name} & LIBRARIES[parts[0]]
    }
    assert set() == strays
