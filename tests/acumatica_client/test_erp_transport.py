"""What certainly did not happen, against real sockets: *not sent* or *no answer*, never a guess."""

import socket
import struct
from asyncio import StreamReader as Reader
from asyncio import StreamWriter as Writer
from contextlib import suppress

import pytest
from erp_world import Answering, Peer, free_port, peer

from acumatica_client.transport import (
    MAX_ANSWER,
    AiohttpTransport,
    NoAnswer,
    NotSent,
    Reply,
    Request,
    TransportError,
    open_transport,
    same_host,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


async def well(made: Peer, reader: Reader, writer: Writer) -> None:
    while await made.request(reader):
        writer.write(OK)
        await writer.drain()


async def send(request: Request) -> Reply:
    transport = open_transport(lambda _: True)
    try:
        return await transport.send(request)
    finally:
        await transport.close()


def reset(writer: Writer) -> None:
    """Close with a RST, as a crashed server or a firewall does."""
    lingering = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
    writer.transport.abort()


# --- not sent ---


async def test_refused_connection_is_not_sent_and_told_in_plain_words() -> None:
    port = await free_port()

    with pytest.raises(NotSent) as told:
        await send(Request("POST", f"http://127.0.0.1:{port}/secret", body=b"x"))

    assert str(told.value) == f"no connection to 127.0.0.1:{port}: Connection refused"


async def test_unknown_name_is_not_sent() -> None:
    with pytest.raises(NotSent):
        await send(Request("POST", "http://erp.invalid/", body=b"x"))


async def test_failed_tls_is_not_sent() -> None:
    async def plain(made: Peer, reader: Reader, writer: Writer) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with peer(plain) as made:
        with pytest.raises(NotSent):
            await send(Request("POST", f"https://127.0.0.1:{made.port}/", body=b"x"))

    assert made.requests == []


async def test_handshake_that_takes_too_long_is_not_sent() -> None:
    async def silent(made: Peer, reader: Reader, writer: Writer) -> None:
        await reader.read()

    async with peer(silent) as made:
        with pytest.raises(NotSent):
            await send(Request("PUT", f"https://127.0.0.1:{made.port}/", body=b"x", connect=0.05))


async def test_host_that_is_not_allowed_is_not_even_connected_to() -> None:
    async with peer(well) as made:
        transport = open_transport(same_host("http://localhost:1"))

        with pytest.raises(NotSent, match=r"127\.0\.0\.1 is not an allowed host"):
            await transport.send(Request("GET", made.url))

        await transport.close()
    assert made.connections == 0


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://erp.acme.example/x/entity", True),
        ("https://ERP.acme.example/", True),
        ("http://erp.acme.example/", False),
        ("https://erp.acme.example:8443/", False),
        ("https://erp.acme.example.evil.example/", False),
        ("https://evil.example/erp.acme.example", False),
        ("https://user@erp.acme.example/", False),
        ("https://erp.acme.example@evil.example/", False),
        ("//erp.acme.example/", False),
        ("", False),
    ],
)
def test_same_host_means_scheme_host_and_port_and_no_user(url: str, allowed: bool) -> None:
    assert same_host("https://erp.acme.example/x")(url) is allowed


# --- no answer ---


async def reset_at_once(made: Peer, reader: Reader, writer: Writer) -> None:
    reset(writer)


async def reset_after_reading(made: Peer, reader: Reader, writer: Writer) -> None:
    await made.request(reader)
    reset(writer)


async def end_after_reading(made: Peer, reader: Reader, writer: Writer) -> None:
    await made.request(reader)


async def half_a_head(made: Peer, reader: Reader, writer: Writer) -> None:
    await made.request(reader)
    writer.write(b"HTTP/1.1 200 O")
    await writer.drain()


async def half_a_body(made: Peer, reader: Reader, writer: Writer) -> None:
    await made.request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


async def half_a_chunk(made: Peer, reader: Reader, writer: Writer) -> None:
    await made.request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    await writer.drain()


async def no_http(made: Peer, reader: Reader, writer: Writer) -> None:
    await made.request(reader)
    writer.write(b"220 mail.example ESMTP\r\n\r\n")
    await writer.drain()


async def endless_head(made: Peer, reader: Reader, writer: Writer) -> None:
    await made.request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")
    await writer.drain()


async def no_gzip(made: Peer, reader: Reader, writer: Writer) -> None:
    await made.request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")
    await writer.drain()


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "answering",
    [
        reset_at_once, reset_after_reading, end_after_reading, half_a_head, half_a_body,
        half_a_chunk, no_http, endless_head, no_gzip,
    ],
)  # fmt: skip
async def test_broken_answer_to_a_write_is_no_answer_and_asked_for_once(
    method: str, answering: Answering
) -> None:
    async with peer(answering) as made:
        with pytest.raises(NoAnswer) as error:
            await send(Request(method, made.url, body=b"x"))

    assert made.connections == 1
    assert str(error.value)


@pytest.mark.parametrize("answering", [reset_after_reading, half_a_head, half_a_body, no_http])
async def test_broken_answer_to_a_read_is_no_answer(answering: Answering) -> None:
    async with peer(answering) as made:
        with pytest.raises(NoAnswer):
            await send(Request("GET", made.url))


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"])
async def test_answer_that_is_not_complete_in_time_is_no_answer(begun: bytes) -> None:
    async def slow(made: Peer, reader: Reader, writer: Writer) -> None:
        await made.request(reader)
        writer.write(begun)
        await reader.read()

    async with peer(slow) as made:
        with pytest.raises(NoAnswer):
            await send(Request("POST", made.url, body=b"x", timeout=0.2))

    assert made.requests == ["POST / HTTP/1.1"]


