"""Packets as bytes, read by tshark: both families of addresses, and more than fits in one."""

import shutil
import subprocess
from pathlib import Path

import pytest

from simulator.network.packets import PSH, SYN, TcpEnd, packets
from simulator.network.pcapng import PcapngWriter

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is missing")


@pytest.mark.parametrize("addresses", [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")])
def test_a_stream_over_several_packets_is_whole(addresses: tuple[str, str], tmp_path: Path) -> None:
    """Sequence numbers begin anew after 2^32; checksums are right, an odd length, too."""
    near, far = (TcpEnd.of((address, 4000), (1 << 32) - 100) for address in addresses)
    path = tmp_path / "p.pcapng"
    with path.open("wb") as stream:
        file = PcapngWriter(stream, "hq")
        syn = packets(near, far, position=0, acknowledged=0, flags=SYN)
        data = packets(near, far, position=1, acknowledged=1, flags=PSH, data=bytes(4_001))
        for number, packet in enumerate([*syn, *data]):
            file.packet(1_772_438_400_000_000_001 + number, packet)
    checks = [f"-o{each}.check_checksum:TRUE" for each in ("ip", "tcp")]
    names = (
        "frame.time_epoch",
        "tcp.seq",
        "tcp.len",
        "tcp.checksum.status",
        "frame.interface_name",
    )
    columns = [word for name in names for word in ("-e", name)]
    command = ["tshark", "-r", str(path), *checks, "-T", "fields", *columns]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert [line.split("\t") for line in told.splitlines()] == [
        ["1772438400.000000001", "0", "0", "1", "hq"],
        ["1772438400.000000002", "1", "1460", "1", "hq"],
        ["1772438400.000000003", "1461", "1460", "1", "hq"],
        ["1772438400.000000004", "2921", "1081", "1", "hq"],
    ]
