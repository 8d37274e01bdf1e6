import json

import pytest

from tests.bench import __main__ as bench
from tests.bench.figures import Figure, table
from tests.bench.probe import quantile


def test_a_tiny_run_gives_every_figure_of_its_row(capfd: pytest.CaptureFixture[str]) -> None:
    bench.main(["--json", "--only", "receive", "--seconds", "0.2", "--runs", "1"])
    report = json.loads(capfd.readouterr().out)
    medians = {one["figure"]: one["median"] for one in report["figures"]}
    assert medians.pop("· ours ÷ best other library") is None
    assert len(medians) == 3
    assert all(median > 0 for median in medians.values())


def test_a_peer_that_is_absent_is_left_out_with_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    bench.main(["--only", "receive", "--seconds", "0.2", "--runs", "1", "--peers", "/nowhere/python"])
    page = capfd.readouterr().out
    assert "/nowhere/python cannot be run" in page
    assert "no peer could be measured" in page


def test_the_median_decides_whether_a_bar_is_reached() -> None:
    page = table(
        [
            Figure("good", " ms", 5, [1, 4, 9]),
            Figure("bad", " ms", 5, [1, 6, 9]),
            Figure("for information", "", None, [1]),
        ]
    )
    lines = page.splitlines()
    assert "pass" in lines[1]
    assert "MISS" in lines[2]
    assert "pass" not in lines[3]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 1.0), (0.9, 1.0), (0.91, 2.0), (1.0, 2.0)])
def test_a_quantile_counts_every_quote_of_a_read(share: float, expected: float) -> None:
    assert quantile([(2.0, 10), (1.0, 90)], share) == expected
