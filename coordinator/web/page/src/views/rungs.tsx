/* rungs.tsx: each bracket as a ladder: a column a rung, in it every trial that reached it by its value there, a line to
 * the next rung for whom was promoted, and the line that a trial had to pass. */
import { useMemo, useRef } from "preact/hooks";
import { ask } from "../data/api";
import { numbers, values, type ColumnsAnswer } from "../data/answers";
import type { Model } from "../data/model";
import { Canvas, type Surface } from "../draw/canvas";
import { theme } from "../draw/colour";
import { axisOver, extent, share, ticks } from "../draw/scale";
import { counted, number, tick } from "../draw/words";
import { aboutTrial, Empty, isLogOf, LogSwitch, Panel, useAnswer, useSlowly } from "../parts/small";
import { hideTip, showTip } from "../parts/tip";
import { hover, hovered, openTrial, page, useHover } from "../state";

interface Mark { row: number; trial: number; rung: number; value: number; isPromoted: boolean; isFailed: boolean; rank: number }
interface Ladder { bracket: number; rungs: number[]; budgets: number[]; marks: Mark[]; lines: Map<number, number> }

const HEIGHT = 360, LEFT = 66, TOP = 18, BOTTOM = 52, RIGHT = 20;

/* Puts together who reached which rung with what, and who went on from it. */
function laddersOf(model: Model, results: ColumnsAnswer, decisions: ColumnsAnswer): Ladder[] {
  const c = model.columns, found = new Map<number, Ladder>(), wentOn = new Map<string, number>();
  const of = (bracket: number) => found.get(bracket) ?? (found.set(bracket, { bracket, rungs: [], budgets: model.about.brackets[bracket] ?? [], marks: [], lines: new Map() }), found.get(bracket)!);
  const d = decisions.columns, moves = values(d.move), trials = numbers(d.trial), rungs = numbers(d.rung), brackets = numbers(d.bracket), lines = numbers(d.line), ranks = numbers(d.rank);
  for (let i = 0; i < decisions.n; i++) {
    if (moves[i] !== "promote") continue;
    wentOn.set(`${trials[i]}/${rungs[i] - 1}`, ranks[i]);
    of(brackets[i]).lines.set(rungs[i] - 1, model.sign * lines[i]); /* a loss; the last one holds */
  }
  const r = results.columns, at = numbers(r.rung), who = numbers(r.trial), value = numbers(r.value), counts = numbers(r.counted), budgets = numbers(r.budget), failures = values(r.failure);
  for (let i = 0; i < results.n; i++) {
    const row = c.row(who[i]);
    if (row < 0 || counts[i] === 0) continue;
    const ladder = of(c.column("bracket")[row]), key = `${who[i]}/${at[i]}`;
    if (!ladder.budgets[at[i]]) ladder.budgets[at[i]] = budgets[i];
    ladder.marks.push({ row, trial: who[i], rung: at[i], value: value[i], isPromoted: wentOn.has(key), isFailed: failures[i] !== null && failures[i] !== undefined, rank: wentOn.get(key) ?? 0 });
  }
  return [...found.values()].filter((l) => l.marks.length > 0).sort((a, b) => a.bracket - b.bracket);
}

export function Rungs() {
  const model = page.model!, slowly = useSlowly(model.status?.results ?? 0, 1500);
  const { answer, trouble } = useAnswer(`${model.name} ${slowly}`, async (signal) => {
    const of = ["campaigns", model.name, "columns"];
    const [results, decisions] = await Promise.all([ask<ColumnsAnswer>(of, { table: "results", max: 30000 }, signal), ask<ColumnsAnswer>(of, { table: "decisions", max: 30000 }, signal)]);
    return { results, decisions };
  });
  const ladders = useMemo(() => (answer ? laddersOf(model, answer.results, answer.decisions) : []), [answer, model.trialsVersion]);
  if (!answer) return <Panel title="Rungs"><Empty>{trouble || "asking…"}</Empty></Panel>;
  const { shown, of } = answer.results.thinned;
  return (
    <div class="grid">
      {ladders.length === 0 && <Panel title="Rungs"><Empty>No trial has reached a rung yet.</Empty></Panel>}
      {ladders.map((ladder) => <Bracket key={ladder.bracket} ladder={ladder} isOnly={ladders.length === 1} />)}
      {shown < of && <p class="hint">Drawn from the last {shown} of {of} results; the tables count all.</p>}
    </div>
  );
}

