/* words.ts: numbers, times and states as people read them. Pure. */
import type { State } from "../data/columns";

/* Five digits at most; a dash for what is not there. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return Number(value.toPrecision(4)).toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(5)));
}

/* Shorter, for ticks. */
export function tick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/* 1 trial, 2 trials */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

const PARTS: [number, string][] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/* 4 min 12 s: the two greatest parts. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const i = PARTS.findIndex(([size]) => whole >= size);
  const [size, name] = PARTS[i];
  const below = PARTS[i + 1];
  const rest = below ? Math.floor((whole % size) / below[0]) : 0;
  return `${Math.floor(whole / size)} ${name}${rest ? ` ${rest} ${below[1]}` : ""}`;
}

/* A clock of today as 14:05:09, of another day with its date. */
export function clock(ms: number, now = Date.now()): string {
  if (!ms) return "–";
  const at = new Date(ms), time = at.toTimeString().slice(0, 8);
  return new Date(now).toDateString() === at.toDateString() ? time : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${time}`;
}
const pad = (n: number) => String(n).padStart(2, "0");

export function bytes(n: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let i = 0;
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
  return `${n >= 100 || i === 0 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

export const percent = (share: number) => `${(share * 100).toFixed(share < 0.0995 && share > 0 ? 1 : 0)} %`;

export const stateWords: Record<State, string> = {
  queued: "queued", running: "running", paused: "paused", completed: "completed", stopped: "stopped", failed: "failed", set_aside: "set aside",
};

export const stateMeanings: Record<State, string> = {
  queued: "waits for a free slot",
  running: "trains on a worker",
  paused: "was judged at its rung, and may still be promoted",
  completed: "reached the full budget",
  stopped: "was paused when the campaign ended",
  failed: "broke by its own configuration",
  set_aside: "broke on three different workers",
};
