"""What is wrong with a connection to a broker, in words that say what to do."""

import errno
import socket
import ssl
from datetime import datetime

from paige.iot.link_options import LinkOptions

# Return codes of CONNACK: MQTT 3.1.1, table 3.1, as paho-mqtt translates them to those of MQTT 5.
_REFUSED_PROTOCOL = 132
_REFUSED_CLIENT_ID = 133
_REFUSED_LOGIN = 134
_REFUSED_NOT_ALLOWED = 135
_REFUSED_UNAVAILABLE = 136

_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


def refusal(code: int, options: LinkOptions) -> str:
    """Why the broker at `options` said no, where it answered with `code`."""
    broker = f"The broker at {options.address}"
    match code:
        case _ if code in (_REFUSED_LOGIN, _REFUSED_NOT_ALLOWED) and options.username is None:
            return f"{broker} wants a user name and a password; none is configured."
        case _ if code == _REFUSED_LOGIN:
            return f"{broker} refuses the user name “{options.username}” or its password; check both."
        case _ if code == _REFUSED_NOT_ALLOWED:
            return (
                f"{broker} does not let “{options.username}” in; check the user name, the password "
                "and what the broker allows."
            )
        case _ if code == _REFUSED_PROTOCOL:
            return no_broker(options)
        case _ if code == _REFUSED_CLIENT_ID:
            return f"{broker} refuses the client id; configure another."
        case _ if code == _REFUSED_UNAVAILABLE:
            return f"{broker} says that it is not available now."
        case _:
            return f"{broker} refuses the connection (code {code})."


def unreachable(error: OSError, options: LinkOptions) -> str:
    """Why no connection came about."""
    match error:
        case ssl.SSLCertVerificationError():
            return _untrusted(error, options)
        case ssl.SSLError():
            return _handshake(f"{error.reason or ''} {error}", options)
        case socket.gaierror() if error.errno == socket.EAI_AGAIN:
            return (
                f"Nobody can be asked where “{options.host}” is: there is no network, or no name server "
                "answers; check the network."
            )
        case socket.gaierror():
            return f"No host called “{options.host}” is known; check the broker's name."
        case ConnectionRefusedError():
            return f"Nothing answers at {options.address}; check that the broker runs, and its host and port."
        case TimeoutError():
            return f"{options.address} does not answer; check the broker's host, port and network."
        case OSError() if error.errno in _NO_WAY:
            return f"There is no way to {options.address} ({error.strerror}); check the network."
        case ConnectionResetError() | BrokenPipeError():
            return dropped("", options)
        case _:
            return f"The broker at {options.address} cannot be reached: {error.strerror or error}."


def no_broker(options: LinkOptions) -> str:
    """What listens there does not behave as a broker."""
    return (
        f"What answers at {options.address} is no MQTT broker, or none that speaks MQTT 3.1.1; "
        "check host and port, and whether it wants TLS."
    )


def dropped(detail: str, options: LinkOptions) -> str:
    """Why the other side may have closed the connection before it accepted it."""
    if "SSL" in detail or "TLS" in detail:
        return _handshake(detail, options)
    expectation = (
        "check that it is an MQTT broker and wants TLS"
        if options.tls
        else "check that it is an MQTT broker; if it wants TLS, turn that on"
    )
    return f"{options.address} closed the connection without an answer; {expectation}."


def _untrusted(error: ssl.SSLCertVerificationError, options: LinkOptions) -> str:
    what = error.verify_message or "it cannot be verified"
    now = datetime.now().astimezone()
    named_otherwise = "ostname mismatch" in what or "IP address mismatch" in what
    remedy = (
        "ask for the broker by the name that is in its certificate"
        if named_otherwise
        else f"check the clock of this machine, which shows {now:%Y-%m-%d}, and then the certificate"
        if "not yet valid" in what or "expired" in what
        else "name the file of the authority that signed it as the TLS authority"
    )
    return f"The certificate of {options.address} is not trusted ({what.rstrip('.')}); {remedy}."


def _handshake(detail: str, options: LinkOptions) -> str:
    if "CERTIFICATE_REQUIRED" in detail or "HANDSHAKE_FAILURE" in detail:
        wants = (
            "a certificate of ours" if options.tls and not options.tls.cert_file else "another certificate"
        )
        return f"The broker at {options.address} wants {wants}; configure the one it has signed, and its key."
    if "UNKNOWN_CA" in detail or "BAD_CERTIFICATE" in detail or "CERTIFICATE_UNKNOWN" in detail:
        return f"The broker at {options.address} does not accept our certificate; use one that it has signed."
    if "WRONG_VERSION_NUMBER" in detail or "HTTP_REQUEST" in detail:
        return f"{options.address} does not speak TLS; turn TLS off, or use its TLS port (usually 8883)."
    return f"No encrypted connection to {options.address} came about ({detail.strip()})."
