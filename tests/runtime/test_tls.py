"""TLS between hosts: who has the authority's certificate is spoken with, and nobody else."""

import asyncio
import contextlib
import gc
import itertools
import os
import pty
import socket
import ssl
import subprocess
import sys
import warnings
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
from asking import AskingAgent
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from machine import LOCKING_ID, Machine, SeededDice, free_port
from processes import PATIENCE_S, ROOT, shown
from programs import Program, agent, join, slave

from licensing.errors import LicensingError
from licensing.events import (
    ConnectionEstablished,
    ConnectionLost,
    HeartbeatAnswered,
    LicenseServerNotReached,
    SessionOpened,
    SessionRefused,
)
from licensing.messages import (
    HEALTH_PATH,
    SESSION_PATH,
    Activate,
    Activated,
    Challenge,
    Enrol,
    Enrolled,
    Hello,
    IssuedFile,
    Refusal,
    Registration,
    encode,
    from_agent,
    hello_message,
)
from licensing.signing import SigningKey
from licensing.words import NodeState
from master_cla.activation import ask_license_server
from runtime.acceleration import AcceleratedLoop
from runtime.host import Host
from runtime.http import Api, Health, client, get, url_of
from runtime.tempo import Tempo
from runtime.tls import TlsUnusable, load_identity, reason_of
from simulator.live.certificates import Authority

real = pytest.mark.asyncio(loop_factories=["real"])
NOW = datetime.now(UTC)  # noqa: TID251 - TLS judges certificates by the real clock
DAY = timedelta(days=1)
ITS_OWN_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
REGISTRATION = Registration(company="Example", contact="it@example.com")


@pytest.fixture
def authority() -> Authority:
    """An authority that is valid today."""
    return Authority(SeededDice().token, NOW - DAY, NOW + DAY)


def files(directory: Path, authority: Authority, **certificate: object) -> dict[str, str]:
    """The PEM files of a host at 127.0.0.1, or as `certificate` says."""
    directory.mkdir(exist_ok=True)
    return authority.equip(directory, **({"addresses": ["127.0.0.1"]} | certificate))


def host(directory: Path, authority: Authority, **certificate: object) -> Host:
    """A host with an identity of that authority."""
    made = Machine(directory).host
    pems = files(directory, authority, **certificate)
    made.tls = load_identity(*map(Path, pems.values()))
    return made


@contextlib.asynccontextmanager
async def listening(server: Host) -> AsyncIterator[str]:
    """The server's API at a free port; `host:port`."""
    port = free_port()
    async with Api("test", server).listening_on_tcp("127.0.0.1", port):
        yield f"127.0.0.1:{port}"


async def health(caller: Host, address: str) -> Health:
    """What `caller` hears at `address`."""
    async with client(caller.tls) as session:
        return await get(session, url_of(caller, address, HEALTH_PATH), Health, party="The CLA")


async def refusal(caller: Host, address: str) -> str:
    """Why `caller` hears nothing at `address`."""
    with pytest.raises(LicensingError) as failure:
        await health(caller, address)
    assert failure.value.code == "connection-failed"
    return failure.value.message


@real
async def test_hosts_of_one_authority_speak_tls_1_3(tmp_path, authority):
    """And nothing older: the scheme follows from the identity alone."""
    server, caller = host(tmp_path / "a", authority), host(tmp_path / "b", authority)
    async with listening(server) as address:
        assert url_of(caller, address, "/x") == f"https://{address}/x"
        assert await health(caller, address) == Health(program="test", host="machine")
        older = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        older.load_verify_locations(tmp_path / "a" / "authority.pem")
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(OSError):  # noqa: PT011 - asyncio reports the alert as a reset
            await asyncio.open_connection(*address.split(":"), ssl=older)


@real
@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ({"begins": NOW - DAY, "ends": NOW - DAY / 2}, "has expired"),
        ({"begins": NOW + DAY / 2, "ends": NOW + DAY}, "not yet valid"),
        ({"addresses": ["127.0.0.2"]}, "not valid for '127.0.0.1'"),
        ({"addresses": [], "names": ["hq"]}, "not valid for '127.0.0.1'"),
    ],
)
async def test_a_wrong_certificate_is_refused_in_words(tmp_path, authority, certificate, said):
    """Expired, of tomorrow, of another address, of another name."""
    async with listening(host(tmp_path / "a", authority, **certificate)) as address:
        reason = await refusal(host(tmp_path / "b", authority), address)
    assert "certificate not accepted: " in reason
    assert said in reason


