"""One run: its workers, the inbox they fill, and the market that a pump serves from it. No tkinter here."""

import logging
from collections.abc import Callable, Iterable, Sequence

from msgspec import structs

from spreadwatch.config import Config
from spreadwatch.core.events import Clock, Event, Fault, Sink
from spreadwatch.core.market import Market
from spreadwatch.core.net import fees
from spreadwatch.core.pair import Terms
from spreadwatch.core.pair_name import PERPETUAL, of_key, spot_symbol
from spreadwatch.core.quote import Side
from spreadwatch.core.series import MANY, ONE
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.core.source import Source
from spreadwatch.errors import RegionError
from spreadwatch.feed import binance
from spreadwatch.run.inbox import Inbox, Pump
from spreadwatch.worker import Worker

_STOP_S = 1.0
_FEW = 20  # so many symbols remember their past in full

log = logging.getLogger(__name__)

Recruit = Callable[["Session"], list[Worker]]
"""Makes the workers of a session that begins."""


def named(settings: Config) -> tuple[str, ...]:
    """Return the keys of the pairs that the settings name."""
    return tuple(dict.fromkeys(binance.canonical(text, settings.contract) for text in settings.symbols))


class Session:
    """A run on fixed pairs. The owner's thread, where nothing else is said."""

    def __init__(
        self,
        symbols: Iterable[str],
        settings: Config,
        now: Clock | None,
        recruit: Recruit,
        source: Source = Source.LIVE,
        *,
        charted: bool = True,
    ) -> None:
        """Watch pairs, by their keys, by the workers that `recruit` makes at the start.

        `source`: where all of its values come from. `now` is None when the events themselves tell the time, as in a
        replay. What nobody has `charted` remembers less.
        """
        self.symbols = tuple(dict.fromkeys(symbols))
        self.settings = settings
        self.source = source
        self.usual = PERPETUAL if source is Source.REPLAY else settings.contract
        self.inbox = Inbox(settings.feed.inbox_batches)
        price_list = settings.fees
        keep = MANY if settings.all or len(self.symbols) > _FEW else ONE
        terms = Terms(
            fees(price_list.spot_taker_bps, price_list.futures_taker_bps, bnb=price_list.bnb),
            settings.size.quote,
            keep if charted else None,
            source,
        )
        self.market = Market(self.symbols, round(settings.feed.silence_s * 1000), terms)
        for rule in settings.alerts:
            self.market.alerts.add(structs.replace(rule, symbol=self.key_of(rule.symbol) if rule.symbol else None))
        self.pump = Pump(self.inbox, self.market, now or (lambda: self.market.latest))
        self.workers: list[Worker] = []
        self.latest: Snapshot | None = None
        """The newest snapshot. Any thread may read it."""
        self.taps: list[Sink] = []
        """Sinks that are given each event before the inbox, on the threads of the feeds."""
        self.watchers: list[Callable[[Snapshot], object]] = []
        """Who is given each snapshot that `turn` makes, on its thread, before whoever called it."""
        self._recruit = recruit
        self._shows_all = False

    @property
    def badge(self) -> str | None:
        """The word for a source that is not live, None for one that is."""
        return self.source.badge

    def key_of(self, text: str) -> str:
        """Return the key of a pair as a person writes it here. Raises ValueError for a contract that there is not.

        What was recorded has its contract in its name; a name without any is a perpetual's there.
        """
        return binance.canonical(text, self.usual)

    # ----- life

    def start(self) -> None:
        """Make every worker and start it."""
        for worker in self._recruit_all():
            self.launch(worker)

    def _recruit_all(self) -> list[Worker]:
        return self._recruit(self)

    def launch(self, worker: Worker) -> None:
        """Start a worker, which ends with the session."""
        self.workers.append(worker)
        worker.on_fault = self._tell_fault
        worker.start()

    def stop(self) -> None:
        """Stop every worker, the last one first, and wait a second at most."""
        for worker in reversed(self.workers):
            worker.stop()
        for worker in self.workers:
            if not worker.join(_STOP_S / len(self.workers)):
                log.info("a worker did not end in time and is left behind")

    def _tell_fault(self, sentence: str) -> None:
        self.inbox.put(Fault(sentence))

    def check(self) -> None:
        """Raise RegionError when the exchange refuses this location."""
        for worker in self.workers:
            if barred := worker.barred():
                raise RegionError(f"{barred}: Binance does not serve it, and trying again does not help")

    def sink(self, event: Event) -> None:
        """Take an event from a source. Never blocks a feed; any thread."""
        for tap in self.taps:
            tap(event)
        self.inbox.put(event)

    # ----- what is shown and watched

    def turn(self) -> Snapshot:
        """Take what arrived and return the snapshot of this moment."""
        self._refresh()
        self.latest = snapshot = self.pump.turn()
        for watcher in self.watchers:
            watcher(snapshot)
        return snapshot

    def _refresh(self) -> None:
        """Take news that are no events, before a turn."""

    def show(self, symbols: Sequence[str]) -> None:
        """Give these symbols in full from now on, and of the others a row."""
        self.pump.show(None if self._shows_all else symbols)

    def show_all(self) -> None:
        """Give every symbol in full from now on, if they are few: somebody else than the window asks."""
        if len(self.symbols) <= _FEW:
            self._shows_all = True
            self.pump.show(None)

    def reset(self, symbol: str) -> None:
        """Begin a symbol's max and min anew."""
        self.pump.reset(symbol)

    def keep_texts(self) -> None:
        """Let quotes carry the wire's texts from now on, for a recorder, if they came over a wire."""

    def contracts(self) -> dict[Side, list[binance.Contract]]:
        """Return what each side calls the legs of the watched pairs, as far as that is known."""
        spots = dict.fromkeys(spot_symbol(key) for key in self.symbols)
        futures = [key for key in self.symbols if not of_key(key).is_relative]
        return {
            Side.SPOT: [binance.contract(Side.SPOT, symbol) for symbol in spots],
            Side.FUTURES: [binance.contract(Side.FUTURES, key) for key in futures],
        }

    def add(self, symbol: str) -> str | None:
        """Watch one more symbol; a sentence says why not."""
        return f"{symbol} cannot be added: {(self.badge or 'this run').lower()} plays fixed symbols."

    def remove(self, symbol: str) -> str | None:
        """Watch a symbol no longer; a sentence says why not."""
        return f"{symbol} cannot be removed: {(self.badge or 'this run').lower()} plays fixed symbols."

    def candidates(self) -> Sequence[str] | None:
        """Return the symbols that could be added, None while that is not known."""
        return self.symbols
