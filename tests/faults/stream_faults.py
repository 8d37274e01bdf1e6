"""Faults of a connection: how it ends, and how it falls silent."""

import random
from collections.abc import Callable

from tests.exchange.frames import PONG
from tests.exchange.server import Connection, close_frame, encode, envelope, frame
from tests.faults.feeder import VENUES, WIRE
from tests.faults.harness import Rig
from tests.faults.scenario import Fault, Inject, Kind

_HUGE = (1 << 62) - 1


def ending(how: Callable[[Connection], object]) -> Inject:
    """End the connection in use."""
    return lambda rig, venue, _chance: rig.end(venue, how)


def _closing(code: int | None, end_tcp: bool) -> Fault:
    reason = "the exchange closed the connection" + (rf" \({code}\)" if code else "$")
    inject = ending(lambda one: one.close(code, "bye" if code else "", end_tcp))
    return Fault(Kind.VISIBLE, inject, reason, "close_is_nothing")


def _mute(rig: Rig, venue: str, _chance: random.Random) -> None:
    rig.spoil(venue, first=lambda one: one.mute())


def _fin_inside(one: Connection) -> None:
    one.send_raw(b"\x81\x7e\x01")
    one.fin()


def _go(rig: Rig, venue: str, _chance: random.Random) -> None:
    """Go away, and stay away until an attempt was refused."""
    rig.exchange.refuse(venue)
    rig.end(venue, lambda one: one.rst())


def _return(rig: Rig, venue: str, _chance: random.Random) -> None:
    def refused() -> int:
        return sum(count for reason, count in rig.reasons(venue).items() if "refused" in reason)

    before = refused()
    rig.until(lambda: refused() > before, 2.0, "an attempt is refused")
    rig.exchange.start(venue)


def _both(rig: Rig, venue: str, _chance: random.Random) -> None:
    """Lose both venues at once."""
    for each in VENUES:
        if rig.feeder.current(each) is not None:
            rig.end(each, lambda one: one.rst())


def quote_frame(rig: Rig, venue: str, length_bytes: int | None = None) -> bytes:
    """Return the frame of a quote that is valid but will not be sent whole."""
    payload = envelope(WIRE, encode(rig.feeder.payload(venue, rig.feeder.next_id())))
    return frame(payload, length_bytes=length_bytes)


def stall_at(offset: int, length_bytes: int | None = None) -> Inject:
    """Send so many bytes of a quote's frame, then nothing more."""

    def inject(rig: Rig, venue: str, _chance: random.Random) -> None:
        raw = quote_frame(rig, venue, length_bytes)
        rig.spoil(venue, first=lambda one: one.send_raw(raw[:offset]))

    return inject


def _stall_anywhere(rig: Rig, venue: str, chance: random.Random) -> None:
    raw = quote_frame(rig, venue, chance.choice((None, 8)))
    offset = chance.randrange(1, len(raw))
    rig.spoil(venue, first=lambda one: one.send_raw(raw[:offset]))


def _only(what: Callable[[Connection], object]) -> Inject:
    """Send nothing but this from now on."""

    def manner(one: Connection) -> None:
        what(one)

    return lambda rig, venue, _chance: rig.spoil(venue, manner)


def _with_heartbeat_only_old_ids(rig: Rig, venue: str, _chance: random.Random) -> None:
    quote = rig.leg(venue).quote
    update_id = quote.update_id if quote else 1

    def manner(one: Connection) -> None:
        rig.feeder.beat(one)
        one.send_raw(one.wrap(WIRE, encode(rig.feeder.payload(venue, update_id - 1))))

    rig.spoil(venue, manner)


def _huge_id_then_real_ones(rig: Rig, venue: str, _chance: random.Random) -> None:
    """Send a valid quote whose id is so high that all that follow are below it."""

    def manner(one: Connection) -> None:
        rig.feeder.beat(one)
        one.send_raw(one.wrap(WIRE, encode(rig.feeder.payload(venue, rig.feeder.next_id()))))

    def first(one: Connection) -> None:
        order, payload = rig.feeder.announce(one, _HUGE - rig.feeder.next_id())
        one.send_raw(one.wrap(WIRE, payload))
        rig.feeder.truths[venue].has_sent(order)

    rig.spoil(venue, manner, first)


def _count_anew(rig: Rig, venue: str, _chance: random.Random) -> None:
    """Lose both connections to an exchange that begins to count its updates anew."""
    with rig.feeder.between_beats["spot"], rig.feeder.between_beats["futures"]:
        rig.feeder.count_anew()
        for each in VENUES:
            rig.end(each, lambda one: one.rst())


