/* axes.ts: which columns are axes, over which values, and the trials from the best to the poorest. */
import { paramOf } from "../data/columns";
import type { Model } from "../data/model";
import { axisOver, extent, type Axis } from "../draw/scale";

export interface ShownAxis extends Axis {
  name: string; /* of the column */
  title: string;
  lowest: number; /* above 0: it could be logarithmic */
}

/* All parameters and the objective, in the order that was asked for; scales names those whose scale was turned, as
 * "+name" and "-name". */
export function axesOf(model: Model, order: string, scales: string, last: string[]): ShownAxis[] {
  const all = [...model.columns.params.map((p) => "=" + p.name), ...last];
  const asked = order.split(",").filter((name) => all.includes(name));
  const turned = new Set(scales.split(","));
  return [...asked, ...all.filter((name) => !asked.includes(name))].map((name) => axisOf(model, name, turned));
}

function axisOf(model: Model, name: string, turned: Set<string>): ShownAxis {
  const c = model.columns, param = paramOf(c, name);
  if (param?.kind === "categorical") return { name, title: param.name, low: 0, high: param.choices.length - 1, isLog: false, choices: param.choices, lowest: 0 };
  const wants = (isLog: boolean) => (turned.has("+" + name) ? true : turned.has("-" + name) ? false : isLog);
  if (param) {
    const isLog = param.low > 0 && wants(param.isLog);
    return { name, title: param.name, low: param.low, high: param.high, isLog, lowest: param.low, isWhole: param.kind === "int" };
  }
  const [low, high] = extent(c.column(name), c.n);
  const isLog = low > 0 && wants(high / low > 50);
  return { name, title: name === "value" ? model.metric : name, ...axisOver(low, high, isLog), lowest: low };
}

let known: { model: Model; version: number; order: Int32Array } | null = null;

/* Rows with a value, the best first: those that ran longest before others, as `rung best` has it. */
export function ranked(model: Model): Int32Array {
  if (known && known.model === model && known.version === model.trialsVersion) return known.order;
  const c = model.columns, value = c.column("value"), budget = c.column("budget"), rows = new Int32Array(c.n);
  let n = 0;
  for (let i = 0; i < c.n; i++) if (!Number.isNaN(value[i])) rows[n++] = i;
  const order = rows.subarray(0, n).sort((a, b) => budget[b] - budget[a] || model.sign * (value[a] - value[b]) || a - b);
  known = { model, version: model.trialsVersion, order };
  return order;
}
