/* failures.tsx: what broke, by kind and by machine. */
import { ask } from "../data/api";
import type { FailureRow } from "../data/answers";
import { counted } from "../draw/words";
import { Empty, Panel, TrialLink, useAnswer, useSlowly } from "../parts/small";
import { page } from "../state";

const meanings: Record<string, string> = {
  lost: "worker or machine gone: tried again elsewhere", preempted: "taken away: tried again elsewhere", progress_timeout: "stuck: tried again elsewhere", trial_timeout: "ran too long: counts as worst",
  out_of_memory: "needs too much memory: counts as worst", exit: "ended with an error: counts as worst", diverged: "not a number any more: counts as worst", refused: "the program refused the configuration",
};

export function Failures() {
  const model = page.model!, slowly = useSlowly(model.seq, 2000);
  const { answer, trouble } = useAnswer(`${model.name} ${slowly}`, (signal) => ask<{ failures: FailureRow[] }>(["campaigns", model.name, "failures"], {}, signal));
  if (!answer) return <Panel title="Failures"><Empty>{trouble || "asking…"}</Empty></Panel>;
  const rows = answer.failures, kinds = [...new Set(rows.map((f) => f.kind))], hosts = [...new Set(rows.map((f) => f.host ?? "–"))].sort();
  const n = (kind: string, host: string) => rows.filter((f) => f.kind === kind && (f.host ?? "–") === host).reduce((sum, f) => sum + f.attempts, 0);
  const most = Math.max(1, ...kinds.flatMap((kind) => hosts.map((host) => n(kind, host))));
  const all = rows.reduce((sum, f) => sum + f.attempts, 0);
  if (all === 0) return <Panel title="Failures"><Empty>Nothing broke so far.</Empty></Panel>;
  return (
    <div class="grid">
      <Panel title="Failures by kind and machine" about={`${counted(all, "attempt")} broke`}>
        <div class="scroll">
          <table id="failures">
            <thead><tr><th>kind</th>{hosts.map((host) => <th key={host} class="n">{host}</th>)}<th class="n">all</th></tr></thead>
            <tbody>
              {kinds.map((kind) => (
                <tr key={kind}>
                  <th scope="row"><b>{kind.replace(/_/g, " ")}</b> <span class="faint">{meanings[kind] ?? ""}</span></th>
                  {hosts.map((host) => <td key={host} class="n heat" style={{ background: n(kind, host) ? `color-mix(in srgb, var(--failed) ${8 + Math.round((n(kind, host) / most) * 40)}%, transparent)` : undefined }}>{n(kind, host) || ""}</td>)}
                  <td class="n"><b>{hosts.reduce((sum, host) => sum + n(kind, host), 0)}</b></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <Panel title="By worker, with the last reason">
        <div class="scroll">
          <table>
            <thead><tr><th>kind</th><th>worker</th><th>machine</th><th class="n">attempts</th><th class="n">trials</th><th>last</th><th>reason</th></tr></thead>
            <tbody>{rows.map((f) => <tr key={`${f.kind} ${f.worker} ${f.host}`}><td>{f.kind.replace(/_/g, " ")}</td><td>{f.worker ?? "–"}</td><td>{f.host ?? "–"}</td><td class="n">{f.attempts}</td><td class="n">{f.trials}</td><td><TrialLink trial={f.last_trial} /></td><td class="soft">{f.last_reason}</td></tr>)}</tbody>
          </table>
        </div>
      </Panel>
    </div>
  );
}
