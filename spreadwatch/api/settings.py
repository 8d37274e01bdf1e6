"""How the service is offered, and what it refuses to be offered as."""

import ipaddress

from msgspec import Struct

from spreadwatch.config.keys import SHORTEST_TOKEN
from spreadwatch.core.pair_name import PERPETUAL
from spreadwatch.errors import SpreadwatchError

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names that a browser on this machine may call us by."""


class ServeError(SpreadwatchError):
    """The service cannot be offered as asked; the message says what to do."""

    exit_code = 2


class ServeSettings(Struct, frozen=True):
    """`port` 0 takes a free one. `exposed` and a `token` are both needed for any `host` but this machine itself.

    `usual`: the contract of a symbol that is asked for without one. `hosts`: further names by which clients may call.
    `connections`, `streams`: how many at once. `query_threads` ask the recording, each question at most `query_s`
    seconds. A request must have arrived whole within `head_s`.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    exposed: bool = False
    token: str | None = None
    usual: str = PERPETUAL
    hosts: tuple[str, ...] = ()
    connections: int = 1200
    streams: int = 32
    query_threads: int = 4
    query_s: float = 5.0
    head_s: float = 5.0
    idle_s: int = 10
    still_s: float = 5.0

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        address = as_address(self.host)
        return self.host == "localhost" or bool(address and address.is_loopback)


def as_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an IP address, with or without brackets; None for a name."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def check(settings: ServeSettings) -> None:
    """Raise ServeError unless the service may be offered so."""
    if not 0 <= settings.port <= 65535:
        raise ServeError(f"port {settings.port} does not exist: take one from 1 to 65535, or 0 for any free one")
    if settings.token is not None and len(settings.token) < SHORTEST_TOKEN:
        raise ServeError(f"the token has {len(settings.token)} characters, it needs at least {SHORTEST_TOKEN}")
    if settings.token is not None and not (settings.token.isascii() and settings.token.isprintable()):
        raise ServeError("the token must consist of printable ASCII characters")
    if settings.local:
        return
    if not settings.exposed:
        raise ServeError(
            f"{settings.host} can be reached by other machines: allow that explicitly, or serve on 127.0.0.1"
        )
    if settings.token is None:
        raise ServeError(f"{settings.host} can be reached by other machines: set a token that they must know")
