"use strict";
/* The report of a campaign: one JSON object in, sections of text and SVG out. Every text goes in as a text node. */
const data = JSON.parse(document.getElementById("data").textContent);
const sign = data.goal === "minimize" ? 1 : -1;
const loss = (value) => sign * value;

/* ---- elements ---- */

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) if (value !== undefined) node.setAttribute(key, value);
  for (const child of [children].flat(2)) if (child !== undefined && child !== null && child !== false) node.append(child);
  return node;
}
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const text = (x, y, words, attributes) => s("text", { x, y, ...attributes }, words);
const line = (x1, y1, x2, y2, name) => s("line", { x1, y1, x2, y2, class: name });

function section(title, about, ...content) {
  const found = h("section", {}, h("h2", {}, title), about && h("p", {}, about), content);
  document.body.append(found);
  return found;
}

function table(heads, rows) {
  const cell = (tag, value, i) => h(tag, { class: heads[i].startsWith(">") ? "n" : undefined }, value);
  return h("div", { class: "wide" }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((head, i) => cell("th", head.replace(/^>/, ""), i)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value, i) => cell("td", value, i)))))));
}

/* ---- numbers ---- */

function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return Number(value.toPrecision(4)).toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(5)));
}

function duration(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"]].filter(([size]) => seconds >= size);
  if (!parts.length) return `${Math.round(seconds)} s`;
  const [size, name] = parts[0];
  const below = { d: [3600, "h"], h: [60, "min"], min: [1, "s"] }[name];
  const rest = Math.floor((seconds % size) / below[0]);
  return `${Math.floor(seconds / size)} ${name}${rest ? ` ${rest} ${below[1]}` : ""}`;
}

const extent = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);

function ticks(low, high, count) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((m) => m * power >= rough) * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

function logTicks(low, high, count) {
  const found = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    for (const m of [1, 2, 5]) if (m * 10 ** p >= low * 0.999 && m * 10 ** p <= high * 1.001) found.push(Number((m * 10 ** p).toPrecision(3)));
  }
  const decades = found.filter((v) => Math.abs(Math.log10(v) % 1) < 1e-9);
  return found.length <= count + 2 ? found : decades.length > 1 ? decades : found.filter((_, i) => i % 2 === 0);
}

/* A scale from values to places. */
function scale(low, high, from, to, isLog) {
  const f = isLog ? Math.log : (v) => v, a = f(low), b = f(high);
  const at = (v) => (b > a ? from + ((f(v) - a) / (b - a)) * (to - from) : (from + to) / 2);
  at.ticks = (count) => (isLog ? logTicks(low, high, count) : ticks(low, high, count));
  return at;
}

/* The axis of a parameter; categories stand in the middle of equal parts. */
function paramScale(p, from, to) {
  if (!p.choices) return scale(p.low, p.high, from, to, p.log);
  const at = (v) => from + ((v + 0.5) / p.choices.length) * (to - from);
  at.ticks = () => p.choices.map((_, i) => i);
  return at;
}
const tickText = (p, v) => (p.choices ? short(p.choices[v], 12) : number(v));
const short = (words, most) => (words.length > most ? `${words.slice(0, most - 1)}…` : words);

/* Values that span decades are shown on a logarithm, unless some are not above 0. */
function valueScale(values, from, to) {
  let [low, high] = extent(values);
  if (!(high >= low)) [low, high] = [0, 1];
  const isLog = low > 0 && high / low > 50;
  if (!isLog) { const pad = (high - low) * 0.04 || Math.abs(high) * 0.05 || 0.5; low -= pad; high += pad; }
  return scale(low, high, from, to, isLog);
}

/* ---- colours: by place among the values, so that outliers leave the others apart ---- */

const trials = data.trials.map(([trial, state, value, budget, bracket, x]) => ({ trial, state, value, budget, bracket, x }));
const ranked = trials.filter((t) => t.value !== null)
  .sort((a, b) => b.budget - a.budget || loss(a.value) - loss(b.value));
