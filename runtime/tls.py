"""TLS between the programs: version 1.3, certificates of one private authority, nothing else.

A host with an identity serves and dials with TLS, one without does neither. What a certificate is
worth is judged by the real clock of the computer, also where simulated time runs.
"""

import os
import ssl
from asyncio.sslproto import SSLProtocol
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import aiohttp

_READ_BYTES = 32 * 1024
"""Twice a record of TLS. asyncio would set 256 KiB aside for everybody who connects, before
the first byte: ten thousand who never finish their handshake would cost 2.5 GiB."""


class TlsUnusable(Exception):
    """Certificate, key or authority cannot be used; the message names the file."""


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """What a host shows when it is dialed, and by what it judges whom it dials."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def load_identity(certificate: Path, key: Path, authority: Path) -> TlsIdentity:
    """The identity in three PEM files; raises `TlsUnusable`.

    `authority` may hold several certificates: whoever one of them signed is believed, and nobody
    that the operating system believes.
    """
    SSLProtocol.max_size = _READ_BYTES
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.minimum_version = client.minimum_version = ssl.TLSVersion.TLSv1_3
    for path in (certificate, key, authority):
        if not path.is_file():
            raise TlsUnusable(f"{path}: there is no such file")
    try:
        server.load_cert_chain(certificate, key, partial(_refuse_passphrase, key))
    except OSError as error:
        raise TlsUnusable(f"{certificate} and {key}: {_reason(error)}") from error
    try:
        client.load_verify_locations(authority)
    except OSError as error:
        raise TlsUnusable(f"{authority}: {_reason(error)}") from error
    return TlsIdentity(server=server, client=client)


def _refuse_passphrase(key: Path) -> NoReturn:
    """What OpenSSL asks where a key is encrypted; otherwise it would ask at the terminal."""
    raise TlsUnusable(
        f"{key}: the private key is encrypted, and a program has nobody who types its passphrase; "
        "store it without one, readable by the program's user alone"
    )


def reason_of(error: Exception) -> str:
    """Why a connection failed, in words; names what is wrong with a certificate."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        refused = error.certificate_error
        reason = getattr(refused, "verify_message", "") or str(refused)
        return f"certificate not accepted: {reason}"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return f"no TLS 1.3 connection: {_reason(error.os_error)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _reason(error.os_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        # The path of a Unix socket is a matter of where somebody's state directory lies.
        number = error.os_error.errno
        return os.strerror(number).lower() if number else str(error.os_error)
    return str(error)


def _reason(error: OSError) -> str:
    """OpenSSL's own word for it, or the operating system's."""
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return str(reason or error).replace("_", " ").lower()
