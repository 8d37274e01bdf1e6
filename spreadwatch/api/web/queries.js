// The three questions of a price tracker, each a form and an address.

import { price } from "/numbers.js";

const SOURCES = { trade: "last trade", mid: "middle of the quote" };

function tell(answer, strong, words, url) {
  answer.classList.remove("fault");
  const number = document.createElement("strong");
  number.textContent = strong;
  const link = document.createElement("a");
  link.href = link.textContent = url;
  answer.replaceChildren(number, words, document.createElement("br"), link);
}

const moment = (text) => text.replace("T", " ").replace("Z", " UTC");
const source = (found) => (found.source ? ` · ${SOURCES[found.source] ?? found.source}` : "");

function priceWords(found) {
  if (found.price === "N/A") return ["N/A", "nothing is known up to then"];
  return [price(found.price, 2), moment(found.actual_timestamp) + source(found)];
}

function rangeWords(found) {
  if (found.high === null) return [`${"—"} / ${"—"}`, `nothing is known of ${moment(found.minute)}`];
  return [`${price(found.high, 2)} / ${price(found.low, 2)}`, moment(found.minute) + source(found)];
}

function form(id, path, words) {
  const place = document.getElementById(id);
  const answer = place.querySelector(".answer");
  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    const url = `${path}?${new URLSearchParams(new FormData(place))}`.replaceAll("%3A", ":");
    try {
      const found = await (await fetch(url)).json();
      if (found.error) throw new Error(found.error);
      tell(answer, ...words(found), url);
    } catch (error) {
      answer.classList.add("fault");
      answer.textContent = error instanceof TypeError ? "The program does not answer." : error.message;
    }
  });
}

/** Make the forms work; they start with a minute ago. */
export function prepare() {
  form("ask-latest", "/latest", priceWords);
  form("ask-at", "/price-at-second", priceWords);
  form("ask-minmax", "/minmax", rangeWords);
  prefill(Date.now() - 60_000);
}

/** Let the forms ask for a moment. */
export function prefill(atMs) {
  const text = new Date(atMs).toISOString();
  document.forms["ask-at"].elements.timestamp.value = text.slice(0, 19);
  document.forms["ask-minmax"].elements.timestamp.value = text.slice(0, 16);
}

/** Let the forms ask for a pair, unless somebody wrote another. */
export function suggest(symbol, before) {
  for (const input of document.querySelectorAll(".queries input[name=symbol]")) {
    if (!input.value || input.value === before) input.value = symbol;
  }
}

/** Offer pairs to choose from. */
export function offer(symbols) {
  document.getElementById("symbols").replaceChildren(
    ...symbols.map((symbol) => Object.assign(document.createElement("option"), { value: symbol })),
  );
}
