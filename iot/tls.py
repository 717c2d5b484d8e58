"""The TLS side of a link."""

import ssl
from pathlib import Path

from paige.iot.errors import LinkDown
from paige.iot.link_options import TlsOptions


def tls_context(options: TlsOptions) -> ssl.SSLContext:
    """What verifies the broker and shows our own certificate. Reads files.

    Raises:
        LinkDown: a file is missing or holds something else; the text names it.
    """
    context = _verifying(options.ca_file)
    context.check_hostname = options.check_hostname
    if options.cert_file is not None:
        _show(context, options.cert_file, options.key_file)
    return context


def _verifying(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise LinkDown(f"{ca_file} holds no certificate in PEM form; name the authority's file.") from None
    except OSError as error:
        raise LinkDown(f"The TLS authority's file {ca_file} cannot be read: {error.strerror}.") from None


def _show(context: ssl.SSLContext, cert_file: Path, key_file: Path | None) -> None:
    for file in filter(None, (cert_file, key_file)):
        if not file.is_file():
            raise LinkDown(f"The TLS file {file} is missing; check its path.")
    try:
        # An empty password, not none: asked without one, OpenSSL would prompt at a terminal and wait.
        context.load_cert_chain(cert_file, key_file, password=lambda: "")
    except PermissionError as error:
        raise LinkDown(f"{error.filename or key_file} may not be read by this user.") from None
    except (OSError, ValueError):
        raise LinkDown(
            f"{cert_file} and {key_file or cert_file} are not a certificate and its key in PEM form "
            "(a key that is encrypted cannot be used)."
        ) from None