def _quiet_coin(rig: Rig, venue: str, _chance: random.Random) -> None:
    """Let the heartbeat speak alone for longer than the silence limit; the leg has to stay live all the while."""
    before = len(rig.exchange.connections(venue))
    rig.spoil(venue, rig.feeder.beat)
    gone: list[bool] = []
    began_s = rig.clock_s()

    def over() -> bool:
        gone.append(not rig.is_live(venue))
        return any(gone) or rig.clock_s() - began_s > rig.silence_s * 1.5

    rig.until(over, 5.0, "time goes by")
    assert not any(gone), rig.words()
    assert len(rig.exchange.connections(venue)) == before
    rig.spoil(venue, rig.feeder.quote)


_ENDS: dict[str, Fault] = {
    "FIN": Fault(Kind.VISIBLE, ending(lambda one: one.fin()), "closed the connection without a word", "end_is_nothing"),
    "RST": Fault(Kind.VISIBLE, ending(lambda one: one.rst()), "Connection reset", "end_is_nothing"),
    "RST of both venues": Fault(Kind.VISIBLE, _both, "Connection reset", "end_is_nothing"),
    "server gone": Fault(Kind.VISIBLE, _go, "refused the connection", "loss_untold", heal=_return),
    "server gone for a moment": Fault(Kind.VISIBLE, ending(lambda one: one.rst()), "reset", "links_ignored"),
    **{
        f"close {code} {'with' if end_tcp else 'without'} TCP end": _closing(code, end_tcp)
        for code in (1000, 1001, 1008, 1011, None)
        for end_tcp in (True, False)
    },
    "FIN inside a frame": Fault(
        Kind.VISIBLE,
        ending(_fin_inside),
        "without a word",
        "end_is_nothing",
    ),
    "close in two reads": Fault(
        Kind.VISIBLE,
        ending(lambda one: [one.send_raw(close_frame(1001, "bye")[at : at + 1]) for at in range(7)]),
        r"closed the connection \(1001\)",
        "close_is_nothing",
    ),
}

_SILENCES: dict[str, Fault] = {
    "half-open silence": Fault(Kind.SILENT, _mute, "sent no quote", "deaf_watchdog"),
    "half-open silence, never noticed": Fault(Kind.SILENT, _mute, "sent no quote", "silence_is_live"),
    "stall in a header": Fault(Kind.SILENT, stall_at(1), "sent no quote", "deaf_watchdog"),
    "stall in a length": Fault(Kind.SILENT, stall_at(3), "sent no quote", "deaf_watchdog"),
    "stall in a long length": Fault(Kind.SILENT, stall_at(7, 8), "sent no quote", "deaf_watchdog"),
    "stall in a payload": Fault(Kind.SILENT, stall_at(60), "sent no quote", "deaf_watchdog"),
    "stall anywhere": Fault(Kind.SILENT, _stall_anywhere, "sent no quote", "deaf_watchdog"),
    "pings only": Fault(Kind.SILENT, _only(lambda one: one.ping(b"?")), "sent no quote", "anything_is_life"),
    "pongs only": Fault(
        Kind.SILENT, _only(lambda one: one.send_raw(frame(b"", PONG))), "sent no quote", "anything_is_life"
    ),
    "acks only": Fault(
        Kind.SILENT,
        _only(lambda one: one.send_raw(frame(encode({"result": None, "id": 1})))),
        "sent no quote",
        "anything_is_life",
    ),
    "garbage only": Fault(
        Kind.SILENT, _only(lambda one: one.send_raw(frame(b"{"))), "sent no quote", "anything_is_life"
    ),
    "empty frames only": Fault(
        Kind.SILENT, _only(lambda one: one.send_raw(frame(b""))), "sent no quote", "anything_is_life"
    ),
    "endless empty fragments": Fault(
        Kind.SILENT, _only(lambda one: one.send_raw(frame(b"", 1, fin=False))), "opcode 1 where", "lax_frames"
    ),
    "one symbol repeats old ids while the heartbeat talks": Fault(
        Kind.SILENT, _with_heartbeat_only_old_ids, "stay below the last one", "never_stuck"
    ),
    "the exchange counts its updates anew": Fault(
        Kind.SILENT, _count_anew, "stay below the last one|no quote", "deaf_and_never_stuck"
    ),
    "a huge update id hides all that follow": Fault(
        Kind.SILENT, _huge_id_then_real_ones, "stay below the last one", "never_stuck"
    ),
}

FAULTS: dict[str, Fault] = {
    **_ENDS,
    **_SILENCES,
    "a quiet coin on a talking connection": Fault(Kind.IGNORED, _quiet_coin, "", "quiet_coin_is_dead"),
}
