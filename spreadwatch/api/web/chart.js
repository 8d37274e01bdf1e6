// The spread of the last hour: recorded bars first, then every event. Gaps are shaded, never drawn across.

const KEPT_S = 3600;
const HOLE_S = 60;

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const font = (size) => `${Math.round(size * devicePixelRatio)}px ${color("digits")}`;
const minus = (text) => text.replace("-", "−");

export class Chart {
  constructor(place, tip) {
    this.place = place;
    this.tip = tip;
    this.spanS = 300;
    this.places = 2;
    this.clear();
    this.plot = new uPlot(this.#options(), [[], []], place);
    new ResizeObserver(() => this.#resize()).observe(place);
    addEventListener("theme", () => this.plot.redraw(false, true));
    place.append(tip);
  }

  clear() {
    this.points = [];
    this.gaps = [];
    this.open = null;
    this.dirty = true;
  }

  /** Put recorded bars and gaps in place of everything before the first point that came live. */
  recorded(bars, gaps) {
    const from = this.points.length ? this.points[0][0] : Infinity;
    const old = bars.map((bar) => [bar.second + 0.999, Number(bar.close)]).filter((point) => point[0] < from);
    this.points = [...old, ...this.points];
    const known = gaps.map((gap) => ({ from: gap.start_ms / 1000, to: gap.end_ms === null ? null : gap.end_ms / 1000 }));
    this.gaps = [...known.filter((gap) => gap.to !== null), ...this.gaps];
    this.dirty = true;
  }

  /** Take the newest value, null while there is no spread, at a Unix second. */
  take(atS, value) {
    if (value === null) {
      if (this.open === null) this.open = atS;
    } else {
      if (this.open !== null) this.gaps.push({ from: this.open, to: atS });
      this.open = null;
      this.points.push([atS, value]);
      this.#thin(atS);
    }
    this.dirty = true;
  }

  /** Paint, if anything changed; the right edge is `nowS`. */
  paint(nowS) {
    if (!this.dirty && nowS - (this.painted ?? 0) < 0.25) return;
    this.dirty = false;
    this.painted = nowS;
    this.nowS = nowS;
    const from = nowS - this.spanS;
    const first = Math.max(this.points.findIndex((point) => point[0] >= from) - 1, 0);
    const times = [];
    const values = [];
    let before = null;
    for (const [time, value] of this.points.slice(first)) {
      if (before !== null && this.#broken(before, time)) {
        times.push((before + time) / 2);
        values.push(null);
      }
      times.push(time);
      values.push(value);
      before = time;
    }
    this.plot.batch(() => {
      this.plot.setData([times, values], false);
      this.plot.setScale("x", { min: from, max: nowS });
      this.plot.redraw(false, true);
    });
  }

  #thin(nowS) {
    // Beyond the last minute one point a second is all that the pixels can show.
    const points = this.points;
    if (points.length < 1200 || points.length % 100) return;
    const kept = points.filter(
      ([time], index) =>
        time > nowS - 60 || index + 1 === points.length || Math.floor(points[index + 1][0]) !== Math.floor(time),
    );
    this.points = kept.filter(([time]) => time > nowS - KEPT_S);
    this.gaps = this.gaps.filter((gap) => gap.to > nowS - KEPT_S);
  }

  #broken(before, after) {
    return after - before > HOLE_S || this.gaps.some((gap) => gap.from < after && gap.to > before);
  }

