/* filter.ts: which trials are looked at. One filter holds in all views, and lives in the address. Pure.
 *
 * A range is of a column's values, both ends included; of categories, of their places. */
import { STATES, type Columns, type State } from "./columns";
import { parseQuery, type Test } from "./query";

export interface Filter {
  states: State[]; /* none: all */
  isFull: boolean; /* only those that ran the full budget */
  ranges: Map<string, [number, number]>;
  query: string;
}

export const everything = (): Filter => ({ states: [], isFull: false, ranges: new Map(), query: "" });

export function isEverything(f: Filter): boolean {
  return f.states.length === 0 && !f.isFull && f.ranges.size === 0 && f.query.trim() === "";
}

/* Marks the trials that pass, and says how many did. `out` holds at least columns.n bytes. A query with a mistake lets
 * all pass: the box that it stands in says what is wrong. */
export function applyFilter(f: Filter, columns: Columns, maxBudget: number, out: Uint8Array): number {
  const n = columns.n;
  out.fill(1, 0, n);
  if (f.states.length) {
    const state = columns.column("state"), wanted = new Set(f.states.map((s) => STATES.indexOf(s)));
    for (let i = 0; i < n; i++) if (!wanted.has(state[i])) out[i] = 0;
  }
  if (f.isFull) {
    const budget = columns.column("budget");
    for (let i = 0; i < n; i++) if (!(budget[i] >= maxBudget)) out[i] = 0;
  }
  for (const [name, [low, high]] of f.ranges) {
    const values = columns.column(name);
    for (let i = 0; i < n; i++) if (!(values[i] >= low && values[i] <= high)) out[i] = 0;
  }
  const query = parseQuery(f.query, columns);
  for (const test of query.tests) keep(test, n, out);
  let passed = 0;
  for (let i = 0; i < n; i++) passed += out[i];
  return passed;
}

function keep(test: Test, n: number, out: Uint8Array) {
  for (let i = 0; i < n; i++) if (out[i] && !test(i)) out[i] = 0;
}

/* ---- in the address ---- */

const short = (v: number) => String(Number(v.toPrecision(6)));

export function filterToParams(f: Filter, params: URLSearchParams) {
  if (f.states.length) params.set("state", f.states.join(","));
  if (f.isFull) params.set("full", "1");
  if (f.query.trim()) params.set("q", f.query.trim());
  for (const [name, [low, high]] of f.ranges) params.append("range", `${name}~${short(low)}~${short(high)}`);
}

export function filterFromParams(params: URLSearchParams): Filter {
  const f = everything();
  const states = (params.get("state") ?? "").split(",");
  f.states = STATES.filter((s) => states.includes(s));
  f.isFull = params.get("full") === "1";
  f.query = params.get("q") ?? "";
  for (const range of params.getAll("range")) {
    const found = /^(.+)~([^~]+)~([^~]+)$/.exec(range);
    const low = Number(found?.[2]), high = Number(found?.[3]);
    if (found && low <= high) f.ranges.set(found[1], [low, high]);
  }
  return f;
}
