"""Differences from older versions that are wanted. What is not declared here is a fault."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Wanted:
    """One wanted difference. `what`: which results, as a pattern of their names; `why`: a line of the changelog.

    `lines`: what each line that went or came may match, its sign included; of a picture nothing is asked. `old` and
    `new`: where the new text follows from the old one, which is rewritten so before the two are compared.
    """

    what: str
    why: str
    lines: str | None = None
    old: str | None = None
    new: str = ""

    def covers(self, name: str, line: str) -> bool:
        """Tell whether this declares a differing line of a result."""
        return self.lines is not None and fnmatchcase(name, self.what) and re.search(self.lines, line) is not None

    def rewritten(self, name: str, old: str) -> str:
        """Return what a result of the old program is to be like now."""
        return re.sub(self.old, self.new, old) if self.old is not None and fnmatchcase(name, self.what) else old


_TIMES = "one way to read a time, and one to write it: with Z in JSON"
_NUMBERS = "one way to write a number: ASCII minus in pipes, thousands apart, prices and spreads never rounded"
_PAIRS = "a pair is a symbol and a contract, and a value says where it comes from"
_DECLARED = "one declaration per question: the document says all that is checked"

_EXAMPLE = "--print-config --example prints config.example.toml"
_CHECK = "history check tells which series of a recording can be trusted"

WANTED: tuple[Wanted, ...] = (
    Wanted("help/--help", _EXAMPLE, r"--example|\[--print-config\]"),
    Wanted("help/history --help", _CHECK, r"^\+    check "),
    Wanted(
        "help/*",
        _TIMES,
        r"TIME|T\b|Unix|ago:|-1d|--(from|to) |Play a capture|^.offset|^\+$|^.usage: spreadwatch replay",
    ),
    Wanted("refusals/replay --from *", _TIMES, r"--from.* (expected a time|must be a time|must lie before)"),
    Wanted("refusals/history *", _TIMES, r"^.(TIME|MINUTE) .*(must be a time|the year 2000)"),
    Wanted(
        "serve *timestamp=*",
        _TIMES,
        r"^.(400|200|error = .*a time such as.*|error = .*must lie between.*|parameter = .*)$",
    ),
    Wanted("serve */price-at-second*timestamp=*", _TIMES, r"^\+(symbol|timestamp|price|actual_timestamp|source) = "),
    Wanted("*", _TIMES, old=r'("(?:timestamp|actual_timestamp|minute)": ?"\d{4}-\d\d-\d\dT[\d:.]+)"', new=r'\1Z"'),
    Wanted("replay of a file/--from -*", _TIMES, ""),
    Wanted("serve */spread/bars*", _TIMES, r"^.error = .from "),
    Wanted("history of *", _NUMBERS, old="−", new="-"),
    Wanted("continued *", _NUMBERS, old="−", new="-"),
    Wanted("watch/*", _NUMBERS, r"^.(ETH|PEPE)USDT  ([-+−\d.]+  [-+−\d.]+ bps|—  .*)  max [-+−\d.]+  min [-+−\d.]+$"),
    Wanted("once/*", _NUMBERS, r"^.ETHUSDT  [-+−\d.]+  [-+−\d.]+ bps  max [-+−\d.]+  min [-+−\d.]+$"),
    Wanted("watch/end*", _NUMBERS, r"^.any coin: [A-Z]+ bps is \+?[\d.]+ bps, at or above \+?3\.5$"),
    Wanted("terminal/*", _NUMBERS, r"^.ETHUSDT +[-+−\d.]+ +[-+−\d.]+ +[-+−\d.]+ +[\d,\s]+ +—  live$"),
    Wanted("*", _PAIRS, r'^\+(data: )?(pairs\[\]\.)?(contract = "perpetual"|source = "(live|replay)")$'),
    Wanted(
        "serve */openapi.json",
        _PAIRS,
        r"^\+paths\S*\.(properties\.(contract|source)\.|required\[\] = .(contract|source).)",
    ),
    Wanted(
        "settings/*",
        _PAIRS,
        r"and a contract if need be|different symbols, each|contract of their own|futures side|BTCUSDT@",
    ),
    Wanted("settings/*", _PAIRS, r'a symbol such as "ETHUSDT", or "all"$'),
    Wanted(
        "refusals/record --contract *",
        "delivery futures are recorded too",
        r"^.(exit code [02]$|only perpetuals|recording ETHUSDT@|0 quotes and trades|logged WARNING: (spot|futures))",
    ),
    Wanted("refusals/watch --symbol*", _PAIRS, r"different symbols, each of 2 to 40 letters"),
    Wanted("*", _PAIRS, r'^\+(data: )?source = (null|"demo")$'),
    Wanted(
        "serve */metrics",
        _PAIRS,
        r'^.(spreadwatch_\w+\{symbol="\w+"(,contract="perpetual")?(,venue="\w+")?\} |(# \w+ )?spreadwatch_source_info)',
    ),
    Wanted("serve */page.js", _PAIRS, r"keyOf|source|contract|pair is asked for|^.(  )?}?$"),
    Wanted("serve *", _PAIRS, r"^.\s*<h2>Futures <small( id=.contract.)?>USDT-M perpetual"),
    Wanted("serve *symbol=*", _PAIRS, r"^.error = .symbol must be a symbol such as"),
    Wanted("serve */page.js", f"{_PAIRS}; {_NUMBERS}", ""),
    Wanted("serve */latest", _PAIRS, r"^.error = .symbol is missing: "),
    Wanted("help/--help", "--print-config --example prints the example file", r"--example|--seed N"),
    Wanted(
        "help/history --help", "history check says which numbers can be trusted", r"^\+    check |^\+ .*exit code is 1"
    ),
    Wanted("serve */openapi.json", _DECLARED, r"^.paths\S*\.(schema\.\S*|schema|description) = "),
    Wanted("serve */price-at-second*", _DECLARED, r"^.error = .timestamp is missing: "),
)
