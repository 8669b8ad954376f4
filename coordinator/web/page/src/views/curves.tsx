/* curves.tsx: learning curves, hundreds at once, those that run among them; hover to see which, click to pin. */
import { useMemo, useRef } from "preact/hooks";
import { ask } from "../data/api";
import type { CurvesAnswer } from "../data/answers";
import type { Model } from "../data/model";
import { along, theme } from "../draw/colour";
import { Plot, type Box } from "../draw/plot";
import { axisOver } from "../draw/scale";
import { counted, count, number } from "../draw/words";
import { aboutTrial, Empty, isLogOf, LogSwitch, Panel, Pick, Segments, useAnswer, useSlowly } from "../parts/small";
import { hideTip, showTip } from "../parts/tip";
import { hover, hovered, openTrial, option, page, setChosen, toggleChosen, useHover } from "../state";
import { ranked } from "./axes";
import { colours, Legend } from "./history";

export interface Curve { trial: number; row: number; steps: number[]; values: number[] }

/* Exponentially smoothed, without a bias towards the first value (as TensorBoard has it). */
export function smoothed(values: number[], weight: number): number[] {
  if (weight === 0) return values;
  let last = 0, n = 0;
  return values.map((v) => {
    last = last * weight + (1 - weight) * v;
    n++;
    return last / (1 - weight ** n);
  });
}

/* What is on disk, and behind it what the running trials said since. */
function joined(model: Model, answer: CurvesAnswer | null, isObjective: boolean, weight: number): Curve[] {
  const found = new Map<number, Curve>();
  for (const c of answer?.curves ?? []) found.set(c.trial, { trial: c.trial, row: model.columns.row(c.trial), steps: c.steps, values: c.values });
  if (isObjective) {
    for (const r of model.running.values()) {
      const known = found.get(r.trial), last = known?.steps.at(-1) ?? 0, fresh = r.points.filter(([step]) => step > last);
      found.set(r.trial, { trial: r.trial, row: model.columns.row(r.trial), steps: [...(known?.steps ?? []), ...fresh.map((p) => p[0])], values: [...(known?.values ?? []), ...fresh.map((p) => p[1])] });
    }
  }
  return [...found.values()].filter((c) => c.row >= 0 && c.steps.length > 0).map((c) => ({ ...c, values: smoothed(c.values, weight) }));
}

