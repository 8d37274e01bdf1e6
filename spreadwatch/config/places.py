"""What a key may hold when it names a place: a server, a page, a file."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from spreadwatch.config.kinds import RefusedError, ValueKind, text_of

_HOST_LABEL: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class BaseUrl(ValueKind):
    """Scheme, host and optional port of a server. Unencrypted only to this machine itself."""

    secure: str
    plain: str

    @property
    def allowed(self) -> str:
        """The schemes and the shape."""
        return (
            f"{self.secure}://host or {self.secure}://host:port without path, query or user name "
            f"({self.plain}:// only to this machine, e.g. 127.0.0.1)"
        )

    def check(self, value: object, folder: Path) -> str:
        """Return `scheme://host[:port]` in lower case; a "/" at the end is dropped."""
        text = text_of(value)
        parts, port = _split(text, " ", (self.secure, self.plain))
        if any(c in text for c in "@?#%\\") or parts.path.strip("/"):
            raise RefusedError("more than scheme, host and port")
        host = parts.hostname or ""
        server = (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}")
        if not _is_host(host) or port == 0 or server != parts.netloc.lower():
            raise RefusedError("not a URL with a valid host and port")
        if parts.scheme == self.plain and not _is_loopback(host):
            raise RefusedError(f"{self.plain}:// is not encrypted, so quotes could be forged on the way")
        return f"{parts.scheme}://{server}"


@dataclass(frozen=True, slots=True)
class OptionalUrl(ValueKind):
    """The address of a page that takes a POST, or empty text for none. Its path may be a secret."""

    allowed: str = 'https://host/path (http:// only to this machine, e.g. 127.0.0.1), or "" for none'

    def check(self, value: object, folder: Path) -> str:
        """Refuse what is not such an address."""
        text = text_of(value)
        if not text:
            return ""
        parts, port = _split(text, ' "<>\\', ("https", "http"))
        if "@" in parts.netloc or parts.fragment:
            raise RefusedError("a user name or a fragment")
        host = parts.hostname or ""
        if not _is_host(host) or port == 0:
            raise RefusedError("not a URL with a valid host and port")
        if parts.scheme == "http" and not _is_loopback(host):
            raise RefusedError("http:// is not encrypted, so its secret could be read on the way")
        return text


class _Path(ValueKind):
    """A path: blanks around it belong to it."""

    __slots__ = ()

    def read(self, text: str) -> object:
        """Return the text with its blanks."""
        return text


@dataclass(frozen=True, slots=True)
class OptionalFile(_Path):
    """A path to a file that exists, or empty text for none."""

    allowed: str = 'the path of an existing file ("~" is not expanded), or "" for none'

    def check(self, value: object, folder: Path) -> str:
        """Return the path made absolute by `folder`, or "" for none."""
        text = text_of(value)
        if not text:
            return ""
        try:
            text.encode()
            exists = (folder / text).is_file()
        except UnicodeEncodeError:
            raise RefusedError("not valid Unicode") from None
        except (OSError, ValueError) as error:
            raise RefusedError(f"cannot be read ({getattr(error, 'strerror', None) or 'bad path'})") from None
        if not exists:
            raise RefusedError("no such file")
        return str(folder / text)


@dataclass(frozen=True, slots=True)
class OptionalPath(_Path):
    """A path to a file that may come to be, or empty text for the usual place."""

    allowed: str = 'the path of a file ("~" is not expanded), or "" for the usual place'

    def check(self, value: object, folder: Path) -> str:
        """Return the path made absolute by `folder`, or "" for the usual place."""
        text = text_of(value)
        if not text:
            return ""
        if "\0" in text or not text.isprintable():
            raise RefusedError("a character that no path has")
        if (folder / text).is_dir():
            raise RefusedError("a folder, not a file")
        return str(folder / text)


@dataclass(frozen=True, slots=True)
class OptionalSecret(ValueKind):
    """A secret in one piece, or empty text for none."""

    least: int
    allowed_words: str

    @property
    def allowed(self) -> str:
        """What it is."""
        return f'{self.allowed_words}, at least {self.least} printable characters, or "" for none'

    def check(self, value: object, folder: Path) -> str:
        """Refuse what is too short or not printable."""
        text = text_of(value)
        if text and (len(text) < self.least or not text.isprintable()):
            raise RefusedError("too short, or not printable")
        return text


@dataclass(frozen=True, slots=True)
class BindAddress(ValueKind):
    """An address of this machine to listen on."""

    allowed: str = 'an IP address of this machine, such as "127.0.0.1"; any other than loopback needs a token'

    def check(self, value: object, folder: Path) -> str:
        """Refuse what is no IP address."""
        text = text_of(value)
        if _address(text) is None:
            raise RefusedError("not an IP address")
        return text


def _split(text: str, foreign: str, schemes: tuple[str, str]) -> tuple[SplitResult, int | None]:
    """Return the parts of a URL and its port. Raises RefusedError for `foreign` characters and other schemes."""
    if not text.isascii() or not text.isprintable() or any(c in text for c in foreign):
        raise RefusedError("a character that no URL has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise RefusedError("not a URL with a valid host and port") from None
    if parts.scheme not in schemes:
        raise RefusedError(f"neither {schemes[0]}:// nor {schemes[1]}://")
    return parts, port


def _is_host(host: str) -> bool:
    if ":" in host:
        return _address(host) is not None
    return len(host) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in host.split("."))


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
