/* model.ts: one campaign as the page knows it: asked for once, then kept up by deltas. */
import { ask } from "./api";
import { numbers, values, wallMs, type CampaignAnswer, type Column, type ColumnsAnswer, type Delta, type CampaignStatus, type EventRow, type RunningDelta, type StatusAnswer, type Thinned, type WorkerNow } from "./answers";
import { Columns, STATES, type Param } from "./columns";

export const MOST_TRIALS = 10_000; /* more are thinned by the server, and the page says so */
const MOST_EVENTS = 200;
const MOST_POINTS = 400;

export interface Running extends RunningDelta {
  since_ms: number; /* by this machine's clock, when the lease was given */
}

export class Model {
  readonly columns: Columns;
  readonly sign: number; /* of a loss: 1 where less is better */
  status: CampaignStatus | null = null;
  trouble: string | null = null;
  workers: WorkerNow[] = [];
  running = new Map<number, Running>();
  events: EventRow[] = []; /* the newest first */
  thinned: Thinned = { shown: 0, of: 0 };
  seq = 0;
  boot = 0;
  version = 0; /* grows with every change */
  trialsVersion = 0; /* grows when trials changed */

  constructor(readonly about: CampaignAnswer) {
    this.columns = new Columns(Object.entries(about.file.space).map(([name, p]): Param => ({
      name, kind: p.type, isLog: p.log === true, low: p.low ?? 0, high: p.high ?? Math.max(0, (p.choices?.length ?? 1) - 1),
      choices: (p.choices ?? []).map(String),
    })));
    this.sign = about.file.objective.goal === "minimize" ? 1 : -1;
  }

  get name() { return this.about.campaign; }
  get metric() { return this.about.file.objective.metric; }
  get maxBudget() { return this.status?.max_budget ?? this.about.limits.max_budget; }
  get state() { return this.status?.state ?? this.about.state; }
  get unit() { return this.about.file.trial.program ? "epochs" : "units"; }

  /* Smaller is better, whatever the goal. */
  loss(value: number) { return this.sign * value; }

  take(answer: ColumnsAnswer) {
    this.thinned = answer.thinned;
    this.seq = answer.seq;
    this.put(answer.n, answer.columns);
    this.version++;
  }

  takeStatus(answer: StatusAnswer) {
    const now = Date.now();
    this.status = answer.campaigns.find((c) => c.name === this.name) ?? this.status;
    this.trouble = answer.trouble;
    this.workers = answer.workers;
    this.boot = answer.boot;
    this.running.clear();
    for (const r of answer.running) if (r.campaign === this.name) this.running.set(r.trial, { ...r, points: r.curve ?? [], since_ms: now - r.seconds * 1000 });
    this.version++;
  }

  /* Returns false when it is not enough, and all is to be asked for again. */
  apply(delta: Delta): boolean {
    if (delta.is_reset) return false;
    if (delta.boot !== this.boot && this.boot !== 0 && !delta.running?.is_whole) this.running.clear();
    this.boot = delta.boot;
    this.seq = delta.seq;
    if (delta.status) this.status = delta.status;
    if (delta.trouble !== undefined) this.trouble = delta.trouble;
    if (delta.workers) this.workers = delta.workers;
    if (delta.trials) this.put(delta.trials.n, delta.trials.columns);
    if (delta.running) this.run(delta.running);
    if (delta.events) this.events = [...delta.events.slice().reverse(), ...this.events].slice(0, MOST_EVENTS);
    this.version++;
    return true;
  }

  private run(change: NonNullable<Delta["running"]>) {
    const now = Date.now(), old = this.running;
    if (change.is_whole) this.running = new Map();
    for (const r of change.changed) {
      const known = old.get(r.trial);
      const points = known && known.budget_to === r.budget_to ? [...known.points, ...r.points].slice(-MOST_POINTS) : r.points;
      this.running.set(r.trial, { ...r, points, since_ms: now - r.seconds * 1000 });
    }
    for (const trial of change.gone) this.running.delete(trial);
  }

  /* Rows by columns: a trial that is known is changed, another is added. */
  private put(n: number, given: Record<string, Column>) {
    const c = this.columns, trials = numbers(given.trial), before = c.n;
    const rows = trials.map((trial) => c.touch(trial));
    if (c.n > before && this.thinned.of > 0 && before > 0) {
      this.thinned = { shown: c.n, of: this.thinned.of + c.n - before };
    }
    for (const [name, column] of Object.entries(given)) {
      const key = this.keyOf(name);
      if (key && key !== "trial") this.fill(key, rows, n, column);
    }
    this.trialsVersion++;
  }

  private keyOf(name: string): string | null {
    const param = name.startsWith("param_") && !this.columns.has("=" + name) ? "=" + name.slice(6) : "=" + name;
    return this.columns.params.some((p) => "=" + p.name === param) && !this.columns.has(name) ? param : this.columns.has(name) ? name : null;
  }

  private fill(key: string, rows: number[], n: number, column: Column) {
    const target = this.columns.column(key), read = this.reader(key), found = values(column);
    for (let i = 0; i < n; i++) target[rows[i]] = read(found[i]);
  }

  /* How a column's values become numbers. */
  private reader(key: string): (v: ReturnType<typeof values>[number]) => number {
    const none = (read: (v: NonNullable<ReturnType<typeof values>[number]>) => number) => (v: ReturnType<typeof values>[number]) => (v === null || v === undefined ? NaN : read(v));
    const choices = this.columns.params.find((p) => "=" + p.name === key && p.kind === "categorical")?.choices;
    if (choices) {
      const places = new Map(choices.map((choice, i) => [choice, i]));
      return none((v) => places.get(String(v)) ?? NaN);
    }
    if (key === "state") return none((v) => STATES.indexOf(v as (typeof STATES)[number]));
    if (key === "worker") return none((v) => this.columns.workers.place(String(v)));
    if (key === "reason") return none((v) => this.columns.reasons.place(String(v)));
    if (key === "started") return none((v) => wallMs(v) || NaN);
    return none(Number);
  }
}

/* Asks for all that the first picture needs, at once. */
export async function load(campaign: string, signal?: AbortSignal): Promise<Model> {
  const [about, columns, status] = await Promise.all([
    ask<CampaignAnswer>(["campaigns", campaign], {}, signal),
    ask<ColumnsAnswer>(["campaigns", campaign, "columns"], { max: MOST_TRIALS }, signal),
    ask<StatusAnswer>(["campaigns", campaign, "status"], {}, signal),
  ]);
  const model = new Model(about);
  model.take(columns);
  model.takeStatus(status);
  return model;
}