ranked.forEach((t, i) => { t.place = ranked.length > 1 ? i / (ranked.length - 1) : 0; });
const colour = (place) => `color-mix(in oklab, var(--poor) ${(Math.min(1, place * 1.15) * 100).toFixed(0)}%, var(--good))`;
const best = data.best ? data.best.trial : 0;

function describe(t) {
  const lines = [`trial ${t.trial}: ${data.metric} ${number(t.value)} at budget ${t.budget}`];
  data.params.forEach((p, i) => { if (t.x[i] !== null) lines.push(`${p.name} ${p.choices ? p.choices[t.x[i]] : number(t.x[i])}`); });
  return lines.slice(0, 14).join("\n");
}

const tip = h("div", { id: "tip" });
document.body.append(tip);
function hover(node, words) {
  node.addEventListener("mousemove", (event) => {
    tip.textContent = words();
    tip.style.display = "block";
    tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
  });
  node.addEventListener("mouseleave", () => { tip.style.display = "none"; });
  return node;
}

/* ---- frames ---- */

const WIDTH = 1032;

/* A plot with a left and a lower axis; returns [svg, group]. */
function frame(height, x, y, xName, yName, xCount, yCount) {
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": `${yName} by ${xName}` });
  for (const v of y.ticks(yCount || 5)) svg.append(line(64, y(v), WIDTH - 8, y(v), "grid"), text(56, y(v) + 4, number(v), { "text-anchor": "end" }));
  for (const v of x.ticks(xCount || 8)) svg.append(text(x(v), height - 26, number(v), { "text-anchor": "middle" }));
  svg.append(line(64, height - 42, WIDTH - 8, height - 42, "axis"));
  svg.append(text(WIDTH - 8, height - 6, xName, { "text-anchor": "end" }), text(64, 12, yName, { class: "name" }));
  return svg;
}

const key = (...marks) => h("div", { class: "key-line" }, marks);
const ramp = () => h("span", {}, "best", h("i", { class: "ramp" }), "poor");
const mark = (words) => h("span", {}, h("i", { class: "mark" }), words);

/* ---- sections ---- */

function head() {
  const times = `${data.created}${data.ended ? ` to ${data.ended}` : ""} UTC`;
  document.body.append(h("header", {}, h("h1", {}, data.name),
    h("p", {}, `${data.state} · ${data.goal} ${data.metric} · ${data.search} · ${times}`)));
  const tile = (value, words) => h("div", { class: "tile" }, h("b", {}, value), h("span", {}, words));
  const c = data.counts;
  document.body.append(h("div", { class: "tiles" },
    tile(data.best ? number(data.best.value) : "–", data.best ? `best ${data.metric}, trial ${best}` : "no trial has a result"),
    tile(String(data.n_trials), `trials: ${c.completed} completed, ${c.paused + c.stopped} stopped early`),
    tile(number(data.spent), data.full ? `budget spent: ${Math.round((100 * data.spent) / data.full)} % of training all to the end` : "budget spent"),
    tile(duration(data.ran), `running time; ${duration(data.seconds)} of training`),
    tile(String(c.failed + c.set_aside), "trials failed")));
}

function bestTrial() {
  if (!data.best) return;
  const rows = (pairs) => h("table", {}, h("tbody", {}, pairs.map(([name, value]) => h("tr", {}, h("td", { class: "key" }, name), h("td", {}, value)))));
  const about = data.best.budget < data.max_budget
    ? `Trial ${best}, at budget ${data.best.budget}: no trial has reached ${data.max_budget}, so this is not final.`
    : `Trial ${best}, judged at the full budget of ${data.max_budget}.`;
  section("Best trial", about, h("div", { class: "pair" }, rows(data.best.config), rows(data.best.metrics)));
}

