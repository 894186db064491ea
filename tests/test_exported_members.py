"""The public names: all of them there, each in one place, and nothing else at the front door."""

import inspect
import pydoc
import types
from unittest.mock import AsyncMock, create_autospec

import pytest

import cognito_auth

PUBLIC = [name for name in cognito_auth.__all__ if not name.startswith("_")]
CLASSES = [name for name in PUBLIC if inspect.isclass(getattr(cognito_auth, name))]

FACES = {
    name for name in CLASSES if f"Async{name}" in CLASSES or name.removeprefix("Async") in {*CLASSES} - {name}
}


def test_every_exported_name_is_there() -> None:
    """`from cognito_auth import *` finds each of them."""
    namespace: dict[str, object] = {}
    exec("from cognito_auth import *", namespace)
    assert set(PUBLIC) == namespace.keys() - {"__builtins__"}


def test_names_are_exported_once_and_in_order() -> None:
    """So a missing one is seen at a glance."""
    assert sorted(set(cognito_auth.__all__)) == list(cognito_auth.__all__)


def test_dir_shows_the_exported_names() -> None:
    """Also those that nobody has used yet, and nothing of how they are loaded."""
    assert set(PUBLIC) == {name for name in dir(cognito_auth) if not name.startswith("__")}


def test_dir_of_the_caches_shows_the_exported_names() -> None:
    """Also of those whose libraries are not there."""
    caches = cognito_auth.caches
    assert set(caches.__all__) == {name for name in dir(caches) if not name.startswith("__")}


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """As with any module, so that `hasattr` works."""
    assert not hasattr(cognito_auth, "NoSuchName")


def test_type_checkers_see_what_is_exported() -> None:
    """The imports that only they read name the same things as the table of homes."""
    source = inspect.getsource(cognito_auth)
    _, _, checked = source.partition("if TYPE_CHECKING:\n")
    imported = {
        line.rpartition(" as ")[2]
        for line in checked.splitlines()
        if line.startswith("    from") or " as " in line
    }
    assert set(PUBLIC) == {name.rstrip(",") for name in imported}


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_is_told_and_calls_itself_by_its_public_name(name: str) -> None:
    """Its docstring is there, and its own name is the exported one."""
    public = getattr(cognito_auth, name)
    assert name == public.__name__
    assert inspect.getdoc(public)


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_method_is_a_plain_one_and_told(name: str) -> None:
    """`help`, `inspect.signature`, mocks and Sphinx meet ordinary functions on both faces, each with a docstring."""
    public = getattr(cognito_auth, name)
    for member_name, member in inspect.getmembers_static(public):
        if member_name.startswith("_") or isinstance(member, (property, types.MemberDescriptorType)):
            continue
        if callable(member) or isinstance(member, (classmethod, staticmethod)):
            bound = getattr(public, member_name)
            assert inspect.isroutine(bound), f"{name}.{member_name} is {bound!r}"
            assert inspect.getdoc(bound), f"{name}.{member_name} has no docstring"
            assert not hasattr(bound, "__wrapped__")
            inspect.signature(bound)


@pytest.mark.parametrize("name", [name for name in CLASSES if f"Async{name}" in CLASSES])
def test_both_faces_offer_the_same(name: str) -> None:
    """The same public names with the same parameters: awaited on one face, and only there."""
    blocking, awaiting = getattr(cognito_auth, name), getattr(cognito_auth, f"Async{name}")
    theirs = {"close": "aclose"}
    names = {each for each in dir(blocking) if not each.startswith("_")}
    assert {theirs.get(each, each) for each in names} == {
        each for each in dir(awaiting) if not each.startswith("_")
    }
    for each in names - theirs.keys():
        ours, other = getattr(blocking, each), getattr(awaiting, each)
        if inspect.isroutine(ours):
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(other).parameters)
            assert not inspect.iscoroutinefunction(ours)


@pytest.mark.parametrize("name", sorted(FACES))
def test_mocks_know_which_face_they_stand_for(name: str) -> None:
    """`create_autospec` refuses wrong arguments, and is awaited where the class is."""
    public = getattr(cognito_auth, name)
    double = create_autospec(public, instance=True)
    for each, member in inspect.getmembers(public, inspect.isfunction):
        # Static methods stand as plain callables on the double; a call of theirs is not an operation.
        if not each.startswith("_") and not isinstance(inspect.getattr_static(public, each), staticmethod):
            mock = getattr(double, each)
            assert inspect.iscoroutinefunction(member) == isinstance(mock, AsyncMock)
            with pytest.raises(TypeError, match="argument"):
                mock(no_such_argument=1)


@pytest.mark.parametrize("name", sorted(FACES))
def test_help_shows_every_operation_with_its_parameters(name: str) -> None:
    """As for any class that was written by hand; on the async face it says `async`."""
    public = getattr(cognito_auth, name)
    text = pydoc.plain(pydoc.render_doc(public))
    for each, member in inspect.getmembers(public, inspect.isfunction):
        if not each.startswith("_"):
            shown = f"{'async ' if inspect.iscoroutinefunction(member) else ''}{each}("
            assert shown in text or f" {each} = {member.__name__}(" in text, shown
