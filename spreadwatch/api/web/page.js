// What is live, as it changes; and what becomes of the page when nothing comes any more.

import { Chart } from "/chart.js";
import { NONE, age, bps, clock, difference, places, price, signed } from "/numbers.js";
import * as queries from "/queries.js";

const SILENCE_MS = 6000;
const QUOTE_ASSETS = ["FDUSD", "USDT", "USDC", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "USD"];
const SPANS = { 60: "Last minute", 300: "Last 5 minutes", 900: "Last 15 minutes", 3600: "Last hour" };

const by = (id) => document.getElementById(id);
const tip = Object.assign(document.createElement("div"), { id: "tip", hidden: true });
const chart = new Chart(by("chart"), tip);
const page = { symbol: null, pairs: new Map(), heardAt: 0, aheadMs: 0, trouble: null, endMs: null };
Object.assign(page, { watching: true, recording: false });
const shown = { places: 0, value: null, previous: null, counts: [] };

function put(id, text) {
  const place = typeof id === "string" ? by(id) : id;
  if (place.textContent !== text) place.textContent = text;
}

/** What a pair is asked for by. */
function keyOf({ symbol, contract }) {
  if (contract === "perpetual") return symbol;
  return symbol + (/^\d{6}$/.test(contract) ? "_" : "@") + contract;
}

function assets(symbol) {
  const quote = QUOTE_ASSETS.find((asset) => symbol.endsWith(asset) && symbol.length > asset.length) ?? "";
  return [quote ? symbol.slice(0, -quote.length) : symbol, quote];
}

/** The right edge of everything: this moment by the program's clock, or the end of a recording. */
function now() {
  return page.endMs ?? Date.now() + page.aheadMs;
}

// ----- painting

function paintState(pair, lost) {
  const state = lost ? "stale" : pair ? pair.state : "connecting";
  const source = !pair || pair.source === "live" ? "" : `${pair.source.toUpperCase()} · `;
  const words = page.watching ? source + state.toUpperCase() : "RECORDING ONLY";
  by("state").className = `pill ${page.watching ? state : "waiting"}`;
  put(by("state").querySelector("b"), words);
  const reason = (lost === page.trouble && pair && pair.state !== "live" ? pair.reason : lost) ?? pair?.reason ?? null;
  by("notice").hidden = !reason || !page.watching;
  put("notice", reason ? reason[0].toUpperCase() + reason.slice(1) + (/[.!?…]$/.test(reason) ? "" : ".") : "");
}

function paintSpread(pair, live) {
  const spread = pair.spread;
  const value = live ? spread.current : null;
  if (value !== null && value !== shown.value) {
    shown.previous = shown.value;
    shown.value = value;
  }
  put("current", signed(value, shown.places));
  by("current").classList.toggle("none", value === null);
  fit(by("current"));
  const moved = value !== null && shown.previous !== null ? difference(shown.value, shown.previous) : null;
  const down = moved?.startsWith("-");
  by("change").className = moved === null ? "" : down ? "down" : "up";
  put("change", moved === null ? "" : `${down ? "▼" : "▲"} ${price(moved.replace("-", ""), shown.places)}`);
  put("asset", assets(pair.symbol)[1]);
  put("bps", value === null || pair.spot.ask === null ? "" : `${signed(bps(value, pair.spot.ask), 2)} bps`);
  for (const end of ["max", "min"]) {
    put(end, signed(spread[end], shown.places));
    put(`${end}-at`, clock(spread[`${end}_at_ms`]));
  }
  const source = pair.source === "live" ? "" : ` (${pair.source})`;
  document.title = `${signed(value, shown.places)} ${keyOf(pair)} · spreadwatch${source}`;
}

function fit(place) {
  const width = place.parentElement.clientWidth;
  const size = Math.min(64, Math.floor(width / (place.textContent.length * 0.62)));
  place.style.fontSize = `${size}px`;
}

function paintLeg(name, leg, live, symbol) {
  const card = by(name);
  card.classList.toggle("old", !(live && leg.state === "live"));
  put(card.querySelector(".qty"), `Qty ${assets(symbol)[0]}`);
  const least = Math.max(...["bid", "ask"].map((side) => (leg[side] === null ? 0 : places(leg[side]))));
  shown[name] = Math.max(shown[name] ?? 0, least);
  for (const place of card.querySelectorAll("output")) {
    const field = place.dataset.of;
    put(place, field.endsWith("qty") ? (leg[field] === null ? "" : price(leg[field], 0)) : price(leg[field], shown[name]));
  }
  const passed = now() - leg.received_ms;
  put(`${name}-age`, leg.received_ms === null ? `${name} ${NONE}` : `${name} ${age(Math.max(passed, 0))}`);
  by(`${name}-age`).className = live && leg.state === "live" ? "live" : "stale";
}

function paintRate(pair) {
  const now = performance.now();
  const total = pair.counts.spot + pair.counts.futures;
  shown.counts = [...shown.counts.filter(([at]) => now - at < 2000), [now, total]];
  const [at, first] = shown.counts[0];
  if (now - at > 500) put("rate", `${Math.max(Math.round(((total - first) * 1000) / (now - at)), 0)} updates/s`);
}

