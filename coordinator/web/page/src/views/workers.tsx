/* workers.tsx: the machines: what they do, how quick they are beside each other, what broke there. */
import { ask } from "../data/api";
import { numbers, values, type ColumnsAnswer, type WorkerRow } from "../data/answers";
import { counted, number } from "../draw/words";
import { Empty, Panel, Pill, useAnswer, useSlowly } from "../parts/small";
import { page, setFilter } from "../state";

/* How quick a worker is beside the others: at each rung its median time a unit of budget against that of all, and the
 * median of these ratios; above 1 is slower. Sizes of models differ, so few attempts say little. */
function slowness(attempts: ColumnsAnswer): Map<string, { ratio: number; n: number }> {
  const c = attempts.columns, workers = values(c.worker), outcomes = values(c.outcome), began = numbers(c.granted_ms), ended = numbers(c.ended_ms), from = numbers(c.budget_from), to = numbers(c.budget_to);
  const rungs = new Map<number, number[]>(), own = new Map<string, [number, number][]>();
  for (let i = 0; i < attempts.n; i++) {
    const each = (ended[i] - began[i]) / (to[i] - from[i]);
    if (outcomes[i] !== "reached" || !(each > 0) || !workers[i]) continue;
    (rungs.get(to[i]) ?? (rungs.set(to[i], []), rungs.get(to[i])!)).push(each);
    const name = String(workers[i]);
    (own.get(name) ?? (own.set(name, []), own.get(name)!)).push([to[i], each]);
  }
  const usual = new Map([...rungs].map(([budget, all]) => [budget, median(all)]));
  return new Map([...own].map(([name, all]) => [name, { ratio: median(all.map(([budget, each]) => each / usual.get(budget)!)), n: all.length }]));
}

function median(all: number[]): number {
  const sorted = all.slice().sort((a, b) => a - b);
  return sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : NaN;
}

const speed = (s: { ratio: number; n: number } | undefined) => !s || s.n < 3 ? "–" : s.ratio > 1.15 ? `${s.ratio.toFixed(1)} × slower` : s.ratio < 0.87 ? `${(1 / s.ratio).toFixed(1)} × quicker` : "as the others";

export function Workers() {
  const model = page.model!, slowly = useSlowly(model.seq, 2000);
  const { answer, trouble } = useAnswer(`${model.name} ${slowly}`, async (signal) => {
    const [{ workers }, attempts] = await Promise.all([ask<{ workers: WorkerRow[] }>(["workers"], {}, signal), ask<ColumnsAnswer>(["campaigns", model.name, "columns"], { table: "attempts", max: 20000 }, signal)]);
    return { workers, speeds: slowness(attempts) };
  });
  if (!answer) return <Panel title="Workers"><Empty>{trouble || "asking…"}</Empty></Panel>;
  const rank = (w: WorkerRow) => ["here", "leaving", "set_aside", "gone"].indexOf(w.state);
  const rows = answer.workers.slice().sort((a, b) => rank(a) - rank(b) || a.worker.localeCompare(b.worker, undefined, { numeric: true }));
  const busy = new Map(model.workers.map((w) => [w.name, w.busy]));
  return (
    <Panel title="Workers" about={`${counted(rows.filter((w) => w.state === "here").length, "worker")} here, of ${rows.length} that were ever seen`}>
      {rows.length === 0 && <Empty>No worker has joined: rung-worker --connect ADDRESS does.</Empty>}
      <div class="scroll">
        <table id="workers">
          <thead><tr><th>worker</th><th>machine</th><th>state</th><th class="n">busy</th><th class="n">cores</th><th class="n" title="The machine's load average of a minute, told once a minute">load</th><th class="n">reached</th><th class="n">failed</th><th>speed</th><th>what broke</th><th>last heard of (UTC)</th><th>version</th></tr></thead>
          <tbody>
            {rows.map((w) => {
              const s = answer.speeds.get(w.worker);
              return (
                <tr key={w.worker + w.host}>
                  <td><button type="button" class="bare link" title="Only trials that it ran last" onClick={() => setFilter({ query: `worker = "${w.worker}"` })}>{w.worker}</button></td><td>{w.host}</td><td><Pill state={w.state} /></td>
                  <td class="n">{w.state === "here" || w.state === "leaving" ? `${busy.get(w.worker) ?? w.running ?? 0} of ${w.slots}` : "–"}</td><td class="n">{number(w.cores)}</td><td class="n">{w.load == null ? "–" : w.load.toFixed(1)}</td><td class="n">{w.reached}</td><td class={`n ${w.failed ? "mistake" : ""}`}>{w.failed}</td>
                  <td class={s && s.n >= 3 && s.ratio > 1.5 ? "mistake" : ""}>{speed(s)}</td><td class="soft">{w.why ?? w.failures ?? ""}</td><td class="soft">{w.last_seen}</td><td class="soft">{w.version}{w.kernel ? `, ${w.kernel}` : ""}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p class="hint">Speed: the time that a unit of budget takes beside what it takes all workers at the same rung (medians). Models differ in size, so it takes some attempts to mean much.</p>
    </Panel>
  );
}
