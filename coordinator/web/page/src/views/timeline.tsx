/* timeline.tsx: a row a slot of each worker: what it ran, and when it waited. Slots have no number of their own in the
 * store, so attempts that overlap on one worker are laid beside each other. */
import { useMemo, useRef } from "preact/hooks";
import { ask } from "../data/api";
import { numbers, values, type ColumnsAnswer } from "../data/answers";
import type { Model } from "../data/model";
import { Canvas, type Surface } from "../draw/canvas";
import { theme } from "../draw/colour";
import { clock, counted, duration, percent } from "../draw/words";
import { aboutTrial, Empty, Panel, Pick, useAnswer, useSlowly } from "../parts/small";
import { hideTip, showTip } from "../parts/tip";
import { hover, hovered, openTrial, option, page, useHover } from "../state";

interface Bar { trial: number; worker: string; lane: number; from: number; to: number; outcome: string; reason: string; budgets: string; isRunning: boolean }
interface Row { worker: string; lane: number; busy: number; bars: Bar[] }

const LEFT = 150, RIGHT = 78, TOP = 30, ROW = 26, MOST_ROWS = 200;

function barsOf(answer: ColumnsAnswer, now: number): Bar[] {
  const c = answer.columns, trials = numbers(c.trial), workers = values(c.worker), outcomes = values(c.outcome), reasons = values(c.reason);
  const began = numbers(c.granted_ms), ended = numbers(c.ended_ms), from = numbers(c.budget_from), to = numbers(c.budget_to);
  return trials.map((trial, i) => {
    const start = began[i], isRunning = !(ended[i] > 0);
    return { trial, worker: String(workers[i] ?? "–"), lane: 0, from: start, to: Math.max(isRunning ? now : ended[i], start), outcome: String(outcomes[i] ?? ""), reason: String(reasons[i] ?? ""), budgets: `${from[i]} to ${to[i]}`, isRunning };
  }).filter((bar) => bar.from > 0).sort((a, b) => a.from - b.from);
}

/* Each bar to the first slot of its worker that is free then. */
function rowsOf(bars: Bar[]): Row[] {
  const lanes = new Map<string, Row[]>();
  for (const bar of bars) {
    const own = lanes.get(bar.worker) ?? (lanes.set(bar.worker, []), lanes.get(bar.worker)!);
    let row = own.find((r) => r.bars[r.bars.length - 1].to <= bar.from + 250);
    if (!row) own.push((row = { worker: bar.worker, lane: own.length, busy: 0, bars: [] }));
    bar.lane = row.lane;
    row.busy += bar.to - bar.from;
    row.bars.push(bar);
  }
  return [...lanes].sort((a, b) => a[0].localeCompare(b[0], undefined, { numeric: true })).flatMap(([, rows]) => rows);
}

const tone = (bar: Bar) => { const t = theme(); return bar.isRunning ? t.states[1] : bar.outcome === "reached" ? t.states[3] : bar.outcome === "handed_back" || bar.outcome === "preempted" ? t.states[2] : t.states[5]; };

const SPANS: [string, string][] = [["0", "all of it"], ["60", "the last minute"], ["600", "the last 10 minutes"], ["3600", "the last hour"], ["86400", "the last day"]];

