"""Sphinx, which reads the library as its users' documentation does, sees plain methods on both faces."""

import subprocess
import sys
from pathlib import Path

import pytest

FACES = [
    ("UserPool", "sign_up", ""),
    ("AsyncUserPool", "sign_up", "async "),
    ("AuthorizationServer", "client_credentials", ""),
    ("AsyncAuthorizationServer", "client_credentials", "async "),
]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of documentation about the faces, as Sphinx writes it; a warning of Sphinx's is a failure."""
    source: Path = tmp_path_factory.mktemp("autodoc")
    (source / "conf.py").write_text(
        "project = 'x'\nextensions = ['sphinx.ext.autodoc', 'sphinx.ext.napoleon']\nautodoc_typehints = 'none'\n"
    )
    page = "".join(f".. automethod:: cognito_auth.{name}.{method}\n\n" for name, method, _ in FACES)
    (source / "index.rst").write_text(f"Page\n====\n\n{page}")
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "text", str(source), str(source / "out")]
    subprocess.run(build, check=True, timeout=100)
    return (source / "out" / "index.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name,method,prefix", FACES)
def test_autodoc_shows_a_plain_method(text: str, name: str, method: str, prefix: str) -> None:
    """With its own name and arguments, `async` where it is awaited, and the docstring that stands once."""
    shown = next(line for line in text.splitlines() if f"{name}.{method}(" in line)
    assert shown.startswith((f"{prefix}{name}.{method}(", f"{prefix}cognito_auth.{name}.{method}("))
    assert "self" not in shown
    assert "client_metadata" in " ".join(text.split())


def test_autodoc_shows_the_docstring_on_both_faces(text: str) -> None:
    """It is written once, and read twice."""
    assert text.count("A receipt for a new user") == 2
