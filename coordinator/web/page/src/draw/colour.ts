/* colour.ts: the colours of the theme that is on, read once from the style sheet, and ramps between them.
 *
 * States are told apart by hue and by lightness (after Okabe and Ito), so that they stay apart for the colour-blind. */
import { STATES } from "../data/columns";

const RAMP = 64;

export interface Theme {
  ink: string;
  soft: string;
  faint: string;
  line: string;
  ground: string;
  panel: string;
  accent: string;
  warning: string;
  states: string[];
  ramp: string[]; /* from poor to good */
  sequence: string[]; /* from the first rung to the last */
}

let known: Theme | null = null;

export function theme(): Theme {
  return (known ??= read());
}

/* After the theme has changed. */
export function forgetTheme() {
  known = null;
}

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const get = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: get("ink"), soft: get("soft"), faint: get("faint"), line: get("line"), ground: get("ground"), panel: get("panel"), accent: get("accent"), warning: get("failed"),
    states: STATES.map((state) => get(state.replace("_", "-"))),
    ramp: ramp([get("poor"), get("middling"), get("good")], RAMP),
    sequence: ramp([get("first"), get("last")], RAMP),
  };
}

export function channels(hex: string): [number, number, number] {
  const n = parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

function mix(from: string, to: string, at: number): string {
  const a = channels(from), b = channels(to);
  return "#" + a.map((v, i) => Math.round(v + (b[i] - v) * at).toString(16).padStart(2, "0")).join("");
}

function ramp(stops: string[], n: number): string[] {
  return Array.from({ length: n }, (_, i) => {
    const at = (i / (n - 1)) * (stops.length - 1), left = Math.min(Math.floor(at), stops.length - 2);
    return mix(stops[left], stops[left + 1], at - left);
  });
}

/* The colour at a share of a ramp, 0 to 1. */
export function along(colours: string[], at: number): string {
  return colours[Math.max(0, Math.min(colours.length - 1, Math.round(at * (colours.length - 1))))];
}

/* As the 32 bits that an ImageData holds on a little-endian machine. */
export function packed(hex: string, alpha = 255): number {
  const [r, g, b] = channels(hex);
  return ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