function lost() {
  if (!page.watching) return null;
  if (page.heardAt && performance.now() - page.heardAt > SILENCE_MS) {
    return `this page has heard nothing from the program for ${age(performance.now() - page.heardAt)}`;
  }
  return page.trouble;
}

function paint() {
  const pair = page.pairs.get(page.symbol);
  // The trouble of another pair is not the trouble of this one.
  const trouble = lost();
  const broken = trouble && !(pair?.state === "live" && trouble === page.trouble && aboutOthers(trouble)) ? trouble : null;
  paintState(pair, broken);
  if (pair) {
    const live = pair.state === "live" && !broken;
    paintLeg("spot", pair.spot, live, pair.symbol);
    paintLeg("futures", pair.futures, live, pair.symbol);
    put("contract", `USDT-M ${pair.contract.replace("_", " ")}`);
    shown.places = Math.max(shown.spot, shown.futures);
    chart.places = shown.places;
    paintSpread(pair, live);
    paintRate(pair);
  }
  chart.paint(now() / 1000);
}

function aboutOthers(trouble) {
  return [...page.pairs.values()].some((pair) => pair.state !== "live" && trouble.startsWith(keyOf(pair) + " "));
}

// ----- what comes in

function take(snapshot) {
  for (const pair of snapshot.pairs) {
    page.pairs.set(keyOf(pair), pair);
    if (keyOf(pair) !== page.symbol) continue;
    const value = pair.state === "live" && pair.spread.current !== null ? Number(pair.spread.current) : null;
    chart.take(pair.at_ms / 1000, value);
  }
  if (snapshot.pairs.length && page.symbol === null) choices(snapshot.pairs.map(keyOf));
}

function listen() {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => page.symbol && load());
  source.addEventListener("snapshot", (event) => {
    page.heardAt = performance.now();
    take(JSON.parse(event.data));
  });
  source.addEventListener("heartbeat", (event) => {
    const beat = JSON.parse(event.data);
    page.heardAt = performance.now();
    page.aheadMs = beat.at_ms - Date.now();
    page.trouble = beat.trouble;
  });
  source.addEventListener("error", () => {
    page.heardAt ||= performance.now() - SILENCE_MS;
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}

/** Fetch what was recorded before this page was opened. */
async function load() {
  const symbol = page.symbol;
  if (!page.recording) return;
  try {
    if (!page.watching) await findEnd(symbol);
    const to = Math.round(now()) + 1000;
    const span = `symbol=${encodeURIComponent(symbol)}&from=${to - 3_600_000}&to=${to}`;
    const found = await Promise.all(
      ["bars", "gaps"].map(async (name) => (await fetch(`/api/v1/spread/${name}?${span}`)).json()),
    );
    if (symbol === page.symbol && !found[0].error && !found[1].error) {
      chart.clear();
      chart.recorded(found[0].bars, found[1].gaps);
    }
  } catch {
    // The stream tells that the program is gone.
  }
}

/** Where nothing is live, the last recorded spread is the end of the chart and the start of the questions. */
async function findEnd(symbol) {
  const found = await (await fetch(`/api/v1/spread/latest?symbol=${encodeURIComponent(symbol)}`)).json();
  page.endMs = found.at_ms ?? null;
  if (page.endMs !== null) queries.prefill(page.endMs);
}

function choose(symbol) {
  queries.suggest(symbol, page.symbol);
  page.symbol = symbol;
  Object.assign(shown, { places: 0, spot: 0, futures: 0, value: null, previous: null, counts: [] });
  chart.clear();
  load();
}

function choices(symbols) {
  const select = by("symbol");
  select.replaceChildren(...symbols.map((symbol) => Object.assign(document.createElement("option"), { value: symbol, textContent: symbol })));
  select.toggleAttribute("data-one", symbols.length < 2);
  if (symbols.length) choose(symbols[0]);
}

async function begin() {
  queries.prepare();
  by("symbol").addEventListener("change", (event) => choose(event.target.value));
  by("spans").addEventListener("click", (event) => {
    const seconds = event.target.dataset?.s;
    if (!seconds) return;
    for (const button of by("spans").children) button.setAttribute("aria-pressed", button.dataset.s === seconds);
    by("span").firstChild.textContent = SPANS[seconds] + " ";
    chart.spanS = Number(seconds);
    chart.dirty = true;
  });
  setInterval(paint, 100);
  const known = await (await fetch("/api/v1/symbols")).json();
  page.recording = known.recording ?? false;
  page.watching = known.watching ?? true;
  document.body.classList.toggle("recording", !page.watching);
  queries.offer([...new Set([...(known.live ?? []), ...(known.recorded ?? [])])]);
  const first = known.live?.length ? known.live : (known.recorded ?? []);
  if (first.length) choices(first);
  if (page.watching) listen();
}

begin();
