"""The page in a real browser: numbers move, forms answer, nothing leaves this machine, and a phone can show it."""

import re
from collections.abc import Iterator

import pytest

from spreadwatch.api.routes import page_files
from spreadwatch.api.settings import ServeSettings
from spreadwatch.core.times import iso
from tests.api.browser import Page, browser
from tests.api.moving import Moving, hour
from tests.api.parts import Client, serving

pytestmark = pytest.mark.timeout(180)

TEXT = "document.getElementById('{}').textContent"
NUMBER = re.compile(r"[+−]?\d+\.\d\d")


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def live() -> Iterator[Moving]:
    with Moving(("ETHUSDT", "BTCUSDT")) as moving:
        yield moving


@pytest.fixture
def client(live: Moving) -> Iterator[Client]:
    with serving(hour(), live) as made:
        yield made


@pytest.fixture
def tab(chrome: Page, client: Client) -> Iterator[Page]:
    """Return the page, live, on a desktop; afterwards it must not have complained or called anybody else."""
    chrome.open("about:blank")
    chrome.requests.clear()
    chrome.complaints.clear()
    chrome.size(1100, 900)
    chrome.open(client.server.url)
    chrome.wait("document.getElementById('state').className === 'pill live'")
    yield chrome
    chrome.look("1")
    assert chrome.complaints == []
    ours = (client.server.url, "data:")  # the browser's own pictures of its fields are data
    assert [url for url in chrome.requests if not url.startswith(ours)] == []
    chrome.open("about:blank")


def answered(tab: Page, form: str, **values: str) -> str:
    """Fill in a form, send it as a person does, and return what it says."""
    for name, value in values.items():
        tab.look(f"document.forms['{form}'].elements['{name}'].value = '{value}'")
    tab.look(f"document.querySelector('#{form} .answer').textContent = ''")
    tab.look(f"document.querySelector('#{form} button').click()")
    return str(tab.wait(f"document.querySelector('#{form} .answer').textContent"))


def test_numbers_move(tab: Page) -> None:
    seen: set[str] = set()
    while len(seen) < 5:
        text = tab.look(TEXT.format("current"))
        assert NUMBER.fullmatch(text)
        seen.add(text)
    for place in ("max", "min"):
        assert NUMBER.fullmatch(tab.look(TEXT.format(place)))
    assert tab.look("document.querySelector('#spot [data-of=ask]').textContent") == "3\u00a0412.57"
    tab.wait("/^[1-9][0-9]* updates/.test(" + TEXT.format("rate") + ")")
    assert tab.look("document.title").endswith("ETHUSDT · spreadwatch")


def test_each_form_answers_what_the_route_answers(tab: Page, client: Client) -> None:
    at = tab.look("document.forms['ask-at'].elements.timestamp.value")
    expected = client.ask(f"/price-at-second?symbol=ETHUSDT&timestamp={at}").json["price"]
    assert answered(tab, "ask-at").replace("\u00a0", "").startswith(expected)
    minute = tab.look("document.forms['ask-minmax'].elements.timestamp.value")
    found = client.ask(f"/minmax?symbol=ETHUSDT&timestamp={minute}").json
    assert answered(tab, "ask-minmax").replace("\u00a0", "").startswith(f"{found['high']} / {found['low']}")
    assert answered(tab, "ask-latest", symbol="ethusdt").replace("\u00a0", "").startswith("3412.565")


def test_a_form_says_what_nobody_knows_and_what_is_wrong(tab: Page) -> None:
    assert answered(tab, "ask-at", timestamp="2020-01-01T00:00:00").startswith("N/A")
    assert answered(tab, "ask-minmax", timestamp="2020-01-01T00:00").startswith("— / —")
    tab.complaints.clear()
    assert "symbol must be" in answered(tab, "ask-latest", symbol="<b>x</b>")
    assert tab.look("document.querySelectorAll('.answer b').length") == 0
    tab.look("1")
    assert [text for text in tab.complaints if "status of 400" not in text] == []
    tab.complaints.clear()


def test_the_chart_holds_the_recorded_hour_and_shades_its_gaps(tab: Page) -> None:
    tab.look("document.querySelector('[data-s=\"3600\"]').click()")
    assert tab.wait(TEXT.format("span")) == "Last hour UTC"
    # The ground of a gap, and the colour of the line, must both be somewhere in the picture.
    count = """(() => {
      const canvas = document.querySelector('#chart canvas');
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      let found = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === %d && data[i + 1] === %d && data[i + 2] === %d) found += 1;
      return found;
    })()"""
    tab.wait(count % (0x1C, 0x25, 0x31) + " > 1000")
    tab.wait(count % (0x58, 0xA6, 0xFF) + " > 500")


