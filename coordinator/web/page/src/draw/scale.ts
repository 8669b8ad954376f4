/* scale.ts: from values to places on an axis, and the ticks between. Pure. */
export interface Axis {
  low: number;
  high: number;
  isLog: boolean;
  isWhole?: boolean; /* whole numbers alone: no ticks between */
  choices?: string[];
}

const warp = (v: number, isLog: boolean) => (isLog ? Math.log(v) : v);

/* 0 at the low end, 1 at the high one; NaN stays NaN. Categories stand in the middle of equal parts. */
export function share(axis: Axis, value: number): number {
  if (axis.choices) return (value + 0.5) / axis.choices.length;
  const a = warp(axis.low, axis.isLog), b = warp(axis.high, axis.isLog);
  return b > a ? (warp(value, axis.isLog) - a) / (b - a) : value === value ? 0.5 : NaN;
}

/* The value at a share; the inverse of share. */
export function valueAt(axis: Axis, at: number): number {
  if (axis.choices) return at * axis.choices.length - 0.5;
  const a = warp(axis.low, axis.isLog), b = warp(axis.high, axis.isLog);
  const v = a + at * (b - a);
  return axis.isLog ? Math.exp(v) : v;
}

/* share() with what does not change worked out once: for loops over all trials. */
export function sharer(axis: Axis): (value: number) => number {
  if (axis.choices) {
    const n = axis.choices.length;
    return (v) => (v + 0.5) / n;
  }
  const a = warp(axis.low, axis.isLog), b = warp(axis.high, axis.isLog);
  if (!(b > a)) return (v) => (v === v ? 0.5 : NaN);
  const k = 1 / (b - a);
  return axis.isLog ? (v) => (Math.log(v) - a) * k : (v) => (v - a) * k;
}

function linearTicks(low: number, high: number, count: number, least: number): number[] {
  if (!(high > low)) return [low];
  const rough = Math.max(least, (high - low) / count), power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

function logTicks(low: number, high: number, count: number): number[] {
  const found = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    for (const m of [1, 2, 5]) {
      const v = Number((m * 10 ** p).toPrecision(3));
      if (v >= low * 0.999 && v <= high * 1.001) found.push(v);
    }
  }
  if (found.length <= count + 1) return found;
  const decades = found.filter((v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9);
  return decades.length > 1 ? decades : found.filter((_, i) => i % 2 === 0);
}

/* About `count` values for ticks; of categories, their places. */
export function ticks(axis: Axis, count: number): number[] {
  if (axis.choices) return axis.choices.map((_, i) => i);
  const found = axis.isLog ? logTicks(axis.low, axis.high, count) : linearTicks(axis.low, axis.high, count, axis.isWhole ? 1 : 0);
  return found.length > 0 ? found : [axis.low, axis.high];
}

/* The least and greatest value, of the rows that `keep` names or of all. */
export function extent(values: ArrayLike<number>, n: number, keep?: Uint8Array): [number, number] {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < n; i++) {
    const v = values[i];
    if (keep && !keep[i]) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return low <= high ? [low, high] : [0, 1];
}

/* An axis over values with a little room at both ends; on a logarithm when they span decades. */
export function axisOver(low: number, high: number, isLog = low > 0 && high / low > 50): Axis {
  if (isLog && low > 0) {
    const room = (high / low) ** 0.03 || 1;
    return { low: low / room, high: high * room, isLog: true };
  }
  const room = (high - low) * 0.04 || Math.abs(high) * 0.05 || 0.5;
  return { low: low - room, high: high + room, isLog: false };
}