@real
async def test_a_man_in_the_middle_has_a_foreign_authority(tmp_path, authority):
    """His certificate names the right address, and is still refused."""
    foreign = Authority(SeededDice(2).token, NOW - DAY, NOW + DAY)
    async with listening(host(tmp_path / "a", foreign)) as address:
        reason = await refusal(host(tmp_path / "b", authority), address)
    assert "certificate not accepted: unable to get local issuer certificate" in reason


@real
async def test_tls_and_plain_do_not_understand_each_other(tmp_path, authority):
    """Whichever side lacks the identity; nothing falls back to plain text."""
    plain, secure = Machine(tmp_path).host, host(tmp_path / "a", authority)
    async with listening(plain) as address:
        assert "no TLS 1.3 connection" in await refusal(secure, address)
    async with listening(secure) as address:
        assert await refusal(plain, address)


@real
async def test_activation_reaches_the_license_server_by_the_hosts_scheme(tmp_path, authority):
    """An address without a scheme is dialed as the host speaks; one with a scheme as it says."""
    server, caller = host(tmp_path / "a", authority), host(tmp_path / "b", authority)
    agent = AskingAgent()
    async with listening(server) as address:
        for wanted, code in ((address, "no-such-operation"), (f"http://{address}", "connection-")):
            with pytest.raises(LicensingError) as failure:
                await ask_license_server(
                    caller, wanted, "/v1/activate", lambda _: agent.activation("1"), IssuedFile
                )
            assert failure.value.code.startswith(code)


@pytest.mark.parametrize("damaged", ["certificate", "key", "authority"])
@pytest.mark.parametrize("damage", ["missing", "rubbish", "foreign"])
def test_a_file_that_cannot_be_used_is_named(tmp_path, authority, damaged, damage):
    """Missing, no PEM, or a key of another certificate."""
    pems = files(tmp_path, authority)
    path = Path(pems[damaged])
    if damage == "missing":
        path.unlink()
    elif damage == "rubbish":
        path.write_text("rubbish")
    elif damaged != "authority":
        other = files(tmp_path / "other", authority)
        path.write_bytes(Path(other[damaged]).read_bytes())
    else:
        return
    with pytest.raises(TlsUnusable, match=path.name):
        load_identity(*map(Path, pems.values()))


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(tmp_path, authority):
    """The message names the key and the way out; OpenSSL asks nothing at a terminal."""
    pems = files(tmp_path, authority)
    path = Path(pems["key"])
    key = load_pem_private_key(path.read_bytes(), None)
    locked = BestAvailableEncryption(b"a passphrase")
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    program = (
        "import sys; from pathlib import Path; from runtime.tls import TlsUnusable, load_identity\n"
        "try: load_identity(*map(Path, sys.argv[1:]))\n"
        "except TlsUnusable as error: print(error)"
    )
    screen, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", f"{ITS_OWN_TERMINAL}{program}", *pems.values()],
        **dict.fromkeys(("stdin", "stdout", "stderr"), terminal),
        start_new_session=True,
        cwd=ROOT,
    ) as process:
        os.close(terminal)
        os.write(screen, b"\n")  # whoever asks is answered, so that the test does not wait for ever
        said = shown(screen)
        process.wait(PATIENCE_S)
    assert f"{path}: the private key is encrypted" in said
    assert "store it without one" in said
    assert "PEM pass phrase" not in said


def test_little_is_set_aside_for_somebody_who_connects(tmp_path, authority):
    """By a name of asyncio's that is not documented: where Python has changed it, this fails."""
    server = load_identity(*map(Path, files(tmp_path, authority).values())).server
    with contextlib.closing(asyncio.new_event_loop()) as loop, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it was never connected, nor is it closed
        connected = SSLProtocol(loop, asyncio.Protocol(), server, None, server_side=True)
        assert len(connected.get_buffer(-1)) == 32 * 1024
        del connected
        gc.collect()


def test_the_same_dice_make_the_same_certificates(tmp_path):
    """A run's certificates follow from its seed, to the byte."""
    made = []
    for name in ("one", "other"):
        pems = files(tmp_path / name, Authority(SeededDice().token, NOW - DAY, NOW + DAY))
        made.append([Path(path).read_bytes() for path in pems.values()])
    assert made[0] == made[1]
    assert (tmp_path / "one" / "key.pem").stat().st_mode & 0o777 == 0o600


def test_a_handshake_has_real_seconds_in_accelerated_time(tmp_path, authority):
    """At rate 100,000 asyncio's own minute would be 0.6 ms, which no handshake can keep."""
    server, caller = host(tmp_path / "a", authority), host(tmp_path / "b", authority)

    async def speak() -> Health:
        async with listening(server) as address:
            return await health(caller, address)

    with asyncio.Runner(loop_factory=lambda: AcceleratedLoop(Tempo(100_000))) as runner:
        assert runner.run(speak()).program == "test"


