"""The memory of verified tokens: bounded, newest first."""

import pytest

from cognito_auth.token_verifier.memory import Memory, fingerprint


@pytest.mark.parametrize("size", [1, 2, 3, 10, 101])
def test_a_memory_never_holds_more_than_its_size(size: int) -> None:
    """However many tokens come by."""
    memory: Memory[int] = Memory(size)
    for number in range(500):
        memory.put(b"%d" % number, number)
        assert number == memory.get(b"%d" % number)
        assert len(memory) <= size


def test_what_is_used_stays() -> None:
    """What is not used makes room for what is new."""
    memory: Memory[int] = Memory(4)
    memory.put(b"used", 1)
    for number in range(20):
        memory.put(b"%d" % number, number)
        assert 1 == memory.get(b"used")
    assert None is memory.get(b"0")


def test_a_fingerprint_holds_nothing_of_the_token() -> None:
    """A SHA-256 for what may be a token, nothing for the rest."""
    assert 32 == len(fingerprint("a.b.c", 100))
    assert fingerprint("a.b.c", 100) != fingerprint("a.b.d", 100)
    for junk in (None, b"a.b.c", "\ud800", "\u00e9", "a" * 101):
        assert b"" == fingerprint(junk, 100)