export function bounds(curves: Curve[], isLog: boolean): { x: [number, number]; y: { low: number; high: number }; least: number; most: number } {
  let x1 = 1, low = Infinity, high = -Infinity;
  for (const c of curves) {
    x1 = Math.max(x1, c.steps.at(-1)!);
    for (const v of c.values) {
      if (isLog && v <= 0) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  return { x: [0, x1 * 1.01], y: low <= high ? axisOver(low, high, isLog) : { low: isLog ? 0.1 : 0, high: 1 }, least: low, most: high };
}

export function trace(box: Box, c: Curve) {
  box.g.beginPath();
  box.g.moveTo(box.x(c.steps[0]), box.y(c.values[0]));
  for (let i = 1; i < c.steps.length; i++) box.g.lineTo(box.x(c.steps[i]), box.y(c.values[i]));
  box.g.stroke();
  if (c.steps.length === 1) box.g.strokeRect(box.x(c.steps[0]) - 1, box.y(c.values[0]) - 1, 2, 2);
}

/* The colour of each row, by what was asked for. */
function colourOf(model: Model, by: string): (row: number) => string {
  if (by !== "objective") return colours(model, by);
  const order = ranked(model), place = new Map<number, number>(), ramp = theme().ramp;
  order.forEach((row, i) => place.set(row, i / Math.max(1, order.length - 1)));
  return (row) => along(ramp, 1 - (place.get(row) ?? 1));
}

export function Curves() {
  const model = page.model!, again = useRef<(() => void) | null>(null);
  const metric = option("curves.metric", model.metric), by = option("curves.colour", "rung"), weight = Number(option("curves.smooth", "0"));
  const results = useSlowly(model.status?.results ?? 0, 2000);
  const { answer, trouble } = useAnswer(`${model.name} ${metric} ${results}`, (signal) => ask<CurvesAnswer>(["campaigns", model.name, "curves"], { metric, max: 400, points: 120 }, signal));
  const all = useMemo(() => joined(model, answer, metric === model.metric, weight), [answer, model.version, weight]);
  const curves = all.filter((c) => page.mask[c.row]);
  const linear = bounds(curves, false), isLog = isLogOf("curves.log", linear.least, linear.most), { x, y } = bounds(curves, isLog);
  useHover(() => again.current?.());

  const paint = (box: Box) => {
    const colour = colourOf(model, by), many = curves.length > 120;
    box.g.lineJoin = "round";
    const pinned = new Set(page.chosen), isPinned = pinned.size > 0;
    const place = (c: Curve) => model.loss(c.values.at(-1)!) + (pinned.has(c.trial) ? -1e9 : 0);
    for (const c of curves.slice().sort((a, b) => place(b) - place(a))) {
      box.g.strokeStyle = colour(c.row);
      box.g.globalAlpha = pinned.has(c.trial) ? 1 : isPinned ? 0.2 : many ? 0.55 : 0.85;
      box.g.lineWidth = (pinned.has(c.trial) ? 2.6 : many ? 1 : 1.4) * box.ratio;
      trace(box, c);
      if (pinned.has(c.trial)) label(box, c, colour(c.row));
    }
  };
  const over = (box: Box) => {
    const c = curves.find((one) => one.trial === hovered);
    if (!c) return;
    box.g.strokeStyle = theme().ink;
    box.g.lineWidth = 2.6 * box.ratio;
    trace(box, c);
  };
  const nearest = (px: number, py: number, box: Box) => nearestCurve(curves, px, py, box);
  return (
    <Panel title="Learning curves" about="hover to see which, click to pin, drag to zoom, double-click to see all" end={<>
      <Legend by={by} />
      <Segments name="curves.colour" label="Colour of the curves" choices={[["rung", "by budget"], ["state", "by state"], ["objective", "by objective"]]} />
      <Pick name="curves.metric" label="Metric" choices={model.about.metrics.map((m) => [m, m])} value={metric} />
      <Pick name="curves.smooth" label="Smoothing" choices={[["0", "not smoothed"], ["0.6", "smoothed"], ["0.9", "very smooth"]]} value={String(weight)} />
      <LogSwitch name="curves.log" isOn={isLog} />
    </>}>
      <Plot height={Math.max(340, Math.min(720, innerHeight - 400))} label={`Learning curves of ${counted(curves.length, "trial")}: ${metric}`} xLabel={`budget, ${model.unit}`} yLabel={metric} xRange={x} yRange={[y.low, y.high]} isYLog={isLog} paint={paint} over={over} overRef={again}
        onMove={(px, py, box, event) => {
          const c = px < 0 ? null : nearest(px, py, box);
          hover(c?.trial ?? 0);
          if (!c) hideTip();
          else showTip(event.clientX, event.clientY, `trial ${c.trial}`, [`last ${metric} ${number(c.values.at(-1))} at ${c.steps.at(-1)}`, ...aboutTrial(model, c.row)]);
        }}
        onClick={(px, py, box) => { const c = nearest(px, py, box); if (c) toggleChosen(c.trial); }} />
      <p class="hint" id="curves-shown">
        {trouble ? <span class="mistake">{trouble}</span> : !answer ? "asking…" : `${counted(curves.length, "curve")}${answer.thinned.shown < answer.thinned.of ? ` of ${count(answer.thinned.of)} trials: the best, those that run, and the last` : ""}${answer.points.shown < answer.points.of ? `; ${count(answer.points.shown)} of ${count(answer.points.of)} points` : ""}`}
      </p>
      {answer && curves.length === 0 && <Empty>No trial of these has reported {metric} yet.</Empty>}
      {page.chosen.length > 0 && <Pinned curves={all} metric={metric} />}
    </Panel>
  );
}

export function nearestCurve(curves: Curve[], px: number, py: number, box: Box): Curve | null {
  let found: Curve | null = null, least = 16 * box.ratio;
  for (const c of curves) {
    for (let i = 0; i < c.steps.length; i++) {
      const x1 = box.x(c.steps[i]), i0 = Math.max(0, i - 1), x0 = box.x(c.steps[i0]);
      if (px < x0 - least || px > x1 + least) continue;
      const at = x1 > x0 ? Math.max(0, Math.min(1, (px - x0) / (x1 - x0))) : 1, y0 = box.y(c.values[i0]), y1 = box.y(c.values[i]);
      const d = Math.hypot(x0 + (x1 - x0) * at - px, y0 + (y1 - y0) * at - py);
      if (d < least) { least = d; found = c; }
    }
  }
  return found;
}

function label(box: Box, c: Curve, colour: string) {
  const x = box.x(c.steps.at(-1)!), y = box.y(c.values.at(-1)!), words = `trial ${c.trial}`, isLeft = x > box.left + box.width - 70 * box.ratio;
  box.g.globalAlpha = 1;
  box.g.font = `600 ${12 * box.ratio}px system-ui, sans-serif`;
  box.g.textAlign = isLeft ? "right" : "left";
  box.g.lineWidth = 4 * box.ratio;
  box.g.strokeStyle = theme().ground;
  box.g.strokeText(words, x + (isLeft ? -6 : 6) * box.ratio, y - 8 * box.ratio);
  box.g.fillStyle = colour;
  box.g.fillText(words, x + (isLeft ? -6 : 6) * box.ratio, y - 8 * box.ratio);
  box.g.textAlign = "left";
}

function Pinned({ curves, metric }: { curves: Curve[]; metric: string }) {
  return (
    <div class="legend" id="pinned">
      pinned:
      {page.chosen.map((trial) => {
        const c = curves.find((one) => one.trial === trial);
        return (
          <span class="chip" key={trial}>
            <a href="#" onClick={(e) => { e.preventDefault(); openTrial(trial); }}>trial {trial}</a>{c ? ` ${metric} ${number(c.values.at(-1))}` : ""}
            <button type="button" aria-label={`Unpin trial ${trial}`} onClick={() => toggleChosen(trial)}>×</button>
          </span>
        );
      })}
      <button type="button" class="bare toggle" onClick={() => setChosen([])}>unpin all</button>
    </div>
  );
}
