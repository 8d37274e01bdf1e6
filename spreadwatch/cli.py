"""Arguments, exit codes and one-line errors. Imports neither tkinter nor sockets."""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import platformdirs

from spreadwatch import __version__, config
from spreadwatch.commands.history_arguments import add_history, add_questions, take_times
from spreadwatch.commands.output import in_encoding, say
from spreadwatch.core import times
from spreadwatch.errors import INTERRUPTED, SpreadwatchError, UsageError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

OK, BUG = 0, 1

_LAST_MS = 1 << 43  # after every recorded moment

log = logging.getLogger(__name__)


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        encoding = getattr(file, "encoding", None) or "utf-8"
        super()._print_message(in_encoding(message, encoding), file)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code. Ctrl-C gives 130, a failure of the world 2 to 5, a bug 1."""

    def run() -> int:
        try:
            try:
                return _run(_parsed(arguments))
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()
        except BrokenPipeError:  # the reader of our output has left: that is its right
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return OK

    return _ended(run, say)


def main_window(arguments: Sequence[str] | None = None) -> int:
    """Run for a double click: without a console, an error is shown in a window of its own."""
    from spreadwatch import app

    def run() -> int:
        return _run(_parsed(arguments))

    bug = "spreadwatch ended because of an error of its own: the log in its log folder has the details."
    return _ended(run, app.show_error, bug)


def _ended(run: Callable[[], int], tell: Callable[[str], None], bug: str = "") -> int:
    """Return the exit code of a run; `tell` what ended it. `bug`: what to tell of an error of its own."""
    try:
        return run()
    except SpreadwatchError as error:
        tell(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        log.exception("this is a bug in spreadwatch")
        if bug:
            tell(bug)
        return BUG


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    words = sys.argv[1:] if arguments is None else arguments
    return _parser(asks="history" in words).parse_args(words)


def _parser(*, asks: bool = True) -> argparse.ArgumentParser:
    """`asks`: a recording may be asked, so the questions to it are needed; else the window opens without them."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--symbol", action="append", metavar="S", help="a coin to watch, such as ethusdt; repeatable")
    common.add_argument("--all", action="store_true", help="watch every coin that trades on both venues")
    common.add_argument(
        "--contract", metavar="C", help="the futures leg: perpetual, current_quarter or next_quarter (perpetual)"
    )
    common.add_argument("--config", type=Path, metavar="FILE", help="settings from this TOML file")
    common.add_argument("-v", "--verbose", action="count", help="log more; twice for all")
    source = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    source.add_argument("--demo", action="store_true", help="invented quotes, no network")
    source.add_argument("--seed", type=int, metavar="N", help="which invented run (with --demo)")

    parser = _Parser(
        prog="spreadwatch",
        description="Live spread between Binance spot and USD-M futures: spot ask − futures bid.",
        parents=[common, source],
    )
    parser.add_argument("--compact", action="store_true", default=None, help="only the number")
    parser.add_argument("--topmost", action="store_true", default=None, help="keep the window above others")
    parser.add_argument("--print-config", action="store_true", help="print every setting and where it came from")
    parser.add_argument("--example", action="store_true", help="with --print-config: the example file instead")
    parser.add_argument("--version", action="version", version=f"spreadwatch {__version__}")
    parser.set_defaults(command="window", demo=False, seed=1, symbol=None, config=None, verbose=0)

    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    watch = commands.add_parser("watch", parents=[common, source], help="print to the terminal")
    watch.add_argument("--json", action="store_true", help="one JSON object per symbol and interval")
    watch.add_argument("--interval", type=_seconds, default=1.0, metavar="S", help="seconds between outputs (1)")
    watch.add_argument("--duration", type=_seconds, metavar="S", help="stop after so many seconds")
    watch.add_argument("--once", action="store_true", help="stop at the first live spread")
    watch.set_defaults(command="watch")

    record = commands.add_parser("record", parents=[common, source], help="keep every quote, without a window")
    record.add_argument("--duration", type=_seconds, metavar="S", help="stop after so many seconds")
    record.set_defaults(command="record")

    history = add_history(commands)
    if asks:
        add_questions(history)
    serve = commands.add_parser("serve", parents=[common, source], help="answer over HTTP, with a web page")
    serve.set_defaults(command="serve")

    _add_replay(commands, common)

    doctor = commands.add_parser("doctor", parents=[common], help="check this machine and the way to the exchange")
    doctor.set_defaults(command="doctor")
    return parser


def _add_replay(commands: "argparse._SubParsersAction[_Parser]", common: _Parser) -> None:
    meaning = "play a capture, or a time of the recording"
    replay = commands.add_parser(
        "replay", parents=[common], help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}. {times.HOW}"
    )
    take_times(replay)
    replay.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="JSON Lines of raw frames, .gz allowed; else the recording"
    )
    replay.add_argument(
        "--from", dest="start", metavar="TIME", help="begin at 2026-07-03T08:30:36 (UTC), Unix seconds or ms, or -5m"
    )
    replay.add_argument("--to", dest="end", metavar="TIME", help="end before that time")
    replay.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="times the recorded pace, or max (1)")
    replay.add_argument("--json", action="store_true", help="no window: print the last snapshot of each symbol")
    replay.set_defaults(command="replay")


def _seconds(text: str) -> float:
    return _positive(text, 1e9, "seconds above 0")


def _speed(text: str) -> float | None:
    return None if text == "max" else _positive(text, 1e6, "a speed above 0, or max")


def _check_replay(arguments: argparse.Namespace) -> None:
    """Complete the times of a replay. Raises UsageError where they do not go together."""
    now_ms = time.time_ns() // 1_000_000
    try:
        from_ms, to_ms = (
            None if text is None else times.read(f"spreadwatch replay: {name}", text, now_ms)
            for name, text in (("--from", arguments.start), ("--to", arguments.end))
        )
    except times.NotAMomentError as error:
        raise UsageError(f"{error} (see spreadwatch replay --help)") from error
    if arguments.file is None and from_ms is None and to_ms is None:
        raise UsageError(
            "spreadwatch replay: give a capture FILE, or --from or --to for a time of the recording "
            "(see spreadwatch replay --help)"
        )
    arguments.from_ms = from_ms or 0
    arguments.to_ms = _LAST_MS if to_ms is None else to_ms
    if arguments.from_ms >= arguments.to_ms:
        raise UsageError("spreadwatch replay: --from must be before --to (see spreadwatch replay --help)")


def _positive(text: str, limit: float, expected: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < limit:
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
    return value


def _run(arguments: argparse.Namespace) -> int:
    from spreadwatch import app, logs

    if arguments.command == "replay":
        _check_replay(arguments)
    if getattr(arguments, "example", False):
        if not arguments.print_config:
            raise UsageError("spreadwatch: --example goes with --print-config (see spreadwatch --help)")
        sys.stdout.write(config.example())
        return OK
    logs.set_up(arguments.verbose, platformdirs.user_log_path("spreadwatch", appauthor=False))
    settings = config.load(
        {
            "symbols": arguments.symbol,
            "all": getattr(arguments, "all", None),
            "contract": getattr(arguments, "contract", None),
            "compact": getattr(arguments, "compact", None),
            "topmost": getattr(arguments, "topmost", None),
        },
        os.environ,
        Path.cwd(),
        arguments.config,
        user_folder=config.user_folder(),
    )
    if getattr(arguments, "print_config", False):
        sys.stdout.write(config.describe(settings))
        return OK
    if arguments.command == "history":
        from spreadwatch.commands import history

        return history.answer(arguments, settings)
    return app.run(arguments, settings)
