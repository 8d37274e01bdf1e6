"""The arguments of `history`. Light: what answers them is loaded when it is asked."""

import argparse
import re
from pathlib import Path
from typing import Any

from spreadwatch.core.times import HOW

KINDS = ("quotes", "trades", "spread")
FORMATS = ("csv", "jsonl", "capture")

_LOOKS_NEGATIVE = re.compile(r"-\d")


def add_history(commands: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse names no public type for it
    """Add the command to the sub-parsers of the program and return its own, still without its questions."""
    history: argparse.ArgumentParser = commands.add_parser(
        "history", help="ask a recording", description="Ask a recording. " + HOW
    )
    history.set_defaults(command="history")
    return history


def add_questions(history: argparse.ArgumentParser) -> None:
    """Add the questions to the parser of the command."""
    from spreadwatch.core.questions import QUESTIONS

    questions = history.add_subparsers(title="questions", metavar="QUESTION", dest="question", required=True)
    for asked in QUESTIONS:
        if asked.command and not asked.spread:
            parser = _question(questions, asked.command, asked.meaning)
            for one in asked.parameters:
                if one.kind == "moment":
                    parser.add_argument(one.name, metavar=one.shown, nargs=None if one.required else "?", help=one.hint)
            for twin in QUESTIONS:
                if twin.spread and twin.command == asked.command:
                    parser.add_argument("--spread", action="store_true", help=twin.meaning)

    _question(questions, "check", "which numbers can be trusted; the exit code is 1 when some cannot")

    export = _question(questions, "export", "write what is recorded to a file")
    export.add_argument("file", metavar="FILE", help="ending in .csv or .jsonl, and in .gz to zip it; - is stdout")
    export.add_argument("--kind", choices=KINDS, default="quotes", help="what (quotes)")
    export.add_argument("--from", dest="from", metavar="TIME", help="from here on (the beginning)")
    export.add_argument("--to", dest="to", metavar="TIME", help="up to here, not included (the end)")
    export.add_argument("--format", choices=FORMATS, help="in place of the one that FILE ends in; stdout gets csv")
    export.add_argument("--force", action="store_true", help="replace FILE if it exists")


def _question(questions: Any, name: str, meaning: str) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    parser: argparse.ArgumentParser = questions.add_parser(
        name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}. {HOW}"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    absent: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--symbol", action="append", metavar="S", help="a coin, such as ethusdt; repeatable", **absent)
    parser.add_argument("--all", action="store_true", help="every recorded coin", **absent)
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings from this TOML file", **absent)
    parser.add_argument("-v", "--verbose", action="count", help="log more; twice for all", **absent)
    take_times(parser)
    return parser


def take_times(parser: argparse.ArgumentParser) -> None:
    """Let values such as -5m be times: else they would be taken for options."""
    parser._negative_number_matcher = _LOOKS_NEGATIVE  # noqa: SLF001 - argparse has no public way