function history() {
  if (!data.history.length) return;
  const x = scale(1, Math.max(2, data.n_trials), 72, WIDTH - 30), y = valueScale(data.history.map((p) => p[1]), 258, 26);
  const svg = frame(310, x, y, "trial", data.metric);
  const top = Math.max(...data.rungs), low = Math.min(...data.rungs);
  const depth = (budget) => (top > low ? 1 - Math.log(budget / low) / Math.log(top / low) : 0);
  for (const [trial, value, budget] of data.history) {
    svg.append(hover(s("circle", { cx: x(trial).toFixed(1), cy: y(value).toFixed(1), r: budget >= top ? 3.6 : 2.8, style: `fill:${colour(depth(budget))}` }),
      () => `trial ${trial}: ${data.metric} ${number(value)} at budget ${budget}`));
  }
  let path = "";
  for (const [trial, value] of data.steps) path += path ? `H${x(trial).toFixed(1)}V${y(value).toFixed(1)}` : `M${x(trial).toFixed(1)} ${y(value).toFixed(1)}`;
  if (path) svg.append(s("path", { d: `${path}H${WIDTH - 30}`, class: "best", "stroke-width": 1.8 }));
  section("History", "Every trial at the highest rung that it reached; the line is the best so far among those that went to the end.",
    key(h("span", {}, `budget ${top}`, h("i", { class: "ramp" }), String(low)), mark("best so far")), svg);
}

function curves() {
  if (!data.curves.length) return;
  const points = data.curves.flatMap((c) => c.points);
  const x = scale(0, Math.max(...points.map((p) => p[0])), 72, WIDTH - 30);
  /* What begins far off would press the rest together: the worst fiftieth is cut. */
  const losses = points.map((p) => loss(p[1])).sort((a, b) => a - b);
  const worst = losses[Math.floor((losses.length - 1) * 0.98)];
  const y = valueScale(points.map((p) => p[1]).filter((v) => loss(v) <= worst), 288, 26);
  const svg = frame(340, x, y, "step", data.metric);
  for (const rung of data.rungs) svg.append(line(x(rung), 22, x(rung), 298, "grid"));
  const clip = (v) => Math.max(20, Math.min(298, y(v)));
  const order = data.curves.slice().sort((a, b) => b.place - a.place);
  for (const c of order) {
    const isBest = c.trial === best;
    if (c.points.length === 1) {
      const [[step, value]] = c.points;
      svg.append(hover(s("circle", { cx: x(step).toFixed(1), cy: clip(value).toFixed(1), r: 2, style: `fill:${colour(c.place)}` }), () => `trial ${c.trial}, ${c.state}`));
      continue;
    }
    const d = c.points.map(([step, value], i) => `${i ? "L" : "M"}${x(step).toFixed(1)} ${clip(value).toFixed(1)}`).join("");
    svg.append(hover(s("path", { d, fill: "none", "stroke-width": isBest ? 2.4 : 1.2, "stroke-opacity": isBest || order.length < 60 ? 1 : 0.55,
      style: `stroke:${isBest ? "var(--best)" : colour(c.place)}` }),
      () => `trial ${c.trial}, ${c.state}`));
  }
  const about = data.n_curves > data.curves.length ? `${data.curves.length} of ${data.n_curves} curves: the best ones, and others evenly. Upright lines are rungs.` : "Every trial's curve; upright lines are rungs.";
  section("Learning curves", about, key(ramp(), mark(`trial ${best}`)), svg);
}

function axes() { return [...data.params.map((p, i) => ({ p, get: (t) => t.x[i] })), { p: valueParam(), get: (t) => t.value }]; }

function valueParam() {
  const [low, high] = extent(ranked.map((t) => t.value));
  return { name: data.metric, low, high: high > low ? high : low + 1, log: low > 0 && high / low > 50 };
}