  #visible() {
    const { min, max } = this.plot.scales.x;
    return this.points.filter((point) => point[0] >= min && point[0] <= max);
  }

  #range(low, high) {
    if (low === null || low === undefined) return [-1, 1];
    const room = Math.max((high - low) * 0.12, 10 ** -this.places);
    return [low - room, high + room];
  }

  #options() {
    const axis = { stroke: () => color("muted"), ticks: { show: false } };
    return {
      ...this.#size(),
      padding: [14, 0, 0, 4],
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false, setScale: false }, points: { show: false } },
      scales: { x: { time: true }, y: { range: (_, low, high) => this.#range(low, high) } },
      axes: [
        {
          ...axis,
          font: `12px ${color("digits")}`,
          grid: { show: false },
          size: 30,
          space: 78,
          incrs: [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
          values: (plot, marks, _axis, _space, stepS) =>
            marks.map((s) => {
              const text = new Date(s * 1000).toISOString().slice(11, stepS < 60 ? 19 : 16);
              return plot.valToPos(s, "x") < text.length * 3.7 ? "" : text;
            }),
        },
        {
          ...axis,
          side: 1,
          font: `12px ${color("digits")}`,
          grid: { stroke: () => color("border"), width: 1 },
          size: (plot, texts) => 16 + 7.4 * Math.max(5, ...(texts ?? []).map((text) => text.length)),
          values: (_, marks) => {
            const step = marks.length > 1 ? Math.abs(marks[1] - marks[0]) : 1;
            const decimals = Math.min(Math.max(this.places, Math.ceil(-Math.log10(step))), 12);
            return marks.map((mark) => minus(mark.toFixed(decimals)));
          },
        },
      ],
      series: [{}, { stroke: () => color("up"), width: 1.5, points: { show: false }, spanGaps: false }],
      hooks: {
        drawClear: [(plot) => this.#drawGaps(plot)],
        draw: [(plot) => this.#drawMarks(plot)],
        setCursor: [(plot) => this.#showTip(plot)],
      },
    };
  }

  #drawGaps(plot) {
    const { ctx, bbox } = plot;
    const { min, max } = plot.scales.x;
    const all = this.open === null ? this.gaps : [...this.gaps, { from: this.open, to: this.nowS }];
    ctx.save();
    for (const gap of all) {
      if (gap.to < min || gap.from > max) continue;
      const left = plot.valToPos(Math.max(gap.from, min), "x", true);
      const right = plot.valToPos(Math.min(gap.to, max), "x", true);
      ctx.fillStyle = color("hover");
      ctx.fillRect(left, bbox.top, Math.max(right - left, 1), bbox.height);
      if (right - left < 16 * devicePixelRatio) continue;
      ctx.save();
      ctx.translate((left + right) / 2, bbox.top + bbox.height / 2);
      ctx.rotate(-Math.PI / 2);
      ctx.fillStyle = color("muted");
      ctx.font = font(12);
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillText(`no data ${Math.max(Math.round(gap.to - gap.from), 1)} s`, 0, 0);
      ctx.restore();
    }
    ctx.restore();
  }

  #drawMarks(plot) {
    const found = this.#visible();
    if (!found.length) return;
    const { ctx, bbox } = plot;
    const high = found.reduce((best, point) => (point[1] > best[1] ? point : best));
    const low = found.reduce((best, point) => (point[1] < best[1] ? point : best));
    ctx.save();
    for (const [point, name] of [[high, "up"], [low, "down"]]) {
      const y = plot.valToPos(point[1], "y", true);
      this.#dots(ctx, bbox, y, color(name));
      ctx.beginPath();
      ctx.arc(plot.valToPos(point[0], "x", true), y, 3 * devicePixelRatio, 0, 7);
      ctx.fill();
    }
    if (this.open === null) this.#drawTag(plot, found[found.length - 1][1]);
    ctx.restore();
  }

  #dots(ctx, bbox, y, shade) {
    ctx.strokeStyle = ctx.fillStyle = shade;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }

  #drawTag(plot, value) {
    const { ctx, bbox } = plot;
    const y = plot.valToPos(value, "y", true);
    const text = minus(value.toFixed(this.places));
    this.#dots(ctx, bbox, y, color("muted"));
    ctx.font = font(12);
    const [left, height] = [bbox.left + bbox.width + devicePixelRatio, 18 * devicePixelRatio];
    const width = Math.max(ctx.measureText(text).width + 10 * devicePixelRatio, 40 * devicePixelRatio);
    ctx.fillStyle = color("accent");
    ctx.fillRect(left, y - height / 2, Math.min(width, ctx.canvas.width - left), height);
    ctx.fillStyle = color("on-accent");
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(text, left + 5 * devicePixelRatio, y + devicePixelRatio);
  }

  #showTip(plot) {
    const { left, idx } = plot.cursor;
    const time = idx === null || idx === undefined ? undefined : plot.data[0][idx];
    const value = idx === null || idx === undefined ? undefined : plot.data[1][idx];
    this.tip.hidden = left < 0 || time === undefined || value === null || value === undefined;
    if (this.tip.hidden) return;
    this.tip.textContent = `${new Date(time * 1000).toISOString().slice(11, 19)}   ${minus(value.toFixed(this.places))}`;
    const room = this.place.clientWidth - this.tip.offsetWidth;
    this.tip.style.left = `${Math.max(Math.min(left - this.tip.offsetWidth / 2, room), 0)}px`;
  }

  #size() {
    return { width: Math.max(this.place.clientWidth, 120), height: innerWidth < 560 ? 240 : 270 };
  }

  #resize() {
    const size = this.#size();
    if (size.width !== this.plot.width || size.height !== this.plot.height) this.plot.setSize(size);
  }
}
