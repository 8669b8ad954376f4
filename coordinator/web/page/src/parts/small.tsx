/* small.tsx: the parts that every view is made of. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Model } from "../data/model";
import { STATES } from "../data/columns";
import { number, stateWords } from "../draw/words";
import { hrefOf, option, openTrial, setOption } from "../state";

interface PanelProps { title: string; about?: string; end?: ComponentChildren; span?: string; children: ComponentChildren }

export function Panel({ title, about, end, span, children }: PanelProps) {
  return (
    <section class={`panel ${span ?? ""}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {about && <span class="hint">{about}</span>}
        {end && <div class="end">{end}</div>}
      </header>
      <div class="body">{children}</div>
    </section>
  );
}

/* One of a few, kept in the address under `name`. */
export function Segments({ name, label, choices, value }: { name: string; label: string; choices: [string, string][]; value?: string }) {
  const now = value ?? option(name, choices[0][0]);
  return (
    <div class="segments" role="group" aria-label={label}>
      {choices.map(([key, words]) => <button type="button" key={key} aria-pressed={key === now} onClick={() => setOption(name, key)}>{words}</button>)}
    </div>
  );
}

export function Pick({ name, label, choices, value }: { name: string; label: string; choices: [string, string][]; value: string }) {
  return (
    <select aria-label={label} value={value} onChange={(event) => setOption(name, event.currentTarget.value)}>
      {choices.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
    </select>
  );
}

/* Whether a scale is logarithmic: as was asked for, else when the values span decades. */
export const isLogOf = (name: string, low: number, high: number) => low > 0 && (option(name, "") || (high / low > 50 ? "1" : "0")) === "1";

export function LogSwitch({ name, isOn }: { name: string; isOn: boolean }) {
  return (
    <label class="check small">
      <input type="checkbox" checked={isOn} onChange={(event) => setOption(name, event.currentTarget.checked ? "1" : "0")} />
      log
    </label>
  );
}

export const Pill = ({ state }: { state: string }) => <span class={`pill tone-${state}`}>{stateWords[state as keyof typeof stateWords] ?? state}</span>;

export function TrialLink({ trial, children }: { trial: number; children?: ComponentChildren }) {
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    openTrial(trial);
  };
  return <a href={hrefOf("trials", trial)} onClick={open}>{children ?? `trial ${trial}`}</a>;
}

/* What an answer holds: asked for when `key` changes, and kept until the next is there. */
export function useAnswer<T>(key: string, get: (signal: AbortSignal) => Promise<T>): { answer: T | null; trouble: string } {
  const [found, set] = useState<{ answer: T | null; trouble: string }>({ answer: null, trouble: "" });
  useEffect(() => {
    const ending = new AbortController();
    get(ending.signal).then((answer) => set({ answer, trouble: "" }), (error) => {
      if (!ending.signal.aborted) set((old) => ({ answer: old.answer, trouble: error.message }));
    });
    return () => ending.abort();
  }, [key]);
  return found;
}

/* A number that follows `value`, but changes at most once in so many milliseconds: for questions that cost. */
export function useSlowly(value: number, each_ms: number): number {
  const [slow, set] = useState({ value, at: 0 });
  useEffect(() => {
    if (slow.value === value) return;
    const wait = Math.max(0, slow.at + each_ms - Date.now());
    const timer = setTimeout(() => set({ value, at: Date.now() }), wait);
    return () => clearTimeout(timer);
  }, [value, slow, each_ms]);
  return slow.value;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

/* The lines of a tip about a trial. */
export function aboutTrial(model: Model, row: number): string[] {
  const c = model.columns, at = (name: string) => c.column(name)[row];
  return [
    `${stateWords[STATES[at("state")]] ?? ""}, budget ${number(at("budget"))} of ${model.maxBudget}`,
    `${model.metric} ${number(at("value"))}`,
    ...c.params.slice(0, 12).map((p) => {
      const v = at("=" + p.name);
      return Number.isNaN(v) ? "" : `${p.name} ${p.kind === "categorical" ? p.choices[v] : number(v)}`;
    }),
  ];
}