/* Where each mark stands: side by side where values are close, so that none hides another. */
function placed(ladder: Ladder, width: number, isLog: boolean) {
  const inside = ladder.marks.filter((m) => page.mask[m.row]), values = inside.map((m) => m.value).filter((v) => v === v && (!isLog || v > 0));
  const axis = axisOver(Math.min(...values), Math.max(...values), isLog && values.length > 0), n = Math.max(ladder.budgets.length, 1), span = (width - LEFT - RIGHT) / n;
  const taken = new Map<string, number>(), size = inside.length > 1500 ? 1.6 : inside.length > 300 ? 2.6 : 4.2, room = Math.max(1, Math.floor((span * 0.62) / (size * 2)));
  const marks = inside.map((m) => {
    const at = m.value === m.value ? share(axis, m.value) : 0, y = m.isFailed ? HEIGHT - BOTTOM - 2 : TOP + (1 - at) * (HEIGHT - TOP - BOTTOM - 14), slot = `${m.rung}/${Math.round(y / (size * 2))}`;
    const k = taken.get(slot) ?? 0;
    taken.set(slot, k + 1);
    const side = (k % room) % 2 === 0 ? (k % room) / 2 : -((k % room) + 1) / 2;
    return { ...m, x: LEFT + span * (m.rung + 0.5) + side * size * 2, y };
  });
  return { axis, marks, span, size, places: new Map(marks.map((m) => [`${m.trial}/${m.rung}`, m])) };
}

function Bracket({ ladder, isOnly }: { ladder: Ladder; isOnly: boolean }) {
  const model = page.model!, c = model.columns, again = useRef<(() => void) | null>(null), place = useRef<ReturnType<typeof placed> | null>(null);
  const isLog = isLogOf("rungs.log", ...extent(ladder.marks.map((m) => m.value), ladder.marks.length));
  useHover(() => again.current?.());
  const draw = (s: Surface) => {
    const p = (place.current = placed(ladder, s.width, isLog));
    grid(s, ladder, p, model);
    ways(s, p);
    for (const m of p.marks) mark(s.g, m, p.size, c.column("state")[m.row]);
    cuts(s, ladder, p, model);
  };
  const over = (s: Surface) => {
    const p = place.current;
    if (!p || !hovered) return;
    const mine = p.marks.filter((m) => m.trial === hovered).sort((a, b) => a.rung - b.rung);
    s.g.strokeStyle = theme().ink;
    s.g.lineWidth = 2;
    s.g.beginPath();
    mine.forEach((m, i) => (i ? s.g.lineTo(m.x, m.y) : s.g.moveTo(m.x, m.y)));
    s.g.stroke();
    for (const m of mine) { s.g.beginPath(); s.g.arc(m.x, m.y, p.size + 3, 0, 7); s.g.stroke(); }
  };
  const nearest = (x: number, y: number) => {
    let found = null as Mark | null, least = 12;
    for (const m of place.current?.marks ?? []) { const d = Math.hypot(m.x - x, m.y - y); if (d < least) { least = d; found = m; } }
    return found;
  };
  const pointer = (kind: string, x: number, y: number, event: PointerEvent | MouseEvent) => {
    const m = kind === "leave" ? null : nearest(x, y);
    if (kind === "up" && m) { hideTip(); openTrial(m.trial); return; }
    hover(m?.trial ?? 0);
    if (!m) hideTip();
    else showTip(event.clientX, event.clientY, `trial ${m.trial}`, [`at budget ${ladder.budgets[m.rung]}: ${m.isFailed ? "failed" : number(m.value)}`, m.isPromoted ? `promoted from here, place ${m.rank}` : fate(model, m), ...aboutTrial(model, m.row)]);
  };
  return (
    <Panel title={isOnly ? "Rungs" : `Bracket ${ladder.bracket}`} about="a dot a trial at each rung that it reached; lines are promotions" end={<><RungLegend /><LogSwitch name="rungs.log" isOn={isLog} /></>}>
      <Canvas height={HEIGHT} label={`Bracket ${ladder.bracket}: ${counted(ladder.marks.length, "result")} over the rungs ${ladder.budgets.join(", ")}`} draw={draw} over={over} overRef={again} onPointer={pointer} />
      <RungTable ladder={ladder} />
    </Panel>
  );
}

function fate(model: Model, m: Mark): string {
  const state = model.columns.state(m.row);
  if (model.columns.column("rung")[m.row] > m.rung) return "went on from here";
  if (state === "paused") return "waits here; it may still be promoted";
  if (state === "stopped") return "was still waiting here when the campaign ended";
  return state === "completed" ? "reached the end" : "";
}

const RungLegend = () => (
  <div class="legend">
    <span class="tone-completed"><i class="dot" />went on or completed</span><span class="tone-paused"><i class="dot" />paused</span><span class="tone-stopped"><i class="dot" />stopped</span><span class="tone-failed"><i class="dot" />failed</span><span><i class="cut" />cut-off</span>
  </div>
);

function mark(g: CanvasRenderingContext2D, m: Mark & { x: number; y: number }, size: number, state: number) {
  const t = theme();
  if (m.isFailed) {
    g.strokeStyle = t.warning;
    g.lineWidth = 1.6;
    g.beginPath();
    g.moveTo(m.x - size, m.y - size); g.lineTo(m.x + size, m.y + size);
    g.moveTo(m.x + size, m.y - size); g.lineTo(m.x - size, m.y + size);
    g.stroke();
    return;
  }
  g.fillStyle = m.isPromoted ? t.states[3] : t.states[state];
  g.beginPath();
  g.arc(m.x, m.y, size, 0, 7);
  g.fill();
}

