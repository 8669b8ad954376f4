/* query.ts: the words of the filter box: `dropout < 0.3 and optimizer = adam`. Pure.
 *
 * Terms joined by "and" or by nothing: a column or parameter, one of = != < <= > >= ~ (contains), and a value. A number
 * alone is a trial; any other word alone is looked for in the reason, the worker and the categories. */
import { PLAIN, STATES, type Columns, type Param } from "./columns";

export type Test = (row: number) => boolean;
export interface Query {
  tests: Test[];
  mistake: string; /* empty: none */
}

const TERM = /^\s*(?:and\s+)?(?:([^\s=!<>~"]+)\s*(!=|<=|>=|=|<|>|~)\s*("[^"]*"|\S+)|("[^"]*"|\S+))\s*/i;

const compare: Record<string, (a: number, b: number) => boolean> = {
  "=": (a, b) => a === b, "!=": (a, b) => a !== b, "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
};

export function parseQuery(text: string, columns: Columns): Query {
  const tests: Test[] = [];
  let rest = text.trim();
  while (rest) {
    const found = TERM.exec(rest);
    if (!found) return { tests: [], mistake: `cannot read "${rest}"` };
    rest = rest.slice(found[0].length);
    const test = found[1] ? term(columns, found[1], found[2], unquoted(found[3])) : word(columns, unquoted(found[4]));
    if (typeof test === "string") return { tests: [], mistake: test };
    tests.push(test);
  }
  return { tests, mistake: "" };
}

const unquoted = (text: string) => text.replace(/^"(.*)"$/, "$1");

function term(columns: Columns, name: string, operator: string, value: string): Test | string {
  const param = columns.params.find((p) => p.name === name);
  const words = wordsOf(columns, name, param);
  if (words) return wordTest(columns, param ? "=" + name : name, words, operator, value);
  const key = param ? "=" + name : name;
  if (!columns.has(key)) return `there is no column "${name}": ${names(columns)}`;
  const number = Number(value);
  if (Number.isNaN(number) || operator === "~") return `"${name}" is a number: compare it with one`;
  const test = compare[operator];
  return (row) => test(columns.column(key)[row], number);
}

/* The words that a column's numbers stand for. */
function wordsOf(columns: Columns, name: string, param: Param | undefined): readonly string[] | null {
  if (param) return param.kind === "categorical" ? param.choices : null;
  return name === "state" ? STATES : name === "worker" ? columns.workers.words : name === "reason" ? columns.reasons.words : null;
}

function wordTest(columns: Columns, key: string, words: readonly string[], operator: string, value: string): Test | string {
  const small = value.toLowerCase();
  if (operator === "~") return (row) => (words[columns.column(key)[row]] ?? "").toLowerCase().includes(small);
  if (operator !== "=" && operator !== "!=") return `a word is compared with =, != or ~, not with ${operator}`;
  return (row) => ((words[columns.column(key)[row]] ?? "").toLowerCase() === small) === (operator === "=");
}

function word(columns: Columns, text: string): Test {
  const number = Number(text);
  if (!Number.isNaN(number)) return (row) => columns.column("trial")[row] === number;
  const small = text.toLowerCase();
  const has = (words: readonly string[], key: string, row: number) => (words[columns.column(key)[row]] ?? "").toLowerCase().includes(small);
  const categories = columns.params.filter((p) => p.kind === "categorical");
  return (row) => has(STATES, "state", row) || has(columns.workers.words, "worker", row) || has(columns.reasons.words, "reason", row) ||
    categories.some((p) => has(p.choices, "=" + p.name, row));
}

function names(columns: Columns): string {
  return [...PLAIN, ...columns.params.map((p) => p.name)].join(", ");
}
