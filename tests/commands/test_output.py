"""Numbers look the same on every screen; what is no terminal gets them in ASCII."""

import io
import json
from decimal import Decimal

import pytest

from spreadwatch.commands import history
from spreadwatch.commands.output import JsonLines, Lines, writer
from spreadwatch.core import answers_text
from spreadwatch.core.answers import Price, SpreadRange
from spreadwatch.core.numbers import GROUP, MINUS
from spreadwatch.core.snapshot import Snapshot
from tests.ui import examples

NOON_MS = 1_775_134_927_000


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    encoding = "utf-8"


def shown(out: io.StringIO, snapshot: Snapshot) -> str:
    Lines(out).show(snapshot)
    return out.getvalue()


def test_a_terminal_is_a_screen_and_a_pipe_is_ascii() -> None:
    snapshot = examples.ethusdt().at()
    on_terminal, in_pipe = shown(Terminal(), snapshot), shown(Pipe(), snapshot)
    assert on_terminal.startswith(f"ETHUSDT  {MINUS}1.30  {MINUS}3.81 bps  max ")
    assert in_pipe == on_terminal.replace(MINUS, "-").replace(GROUP, "")
    assert in_pipe.isascii()


def test_the_numbers_of_a_pipe_are_those_of_the_json() -> None:
    snapshot = examples.ethusdt().at()
    told = Pipe()
    JsonLines(told).show(snapshot)
    spread = json.loads(told.getvalue())["spread"]
    words = shown(Pipe(), snapshot).split()
    assert (words[1], words[5], words[7]) == (spread["current"], spread["max"], spread["min"])


@pytest.mark.parametrize(
    ("out", "price", "low"),
    [(Terminal(), f"83{GROUP}090.69 USDT", f"{MINUS}12.50 USDT"), (Pipe(), "83090.69 USDT", "-12.50 USDT")],
    ids=["terminal", "pipe"],
)
def test_answers_of_a_recording_are_written_for_where_they_go(out: io.StringIO, price: str, low: str) -> None:
    write = writer(out)
    found = Price("BTCUSDT", NOON_MS, Decimal("83090.69"), "mid")
    assert f"  {price}  " in history.Lines(write).line(answers_text.step(found))
    row = answers_text.price("BTCUSDT", NOON_MS, found, newest=False)
    assert f"  {price}  spot mid  2026-04-02T13:02:07.000Z" in history.aligned([row], write)[0]
    spread = SpreadRange("BTCUSDT", NOON_MS, Decimal("-0.00"), Decimal("-12.50"), 7)
    [line] = history.aligned([answers_text.spread_range("BTCUSDT", NOON_MS, spread)], write)
    assert line == f"BTCUSDT  2026-04-02T13:02Z  high  0.00 USDT  low  {low}  7 samples"
