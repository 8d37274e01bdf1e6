import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.ui.frame.window import (
    Rect,
    Remembered,
    _rect,
    clamp,
    load_remembered,
    parse_geometry,
    save_remembered,
)

COORDINATES = st.integers(-20_000, 20_000)
LENGTHS = st.integers(1, 20_000)
RECTS = st.builds(Rect, COORDINATES, COORDINATES, LENGTHS, LENGTHS)


@given(RECTS, RECTS, LENGTHS, LENGTHS)
def test_a_clamped_window_is_on_the_screen_or_begins_at_its_corner(
    wanted: Rect, screen: Rect, least_width: int, least_height: int
) -> None:
    placed = clamp(wanted, screen, least_width, least_height)
    assert placed.width >= least_width
    assert placed.height >= least_height
    assert placed.x >= screen.x
    assert placed.y >= screen.y
    if least_width <= screen.width:
        assert placed.x + placed.width <= screen.x + screen.width
    else:
        assert (placed.x, placed.width) == (screen.x, least_width)
    if least_height <= screen.height:
        assert placed.y + placed.height <= screen.y + screen.height
    assert clamp(placed, screen, least_width, least_height) == placed


@given(RECTS)
def test_a_window_that_fits_stays_where_it_was(wanted: Rect) -> None:
    screen = Rect(-50_000, -50_000, 100_000, 100_000)
    assert clamp(wanted, screen, 1, 1) == wanted


@given(RECTS)
def test_a_geometry_reads_back(rect: Rect) -> None:
    assert parse_geometry(str(rect)) == rect


@given(RECTS, RECTS, st.booleans())
def test_what_is_remembered_reads_back(full: Rect, small: Rect, compact: bool) -> None:
    stored = json.loads(json.dumps({"full": _numbers(full), "small": _numbers(small), "compact": compact}))
    assert _rect(stored["full"]) == full
    assert _rect(stored["small"]) == small


def _numbers(rect: Rect) -> dict[str, int]:
    return {"x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height}


def test_saving_makes_the_folder_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "state" / "window.json"
    remembered = Remembered(Rect(-5, 7, 800, 400), None, compact=True)
    save_remembered(path, remembered)
    save_remembered(path, remembered)
    assert load_remembered(path) == remembered
    assert [found.name for found in path.parent.iterdir()] == ["window.json"]


def test_a_missing_file_is_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert load_remembered(tmp_path / "none.json") == Remembered()
    assert not caplog.records


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"full": 1}',
        b'{"full": {"x": 1}}',
        b'{"full": {"x": 0, "y": 0, "width": 0, "height": 5}}',
        b'{"full": {"x": 0, "y": 0, "width": 1e99, "height": 5}}',
        b'{"full": {"x": 0, "y": 0, "width": 999999999, "height": 5}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_file_is_ignored_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: bytes
) -> None:
    path = tmp_path / "window.json"
    path.write_bytes(broken)
    assert load_remembered(path) == Remembered()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_folder_that_cannot_be_written_is_only_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    save_remembered(tmp_path / "file" / "window.json", Remembered())
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