function parallel() {
  if (ranked.length < 2) return;
  const all = axes(), height = 380, top = 46, bottom = height - 24;
  const at = (i) => 52 + (i / (all.length - 1)) * (WIDTH - 128);
  const scales = all.map(({ p }) => paramScale(p, bottom, top));
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": "parallel coordinates" });
  const lines = ranked.slice().reverse().map((t) => {
    let d = "", isBroken = true;
    all.forEach(({ get }, i) => {
      const v = get(t);
      if (v === null) { isBroken = true; return; }
      d += `${isBroken ? "M" : "L"}${at(i).toFixed(1)} ${scales[i](v).toFixed(1)}`;
      isBroken = false;
    });
    const isBest = t.trial === best;
    const path = hover(s("path", { d, fill: "none", "stroke-width": isBest ? 2.6 : 1, "stroke-opacity": isBest ? 1 : ranked.length > 200 ? 0.4 : 0.75,
      style: `stroke:${isBest ? "var(--best)" : colour(t.place)}` }), () => describe(t));
    svg.append(path);
    return { t, path };
  });
  const ranges = all.map(() => null);
  all.forEach(({ p }, i) => {
    svg.append(line(at(i), top, at(i), bottom, "axis"));
    svg.append(text(at(i), i % 2 && all.length > 7 ? 14 : 30, short(p.name, all.length > 9 ? 12 : 18), { class: "name", "text-anchor": "middle" }));
    for (const v of scales[i].ticks(5)) svg.append(text(at(i) + 5, scales[i](v) + 4, tickText(p, v), { class: "halo" }));
    svg.append(brush(svg, at(i), top, bottom, (range) => {
      ranges[i] = range;
      for (const { t, path } of lines) {
        const isIn = all.every(({ get }, k) => !ranges[k] || (get(t) !== null && scales[k](get(t)) >= ranges[k][0] && scales[k](get(t)) <= ranges[k][1]));
        path.setAttribute("class", isIn ? "" : "out");
      }
    }));
  });
  const about = h("span", { class: "screen" }, "Drag along an axis to keep only the trials within; click it to let go.");
  section("Parallel coordinates", data.params_note, key(ramp(), mark(`trial ${best}`), about), svg);
}

/* A strip over an axis on which a range can be drawn. */
function brush(svg, x, top, bottom, changed) {
  const strip = s("rect", { x: x - 9, y: top, width: 18, height: bottom - top, class: "handle" });
  const shown = s("rect", { x: x - 6, y: 0, width: 12, height: 0, class: "brush out" });
  let from = null;
  const place = (event) => {
    const box = svg.getBoundingClientRect();
    return Math.max(top, Math.min(bottom, ((event.clientY - box.top) / box.height) * svg.viewBox.baseVal.height));
  };
  strip.addEventListener("pointerdown", (event) => { from = place(event); strip.setPointerCapture(event.pointerId); shown.setAttribute("class", "brush out"); changed(null); });
  strip.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const range = [from, place(event)].sort((a, b) => a - b);
    if (range[1] - range[0] < 3) return;
    fill(shown, { y: range[0], height: range[1] - range[0], class: "brush" });
    changed(range);
  });
  strip.addEventListener("pointerup", () => { from = null; });
  return s("g", {}, shown, strip);
}

function importance() {
  if (!data.importance.length) return;
  const left = 190, row = 26, svg = s("svg", { viewBox: `0 0 ${WIDTH} ${data.importance.length * row + 6}`, role: "img", "aria-label": "importance" });
  const most = Math.max(...data.importance.map(([, share]) => share), 0.01);
  data.importance.forEach(([name, share], i) => {
    const y = i * row + 4, width = (share / most) * (WIDTH - left - 70);
    svg.append(text(left - 12, y + 13, short(name, 26), { "text-anchor": "end", class: "name" }),
      s("rect", { x: left, y, width: WIDTH - left - 70, height: 17, rx: 3, class: "track" }),
      s("rect", { x: left, y, width: Math.max(1, width), height: 17, rx: 3, class: "bar" }),
      text(left + Math.max(1, width) + 8, y + 13, `${(share * 100).toFixed(1)} %`));
  });
  section("Importance", `How much each parameter alone decides whether a configuration is among the best tenth (PED-ANOVA, ${data.importance_about}).`, svg);
}