@real
async def test_a_node_and_its_agent_hold_a_session_under_tls(tmp_path, authority):
    """Heartbeats at rate 1000; the node journals an agent whose certificate it cannot accept."""
    port = free_port()
    pems = {name: files(tmp_path / f"{name}-pem", authority) for name in ("hq", "north")}
    foreign = Authority(SeededDice(2).token, NOW - DAY, NOW + DAY)
    master = agent(tmp_path, port, rate=1000, **pems["hq"])
    node = slave(tmp_path, free_port(), rate=1000, **pems["north"])
    middle = agent(tmp_path / "elsewhere", port, rate=1000, **files(tmp_path / "middle", foreign))
    async with node.running():
        async with master.running():
            await join(node, master, f"127.0.0.1:{port}")
            await node.entries(ConnectionEstablished)
            await node.entries(HeartbeatAnswered)
        async with middle.running():
            await lost_by(node, "certificate not accepted: unable to get local issuer certificate")


async def lost_by(node: Program, cause: str) -> None:
    """Wait until the node journals this cause; a busy computer may have cost it others before."""
    for count in itertools.count(1):
        *_, last = await node.entries(ConnectionLost, count)
        if last.fact.cause == cause:
            return


@real
async def test_whoever_is_not_the_node_is_refused_by_a_real_agent_and_journaled(
    tmp_path, authority
):
    """TLS lets another key and a hello that was overheard come in; the session lets in neither."""
    port = free_port()
    master = agent(tmp_path, port, **files(tmp_path / "pem", authority))
    caller = host(tmp_path / "caller", authority)
    url = url_of(caller, f"127.0.0.1:{port}", SESSION_PATH)
    key, other = SigningKey(b"n" * 32), SigningKey(b"o" * 32)
    async with master.running(), client(caller.tls) as http:
        enrol = Enrol(node="north", public_key=key.verification_key.text)
        await master.tell("/v1/enrol", enrol, Enrolled)
        overheard = (await answered(http, url, key))[0]
        assert (await answered(http, url, other))[1] == "signature-invalid"
        assert (await answered(http, url, overheard))[1] == "signature-invalid"
        refused = await master.entries(SessionRefused, 2)
        opened = await master.entries(SessionOpened)
    wanted = SessionRefused(node="north", code="signature-invalid")
    assert [entry.fact for entry in refused] == [wanted] * 2
    assert len(opened) == 1


async def answered(
    http: aiohttp.ClientSession, url: str, speaker: SigningKey | Hello
) -> tuple[Hello, str]:
    """The hello that is said, signed now or as it was heard, and the code that refuses it."""
    async with http.ws_connect(url) as socket:
        challenge = from_agent((await socket.receive()).data)
        assert isinstance(challenge, Challenge)
        hello = speaker if isinstance(speaker, Hello) else signed_hello(challenge, speaker)
        await socket.send_str(encode(hello).decode())
        answer = from_agent((await socket.receive()).data)
        return hello, answer.code if isinstance(answer, Refusal) else ""


def signed_hello(challenge: Challenge, key: SigningKey) -> Hello:
    """The first hello of north."""
    hello = Hello(
        node="north",
        locking_id=LOCKING_ID,
        boot_id="1",
        nonce="n" * 22,
        epoch=0,
        seq=0,
        serial=0,
        state=NodeState.REGULAR,
    )
    return msgspec.structs.replace(
        hello, signature=key.sign_answer(hello_message(challenge, hello))
    )


@real
async def test_a_man_in_the_middle_gets_no_code_of_a_real_agent(tmp_path, authority):
    """Its activation ends with what is wrong with his certificate, and so does its journal."""
    foreign = Authority(SeededDice(2).token, NOW - DAY, NOW + DAY)
    master = agent(tmp_path, free_port(), **files(tmp_path / "pem", authority))
    async with listening(host(tmp_path / "middle", foreign)) as address, master.running():
        activate = Activate(lac="1", registration=REGISTRATION, license_server=address)
        with pytest.raises(LicensingError, match="certificate not accepted"):
            await master.tell("/v1/activate", activate, Activated)
        [entry] = await master.entries(LicenseServerNotReached)
    assert entry.fact.address == address
    assert "certificate not accepted" in entry.fact.cause


def test_a_name_that_is_not_known_is_told_in_the_resolvers_words():
    """Its numbers are not the operating system's: -2 is no "unknown error"."""
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    assert reason_of(aiohttp.ClientConnectorDNSError(None, unknown)) == "name or service not known"
