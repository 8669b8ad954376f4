/* answers.ts: the forms of what rungd answers, as far as the page reads them; schemas/ describes them in whole. */
export type Value = number | string | boolean | null;
export type Column = Value[] | { words: string[]; index: number[] };
export type CampaignState = "running" | "paused" | "done" | "stopped" | "failed";

export interface SessionAnswer { role: "operator" | "viewer"; version: string; store: string }
export interface CampaignRow { campaign: string; state: CampaignState; metric: string; goal: string; trials: number; best: number | null; value: number | null; created: string | null; ended: string | null }
export interface ParamFile { type: "int" | "float" | "categorical"; low?: number; high?: number; log?: boolean; choices?: Value[]; when?: string }
export interface CampaignFile { name: string; objective: { metric: string; goal: "minimize" | "maximize" }; space: Record<string, ParamFile>; trial: Record<string, unknown>; [member: string]: unknown }
export interface CampaignAnswer {
  campaign: string; state: CampaignState; seq: number; file: CampaignFile; created_ms?: number; ended_ms?: number | null;
  limits: { trials: number; max_budget: number; wall_clock_ms: number }; brackets: number[][]; metrics: string[];
}
export interface Thinned { shown: number; of: number }
export interface ColumnsAnswer { table: string; seq: number; n: number; thinned: Thinned; columns: Record<string, Column> }
export interface CurveRow { trial: number; steps: number[]; values: number[] }
export interface CurvesAnswer { metric: string; seq: number; thinned: Thinned; points: Thinned; curves: CurveRow[] }

export interface Rung { bracket: number; rung: number; budget: number; reached: number; promoted: number }
export interface Best { trial: number; value: number; budget: number; is_final: boolean; config: Record<string, Value>; metrics: Record<string, number> }
export interface CampaignStatus {
  name: string; state: CampaignState; metric: string; goal: string; max_budget: number; trials: Record<string, number>; results: number; budget_spent: number;
  rungs: Rung[]; best: Best | null; ran_ms: number; wall_clock_ms: number; eta_ms: number | null;
}
export interface WorkerNow { name: string; host: string; slots: number; busy: number; state: string; why: string | null }
export interface StatusAnswer { boot: number; seq: number; trouble: string | null; campaigns: CampaignStatus[]; workers: WorkerNow[]; running: (Omit<RunningDelta, "points"> & { campaign: string; curve?: [number, number][] })[] }
export interface RunningDelta { trial: number; worker: string; rung: number; budget_from: number; budget_to: number; seconds: number; step: number; value: number | null; points: [number, number][] }
export interface EventRow { seq: string | number; wall_ms: number; kind: string; trial?: number | null; worker?: string | null; rung?: number | null; value?: number | null; text?: string; budget?: number; place?: number; places?: number; bracket?: number }
export interface Delta {
  boot: number; from: number; seq: number; wall_ms: number; is_reset?: true; status?: CampaignStatus; trouble?: string | null; workers?: WorkerNow[];
  trials?: { n: number; columns: Record<string, Column> }; running?: { is_whole: boolean; changed: RunningDelta[]; gone: number[] }; events?: EventRow[];
}
export interface WorkerRow { worker: string; host: string; state: string; slots: number; cores: number; load?: number | null; kernel: string; version: string; last_seen: string | null; running?: number; reached: number; failed: number; failures?: string | null; why: string | null }
export interface Attempt { lease: string; rung: number; budget_from: number; budget_to: number; worker: string; host: string; outcome: string; reason: string; seconds: number | null; has_log: boolean }
export interface ShowAnswer {
  trial: number; state: string; budget: number; value: number | null; config: Record<string, Value>; checkpoint: string | null; curves: Record<string, [number, number][]>;
  results: { rung: number; budget: number; value: number | null; failure: string | null; verdict: string; seconds: number | null }[]; attempts: Attempt[]; notes?: { text?: string; note?: string; who?: string; time?: string }[];
}
export interface ExplainAnswer { steps: { what: string; why: string }[] }
export interface ImportanceAnswer { metric: string; why?: string; budget: number; results: number; failed: number; best: number; parameters: { parameter: string; importance: number; present: number }[] }
export interface FailureRow { kind: string; worker: string | null; host: string | null; attempts: number; trials: number; last_trial: number; last_reason: string }

/* A column as values: words stand where their places stood. */
export function values(column: Column | undefined): Value[] {
  if (!column) return [];
  return Array.isArray(column) ? column : column.index.map((i) => (i < 0 ? null : column.words[i]));
}

/* A column as numbers; what is none is NaN. */
export function numbers(column: Column | undefined): number[] {
  return values(column).map((v) => (typeof v === "number" ? v : v === null ? NaN : Number(v)));
}

/* "2026-01-31 12:00:00" of UTC as milliseconds; 0 for none. */
export function wallMs(text: Value | undefined): number {
  if (typeof text === "number") return text;
  return typeof text === "string" && text ? Date.parse(text.replace(" ", "T") + "Z") : 0;
}
