"""A slow model written from the rules of meaning alone: keep every event, and recompute all from the first one."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from spreadwatch.core.events import Batch, Dropped, Event, Link, Phase
from spreadwatch.core.quote import Instant, Quote, Side


@dataclass(frozen=True)
class Reset:
    """The trader pressed Reset for a symbol."""

    symbol: str


@dataclass(frozen=True)
class Heard:
    """A venue gave a sign of life."""

    venue: Side
    at: Instant


@dataclass(frozen=True)
class Sample:
    """A spread that existed, with its evidence."""

    spread: Decimal
    at: Instant
    spot: Quote
    futures: Quote


Step = Link | Heard | Quote | Reset


def gone_ms(earlier: Instant, now: Instant) -> int:
    """Return the larger of both clocks' differences."""
    return max(0, now.wall_ms - earlier.wall_ms, now.mono_ms - earlier.mono_ms)


def plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


@dataclass
class Oracle:
    """All events so far. Everything else is derived again at every question."""

    silence_ms: int
    events: list[Event | Reset] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        self.events.append(event)

    def reset(self, symbol: str) -> None:
        self.events.append(Reset(symbol))

    def steps(self) -> list[Step]:
        """Return the events one by one: a batch is its sign of life and then its quotes."""
        steps: list[Step] = []
        for event in self.events:
            if isinstance(event, Batch):
                steps += [Heard(event.side, event.at)] if event.heard else []
                steps += event.quotes
            elif isinstance(event, Link | Reset):
                steps.append(event)
        return steps

    def live(self, steps: list[Step], venue: Side, symbol: str, now: Instant) -> bool:
        return leg_state(steps, venue, symbol, now, self.silence_ms) == "live"

    def both_live(self, steps: list[Step], symbol: str, now: Instant) -> bool:
        return all(self.live(steps, venue, symbol, now) for venue in Side)

    def samples(self, symbol: str, *, session: bool = False) -> list[Sample]:
        """Return every spread that existed at an accepted quote, or that came to exist again, since the reset.

        `session`: since the start, whatever was reset.
        """
        samples: list[Sample] = []
        for count, event in enumerate(self.events):
            before = Oracle(self.silence_ms, self.events[:count]).steps()
            if event == Reset(symbol) and not session:
                samples = []
            elif isinstance(event, Batch):
                samples += self._of_batch(before, event, symbol)
        return samples

    def _of_batch(self, before: list[Step], batch: Batch, symbol: str) -> list[Sample]:
        steps: list[Step] = [*before, *([Heard(batch.side, batch.at)] if batch.heard else [])]
        found: list[Sample] = []
        taken = False
        for quote in batch.quotes:
            count = len(accepted(steps, batch.side, symbol))
            steps.append(quote)
            if len(accepted(steps, batch.side, symbol)) > count:
                taken = True
                found += self._sample(steps, symbol, batch.at)
        if not taken and not self.both_live(before, symbol, batch.at):
            found += self._sample(steps, symbol, batch.at)
        return found

    def _sample(self, steps: list[Step], symbol: str, at: Instant) -> list[Sample]:
        if not self.both_live(steps, symbol, at):
            return []
        spot, futures = (accepted(steps, venue, symbol)[-1] for venue in Side)
        return [] if apart(spot, futures) else [Sample(spot.ask - futures.bid, at, spot, futures)]

    def gaps(self, venue: Side, symbol: str, now: Instant) -> list[tuple[Instant, Instant | None]]:
        """Return from when until when the leg was not live, None while it lasts, since its first connection.

        The state can only change at an event, or when a silence grows too long; wall and monotonic clock agree.
        """
        steps = self.steps()
        moments = {
            step.at if not isinstance(step, Quote) else step.received for step in steps if not isinstance(step, Reset)
        }
        late = self.silence_ms + 1
        moments |= {
            Instant(step.at.wall_ms + late, step.at.mono_ms + late) for step in steps if isinstance(step, Heard)
        }
        began = next((step.at for step in steps if isinstance(step, Link) and step.side is venue), now)
        gaps: list[tuple[Instant, Instant | None]] = []
        for moment in sorted(
            (one for one in {*moments, now} if began.mono_ms <= one.mono_ms <= now.mono_ms), key=by_time
        ):
            so_far = Oracle(self.silence_ms, [event for event in self.events if not later(event, moment)]).steps()
            live = self.live(so_far, venue, symbol, moment)
            is_open = bool(gaps) and gaps[-1][1] is None
            if live and is_open:
                gaps[-1] = (gaps[-1][0], moment)
            elif not live and not is_open:
                gaps.append((moment, None))
        return gaps

    def answer(self, symbol: str, now: Instant) -> dict[str, object]:
        """Return the documented JSON of a pair without its reasons."""
        steps = self.steps()
        legs = {venue: leg_state(steps, venue, symbol, now, self.silence_ms) for venue in Side}
        spot, futures = (next(reversed(accepted(steps, venue, symbol)), None) for venue in Side)
        state = next((word for word in ("stale", "connecting") if word in legs.values()), "live")
        if state == "live" and spot and futures and apart(spot, futures):
            state = "refused"
        return {
            "symbol": symbol,
            "at_ms": now.wall_ms,
            "state": state,
            "spot": leg_json(spot, legs[Side.SPOT], now),
            "futures": leg_json(futures, legs[Side.FUTURES], now),
            "spread": {**now_json(spot, futures, live=state == "live"), **extremes_json(self.samples(symbol))},
            "counts": self._counts(steps, symbol),
        }

    def _counts(self, steps: list[Step], symbol: str) -> dict[str, int]:
        taken = {venue: len(accepted(steps, venue, symbol)) for venue in Side}
        opens = [[step for step in steps if is_opening(step, venue)] for venue in Side]
        return {
            "spot": taken[Side.SPOT],
            "futures": taken[Side.FUTURES],
            "rejected": sum(len(event.rejects) for event in self.events if isinstance(event, Batch)),
            "repeated": sum(event.repeated.count(symbol) for event in self.events if isinstance(event, Batch)),
            "reconnects": sum(max(0, len(each) - 1) for each in opens),
            "dropped": sum(event.count for event in self.events if isinstance(event, Dropped)),
        }


