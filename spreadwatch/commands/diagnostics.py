"""A report for whoever helps: versions, connections, gaps and the last log lines. Never a secret."""

import platform
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from spreadwatch import __version__
from spreadwatch.core.gaps import Gap
from spreadwatch.core.snapshot import PairSnapshot, Snapshot
from spreadwatch.core.times import utc
from spreadwatch.feed.health import HealthReport

_PACKAGES = ("websocket-client", "msgspec", "truststore", "platformdirs", "python-dotenv")
_GAPS = 50


def report(snapshot: Snapshot, healths: Iterable[HealthReport], settings: str, log_lines: Iterable[str]) -> str:
    """Return the report as text. `settings` is what --print-config prints."""
    sections = {
        "spreadwatch": _versions(),
        "symbols": [_pair(pair) for pair in snapshot.pairs],
        "connections": [_health(health) for health in healths] or ["none: these quotes are not live"],
        "rejected": [f"{count} × {reason}" for reason, count in snapshot.rejects.items()] or ["none"],
        "faults": list(snapshot.faults) or ["none"],
        "gaps": [_gap(gap) for gap in snapshot.gaps[-_GAPS:]] or ["none"],
        "settings": settings.splitlines(),
        "log": list(log_lines),
    }
    return "\n\n".join(f"# {title}\n" + "\n".join(lines) for title, lines in sections.items()) + "\n"


def _versions() -> list[str]:
    tk = sys.modules.get("tkinter")
    lines = [
        f"spreadwatch {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"Tk {getattr(tk, 'TkVersion', 'not loaded')}",
    ]
    for package in _PACKAGES:
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} without metadata")
    return lines


def _pair(pair: PairSnapshot) -> str:
    counts = ", ".join(f"{name} {getattr(pair.counts, name)}" for name in pair.counts.__struct_fields__)
    reason = f" ({pair.reason})" if pair.reason else ""
    return f"{pair.symbol} {pair.state}{reason}: {counts}"


def _health(health: HealthReport) -> str:
    lines = [
        f"{health.name}: "
        + (f"open for {health.uptime_s:.0f} s" if health.uptime_s is not None else "not open")
        + f", {health.messages} messages ({_known(health.messages_per_s, '/s')})"
        + f", last quote {_known(health.last_quote_ms, ' ms')} ago, {health.reconnects} reconnects"
    ]
    if health.offset_ms is not None:
        lines.append(
            f"  clock offset and fastest transit {health.offset_ms:+d} ms, on top of it "
            f"p50 {health.latency_p50_ms} ms, p99 {health.latency_p99_ms} ms"
        )
    lines.extend(f"  {count} × {reason}" for reason, count in health.reasons.items())
    return "\n".join(lines)


def _known(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:g}{unit}"


def _gap(gap: Gap) -> str:
    start = utc(gap.start.wall_ms, "milliseconds")
    length = "still open" if gap.end is None else f"{gap.end.since(gap.start) / 1000:.3f} s"
    return f"{start} {gap.symbol} {gap.side} {length}: {gap.reason}"