function matrix() {
  const chosen = axes().filter(({ p }) => p.name === data.metric || data.matrix.includes(p.name));
  if (chosen.length < 3 || ranked.length < 3) return;
  const n = chosen.length, gap = 10, left = 58, size = (WIDTH - left - 8 - gap * (n - 2)) / (n - 1), height = 8 + (n - 1) * (size + gap) + 36;
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": "scatter matrix" });
  const shown = ranked.slice(0, data.matrix_points).reverse();
  for (let row = 1; row < n; row++) {
    for (let column = 0; column < row; column++) {
      const x0 = left + column * (size + gap), y0 = 4 + (row - 1) * (size + gap), pad = 7;
      const x = paramScale(chosen[column].p, x0 + pad, x0 + size - pad), y = paramScale(chosen[row].p, y0 + size - pad, y0 + pad);
      svg.append(s("rect", { x: x0, y: y0, width: size, height: size, rx: 3, class: "track" }));
      for (const t of shown) {
        const a = chosen[column].get(t), b = chosen[row].get(t);
        if (a === null || b === null) continue;
        const isBest = t.trial === best;
        svg.append(hover(s("circle", { cx: x(a).toFixed(1), cy: y(b).toFixed(1), r: isBest ? 4.5 : 2.4, class: isBest ? "dot-best" : undefined,
          style: isBest ? undefined : `fill:${colour(t.place)}` }), () => describe(t)));
      }
      const few = (ticks_) => (ticks_.length > 4 ? [ticks_[0], ticks_[Math.floor(ticks_.length / 2)], ticks_[ticks_.length - 1]] : ticks_);
      if (column === 0) for (const v of few(y.ticks(3))) svg.append(text(left - 6, y(v) + 4, short(tickText(chosen[row].p, v), 7), { "text-anchor": "end" }));
      if (row === n - 1) for (const v of few(x.ticks(3))) svg.append(text(x(v), y0 + size + 15, short(tickText(chosen[column].p, v), 7), { "text-anchor": "middle" }));
      if (row === n - 1) svg.append(text(x0 + size / 2, y0 + size + 32, chosen[column].p.name, { class: "name", "text-anchor": "middle" }));
      if (column === row - 1) svg.append(text(x0 + size + 12, y0 + size / 2 + 4, chosen[row].p.name, { class: "name" }));
    }
  }
  section("Scatter matrix", data.matrix_note, key(ramp(), mark(`trial ${best}`)), svg);
}

function brackets() {
  if (!data.brackets.length) return;
  const most = Math.max(...data.brackets.map((b) => b[3]));
  const rows = data.brackets.map(([bracket, , budget, entered, reached, failed, promoted, value]) => {
    const bar = s("svg", { viewBox: "0 0 200 12", style: "width:200px" }, s("rect", { x: 0, y: 1, width: 199, height: 10, rx: 2, class: "track" }),
      s("rect", { x: 0, y: 1, width: Math.max(1, (199 * reached) / most), height: 10, rx: 2, class: "bar" }));
    return [String(bracket), String(budget), bar, String(entered), String(reached), String(failed), String(promoted), number(value)];
  });
  section("Brackets", "How many trials trained to each rung, and how many went on from it.",
    table([">bracket", ">budget", "", ">entered", ">reached", ">failed", ">promoted", `>best ${data.metric}`], rows));
}

function failures() {
  if (!data.failures.length) return;
  section("Failures", "", table(["kind", ">trials", "for example"], data.failures.map(([kind, n, examples]) =>
    [kind.replaceAll("_", " "), String(n), h("div", {}, examples.map(([trial, reason]) => h("div", {}, `trial ${trial}`, h("pre", {}, reason))))])));
}

function leaders() {
  if (!ranked.length) return;
  const shown = data.params.slice(0, 8);
  section("The best trials", data.params.length > shown.length ? `The first ${shown.length} parameters.` : "",
    table([">trial", `>${data.metric}`, ">budget", ...shown.map((p) => (p.choices ? p.name : `>${p.name}`))],
      ranked.slice(0, 15).map((t) => [String(t.trial), number(t.value), String(t.budget),
        ...shown.map((p, i) => (t.x[i] === null ? "–" : p.choices ? p.choices[t.x[i]] : number(t.x[i])))])));
}

head();
bestTrial();
history();
curves();
parallel();
importance();
matrix();
brackets();
failures();
leaders();
document.body.append(h("footer", {}, `${data.thinned}Made by rung ${data.version} on ${data.made} UTC. Numbers here are rounded; rung export --format csv has every digit.`));
