"""What a board asks of a network, read from the packets that leave it."""

import ipaddress
import struct
from dataclasses import dataclass

_IPV4, _IPV6, _ARP = 0x0800, 0x86DD, 0x0806
_TCP, _UDP, _ICMPV6, _HOP_BY_HOP = 6, 17, 58, 0
_SYN, _ACK = 0x02, 0x10
_DNS = 53


@dataclass(frozen=True, order=True)
class Attempt:
    """Something that somebody outside could have received."""

    what: str
    """`tcp`: a connection was begun; `udp`: a datagram; `dns`: a name was asked for; `ip N`: all else."""
    where: str
    """An address, or the name."""
    port: int


def attempt(protocol: int, packet: bytes) -> Attempt | None:
    """What a packet that left a board was for; None of those that the kernel makes of itself, and of what
    belongs to a connection that was begun before.

    Args:
        protocol: Its EtherType.
        packet: From the network layer on.
    """
    if protocol == _ARP:
        return None
    if protocol == _IPV4:
        header, number, address = (packet[0] & 15) * 4, packet[9], packet[16:20]
    elif protocol == _IPV6:
        header, number, address = 40, packet[6], packet[24:40]
        if number in (_ICMPV6, _HOP_BY_HOP):
            return None  # the kernel looks for neighbours and routers
    else:
        return Attempt(f"ethernet {protocol:#06x}", "", 0)
    return _of(number, str(ipaddress.ip_address(address)), packet[header:])


def _of(number: int, where: str, segment: bytes) -> Attempt | None:
    if number not in (_TCP, _UDP):
        return Attempt(f"ip {number}", where, 0)
    port: int = struct.unpack_from("!H", segment, 2)[0]
    if number == _TCP:
        return Attempt("tcp", where, port) if segment[13] & (_SYN | _ACK) == _SYN else None
    if port == _DNS:
        return Attempt("dns", name_asked(segment[8:]), port)
    return Attempt("udp", where, port)


def name_asked(query: bytes) -> str:
    """The name in a DNS query (RFC 1035, 4.1.2)."""
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode(errors="backslashreplace"))
        at += 1 + length
    return ".".join(labels)