def by_time(moment: Instant) -> int:
    return moment.mono_ms


def later(event: Event | Reset, moment: Instant) -> bool:
    return isinstance(event, Batch | Link) and event.at.mono_ms > moment.mono_ms


def is_opening(step: Step, venue: Side) -> bool:
    return isinstance(step, Link) and step.side is venue and step.phase is Phase.OPEN


def accepted(steps: list[Step], venue: Side, symbol: str) -> list[Quote]:
    """Return the quotes of a leg in order: those that are not new never come so far."""
    return [step for step in steps if isinstance(step, Quote) and (step.side, step.symbol) == (venue, symbol)]


def leg_state(steps: list[Step], venue: Side, symbol: str, now: Instant, silence_ms: int) -> str:
    openings = [place for place, step in enumerate(steps) if is_opening(step, venue)]
    if not openings:
        return "connecting"
    before, present = steps[: openings[-1]], steps[openings[-1] :]
    if len(accepted(steps, venue, symbol)) == len(accepted(before, venue, symbol)):
        return "connecting"
    phases = [step.phase for step in present if isinstance(step, Link) and step.side is venue]
    signs = [step.at for step in present if isinstance(step, Heard) and step.venue is venue]
    if phases[-1] is not Phase.OPEN or gone_ms(signs[-1], now) > silence_ms:
        return "stale"
    return "live"


def apart(spot: Quote, futures: Quote) -> bool:
    """Tell whether the futures bid is more than 20 % away from the spot ask."""
    return abs(Fraction(futures.bid) / Fraction(spot.ask) - 1) > Fraction(1, 5)


def leg_json(quote: Quote | None, state: str, now: Instant) -> dict[str, object]:
    if quote is None:
        keys = ("bid", "bid_qty", "ask", "ask_qty", "update_id", "exchange_ms", "received_ms", "age_ms")
        return {"state": state, **dict.fromkeys(keys)}
    return {
        "state": state,
        "bid": plain(quote.bid),
        "bid_qty": plain(quote.bid_qty),
        "ask": plain(quote.ask),
        "ask_qty": plain(quote.ask_qty),
        "update_id": quote.update_id,
        "exchange_ms": quote.exchange_ms,
        "received_ms": quote.received.wall_ms,
        "age_ms": gone_ms(quote.received, now),
    }


def now_json(spot: Quote | None, futures: Quote | None, *, live: bool) -> dict[str, object]:
    if not live or spot is None or futures is None:
        return {"current": None, "reverse": None, "bps": None}
    current = spot.ask - futures.bid
    ten_thousandths = round(Fraction(current) / Fraction(spot.ask) * 10_000 * 10_000)
    return {
        "current": plain(current),
        "reverse": plain(spot.bid - futures.ask),
        "bps": plain(Decimal(ten_thousandths).scaleb(-4)),
    }


def extremes_json(samples: list[Sample]) -> dict[str, object]:
    """Return the extremes: of equal ones the first."""
    if not samples:
        return {**dict.fromkeys(("max", "max_at_ms", "min", "min_at_ms", "since_ms")), "samples": 0}
    high = max(samples, key=lambda sample: sample.spread)
    low = min(samples, key=lambda sample: sample.spread)
    return {
        "max": plain(high.spread),
        "max_at_ms": high.at.wall_ms,
        "min": plain(low.spread),
        "min_at_ms": low.at.wall_ms,
        "since_ms": samples[0].at.wall_ms,
        "samples": len(samples),
    }