@pytest.mark.parametrize(("size", "held"), [(MAX_ANSWER, True), (MAX_ANSWER + 1, False)])
async def test_answer_is_held_up_to_its_bound(size: int, held: bool) -> None:
    async def large(made: Peer, reader: Reader, writer: Writer) -> None:
        await made.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        with suppress(ConnectionError):
            await writer.drain()
            await reader.read()

    async with peer(large) as made:
        if held:
            assert len((await send(Request("GET", made.url))).body) == size
        else:
            with pytest.raises(NoAnswer, match="larger than"):
                await send(Request("GET", made.url))


# --- an answer ---


async def test_answer_is_handed_on_whole_with_lower_case_header_names() -> None:
    async with peer(well) as made:
        reply = await send(Request("GET", made.url))

    assert (reply.status, reply.body) == (200, b"ok")
    assert reply.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("application/json; charset=utf-8", "application/json"),
        ("Application/JSON", "application/json"),
        ("", ""),
    ],
)
def test_content_type_is_the_bare_media_type(header: str, kind: str) -> None:
    assert Reply(200, {"content-type": header}, b"").content_type == kind
    assert Reply(200, {}, b"").content_type == ""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    async def elsewhere(made: Peer, reader: Reader, writer: Writer) -> None:
        while await made.request(reader):
            head = f"HTTP/1.1 {status} Moved\r\nLocation: {made.url}there\r\nContent-Length: 0"
            writer.write(f"{head}\r\n\r\n".encode())

    async with peer(elsewhere) as made:
        reply = await send(Request("POST", made.url, body=b"x"))

    assert (reply.status, reply.headers["location"]) == (status, f"{made.url}there")
    assert made.requests == ["POST / HTTP/1.1"]


async def test_encoded_key_and_offset_reach_the_server_as_they_were_written() -> None:
    async with peer(well) as made:
        await send(Request("GET", f"{made.url}Bill/A%2FB%20C?$filter=ge%20%2700%2B00%27"))

    target = made.requests[0].split(" ")[1]
    path, _, query = target.partition("?")
    assert path == "/Bill/A%2FB%20C"
    assert "00%2B00" in query


# --- connections ---


async def breaks_when_kept(made: Peer, reader: Reader, writer: Writer) -> None:
    """Answers the first request of a connection; the next finds it broken."""
    await made.request(reader)
    writer.write(OK)
    await writer.drain()
    await made.request(reader)
    reset(writer)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
async def test_write_leaves_on_a_connection_of_its_own_and_is_never_repeated(method: str) -> None:
    async with peer(breaks_when_kept) as made:
        transport = open_transport(lambda _: True)

        await transport.send(Request("GET", made.url))
        await transport.send(Request(method, made.url, body=b"1"))
        await transport.send(Request(method, made.url, body=b"2"))

        await transport.close()
    assert [line.split()[0] for line in made.requests] == ["GET", method, method]
    assert made.connections == 3


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_write_that_breaks_is_seen_once_by_the_server(method: str) -> None:
    async def second_breaks(made: Peer, reader: Reader, writer: Writer) -> None:
        while await made.request(reader):
            if len(made.requests) > 1:
                reset(writer)
                return
            writer.write(OK)
            await writer.drain()

    async with peer(second_breaks) as made:
        transport = open_transport(lambda _: True)
        await transport.send(Request(method, made.url, body=b"1"))

        with pytest.raises(NoAnswer):
            await transport.send(Request(method, made.url, body=b"2"))

        await transport.close()
    assert len(made.requests) == 2


async def test_cookies_of_a_write_go_along_with_reads_just_as_they_came() -> None:
    shown: list[bytes] = []

    async def with_cookies(made: Peer, reader: Reader, writer: Writer) -> None:
        shown.append(await reader.readuntil(b"\r\n\r\n"))
        cookie = b"Set-Cookie: Locale=Culture=en-US&TimeZone=GMTM0800A; path=/\r\n"
        writer.write(b"HTTP/1.1 204 No Content\r\n" + cookie + b"\r\n")
        await writer.drain()

    async with peer(with_cookies) as made:
        transport = open_transport(lambda _: True)
        await transport.send(Request("POST", made.url))
        await transport.send(Request("GET", made.url))
        await transport.close()

        await send(Request("GET", made.url))

    assert b"Cookie: Locale=Culture=en-US&TimeZone=GMTM0800A\r\n" in shown[1]
    assert b"Cookie" not in shown[0] + shown[2]


async def test_transport_that_was_never_used_closes_twice_without_a_word() -> None:
    transport = AiohttpTransport(lambda _: True)

    await transport.close()
    await transport.close()


async def test_closed_transport_sends_nothing_more() -> None:
    async with peer(well) as made:
        transport = AiohttpTransport(lambda _: True)
        await transport.send(Request("GET", made.url))
        await transport.close()

        with pytest.raises(NotSent, match="the service is stopping"):
            await transport.send(Request("GET", made.url))

    assert len(made.requests) == 1


def test_both_faults_are_of_one_kind() -> None:
    assert issubclass(NotSent, TransportError)
    assert issubclass(NoAnswer, TransportError)
    assert not issubclass(NotSent, NoAnswer)
