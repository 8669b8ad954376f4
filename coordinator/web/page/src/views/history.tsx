/* history.tsx: every trial as a dot, in the order in which they were begun, and the line of the best so far. */
import { useRef } from "preact/hooks";
import { along, theme } from "../draw/colour";
import { Plot, type Box } from "../draw/plot";
import { axisOver, extent } from "../draw/scale";
import { aboutTrial, isLogOf, LogSwitch, Panel, Segments, TrialLink } from "../parts/small";
import { hideTip, showTip } from "../parts/tip";
import type { Model } from "../data/model";
import { counted } from "../draw/words";
import { hover, hovered, openTrial, option, page, useHover } from "../state";

/* The best so far among those that ran longest: a trial at a higher budget goes before one at a lower. As steps [x, value]. */
function bestSoFar(model: Model, x: Float64Array, keep: Uint8Array): [number, number][] {
  const c = model.columns, value = c.column("value"), budget = c.column("budget"), steps: [number, number][] = [];
  let best = NaN, at = 0;
  const order = Array.from({ length: c.n }, (_, i) => i);
  if (x !== c.column("trial")) order.sort((a, b) => x[a] - x[b]);
  for (const i of order) {
    if (!keep[i] || !(value[i] === value[i]) || Number.isNaN(x[i])) continue;
    if (budget[i] < at || (budget[i] === at && !(model.loss(value[i]) < model.loss(best)))) continue;
    best = value[i];
    at = budget[i];
    steps.push([x[i], best]);
  }
  return steps;
}

/* Colours of the dots by row. */
export function colours(model: Model, by: string): (row: number) => string {
  const c = model.columns, t = theme();
  if (by === "state") return (row) => t.states[c.column("state")[row]] ?? t.faint;
  const budget = c.column("budget"), most = Math.max(1, Math.log(model.maxBudget)), low = Math.log(Math.max(1, extent(budget, c.n)[0]));
  return (row) => along(t.sequence, (Math.log(Math.max(1, budget[row])) - low) / (most - low || 1));
}

export function History() {
  const model = page.model!, c = model.columns, again = useRef<(() => void) | null>(null);
  const isTime = option("history.x", "trial") === "time", by = option("history.colour", "rung");
  const scale = isTime ? 1000 : 1, source = isTime ? c.column("started") : c.column("trial");
  const value = c.column("value"), isLog = isLogOf("history.log", ...extent(value, c.n, page.mask));
  const x = isTime ? source.map((v) => v / scale) : source;
  const y = axisOver(...extent(value, c.n, page.mask), isLog), [x0, x1] = extent(x, c.n);
  useHover(() => again.current?.());

  const paint = (box: Box) => {
    const colour = colours(model, by), side = (c.n > 3000 ? 3 : 6) * box.ratio, rest = box.g;
    for (let i = 0; i < c.n; i++) {
      if (!page.mask[i] || Number.isNaN(value[i])) continue;
      rest.fillStyle = colour(i);
      const px = box.x(x[i]), py = box.y(value[i]);
      if (c.n > 3000) rest.fillRect(px - side / 2, py - side / 2, side, side);
      else { rest.beginPath(); rest.arc(px, py, side / 2, 0, 7); rest.fill(); }
    }
    paintBest(box, bestSoFar(model, x, page.mask), x1);
  };
  const nearest = (px: number, py: number, box: Box) => {
    let found = -1, least = (18 * box.ratio) ** 2;
    for (let i = 0; i < c.n; i++) {
      if (!page.mask[i]) continue;
      const d = (box.x(x[i]) - px) ** 2 + (box.y(value[i]) - py) ** 2;
      if (d < least) { least = d; found = i; }
    }
    return found;
  };
  const over = (box: Box) => {
    const row = c.row(hovered);
    if (row < 0 || Number.isNaN(value[row])) return;
    box.g.strokeStyle = theme().ink;
    box.g.lineWidth = 2 * box.ratio;
    box.g.beginPath();
    box.g.arc(box.x(x[row]), box.y(value[row]), 7 * box.ratio, 0, 7);
    box.g.stroke();
  };
  return (
    <Panel title="Best so far" about="a dot a trial" span="wide" end={<>
      <Legend by={by} />
      <LogSwitch name="history.log" isOn={isLog} />
      <Segments name="history.colour" label="Colour of the dots" choices={[["rung", "by budget"], ["state", "by state"]]} />
      <Segments name="history.x" label="Order of the dots" choices={[["trial", "trial"], ["time", "time"]]} />
    </>}>
      <Plot height={320} label={`${counted(page.passed, "trial")}: ${model.metric} of each, and the best so far`} xLabel={isTime ? "" : "trial"} yLabel={model.metric}
        xRange={[x0 - (isTime ? 0 : 1), x1 + (isTime ? 1 : 1)]} yRange={[y.low, y.high]} isYLog={isLog} isTime={isTime} paint={paint} over={over} overRef={again}
        onMove={(px, py, box, event) => {
          const row = px < 0 ? -1 : nearest(px, py, box);
          hover(row < 0 ? 0 : c.column("trial")[row]);
          if (row < 0) hideTip();
          else showTip(event.clientX, event.clientY, `trial ${c.column("trial")[row]}`, aboutTrial(model, row));
        }}
        onClick={(px, py, box) => { const row = nearest(px, py, box); if (row >= 0) { hideTip(); openTrial(c.column("trial")[row]); } }} />
      <p class="unseen">{model.status?.best && <TrialLink trial={model.status.best.trial} />}</p>
    </Panel>
  );
}

function paintBest(box: Box, steps: [number, number][], last: number) {
  if (steps.length === 0) return;
  box.g.strokeStyle = theme().accent;
  box.g.lineWidth = 2 * box.ratio;
  box.g.lineJoin = "round";
  box.g.beginPath();
  box.g.moveTo(box.x(steps[0][0]), box.y(steps[0][1]));
  for (let i = 1; i < steps.length; i++) {
    box.g.lineTo(box.x(steps[i][0]), box.y(steps[i - 1][1]));
    box.g.lineTo(box.x(steps[i][0]), box.y(steps[i][1]));
  }
  box.g.lineTo(box.x(last), box.y(steps[steps.length - 1][1]));
  box.g.stroke();
}

/* What the colours mean. */
export function Legend({ by }: { by: string }) {
  if (by === "state") {
    return <div class="legend">{(["running", "paused", "completed", "stopped", "failed"] as const).map((s) => <span key={s} class={`tone-${s}`}><i class="dot" />{s}</span>)}</div>;
  }
  return <div class="legend"><span>{by === "objective" ? "poor" : "budget low"}<i class={`ramp ${by === "objective" ? "" : "sequence"}`} />{by === "objective" ? "good" : "full"}</span></div>;
}
