// Decimals arrive as text and stay text: nothing shown here was ever a float.

export const NONE = "—";
const MINUS = "−";
const SPACE = "\u00a0";

/** Decimals of a number without its trailing zeros: 2 for "25.3500". */
export function places(text) {
  const tail = (text.split(".")[1] ?? "").replace(/0+$/, "");
  return tail.length;
}

/** A number for the eye: grouped, at least so many decimals, never rounded. */
export function price(text, least) {
  if (text === null || text === undefined) return NONE;
  const negative = text.startsWith("-");
  const [whole, tail = ""] = text.replace(/^[-+]/, "").split(".");
  const kept = tail.replace(/0+$/, "").padEnd(least, "0");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, SPACE);
  const zero = !/[1-9]/.test(whole + kept);
  return (negative && !zero ? MINUS : "") + grouped + (kept ? "." + kept : "");
}

/** The same with its sign always shown; zero has none. */
export function signed(text, least) {
  if (text === null || text === undefined) return NONE;
  const shown = price(text, least);
  return shown.startsWith(MINUS) || !/[1-9]/.test(text) ? shown : "+" + shown;
}

/** An amount in basis points of a price, as text with two decimals: rounded once, halves to the even digit. */
export function bps(amount, price) {
  const [over, under] = [amount, price].map((text) => text.replace("-", "").split("."));
  const scale = Math.max(...[over, under].map((parts) => (parts[1] ?? "").length));
  const units = ([whole, tail = ""]) => BigInt(whole + tail.padEnd(scale, "0"));
  const [dividend, divisor] = [units(over) * 1_000_000n, units(under)];
  let found = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  if (twice > divisor || (twice === divisor && found % 2n === 1n)) found += 1n;
  const digits = String(found).padStart(3, "0");
  return (amount.startsWith("-") ? "-" : "") + digits.slice(0, -2) + "." + digits.slice(-2);
}

/** Exact difference of two decimals as text. */
export function difference(left, right) {
  const scale = Math.max(...[left, right].map((text) => (text.split(".")[1] ?? "").length));
  const units = (text) => {
    const [whole, tail = ""] = text.split(".");
    return BigInt(whole + tail.padEnd(scale, "0"));
  };
  const found = units(left) - units(right);
  const digits = String(found < 0n ? -found : found).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  return (found < 0n ? "-" : "") + whole + (scale ? "." + digits.slice(-scale) : "");
}

/** An age, coarser as it grows, as the window writes it. */
export function age(ms) {
  if (ms === null || ms === undefined) return NONE;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const s = Math.floor(ms / 1000);
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min`;
  return s < 172_800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86_400)} d`;
}

/** Time of day in UTC. */
export function clock(ms) {
  return ms === null || ms === undefined ? "" : new Date(ms).toISOString().slice(11, 19);
}
