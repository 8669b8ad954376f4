/* columns.ts: the trials of a campaign as columns, in the order of their numbers.
 *
 * A value that is not there is NaN. A category is its place among the choices. Rows are only ever added or changed. */
export const STATES = ["queued", "running", "paused", "completed", "stopped", "failed", "set_aside"] as const;
export type State = (typeof STATES)[number];

export interface Param {
  name: string;
  kind: "int" | "float" | "categorical";
  isLog: boolean;
  low: number;
  high: number;
  choices: string[];
}

export class Dictionary {
  readonly words: string[] = [];
  private places = new Map<string, number>();

  /* The place of a word, from 0, and a new one for a new word; -1 for none. */
  place(word: string | null | undefined): number {
    if (word === null || word === undefined || word === "") return -1;
    const known = this.places.get(word);
    if (known !== undefined) return known;
    this.places.set(word, this.words.length);
    return this.words.push(word) - 1;
  }
}

/* What every trial has beside its parameters. */
export const PLAIN = ["trial", "state", "value", "budget", "bracket", "rung", "attempts", "seconds", "started", "worker", "reason"] as const;
export type Plain = (typeof PLAIN)[number];

export class Columns {
  n = 0;
  private capacity = 256;
  private columns = new Map<string, Float64Array>();
  private rows = new Map<number, number>();
  readonly workers = new Dictionary();
  readonly reasons = new Dictionary();

  constructor(readonly params: Param[]) {
    for (const name of [...PLAIN, ...params.map((p) => "=" + p.name)]) this.columns.set(name, new Float64Array(this.capacity).fill(NaN));
  }

  /* A plain column by its name, a parameter's by "=" and its name. Holds until a row is added. */
  column(name: string): Float64Array {
    return this.columns.get(name) ?? new Float64Array(this.capacity).fill(NaN);
  }

  has(name: string): boolean {
    return this.columns.has(name);
  }

  /* The row of a trial's number, or -1. */
  row(trial: number): number {
    return this.rows.get(trial) ?? -1;
  }

  /* The row of a trial's number, which is added when it is new. */
  touch(trial: number): number {
    const known = this.rows.get(trial);
    if (known !== undefined) return known;
    if (this.n === this.capacity) this.grow();
    this.rows.set(trial, this.n);
    this.column("trial")[this.n] = trial;
    return this.n++;
  }

  state(row: number): State {
    return STATES[this.column("state")[row]] ?? "queued";
  }

  private grow() {
    this.capacity *= 2;
    for (const [name, old] of this.columns) {
      const grown = new Float64Array(this.capacity).fill(NaN);
      grown.set(old);
      this.columns.set(name, grown);
    }
  }
}

export function paramOf(columns: Columns, name: string): Param | undefined {
  return name.startsWith("=") ? columns.params.find((p) => p.name === name.slice(1)) : undefined;
}
