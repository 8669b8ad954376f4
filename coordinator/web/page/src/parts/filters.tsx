/* filters.tsx: the filter that holds in all views. */
import { useState } from "preact/hooks";
import { paramOf, STATES, type State } from "../data/columns";
import { everything, isEverything } from "../data/filter";
import { parseQuery } from "../data/query";
import { count, number, stateMeanings, stateWords } from "../draw/words";
import { page, setFilter, setRange } from "../state";

function rangeWords(name: string, low: number, high: number): string {
  const columns = page.model!.columns, param = paramOf(columns, name), plain = name.replace(/^=/, "");
  const words = param?.kind === "categorical" ? param.choices : name === "state" ? STATES.map((s) => stateWords[s]) : null;
  if (words) return `${plain}: ${words.filter((_, i) => i >= low && i <= high).join(", ") || "none"}`;
  const [a, b] = name === "started" ? [low, high].map((v) => new Date(v).toTimeString().slice(0, 8)) : [number(low), number(high)];
  return `${name === "value" ? page.model!.metric : plain} ${a} to ${b}`;
}

function StateToggle({ state }: { state: State }) {
  const { states } = page.filter, isOn = states.includes(state);
  const press = () => setFilter({ states: isOn ? states.filter((s) => s !== state) : [...states, state] });
  return (
    <button type="button" class={`toggle tone-${state}`} aria-pressed={isOn} title={stateMeanings[state]} onClick={press}>
      <span class="dot" />{stateWords[state]}
    </button>
  );
}

export function Filters() {
  const model = page.model!, f = page.filter, trials = model.status?.trials ?? {};
  const [typed, setTyped] = useState<string | null>(null);
  const mistake = parseQuery(f.query, model.columns).mistake;
  const there = STATES.filter((s) => trials[s] || f.states.includes(s));
  return (
    <search class="filters" aria-label="Filter">
      <input class="query" id="query" type="search" placeholder="Filter: dropout < 0.3 and state = paused" aria-label="Filter by an expression" aria-invalid={!!mistake}
        value={typed ?? f.query} onInput={(event) => { setTyped(event.currentTarget.value); setFilter({ query: event.currentTarget.value }); }} onBlur={() => setTyped(null)} />
      <button type="button" class="toggle" id="full" aria-pressed={f.isFull} onClick={() => setFilter({ isFull: !f.isFull })}>full budget only</button>
      {there.map((state) => <StateToggle key={state} state={state} />)}
      {[...f.ranges].map(([name, [low, high]]) => (
        <span class="chip" key={name}>
          {rangeWords(name, low, high)}
          <button type="button" aria-label={`Remove the range of ${name}`} onClick={() => setRange(name, null)}>×</button>
        </span>
      ))}
      {!isEverything(f) && <button type="button" class="bare toggle" id="clear" onClick={() => { setTyped(null); setFilter(everything()); }}>clear</button>}
      <span class="passed" id="passed" role="status">{mistake ? <span class="mistake">{mistake}</span> : `${count(page.passed)} of ${count(model.columns.n)} trials`}</span>
    </search>
  );
}
