"""What the exchange's symbol lists say of the watched symbols: price steps, and names that do not exist.

A help, never a condition: quotes flow without it. Runs on its own thread, `feed-listing`.
"""

import logging
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path

import msgspec

from spreadwatch.core.events import Listing, Sink
from spreadwatch.core.quote import Venue
from spreadwatch.feed.binance import Contract
from spreadwatch.feed.dial import is_loopback, tls_context
from spreadwatch.feed.messages import Rejected, positive
from spreadwatch.feed.worker import Worker

PATHS = {Venue.SPOT: "/api/v3/exchangeInfo", Venue.FUTURES: "/fapi/v1/exchangeInfo"}
_INVALID_SYMBOL = -1121
_TIMEOUT_S = 5.0
_MAX_BODY = 1 << 25
_RETRY_S = (5.0, 30.0, 300.0)

log = logging.getLogger(__name__)


class _Filter(msgspec.Struct, rename="camel"):
    filter_type: str = ""
    tick_size: str | None = None


class _Symbol(msgspec.Struct):
    symbol: str
    status: str = ""
    filters: list[_Filter] = []


class _Info(msgspec.Struct):
    symbols: list[_Symbol]


class _Refusal(msgspec.Struct):
    code: int


class ListingLoader(Worker):
    """Fetch the lists once, trying again a few times, and put a Listing per leg into the sink."""

    def __init__(
        self, bases: dict[Venue, str], contracts: dict[Venue, list[Contract]], ca_file: Path | None, sink: Sink
    ) -> None:
        """Ask the REST service under `bases` for the `contracts` of each venue."""
        super().__init__("feed-listing")
        self._bases = bases
        self._contracts = contracts
        self._ca_file = ca_file
        self._sink = sink

    def _run(self) -> None:
        missing = list(Venue)
        for retry_s in (0.0, *_RETRY_S):
            if self._stopping.wait(retry_s):
                return
            missing = [venue for venue in missing if not self._load(venue)]
            if not missing:
                return

    def _load(self, venue: Venue) -> bool:
        try:
            for listing in fetch(venue, self._bases[venue], self._contracts[venue], tls_context(self._ca_file)):
                self._sink(listing)
        except (OSError, HTTPException, ValueError, RecursionError, msgspec.DecodeError) as error:
            log.info("no symbol list from %s: %s", self._bases[venue], error)
            return False
        return True


def fetch(venue: Venue, base: str, contracts: Iterable[Contract], tls: ssl.SSLContext) -> list[Listing]:
    """Ask a venue for its symbols. Raises OSError, http.client.HTTPException or msgspec.DecodeError."""
    contracts = list(contracts)
    url = base + PATHS[venue]
    if venue is Venue.FUTURES:  # takes no parameter: one list for all
        known = _read_list(url, tls)
        return [listing_of(venue, contract, known) for contract in contracts]
    listings = []
    for contract in contracts:
        query = urllib.parse.urlencode({"symbol": contract.wire})
        listings.append(listing_of(venue, contract, _read_list(f"{url}?{query}", tls)))
    return listings


def listing_of(venue: Venue, contract: Contract, known: list[_Symbol]) -> Listing:
    """Look a contract up in a list of symbols."""
    found = next((symbol for symbol in known if symbol.symbol == contract.wire), None)
    if found is None:
        problem = f"{contract.wire} is not traded on Binance {venue}: check the name"
        return Listing(venue, contract.symbol, None, problem)
    halted = f"{contract.wire} does not trade on Binance {venue} now (status {found.status})"
    return Listing(venue, contract.symbol, _tick(found, contract), None if found.status == "TRADING" else halted)


def _tick(symbol: _Symbol, contract: Contract) -> Decimal | None:
    for rule in symbol.filters:
        if rule.filter_type == "PRICE_FILTER" and rule.tick_size:
            try:
                return positive(rule.tick_size) / contract.multiplier
            except Rejected:
                return None
    return None


def _read_list(url: str, tls: ssl.SSLContext) -> list[_Symbol]:
    try:
        return msgspec.json.decode(read(url, tls), type=_Info).symbols
    except urllib.error.HTTPError as error:
        with error:
            body = error.read(4096)
        try:
            unknown = msgspec.json.decode(body, type=_Refusal).code == _INVALID_SYMBOL
        except msgspec.DecodeError:
            unknown = False
        if unknown:
            return []
        raise


def read(url: str, tls: ssl.SSLContext) -> bytes:
    """Return the body of a GET. Raises OSError (urllib.error.HTTPError for a refusal) or HTTPException."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=tls)]
    if is_loopback(urllib.parse.urlsplit(url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    with opener.open(url, timeout=_TIMEOUT_S) as response:
        body: bytes = response.read(_MAX_BODY)
    return body