def test_a_silent_feed_takes_the_spread_away_and_says_why(tab: Page, live: Moving) -> None:
    live.quiet.set()
    tab.wait("document.getElementById('state').className === 'pill stale'")
    assert tab.look(TEXT.format("current")) == "—"
    assert "silent" in tab.wait(TEXT.format("notice"))
    assert tab.look("document.querySelector('#spot [data-of=ask]').textContent") == "3\u00a0412.57"
    live.quiet.clear()
    tab.wait("document.getElementById('state').className === 'pill live'")
    assert tab.look("document.getElementById('notice').hidden")


def test_another_pair_can_be_chosen(tab: Page) -> None:
    tab.look(
        "(() => { const s = document.getElementById('symbol'); s.value = 'BTCUSDT';"
        " s.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    tab.wait("document.title.endsWith('BTCUSDT · spreadwatch')")
    assert tab.look("document.forms['ask-latest'].elements.symbol.value") == "BTCUSDT"


def test_the_theme_follows_the_system_until_somebody_switches(tab: Page, client: Client) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert tab.look(ground) == "rgb(14, 19, 26)"
    tab.size(1100, 900, dark=False)
    tab.wait(f"{ground} === 'rgb(244, 246, 248)'")
    tab.look("document.getElementById('theme').click()")
    assert tab.look(ground) == "rgb(14, 19, 26)"
    tab.open(client.server.url)
    assert tab.look(ground) == "rgb(14, 19, 26)"
    tab.look("localStorage.clear()")


@pytest.mark.parametrize("width", [320, 360, 600, 1100])
def test_nothing_is_wider_than_the_screen(tab: Page, width: int) -> None:
    tab.size(width, 780)
    for form in ("ask-latest", "ask-at", "ask-minmax"):
        answered(tab, form)
    tab.wait(f"document.querySelector('#chart canvas').getBoundingClientRect().right <= {width}")
    assert tab.look("document.documentElement.scrollWidth") <= width
    wide = tab.look(
        "[...document.querySelectorAll('body *')].filter((e) => e.getClientRects().length && "
        f"e.getBoundingClientRect().right > {width} + 0.5).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_a_program_that_ends_is_noticed(chrome: Page, live: Moving) -> None:
    with serving(None, live) as client:
        chrome.size(1100, 900)
        chrome.open(client.server.url)
        chrome.wait("document.getElementById('state').className === 'pill live'")
    chrome.wait("document.getElementById('state').className === 'pill stale'")
    assert chrome.look(TEXT.format("current")) == "—"
    assert "heard nothing" in chrome.look(TEXT.format("notice"))
    chrome.open("about:blank")


def test_a_recording_alone_can_be_asked(chrome: Page) -> None:
    with serving(hour()) as client:
        chrome.complaints.clear()
        chrome.open(client.server.url)
        chrome.wait("document.getElementById('state').textContent.includes('RECORDING ONLY')")
        last = client.ask("/api/v1/spread/latest?symbol=ETHUSDT").json["at_ms"]
        chrome.wait(f"document.forms['ask-at'].elements.timestamp.value === '{iso(last - last % 1000)}'")
        assert answered(chrome, "ask-latest", symbol="ETHUSDT").startswith("3\u00a0")
        chrome.look("1")
        assert chrome.complaints == []
        chrome.open("about:blank")


def test_the_token_in_the_address_opens_the_page_once(chrome: Page, live: Moving) -> None:
    settings = ServeSettings(port=0, token="a-long-enough-token")
    with serving(hour(), live, settings) as client:
        chrome.complaints.clear()
        chrome.open(client.server.url + "?token=a-long-enough-token")
        chrome.wait("document.getElementById('state').className === 'pill live'")
        assert chrome.look("location.href") == client.server.url
        assert chrome.look("document.cookie") == ""
        chrome.look("1")
        assert chrome.complaints == []
        chrome.open("about:blank")


def test_no_file_of_the_page_names_another_host_or_runs_script_inline() -> None:
    for path, found in page_files().items():
        text = found.content.decode()
        addresses = set(re.findall(r"https?://[^\s\"')]+", text))
        assert addresses <= {"https://github.com/leeoniya/uPlot", "http://www.w3.org/2000/svg"}, path
        if path == "/":
            assert not re.search(r"<script(?![^>]*\bsrc=)|\bon[a-z]+=|style=|javascript:", text)
    assert b"Leon Sorokin" in page_files()["/uPlot.LICENSE"].content
