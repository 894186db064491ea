"""SRP as Cognito does it: the published vector, and the values that other clients get wrong."""

import base64
import datetime
import hashlib
import hmac
import locale
import random
import sys
from contextlib import suppress
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from pycognito.aws_srp import AWSSRP

from cognito_auth.errors import UnexpectedReply
from cognito_auth.user_pool import srp
from cognito_auth.user_pool.srp import Ephemeral

gmpy2: Any = import_module("gmpy2")
USER = {"identity": "myPooltest", "password": "test"}


def test_without_the_extra_pythons_own_power_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """gmpy2 is optional."""
    assert srp._found_constant_time_power() is gmpy2.powmod_sec
    monkeypatch.setitem(sys.modules, "gmpy2", None)
    assert srp._found_constant_time_power() is None


@pytest.fixture(params=["pow", "gmpy2"])
def arithmetic(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to a modular power."""
    monkeypatch.setattr(srp, "_constant_time_power", gmpy2.powmod_sec if request.param == "gmpy2" else None)
    return str(request.param)


def service_side(
    ephemeral: Ephemeral, *, salt: int, b: int, identity: str, password: str
) -> tuple[str, bytes]:
    """``SRP_B`` and the key as the other side computes it, from the verifier alone (RFC 5054 §2.6)."""
    x = int(
        hashlib.sha256(
            java_bytes(salt) + hashlib.sha256(f"{identity}:{password}".encode()).digest()
        ).hexdigest(),
        16,
    )
    verifier = pow(2, x, srp.N)
    server_public = (srp.K * verifier + pow(2, b, srp.N)) % srp.N
    u = int(hashlib.sha256(java_bytes(ephemeral.public) + java_bytes(server_public)).hexdigest(), 16)
    shared = pow(ephemeral.public * pow(verifier, u, srp.N), b, srp.N)
    extracted = hmac.new(java_bytes(u), java_bytes(shared), "sha256").digest()
    return f"{server_public:x}", hmac.new(extracted, b"Caldera Derived Key\x01", "sha256").digest()[:16]


def java_bytes(number: int) -> bytes:
    """BigInteger.toByteArray, found by trying: the fewest bytes that hold the number and its sign."""
    for length in range(1, 1000):
        try:
            return number.to_bytes(length, "big", signed=True)
        except OverflowError:
            continue
    raise AssertionError("a number of more than a thousand bytes")


def test_the_published_vector_comes_out(arithmetic: str) -> None:
    """Key, scrambling parameter and signature of the vector that AWS's own clients are tested with."""
    a = Ephemeral(private=1234567890, public=pow(2, 1234567890, srp.N))
    key = srp.session_key(a, **USER, salt="499602d2", server_public="499602d2")
    assert key.hex() == "d96cde6c95dda17175c1293140c5a81f"
    assert f"{srp.digest(srp.pad(a.public), srp.pad(0x499602D2)):064x}" == (
        "0c98b195a479d1a7c70c99dd680f34f5805fe686d0bc716549ff2ed895aa9111"
    )
    proof = srp.signature(
        key,
        identity=USER["identity"],
        secret_block="c2VjcmV0c3NlY3Jlc3Rzc2VjcmV0cw==",
        timestamp="Tue Jul 10 11:01:00 UTC 2018",
    )
    assert proof == "tdvQu/Li/qWl8Nni0aFPs+MwY4rvKZm0kSMrGIMSUHk="


def test_the_multiplier_is_the_known_one() -> None:
    """It depends on how numbers are padded."""
    assert f"{srp.K:x}" == "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"


SALTS = {
    "leading zero bytes": 0x0000AB,
    "odd length": 0xABC,
    "top bit set": 0x80 << 120 | 1,
    "negative": -0x1234567890ABCDEF,
    "negative, a power of two": -0x80,
    "zero": 0,
    "ordinary": 0x7A3F_0011_2233_4455_6677_8899_AABB_CCDD,
}


@pytest.mark.parametrize("salt", SALTS.values(), ids=SALTS.keys())
def test_any_salt_gives_the_key_of_the_service(arithmetic: str, salt: int) -> None:
    """The salt is an integer, whatever its text looks like; Unicode names and passwords are UTF-8."""
    user = {"identity": "myPoolZoë", "password": "пароль 🐎"}
    a = srp.begin(bytes(range(1, 33)))
    server_public, key = service_side(a, salt=salt, b=0xC0FFEE << 200, **user)
    written = f"-{-salt:x}" if salt < 0 else f"{salt:x}"
    for text in {written, written.upper(), written if salt < 0 else "000" + written}:
        assert srp.session_key(a, **user, salt=text, server_public=server_public) == key


def test_a_wrong_password_gives_another_key() -> None:
    """The service then refuses the signature."""
    a = srp.begin(bytes(range(1, 33)))
    server_public, key = service_side(a, salt=7, b=1 << 200, **USER)
    assert (
        srp.session_key(a, identity=USER["identity"], password="Test", salt="7", server_public=server_public)
        != key
    )


def test_random_exchanges_agree_with_the_service_and_both_ways_of_arithmetic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Public values of every size and top bit; the constant-time power gives what Python's gives."""
    lots = random.Random(3072)
    for _ in range(20):
        a, salt = srp.begin(lots.randbytes(32)), lots.getrandbits(128)
        server_public, key = service_side(a, salt=salt, b=lots.getrandbits(256), **USER)
        assert srp.session_key(a, **USER, salt=f"{salt:x}", server_public=server_public) == key
        exponent, base = lots.getrandbits(512), lots.getrandbits(3072) % srp.N
        assert int(gmpy2.powmod_sec(base, exponent, srp.N)) == pow(base, exponent, srp.N)
    monkeypatch.setattr(srp, "_constant_time_power", gmpy2.powmod_sec)
    assert srp.power(5, 0) == 1  # an exponent that the constant-time power does not take


def test_a_short_server_value_is_a_number_like_any(arithmetic: str) -> None:
    """B may be short, of odd length, and upper or lower case."""
    a = srp.begin(bytes(range(1, 33)))
    keys = {
        srp.session_key(a, **USER, salt="a", server_public=text)
        for text in ("abc", "ABC", "0abc", "00000abc")
    }
    assert len(keys) == 1


@pytest.mark.parametrize("multiple", [0, 1, 2, -1])
def test_a_server_value_that_would_give_the_password_away_is_refused(multiple: int) -> None:
    """B mod N == 0 makes the key independent of the password."""
    value = srp.N * multiple
    text = f"-{-value:x}" if value < 0 else f"{value:x}"
    with pytest.raises(UnexpectedReply, match="SRP_B is a multiple of N"):
        srp.session_key(srp.begin(b"\x01" * 32), **USER, salt="a", server_public=text)


def test_a_scrambling_parameter_of_zero_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never happens by chance; a broken hash would do it."""
    monkeypatch.setattr(srp, "digest", lambda *_: 0)
    with pytest.raises(UnexpectedReply, match="u is zero"):
        srp.session_key(srp.begin(b"\x01" * 32), **USER, salt="a", server_public="2")


@pytest.mark.parametrize("text", ["", "0x12", "12 ", "1_2", "g", "--1", "+1", "１", None, 12, "f" * 2049])
def test_what_is_no_hexadecimal_number_is_refused(text: Any) -> None:
    """int() alone would take underscores, spaces, prefixes and digits of other scripts."""
    a = srp.begin(b"\x01" * 32)
    with pytest.raises(UnexpectedReply, match="SALT is not a hexadecimal number"):
        srp.session_key(a, **USER, salt=text, server_public="2")
    with pytest.raises(UnexpectedReply, match="SRP_B is not a hexadecimal number"):
        srp.session_key(a, **USER, salt="a", server_public=text)


def test_a_secret_block_that_is_not_base64_is_refused() -> None:
    """It is signed as bytes and sent back as it came."""
    with pytest.raises(UnexpectedReply, match="SECRET_BLOCK is not base64"):
        srp.signature(b"k" * 16, identity="a", secret_block="x", timestamp="now")


@pytest.mark.parametrize(
    "number",
    [0, 1, 127, 128, 255, 256, 32767, 32768, 2**127, 2**128 - 1, -1, -128, -129, -255, -256, -32768, -32769],
)
def test_numbers_are_padded_as_java_writes_them(number: int) -> None:
    """The shortest two's complement."""
    assert srp.pad(number) == java_bytes(number)


@pytest.mark.parametrize(
    "now,text",
    [
        (1531220460, "Tue Jul 10 11:01:00 UTC 2018"),
        (1535760000.9, "Sat Sep 1 00:00:00 UTC 2018"),
        (1767225599, "Wed Dec 31 23:59:59 UTC 2025"),
        (1772323205, "Sun Mar 1 00:00:05 UTC 2026"),
    ],
)
def test_the_time_has_english_names_and_no_leading_zero_in_the_day(now: float, text: str) -> None:
    """As Cognito reads it, before and after the tenth."""
    assert srp.timestamp(now) == text


class French(datetime.datetime):
    """A clock in a process whose locale is French, whichever locales this machine has."""

    def strftime(self, form: str) -> str:
        """With French names wherever a locale has a say."""
        names = {
            "%a": "mar.",
            "%A": "mardi",
            "%b": "juil.",
            "%B": "juillet",
            "%c": "mar. 10 juil.",
            "%x": "10/07/2018",
        }
        for code, name in names.items():
            form = form.replace(code, name)
        return super().strftime(form)

    def __format__(self, form: str) -> str:
        return self.strftime(form)


def test_the_time_does_not_depend_on_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A French process signs in too."""
    monkeypatch.setattr(srp, "datetime", SimpleNamespace(datetime=French, UTC=datetime.UTC))
    assert "mar. juil." == f"{French.fromtimestamp(1531220460, datetime.UTC):%a %b}"
    assert "Tue Jul 10 11:01:00 UTC 2018" == srp.timestamp(1531220460)


def test_no_locale_of_this_machine_changes_the_time() -> None:
    """The real thing, with every one that is installed."""
    before = locale.setlocale(locale.LC_TIME)
    try:
        for name in sorted({*locale.locale_alias.values(), "C.UTF-8"}):
            with suppress(locale.Error):
                locale.setlocale(locale.LC_TIME, name)
            assert "Tue Jul 10 11:01:00 UTC 2018" == srp.timestamp(1531220460)
    finally:
        locale.setlocale(locale.LC_TIME, before)


def test_a_device_verifier_proves_the_devices_secret(arithmetic: str) -> None:
    """What ConfirmDevice stores is what a later device sign-in is checked against."""
    salt, verifier = srp.device_verifier(identity="-groupeu-west-1_key", password="s3cret", salt=b"\xff" * 16)
    assert base64.b64decode(salt) == b"\x00" + b"\xff" * 16
    x = int.from_bytes(
        hashlib.sha256(
            base64.b64decode(salt) + hashlib.sha256(b"-groupeu-west-1_key:s3cret").digest()
        ).digest(),
        "big",
    )
    assert int.from_bytes(base64.b64decode(verifier), "big") == pow(2, x, srp.N)


def test_pycognito_computes_the_same_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation that we did not write agrees on a full-size exchange."""
    other = AWSSRP("test", "correct horse", "eu-west-1_myPool", "123abd", client=object())
    a = Ephemeral(private=other.small_a_value, public=other.large_a_value)
    server_public, key = service_side(
        a, salt=0x1234, b=1 << 250, identity="myPooltest", password="correct horse"
    )
    theirs = other.get_password_authentication_key("test", "correct horse", int(server_public, 16), "1234")
    assert (
        srp.session_key(
            a, identity="myPooltest", password="correct horse", salt="1234", server_public=server_public
        )
        == theirs
    )
    assert theirs == key


def test_the_private_value_is_not_shown() -> None:
    """Whoever has it and a recorded sign-in can try passwords."""
    a = srp.begin(b"\x07" * 32)
    assert str(a.private) not in repr(a)
    assert a.public_hex == f"{a.public:x}"
