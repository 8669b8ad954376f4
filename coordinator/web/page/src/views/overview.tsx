/* overview.tsx: the campaign at a glance: how the best came about, what runs, how the rungs fill, what happened last. */
import type { EventRow } from "../data/answers";
import { Panel, TrialLink, Empty } from "../parts/small";
import { along, theme } from "../draw/colour";
import { clock, duration, number } from "../draw/words";
import { page } from "../state";
import { ranked } from "./axes";
import { History } from "./history";

export function Overview() {
  return (
    <div class="grid">
      <History />
      <RunningNow />
      <Ladder />
      <Happenings />
    </div>
  );
}

/* A curve so small that it stands in a line of text. */
function Spark({ points }: { points: [number, number][] }) {
  if (points.length < 2) return <svg class="spark" width="96" height="22" aria-hidden="true" />;
  const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
  const x0 = Math.min(...xs), x1 = Math.max(...xs), y0 = Math.min(...ys), y1 = Math.max(...ys);
  const at = ([x, y]: [number, number]) => `${(2 + ((x - x0) / (x1 - x0 || 1)) * 92).toFixed(1)},${(20 - ((y - y0) / (y1 - y0 || 1)) * 18).toFixed(1)}`;
  return <svg class="spark" width="96" height="22" aria-hidden="true"><polyline points={points.map(at).join(" ")} /></svg>;
}

/* What runs; when nothing does, the best. */
function RunningNow() {
  const model = page.model!;
  if (model.running.size === 0) return <BestTrials />;
  const rows = [...model.running.values()].sort((a, b) => a.trial - b.trial);
  return (
    <Panel title="Running now" span="third" about="by the last report that came">
      <div class="scroll short">
        <table class="plain">
          <tbody>
            {rows.slice(0, 60).map((r) => (
              <tr key={r.trial}>
                <td><TrialLink trial={r.trial}>{r.trial}</TrialLink></td>
                <td>
                  <div class="bar" title={`${r.step} of ${r.budget_to}`}><i class="tone-running" style={{ width: `${(Math.max(0, r.step) / r.budget_to) * 100}%` }} /></div>
                  <span class="small soft">{r.step} of {r.budget_to} · {duration((Date.now() - r.since_ms) / 1000)} · {r.worker}</span>
                </td>
                <td><Spark points={r.points} /></td>
                <td class="n">{number(r.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > 60 && <p class="hint">and {rows.length - 60} more</p>}
    </Panel>
  );
}

function BestTrials() {
  const model = page.model!, c = model.columns, rows = ranked(model).filter((row) => page.mask[row] === 1).slice(0, 9);
  return (
    <Panel title="The best" span="third" about={model.state === "running" ? "no trial runs at this moment" : `the campaign is ${model.state}`}>
      {rows.length === 0 && <Empty>No result yet.</Empty>}
      <table class="plain">
        {rows.length > 0 && <thead><tr><th /><th>trial</th><th class="n">budget</th><th class="n">{model.metric}</th></tr></thead>}
        <tbody>
          {Array.from(rows, (row, i) => (
            <tr key={row}><td class="faint">{i + 1}</td><td><TrialLink trial={c.column("trial")[row]}>{c.column("trial")[row]}</TrialLink></td><td class="n">{c.column("budget")[row]}</td><td class="n">{number(c.column("value")[row])}</td></tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Ladder() {
  const rungs = page.model!.status?.rungs ?? [];
  const brackets = [...new Set(rungs.map((r) => r.bracket))];
  return (
    <Panel title="Rungs" span="half" about="how many reached each budget, and went on">
      {rungs.length === 0 && <Empty>No rung was reached yet.</Empty>}
      {brackets.map((bracket) => {
        const own = rungs.filter((r) => r.bracket === bracket), most = Math.max(...own.map((r) => r.reached), 1);
        return (
          <div class="ladder" key={bracket}>
            {brackets.length > 1 && <h3>Bracket {bracket}</h3>}
            {own.map((r, i) => (
              <div class="step" key={r.rung}>
                <span class="n">{r.budget}</span>
                <div class="track">
                  <i style={{ width: `${(r.reached / most) * 100}%`, background: along(theme().sequence, own.length > 1 ? i / (own.length - 1) : 1) }} />
                </div>
                <span class="small soft">{r.reached} reached{r.promoted ? `, ${r.promoted} promoted` : ""}</span>
              </div>
            ))}
          </div>
        );
      })}
    </Panel>
  );
}

/* An event in words; those of rung.event/1 bring none for the common kinds. */
function words(e: EventRow): string {
  const text = e.text ? `: ${e.text}` : "", value = typeof e.value === "number" ? ` with ${number(e.value)}` : "";
  const place = e.place && e.places ? `, place ${e.place} of ${e.places}` : "";
  switch (e.kind) {
    case "started": return `proposed${text}`;
    case "promoted": return `promoted${e.budget ? ` to budget ${e.budget}` : ""}${place}${text}`;
    case "counted": return `reached rung ${e.rung ?? ""}${value}`;
    case "failed": return `failed${text}`;
    case "granted": return `went to ${e.worker ?? "a worker"}`;
    case "joined": return `${e.worker ?? "a worker"} joined`;
    case "left": return `${e.worker ?? "a worker"} left${text}`;
    case "requeued": return `waits for another worker${text}`;
    default: return e.kind.replace(/_/g, " ") + text;
  }
}

function Happenings() {
  const events = page.model!.events.filter((e) => e.kind !== "granted");
  return (
    <Panel title="What happened" span="half">
      {events.length === 0 && <Empty>Nothing yet.</Empty>}
      <ol class="events scroll short">
        {events.slice(0, 60).map((e) => (
          <li key={e.seq}>
            <time class="faint small">{clock(e.wall_ms)}</time>
            <span>{e.trial ? <><TrialLink trial={e.trial} /> </> : null}{words(e)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
