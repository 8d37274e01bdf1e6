"""Figures in the text form that Prometheus reads (version 0.0.4). Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from spreadwatch.core.leg import State
from spreadwatch.core.pair_name import of_key
from spreadwatch.core.snapshot import PairSnapshot, Snapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = dict[str, str]
Sample = tuple[Labels, Decimal | int | float | None]

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Traffic(Struct):
    """What the service knows of itself. The event loop's thread writes it."""

    statuses: Counter[int]
    connections: Callable[[], int]
    streams: int = 0


def text(snapshot: Snapshot | None, *, well: bool, statuses: Counter[int], connections: int, streams: int) -> str:
    """Write everything; a figure that does not exist at this moment has no line."""
    pairs = snapshot.pairs if snapshot else ()
    parts = [
        _family(
            "spreadwatch_source_info",
            "gauge",
            "Where the figures come from: live, demo or replay.",
            [({"source": snapshot.source.value}, 1)] if snapshot else [],
        ),
        _family("spreadwatch_up", "gauge", "1 while every watched symbol is live.", [({}, int(well))]),
        *_spreads(pairs),
        *_counts(pairs),
        _family(
            "spreadwatch_http_responses_total",
            "counter",
            "Answers of this service by status.",
            [({"status": str(status)}, count) for status, count in sorted(statuses.items())],
        ),
        _family("spreadwatch_http_connections", "gauge", "Open connections.", [({}, connections)]),
        _family("spreadwatch_event_streams", "gauge", "Open event streams.", [({}, streams)]),
    ]
    return "".join(parts)


def _spreads(pairs: tuple[PairSnapshot, ...]) -> Iterator[str]:
    by_symbol = [(_labels(pair), pair.spread) for pair in pairs]
    yield _family("spreadwatch_spread", "gauge", "Spot ask less futures bid.", [(s, p.current) for s, p in by_symbol])
    yield _family(
        "spreadwatch_spread_reverse", "gauge", "Spot bid less futures ask.", [(s, p.reverse) for s, p in by_symbol]
    )
    yield _family("spreadwatch_spread_bps", "gauge", "The spread in basis points.", [(s, p.bps) for s, p in by_symbol])
    yield _family(
        "spreadwatch_spread_max",
        "gauge",
        "Highest since the start.",
        [(s, p.high.spread if p.high else None) for s, p in by_symbol],
    )
    yield _family(
        "spreadwatch_spread_min",
        "gauge",
        "Lowest since the start.",
        [(s, p.low.spread if p.low else None) for s, p in by_symbol],
    )
    yield _family(
        "spreadwatch_spread_samples_total", "counter", "Spreads seen.", [(s, p.samples) for s, p in by_symbol]
    )


def _counts(pairs: tuple[PairSnapshot, ...]) -> Iterator[str]:
    legs = [(_labels(pair) | {"venue": leg.side.value}, leg) for pair in pairs for leg in (pair.spot, pair.futures)]
    yield _family(
        "spreadwatch_leg_live",
        "gauge",
        "1 while a leg is live.",
        [(s, int(leg.state is State.LIVE)) for s, leg in legs],
    )
    ages: list[Sample] = [(s, None if leg.age_ms is None else leg.age_ms / 1000) for s, leg in legs]
    yield _family("spreadwatch_leg_age_seconds", "gauge", "Age of the last quote.", ages)
    quotes = [(pair, side, count) for pair in pairs for side, count in _quotes(pair)]
    yield _family(
        "spreadwatch_quotes_total",
        "counter",
        "Quotes taken.",
        [(_labels(pair) | {"venue": side}, count) for pair, side, count in quotes],
    )
    yield _family(
        "spreadwatch_quotes_repeated_total",
        "counter",
        "Quotes dropped because their update id was not above the last.",
        [(_labels(pair), pair.counts.repeated) for pair in pairs],
    )
    for name, about in (
        ("rejected", "Frames refused."),
        ("reconnects", "Connections made anew."),
        ("dropped", "Quotes lost because the inbox was full."),
        ("gaps", "Times in which a leg was not live."),
    ):  # these count for the whole program, so any pair knows them
        yield _family(
            f"spreadwatch_{name}_total", "counter", about, [({}, getattr(pair.counts, name)) for pair in pairs[:1]]
        )


def _labels(pair: PairSnapshot) -> Labels:
    name = of_key(pair.symbol)
    return {"symbol": name.symbol, "contract": name.contract}


def _quotes(pair: PairSnapshot) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("spot", pair.counts.spot), ("futures", pair.counts.futures)


def _family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    for labels, number in samples:
        if number is not None:
            inside = ",".join(f'{key}="{value.translate(_ESCAPES)}"' for key, value in labels.items())
            shown = format(number, "f") if isinstance(number, Decimal) else str(number)
            lines.append(f"{name}{{{inside}}} {shown}" if inside else f"{name} {shown}")
    return "\n".join(lines) + "\n"
