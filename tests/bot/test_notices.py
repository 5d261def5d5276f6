"""What Graph tells, read: handshakes, items, and the messages that come enclosed in them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.enclosures import NotOpened, open_enclosed
from bot.core.notices import (
    LONGEST_TOKEN,
    MOST_ITEMS,
    Enclosed,
    NotNotices,
    is_secret,
    read_handshake,
    read_notices,
    read_proofs,
    replies,
    secret_hash,
)

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CHANNEL = "19:ap-approvals@thread.tacv2"
REPLY = f"teams('cc')/channels('{CHANNEL}')/messages('17000')/replies('17001')"


def test_a_handshake_is_said_back_as_it_was_decoded() -> None:
    assert read_handshake(["Validation: Testing 4f2c; ünïcode"]) is not None


@pytest.mark.parametrize(
    "shown",
    [
        [],
        [""],
        ["a", "b"],
        ["x" * (LONGEST_TOKEN + 1)],
        ["a\r\nSet-Cookie: x"],
        ["a\x00b"],
        ["\x7f"],
    ],
)
def test_what_is_no_handshake_is_not_said_back(shown: list[str]) -> None:
    assert read_handshake(shown) is None


@pytest.mark.parametrize(
    "resource",
    [REPLY, f"/teams/cc/channels/{CHANNEL}/messages/17000/replies/17001"],
)
def test_a_reply_is_named_by_channel_thread_and_message(resource: str) -> None:
    body = {
        "value": [{"subscriptionId": "s", "clientState": "secret", "resource": resource}],
    }

    [notice] = read_notices(body)

    assert (notice.subscription, notice.secret) == ("s", "secret")
    assert (notice.channel, notice.root, notice.reply) == (CHANNEL, "17000", "17001")


def test_a_notice_does_not_show_its_secret() -> None:
    [notice] = read_notices({"value": [{"clientState": "very secret"}]})

    assert "very secret" not in repr(notice)


@pytest.mark.parametrize(
    "resource",
    [
        "teams('cc')/channels('c')/messages('17000')/replies('../../users')",
        "users('ann')/messages('17000')",
        REPLY + "/hostedContents",
        "teams('cc')/channels('c')/messages('" + "1" * 40 + "')",
        None,
        7,
    ],
)
def test_what_names_no_message_of_a_channel_names_none(resource: Any) -> None:
    [notice] = read_notices({"value": [{"resource": resource}]})

    assert (notice.channel, notice.root, notice.reply) == ("", "", "")


def test_the_first_message_of_a_thread_is_no_reply() -> None:
    resource = f"teams('cc')/channels('{CHANNEL}')/messages('17000')"

    assert replies(read_notices({"value": [{"resource": resource}]})) == {}


def test_several_notices_about_one_reply_are_one() -> None:
    body = {"value": [{"resource": REPLY, "subscriptionId": str(n)} for n in range(5)]}

    assert [one.subscription for one in replies(read_notices(body)).values()] == ["4"]


@pytest.mark.parametrize(
    "body", [{}, {"value": {}}, {"value": None}, {"value": [{}] * (MOST_ITEMS + 1)}]
)
def test_a_body_without_a_list_of_items_holds_no_notices(body: dict[str, Any]) -> None:
    with pytest.raises(NotNotices):
        read_notices(body)


def test_items_that_are_no_objects_are_left_out() -> None:
    assert read_notices({"value": [1, None, "x", []]}) == []


def test_too_many_proofs_prove_nothing() -> None:
    assert read_proofs({"validationTokens": ["t"] * 9}) == []
    assert read_proofs({"validationTokens": ["t", 1]}) == ["t"]
    assert read_proofs({"validationTokens": "t"}) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
names = st.sampled_from(
    ["subscriptionId", "clientState", "resource", "lifecycleEvent", "encryptedContent", "dataKey"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(names, json_values, max_size=6) | json_values, max_size=4))
def test_no_item_of_any_form_breaks_the_reading(items: list[Any]) -> None:
    for notice in read_notices({"value": items}):
        assert notice.reply.isdecimal() or not notice.reply


def test_only_the_secret_itself_is_the_secret() -> None:
    kept = secret_hash("sesame")

    assert is_secret("sesame", kept)
    assert not any(is_secret(shown, kept) for shown in ("", "Sesame", "sesame ", kept, "s\udcff"))


# --- what comes enclosed ---


def sealed(message: Any, key: rsa.RSAPrivateKey = KEY, *, secret: bytes = b"k" * 32) -> Enclosed:
    """Seal as Graph does: a fresh key, its seal, and the key sealed to our certificate."""
    plain = message if isinstance(message, bytes) else json.dumps(message).encode()
    fill = PKCS7(128).padder()
    writer = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).encryptor()
    data = writer.update(fill.update(plain) + fill.finalize()) + writer.finalize()
    padding = OAEP(MGF1(hashes.SHA1()), hashes.SHA1(), None)
    return Enclosed(
        base64.b64encode(data).decode(),
        base64.b64encode(key.public_key().encrypt(secret, padding)).decode(),
        base64.b64encode(hmac.new(secret, data, hashlib.sha256).digest()).decode(),
        "certificate",
    )


def test_an_enclosed_message_is_opened() -> None:
    assert open_enclosed(sealed({"id": "17001"}), KEY) == {"id": "17001"}


def _other(good: Enclosed, **change: str) -> Enclosed:
    known = {name: getattr(good, name) for name in ("data", "key", "signature", "certificate")}
    return Enclosed(**{**known, **change})


def _flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[-1] ^= 1
    return base64.b64encode(bytes(raw)).decode()


GOOD = sealed({"id": "17001"})


@pytest.mark.parametrize(
    "enclosed",
    [
        sealed({"id": "1"}, OTHER_KEY),
        _other(GOOD, data=_flipped(GOOD.data)),
        _other(GOOD, signature=_flipped(GOOD.signature)),
        _other(GOOD, key=_flipped(GOOD.key)),
        _other(GOOD, data=sealed({"id": "2"}, secret=b"j" * 32).data),
        _other(GOOD, data="no base64!"),
        _other(GOOD, key=""),
        sealed(b"no json"),
        sealed(b"[1, 2]"),
        sealed(b"\xff\xfe"),
    ],
)
def test_what_was_changed_or_sealed_to_another_is_not_opened(enclosed: Enclosed) -> None:
    with pytest.raises(NotOpened):
        open_enclosed(enclosed, KEY)


def test_what_is_said_about_it_never_quotes_it() -> None:
    with pytest.raises(NotOpened) as refused:
        open_enclosed(sealed(b"a secret that is no json"), KEY)

    assert "secret that" not in str(refused.value)


@pytest.mark.parametrize("size", [15, 17, 20, 33])
def test_a_key_of_another_size_opens_nothing(size: int) -> None:
    padding = OAEP(MGF1(hashes.SHA1()), hashes.SHA1(), None)
    odd = base64.b64encode(KEY.public_key().encrypt(b"k" * size, padding)).decode()

    with pytest.raises(NotOpened, match=r"^its key has no size of a key$"):
        open_enclosed(_other(GOOD, key=odd), KEY)


@pytest.mark.parametrize("size", [16, 24, 32])
def test_a_message_is_opened_with_a_key_of_each_size(size: int) -> None:
    secret = bytes(range(size))

    assert open_enclosed(sealed({"id": "1"}, secret=secret), KEY) == {"id": "1"}


@pytest.mark.parametrize(
    ("enclosed", "told"),
    [
        (_other(GOOD, data="no base64!"), "a part of it is no base64"),
        (_other(GOOD, signature="no base64!"), "a part of it is no base64"),
        (_other(GOOD, signature=_flipped(GOOD.signature)), "its seal is broken"),
        (sealed({}, OTHER_KEY), "its key was not sealed to our certificate"),
        (sealed([1]), "there is no message in it"),
        (sealed(b"no json"), "there is no message in it"),
    ],
)
def test_the_step_at_which_a_message_was_not_opened_is_told(enclosed: Enclosed, told: str) -> None:
    with pytest.raises(NotOpened) as refused:
        open_enclosed(enclosed, KEY)

    assert str(refused.value) == told