export function Timeline() {
  const model = page.model!, again = useRef<(() => void) | null>(null), slowly = useSlowly(model.seq, 1500);
  const { answer, trouble } = useAnswer(`${model.name} ${slowly}`, (signal) => ask<ColumnsAnswer>(["campaigns", model.name, "columns"], { table: "attempts", max: 20000 }, signal));
  const now = useMemo(() => Date.now(), [answer, model.version]);
  const bars = useMemo(() => (answer ? barsOf(answer, now) : []), [answer, model.state === "running" ? Math.floor(now / 1000) : 0]);
  const rows = useMemo(() => rowsOf(bars), [bars]);
  useHover(() => again.current?.());
  if (!answer) return <Panel title="Timeline"><Empty>{trouble || "asking…"}</Empty></Panel>;
  if (rows.length === 0) return <Panel title="Timeline"><Empty>No worker has been given a trial yet.</Empty></Panel>;
  const last = bars.reduce((n, b) => Math.max(n, b.to), 0), span = Number(option("timeline.span", "0")) * 1000;
  const first = Math.max(bars[0].from, span ? last - span : 0), shown = rows.slice(0, MOST_ROWS), height = TOP + shown.length * ROW + 8;
  const xOf = (at: number, w: number) => LEFT + ((at - first) / Math.max(1, last - first)) * (w - LEFT - RIGHT);
  const share = (row: Row) => row.bars.reduce((n, b) => n + Math.max(0, b.to - Math.max(b.from, first)), 0) / Math.max(1, last - first);
  const idle = 1 - rows.reduce((n, row) => n + share(row), 0) / rows.length;

  const draw = (s: Surface) => {
    axis(s, first, last, xOf, height);
    shown.forEach((row, i) => drawRow(s, row, TOP + i * ROW, xOf, first, share(row), model));
  };
  const over = (s: Surface) => {
    s.g.strokeStyle = theme().ink;
    s.g.lineWidth = 2;
    shown.forEach((row, i) => { for (const b of row.bars) if (b.trial === hovered && b.to >= first) s.g.strokeRect(xOf(Math.max(b.from, first), s.width), TOP + i * ROW + 3, Math.max(2, xOf(b.to, s.width) - xOf(Math.max(b.from, first), s.width)), ROW - 8); });
  };
  const pointer = (kind: string, x: number, y: number, event: PointerEvent | MouseEvent) => {
    const w = (event.target as HTMLElement).clientWidth, row = shown[Math.floor((y - TOP) / ROW)];
    const bar = kind === "leave" ? undefined : row?.bars.find((b) => b.to >= first && x >= xOf(Math.max(b.from, first), w) - 2 && x <= xOf(b.to, w) + 2);
    if (kind === "up" && bar) { hideTip(); openTrial(bar.trial); return; }
    hover(bar?.trial ?? 0);
    if (!bar) { hideTip(); return; }
    const at = model.columns.row(bar.trial);
    showTip(event.clientX, event.clientY, `trial ${bar.trial} on ${bar.worker}`, [`${clock(bar.from)}, ${duration((bar.to - bar.from) / 1000)}, budget ${bar.budgets}`, bar.isRunning ? "runs" : `${bar.outcome.replace(/_/g, " ")} ${bar.reason}`, ...(at < 0 ? [] : aboutTrial(model, at).slice(0, 2))]);
  };
  return (
    <Panel title="Timeline" about={`${counted(rows.length, "slot")}, idle ${percent(Math.max(0, idle))} of the time${answer.thinned.shown < answer.thinned.of ? `; the last ${answer.thinned.shown} of ${answer.thinned.of} attempts` : ""}`} end={<>
      <div class="legend"><span class="tone-running"><i class="dot" />runs</span><span class="tone-completed"><i class="dot" />reached its rung</span><span class="tone-paused"><i class="dot" />handed back</span><span class="tone-failed"><i class="dot" />failed</span><span><i class="idle" />idle</span></div>
      <Pick name="timeline.span" label="Which time" choices={SPANS} value={option("timeline.span", "0")} />
    </>}>
      <div class="scroll"><div style={{ minWidth: "560px" }}>
        <Canvas height={height} label={`Timeline of ${counted(rows.length, "slot")}, ${counted(bars.length, "attempt")}`} draw={draw} over={over} overRef={again} onPointer={pointer} />
      </div></div>
      {rows.length > shown.length && <p class="hint">and {rows.length - shown.length} more slots</p>}
    </Panel>
  );
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

function axis(s: Surface, first: number, last: number, xOf: (at: number, w: number) => number, height: number) {
  const t = theme(), step = (STEPS.find((n) => ((last - first) / 1000 / n) * 90 < s.width - LEFT - RIGHT) ?? 604800) * 1000;
  const zone = new Date(first).getTimezoneOffset() * 60_000;
  s.g.font = "12px system-ui, sans-serif";
  s.g.textAlign = "center";
  s.g.textBaseline = "middle";
  for (let at = Math.ceil((first - zone) / step) * step + zone; at <= last; at += step) {
    const x = Math.round(xOf(at, s.width)), time = new Date(at).toTimeString();
    s.g.fillStyle = t.line;
    s.g.fillRect(x, TOP - 6, 1, height);
    s.g.fillStyle = t.soft;
    s.g.fillText(step >= 86_400_000 ? new Date(at).toLocaleDateString() : step >= 60_000 ? time.slice(0, 5) : time.slice(0, 8), x, 12);
  }
  s.g.fillStyle = t.faint;
  s.g.textAlign = "right";
  s.g.fillText("busy", s.width - 8, 12);
}

function drawRow(s: Surface, row: Row, y: number, xOf: (at: number, w: number) => number, first: number, busy: number, model: Model) {
  const t = theme(), g = s.g;
  g.fillStyle = t.line;
  g.globalAlpha = 0.55;
  g.fillRect(LEFT, y + 5, s.width - LEFT - RIGHT, ROW - 12);
  g.globalAlpha = 1;
  for (const bar of row.bars) {
    if (bar.to < first) continue;
    const x0 = xOf(Math.max(bar.from, first), s.width), w = xOf(bar.to, s.width) - x0, at = model.columns.row(bar.trial);
    g.globalAlpha = at >= 0 && !page.mask[at] ? 0.15 : 1;
    g.fillStyle = tone(bar);
    g.fillRect(x0, y + 3, Math.max(1, w - (w > 3 ? 1 : 0)), ROW - 8);
    if (w > 24) {
      g.fillStyle = t.panel;
      g.font = "600 11px system-ui, sans-serif";
      g.textAlign = "center";
      g.textBaseline = "middle";
      g.fillText(String(bar.trial), x0 + w / 2, y + ROW / 2 - 1);
    }
  }
  g.globalAlpha = 1;
  g.font = "12.5px system-ui, sans-serif";
  g.textAlign = "left";
  g.textBaseline = "middle";
  g.fillStyle = row.lane === 0 ? t.ink : t.faint;
  g.fillText(row.lane === 0 ? row.worker : `  slot ${row.lane + 1}`, 2, y + ROW / 2 - 1, LEFT - 12);
  g.fillStyle = t.soft;
  g.textAlign = "right";
  g.fillText(percent(Math.min(1, busy)), s.width - 8, y + ROW / 2 - 1);
}
