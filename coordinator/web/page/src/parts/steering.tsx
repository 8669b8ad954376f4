/* steering.tsx: what an operator may ask for, each with a dialog that says what will happen. A viewer sees none of it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { steer } from "../data/api";
import type { Value } from "../data/answers";
import type { Model } from "../data/model";
import { counted } from "../draw/words";
import { page } from "../state";

interface Deed {
  words: string;
  isGrave?: boolean;
  isOffered(model: Model): boolean;
  effect(model: Model): string;
  fields?(model: Model, values: Record<string, string>, set: (name: string, value: string) => void): ComponentChildren;
  begin?(model: Model): Record<string, string>;
  body?(model: Model, values: Record<string, string>): object; /* throws an Error that says what is wrong */
}

const isOver = (m: Model) => m.state === "done" || m.state === "stopped" || m.state === "failed";
const running = (m: Model) => counted(m.status?.trials.running ?? m.running.size, "running trial");

export const deeds: Record<string, Deed> = {
  pause: {
    words: "Pause", isOffered: (m) => m.state === "running",
    effect: (m) => `No trial is begun or promoted any more. ${capital(running(m))} stop at the next step, keep their checkpoints, and go on from there when you resume. Nothing is lost.`,
  },
  resume: {
    words: "Resume", isOffered: (m) => m.state === "paused",
    effect: () => "Workers get trials again at once; those that were handed back go on from their checkpoints.",
  },
  extend: {
    words: "Extend", isOffered: () => true,
    effect: (m) => `The campaign goes on beyond its limits${isOver(m) ? ", although it is over" : ""}. What was found stays, and teaches the model.`,
    begin: () => ({ more_trials: "", max_budget: "", more_minutes: "" }),
    fields: (m, values, set) => (
      <>
        <Field name="more_trials" words={`More trials (limit now: ${m.about.limits.trials || "none"})`} values={values} set={set} placeholder="10" />
        <Field name="max_budget" words={`Full budget (now: ${m.maxBudget})`} values={values} set={set} placeholder={String(m.maxBudget * 3)} />
        <Field name="more_minutes" words="More minutes" values={values} set={set} placeholder="60" />
      </>
    ),
    body: (_m, values) => extension(values),
  },
  enqueue: {
    words: "Enqueue", isOffered: () => true,
    effect: () => "This configuration becomes a trial, the next to be begun. It is judged as any other, and the model learns from it.",
    begin: (m) => Object.fromEntries(m.columns.params.map((p) => [p.name, String(m.status?.best?.config[p.name] ?? p.choices[0] ?? "")])),
    fields: (m, values, set) => m.columns.params.map((p) => p.kind === "categorical" ? (
      <label key={p.name}>{p.name}<select value={values[p.name]} onChange={(e) => set(p.name, e.currentTarget.value)}><option value="" />{p.choices.map((c) => <option key={c}>{c}</option>)}</select></label>
    ) : <Field key={p.name} name={p.name} words={`${p.name} (${p.low} to ${p.high})`} values={values} set={set} />),
    body: (m, values) => ({ config: configOf(m, values) }),
  },
  stop: {
    words: "Stop", isGrave: true, isOffered: (m) => !isOver(m),
    effect: (m) => `The campaign ends: ${running(m)} keep what they reached, and paused ones become stopped. Only extend, enqueue or retry bring it back.`,
  },
};

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function whole(values: Record<string, string>, name: string): number | undefined {
  if (!values[name].trim()) return undefined;
  const n = Number(values[name]);
  if (!Number.isInteger(n) || n <= 0) throw new Error(`"${values[name]}" is no whole number above 0`);
  return n;
}

function extension(values: Record<string, string>): object {
  const minutes = whole(values, "more_minutes");
  const body = { more_trials: whole(values, "more_trials"), max_budget: whole(values, "max_budget"), more_wall_clock_ms: minutes && minutes * 60_000 };
  if (Object.values(body).every((v) => v === undefined)) throw new Error("Say by how much: fill in at least one of them");
  return body;
}

function configOf(model: Model, values: Record<string, string>): Record<string, Value> {
  const config: Record<string, Value> = {};
  for (const p of model.columns.params) {
    const text = values[p.name].trim();
    if (!text) continue;
    if (p.kind === "categorical") config[p.name] = model.about.file.space[p.name].choices![p.choices.indexOf(text)];
    else if (Number.isNaN(Number(text))) throw new Error(`${p.name}: "${text}" is no number`);
    else config[p.name] = Number(text);
  }
  return config;
}

interface FieldProps { name: string; words: string; values: Record<string, string>; set(name: string, value: string): void; placeholder?: string }

function Field({ name, words, values, set, placeholder }: FieldProps) {
  return <label>{words}<input name={name} inputMode="decimal" autocomplete="off" value={values[name]} placeholder={placeholder} onInput={(e) => set(name, e.currentTarget.value)} /></label>;
}

export function Steering() {
  const [asked, ask] = useState<string | null>(null);
  const [said, say] = useState("");
  const model = page.model!;
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => say(""), 8000);
    return () => clearTimeout(timer);
  }, [said]);
  if (page.session?.role !== "operator") return null;
  return (
    <div class="end" id="steering">
      <span class="soft small" role="status" style={{ alignSelf: "center" }}>{said}</span>
      {Object.entries(deeds).filter(([, deed]) => deed.isOffered(model)).map(([name, deed]) => (
        <button type="button" key={name} id={`deed-${name}`} disabled={page.isDown} onClick={() => ask(name)}>{deed.words}</button>
      ))}
      {asked && <Confirmation name={asked} deed={deeds[asked]} close={(text) => { ask(null); say(text); }} />}
    </div>
  );
}

function Confirmation({ name, deed, close }: { name: string; deed: Deed; close(said: string): void }) {
  const model = page.model!, box = useRef<HTMLDialogElement>(null);
  const [values, setValues] = useState(() => deed.begin?.(model) ?? {});
  const [mistake, setMistake] = useState("");
  const [isBusy, setBusy] = useState(false);
  useEffect(() => box.current!.showModal(), []);
  const set = (key: string, value: string) => setValues((old) => ({ ...old, [key]: value }));
  const send = async (event: Event) => {
    event.preventDefault();
    try {
      const body = deed.body?.(model, values) ?? {};
      setBusy(true);
      close(await steer(model.name, name, body));
    } catch (error) {
      setBusy(false);
      setMistake((error as Error).message);
    }
  };
  return (
    <dialog ref={box} onClose={() => close("")} aria-labelledby="dialog-title">
      <form onSubmit={send}>
        <h2 id="dialog-title">{deed.words} {model.name}?</h2>
        <p class="effect" id="effect">{deed.effect(model)}</p>
        {deed.fields && <div class="fields">{deed.fields(model, values, set)}</div>}
        {mistake && <p class="mistake" role="alert">{mistake}</p>}
        <div class="ends">
          <button type="button" onClick={() => box.current!.close()}>Cancel</button>
          <button type="submit" id="confirm" class={deed.isGrave ? "grave" : "strong"} disabled={isBusy}>{deed.words}</button>
        </div>
      </form>
    </dialog>
  );
}
