"""What a process knows about its machine: command line, then environment, then machine file.

Every field of `Options` is `--field-name`, `INTERNETSIM_FIELD_NAME` and a key of the JSON machine
file; the first of these that says something counts. What is wrong is named with its place.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from licensing.addresses import require_listening_address
from licensing.policies import LATEST_WALL_NS
from licensing.records import UNREADABLE, Record

ENVIRONMENT_PREFIX = "INTERNETSIM_"


class CallWrong(Exception):
    """The command line, or a file or variable that it stands for; the message names the place."""


class Options(Record):
    """One process on one machine; "" is for none. `OPTIONS` explains the fields."""

    state: str
    host_name: str
    locking_id: str
    settings: str = ""
    journal: str = ""
    metrics: str = ""
    certificate: str = ""
    key: str = ""
    authority: str = ""
    rate: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 1.0
    origin: int | None = None
    tempo: str = ""
    epoch: int | None = None
    clock_offset: str = ""
    delays: str = ""

    @property
    def accelerated(self) -> bool:
        """Whether time is simulated; otherwise it is the machine's own."""
        given = (self.rate != 1.0, self.origin is not None, self.epoch is not None)
        return any(given) or bool(self.clock_offset or self.tempo or self.delays)


OPTIONS: dict[str, tuple[str, str]] = {
    "state": ("DIRECTORY", "state directory, made where it is missing and kept private (needed)"),
    "host_name": ("NAME", "this machine's name in the internetwork (needed)"),
    "locking_id": ("ID", "identity that license files are bound to (needed)"),
    "settings": ("FILE", "JSON file with the program's own settings, or the JSON object itself"),
    "journal": ("FILE", "also append facts as journal lines to this file, FIFO or /dev/fd/N"),
    "metrics": ("ADDRESS:PORT", "offer metrics and health here, too"),
    "certificate": ("FILE", "PEM: speak TLS, and show this certificate when dialed"),
    "key": ("FILE", "PEM: the certificate's private key"),
    "authority": ("FILE", "PEM: believe whom this authority has signed, and nobody else"),
    "rate": ("NUMBER", "simulated time: how many times as fast as real time (1)"),
    "origin": ("NS", "simulated time: the machine's monotonic clock at instant 0 (the start)"),
    "tempo": ("FILE", "simulated time: how fast it runs when, in place of rate and origin"),
    "epoch": ("NS", "simulated time: UTC since 1970 at instant 0 (the machine's own)"),
    "clock_offset": ("FILE", "simulated time: 8 bytes that step the wall clock while it runs"),
    "delays": ("FILE", "simulated time: note here when the process came too late to what was due"),
}
"""Field: placeholder and explanation for `--help`."""


def read_options(
    program: str, description: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> Options:
    """The options of this process; raises `CallWrong`, and `SystemExit` as argparse does."""
    parser = _parser(program, description)
    called = vars(parser.parse_args(arguments))
    varied = {
        name: environment[ENVIRONMENT_PREFIX + name.upper()]
        for name in ("machine", *OPTIONS)
        if ENVIRONMENT_PREFIX + name.upper() in environment
    }
    given = varied | {name: value for name, value in called.items() if value is not None}
    file = given.pop("machine", "")
    merged = (_machine_file(Path(file)) if file else {}) | given
    missing = [f"--{_dashed(name)}" for name in Options.__struct_fields__[:3] if name not in merged]
    if missing:
        parser.error(f"the following arguments are required: {', '.join(missing)}")
    return _options(merged)


def _options(merged: dict[str, object]) -> Options:
    try:
        options = msgspec.convert(merged, Options, strict=False)
    except msgspec.ValidationError as error:
        raise CallWrong(str(error)) from error
    given = [name for name in ("certificate", "key", "authority") if getattr(options, name)]
    if len(given) in (1, 2):
        raise CallWrong(f"{given[0]}: TLS needs certificate, key and authority together")
    if options.epoch is not None and not 0 <= options.epoch <= LATEST_WALL_NS:
        raise CallWrong(f"epoch: {options.epoch} is no date between 1970 and April 2262")
    parse_metrics_address(options.metrics)
    return options


def parse_metrics_address(text: str) -> tuple[str, int] | None:
    """Address and port of `ADDRESS:PORT`, None for ""; raises `CallWrong`."""
    if not text:
        return None
    address, _, port = text.rpartition(":")
    if not address or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65_535:
        raise CallWrong(f"metrics: {text!r} is not ADDRESS:PORT")
    address = address.removeprefix("[").removesuffix("]")
    try:
        require_listening_address(address)
    except ValueError as error:
        raise CallWrong(f"metrics: {error}") from error
    return address, int(port)


def _machine_file(path: Path) -> dict[str, object]:
    try:
        content = msgspec.json.decode(path.read_bytes(), type=dict[str, object])
    except UNREADABLE as error:
        raise CallWrong(f"{path}: {error}") from error
    except OSError as error:
        raise CallWrong(str(error)) from error
    unknown = [name for name in content if name not in OPTIONS]
    if unknown:
        raise CallWrong(
            f"{path}: there is no option {unknown[0]!r}; there are {', '.join(OPTIONS)}"
        )
    return content


def _parser(program: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {program}",
        description=description,
        epilog="Each option may also stand in the environment (INTERNETSIM_HOST_NAME) or in the "
        "machine file (host_name). Without options of simulated time, time is the machine's own.",
    )
    parser.add_argument("--machine", metavar="FILE", help="JSON file with any of these options")
    for name, (placeholder, explanation) in OPTIONS.items():
        parser.add_argument(f"--{_dashed(name)}", metavar=placeholder, help=explanation)
    return parser


def _dashed(name: str) -> str:
    return name.replace("_", "-")
