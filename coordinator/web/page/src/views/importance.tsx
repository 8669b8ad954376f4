/* importance.tsx: which parameters matter, as shares of one. */
import { useState } from "preact/hooks";
import { ask } from "../data/api";
import type { ImportanceAnswer } from "../data/answers";
import { counted, percent } from "../draw/words";
import { Empty, Panel, useAnswer, useSlowly } from "../parts/small";
import { page } from "../state";

export function Importance() {
  const model = page.model!, slowly = useSlowly(model.status?.results ?? 0, 5000), [budget, setBudget] = useState(0);
  const budgets = [...new Set((model.status?.rungs ?? []).map((r) => r.budget))].sort((a, b) => a - b);
  const { answer, trouble } = useAnswer(`${model.name} ${slowly} ${budget}`, (signal) => ask<ImportanceAnswer>(["campaigns", model.name, "importance"], { budget: budget || undefined }, signal));
  return (
    <Panel title="Parameter importance" about="PED-ANOVA (Watanabe et al. 2023): how much each parameter tells the best tenth from all" end={
      <select aria-label="At which budget" value={budget} onChange={(event) => setBudget(Number(event.currentTarget.value))}>
        <option value={0}>at the budget with results enough</option>
        {budgets.map((b) => <option key={b} value={b}>at budget {b}</option>)}
      </select>
    }>
      {(trouble || answer?.why) && <Empty>{trouble || answer?.why}</Empty>}
      {!trouble && answer && !answer.why && (
        <>
          <ul class="shares" id="importance">
            {answer.parameters.map((p) => (
              <li key={p.parameter}>
                <span class="name">{p.parameter}</span>
                <span class="track"><i style={{ width: `${p.importance * 100}%` }} /></span>
                <span class="n">{percent(p.importance)}</span>
                <span class="faint small">{p.present < answer.results ? `in ${p.present} of ${answer.results}` : ""}</span>
              </li>
            ))}
          </ul>
          <p class="hint">From {counted(answer.results, "result")} at budget {answer.budget}, of which the best {answer.best} are looked at{answer.failed ? `; ${answer.failed} more failed there` : ""}. It answers for all trials, whatever the filter shows.</p>
        </>
      )}
    </Panel>
  );
}
