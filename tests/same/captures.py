"""Captures made by a generator with a fixed seed: quotes of two venues, and every odd line that a file may hold."""

import gzip
import json
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.same.stage import START_MS

_WIRES = {"spot": ("BTCUSDT", "ETHUSDT", "PEPEUSDT"), "um": ("BTCUSDT", "ETHUSDT", "1000PEPEUSDT")}
_PRICES = {"BTCUSDT": "61234.50", "ETHUSDT": "2672.31", "PEPEUSDT": "0.00000823", "1000PEPEUSDT": "0.0082310"}
_NUMBERS: tuple[object, ...] = (
    *("0", "0.00000000", "-1", "-0.5", "NaN", "Infinity", "-Infinity", "1e5", "1E-3", "1_000", " 1.0", "1.0 ", "+1"),
    *("", ".", "1.", ".5", "0x10", "٣", "1,5", "9" * 24, "9" * 25, "0." + "0" * 23 + "1", "123456789012.123456789012"),
    *(None, 1.5, 7, True, [], {}),
)
_LINES = (
    *("", "   ", "{", "null", "[]", "0", '"text"', "{}", "\ufeff{}", "not json at all", '{"market":"spot"}'),
    *('{"market":"cm","recv_ms":1723118400500,"raw":{}}', '{"market":"spot","recv_ms":"1","raw":{}}'),
    *('{"market":"spot","recv_ms":-1,"raw":{}}', '{"market":"spot","recv_ms":1e99,"raw":{}}'),
    *('{"market":"um","recv_ms":99999999999999,"raw":{}}', '{"market":"spot","recv_ms":1723118400500,"raw":null}'),
    *('{"market":"spot","recv_ms":1723118400500,"raw":[1,2]}', '{"market":"spot","recv_ms":1723118400500}'),
    '{"market":"um","recv_ms":1723118400500,"stream":"btcusdt@depth20@100ms","raw":{"e":"depthUpdate","b":[["1","2"]]}}',
    '{"market":"um","recv_ms":1723118400500,"raw":{"e":"markPriceUpdate","s":"BTCUSDT","p":"1"}}',
    '{"market":"spot","recv_ms":1723118400500,"raw":' + "[" * 2000 + "]" * 2000 + "}",
    '{"market":"spot","recv_ms":1723118400500,"raw":{"s":"' + "B" * (1 << 20) + '"}}',
)