function grid(s: Surface, ladder: Ladder, p: ReturnType<typeof placed>, model: Model) {
  const t = theme(), g = s.g;
  g.font = "12px system-ui, sans-serif";
  g.textBaseline = "middle";
  g.textAlign = "right";
  for (const v of ticks(p.axis, 6)) {
    const y = TOP + (1 - share(p.axis, v)) * (HEIGHT - TOP - BOTTOM - 14);
    g.fillStyle = t.line;
    g.fillRect(LEFT, y, s.width - LEFT - RIGHT, 1);
    g.fillStyle = t.soft;
    g.fillText(tick(v), LEFT - 10, y);
  }
  g.textAlign = "center";
  ladder.budgets.forEach((budget, rung) => {
    const x = LEFT + p.span * (rung + 0.5);
    g.fillStyle = t.ink;
    g.font = "600 13px system-ui, sans-serif";
    g.fillText(`budget ${budget}`, x, HEIGHT - BOTTOM + 22);
    g.fillStyle = t.soft;
    g.font = "12px system-ui, sans-serif";
    const reached = model.status?.rungs.find((r) => r.bracket === ladder.bracket && r.rung === rung);
    if (reached) g.fillText(`${reached.reached} reached, ${reached.promoted} promoted`, x, HEIGHT - BOTTOM + 40, p.span - 8);
  });
}

/* From rung to rung, for whom was promoted. */
function ways(s: Surface, p: ReturnType<typeof placed>) {
  s.g.strokeStyle = theme().states[3];
  s.g.globalAlpha = p.marks.length > 800 ? 0.15 : 0.4;
  s.g.lineWidth = 1.2;
  s.g.beginPath();
  for (const m of p.marks) {
    const next = p.places.get(`${m.trial}/${m.rung + 1}`);
    if (!next) continue;
    const middle = (m.x + next.x) / 2;
    s.g.moveTo(m.x, m.y);
    s.g.bezierCurveTo(middle, m.y, middle, next.y, next.x, next.y);
  }
  s.g.stroke();
  s.g.globalAlpha = 1;
}

/* The value that the last one promoted had to pass. */
function cuts(s: Surface, ladder: Ladder, p: ReturnType<typeof placed>, model: Model) {
  const t = theme();
  for (const [rung, value] of ladder.lines) {
    const at = share(p.axis, value);
    if (!(at >= -0.01 && at <= 1.01)) continue;
    const y = TOP + (1 - at) * (HEIGHT - TOP - BOTTOM - 14), x = LEFT + p.span * rung;
    s.g.strokeStyle = t.accent;
    s.g.lineWidth = 1.6;
    s.g.setLineDash([6, 4]);
    s.g.beginPath();
    s.g.moveTo(x + p.span * 0.08, y);
    s.g.lineTo(x + p.span * 0.92, y);
    s.g.stroke();
    s.g.setLineDash([]);
    s.g.font = "600 11.5px system-ui, sans-serif";
    s.g.textAlign = "left";
    s.g.lineWidth = 4;
    s.g.strokeStyle = t.ground;
    const words = `${model.sign > 0 ? "≤" : "≥"} ${number(value)}`;
    s.g.strokeText(words, x + p.span * 0.08, y - 9);
    s.g.fillStyle = t.accent;
    s.g.fillText(words, x + p.span * 0.08, y - 9);
  }
}

function RungTable({ ladder }: { ladder: Ladder }) {
  const model = page.model!, c = model.columns;
  return (
    <div class="scroll">
      <table>
        <thead><tr><th class="n">budget</th><th class="n">reached</th><th class="n">promoted</th><th class="n">paused</th><th class="n">stopped</th><th class="n">failed</th><th class="n">best</th><th class="n">cut-off</th></tr></thead>
        <tbody>
          {ladder.budgets.map((budget, rung) => {
            const here = ladder.marks.filter((m) => m.rung === rung), good = here.filter((m) => !m.isFailed), last = (state: string) => here.filter((m) => !m.isPromoted && c.state(m.row) === state).length;
            const best = good.reduce((found, m) => (found !== found || model.loss(m.value) < model.loss(found) ? m.value : found), NaN), cut = ladder.lines.get(rung);
            const all = model.status?.rungs.find((r) => r.bracket === ladder.bracket && r.rung === rung);
            return (
              <tr key={rung}>
                <td class="n">{budget}</td><td class="n">{all?.reached ?? good.length}</td><td class="n">{all?.promoted ?? here.filter((m) => m.isPromoted).length}</td><td class="n">{last("paused")}</td><td class="n">{last("stopped")}</td>
                <td class="n">{here.filter((m) => m.isFailed).length}</td><td class="n">{number(best)}</td><td class="n">{cut === undefined ? "–" : number(cut)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