class Generator:
    """Writes lines of one capture: prices walk, update ids rise, time goes on."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.lines: list[bytes] = []
        self._at_ms = START_MS
        self._ids = dict.fromkeys(_WIRES, 1000)
        self._walk = {wire: Decimal(price) for wire, price in _PRICES.items()}

    def quote(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Return the next line; `changes` replace fields of its payload."""
        market = self.chance.choice(("spot", "um"))
        wire = self.chance.choice(_WIRES[market])
        step = Decimal(1).scaleb(int(Decimal(_PRICES[wire]).as_tuple().exponent))
        self._walk[wire] = max(self._walk[wire] + self.chance.randint(-9, 9) * step, step)
        self._ids[market] += self.chance.choice((0, 1, 1, 1, 1, 1, 1, 2, 7))
        self._at_ms += self.chance.choice((0, 0, 1, 3, 17, 90, 400))
        bid = self._walk[wire]
        raw = {
            "u": self._ids[market],
            "s": wire,
            "b": f"{bid:f}",
            "B": f"{self.chance.randint(1, 9_999) / Decimal(1000)}",
            "a": f"{bid + step * self.chance.randint(1, 5):f}",
            "A": f"{self.chance.randint(1, 9_999) / Decimal(1000)}",
        }
        if market == "um":
            raw |= {"e": "bookTicker", "T": self._at_ms - 9, "E": self._at_ms - 8}
        return {"market": market, "recv_ms": self._at_ms, "raw": raw | changes}

    def odd(self) -> dict[str, Any] | str:
        """Return a line that has something wrong with it, or is only unusual."""
        line = self.quote()
        raw = line["raw"]
        oddities: list[Callable[[], object]] = [
            lambda: raw.update({self.chance.choice("bBaA"): self.chance.choice(_NUMBERS)}),
            lambda: raw.pop(self.chance.choice(list(raw))),
            lambda: raw.update(b=raw["a"], a=raw["b"]),
            lambda: raw.update(b=raw["a"]),
            lambda: raw.update(u=self.chance.choice((0, -1, 2**63, 2**64, "7", None, 1.5, raw["u"] - 50))),
            lambda: raw.update(s=self.chance.choice(("", "btcusdt", "XRPUSDT", "币安人生USDT", "B" * 60, None, 5))),
            lambda: raw.update(e=self.chance.choice(("trade", "", None, "bookTicker"))),
            lambda: raw.update(E=self.chance.choice((0, -5, "x", 10**15)), T=self.chance.choice((0, None, 10**15))),
            lambda: raw.update(more={"deep": [1, {"x": "y"}]}),
            lambda: line.update(recv_ms=line["recv_ms"] - self.chance.choice((1, 500, 10**9))),
            lambda: line.update(stream=self.chance.choice(("btcusdt@bookTicker", "btcusdt@aggTrade", "", None))),
            lambda: line.update(market=self.chance.choice(("cm", "SPOT", "", None, 3))),
            lambda: line.update(note="nothing that the format knows"),
        ]
        if self.chance.random() < 0.2:
            return self.chance.choice(_LINES)
        self.chance.choice(oddities)()
        return line

    def write(self, count: int, odd_share: float) -> bytes:
        """Return so many lines, of which a share is odd."""
        for _ in range(count):
            line = self.odd() if self.chance.random() < odd_share else self.quote()
            self.lines.append((line if isinstance(line, str) else _text(line)).encode())
        return b"".join(line + b"\n" for line in self.lines)


def _text(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def far_apart() -> bytes:
    """Return a capture of prices that cannot be of one coin."""
    made = Generator(5)
    lines = [made.quote(b="1.00", a="1.01") if number % 2 else made.quote() for number in range(60)]
    return b"".join(_text(line).encode() + b"\n" for line in lines)


def silent() -> bytes:
    """Return a capture in which one venue falls silent for longer than it may, and comes back."""
    made, lines = Generator(6), []
    for number in range(400):
        line = made.quote()
        if line["market"] == "um" and 100 < number < 300:
            continue
        lines.append(_text(line).encode())
    return b"".join(line + b"\n" for line in lines)


def write_all(folder: Path) -> dict[str, Path]:
    """Write every capture into a folder and return the files by what they are."""
    plain = Generator(1).write(1_500, 0.0)
    contents = {
        "plain.jsonl": plain,
        "few.jsonl": Generator(2).write(3, 0.0),
        "empty.jsonl": b"",
        "blank.jsonl": b"\n\n  \n",
        "apart.jsonl": far_apart(),
        "silent.jsonl": silent(),
        "latin.jsonl": plain[:5_000] + b'{"market":"spot","recv_ms":1,"raw":"\xff\xfe"}\n' + plain[5_000:9_000],
        "windows.jsonl": plain[:9_000].replace(b"\n", b"\r\n"),
        "endless.jsonl": plain[:-1],
        **{f"odd{seed}.jsonl": Generator(seed).write(600, 0.25) for seed in range(10, 18)},
        **{f"only-odd{seed}.jsonl": Generator(seed).write(200, 1.0) for seed in range(20, 23)},
    }
    zipped = gzip.compress(plain, mtime=0)
    contents |= {
        "plain.jsonl.gz": zipped,
        "cut.jsonl.gz": zipped[:-2_000],
        "not.jsonl.gz": plain,
        "not-zip.jsonl": zipped,
    }
    files = {}
    for name, content in contents.items():
        files[name] = folder / name
        files[name].write_bytes(content)
    return files
