/* state.ts: what the page shows now: the campaign, the view, the filter and the selection, and when to draw it
 * again. View, filter and campaign live behind the `#` of the address. */
import { useEffect } from "preact/hooks";
import { ask, takeToken } from "./data/api";
import type { CampaignRow, Delta, EventRow, SessionAnswer } from "./data/answers";
import { applyFilter, everything, filterFromParams, filterToParams, type Filter } from "./data/filter";
import { follow } from "./data/live";
import { load, type Model } from "./data/model";
import { forgetTheme } from "./draw/colour";

export const VIEWS = ["overview", "curves", "parallel", "scatter", "rungs", "timeline", "trials", "importance", "workers", "failures"] as const;
export type View = (typeof VIEWS)[number];
export type ThemeChoice = "auto" | "light" | "dark";

interface Page {
  session: SessionAnswer | null;
  campaigns: CampaignRow[];
  model: Model | null;
  trouble: string; /* why there is nothing to show; empty: there is, or soon will be */
  isDown: boolean; /* the coordinator does not answer; what is shown stays */
  downWhy: string;
  view: View;
  trial: number; /* the one whose page is open; 0: none */
  filter: Filter;
  mask: Uint8Array; /* of each row: whether it passes the filter */
  passed: number;
  options: Record<string, string>; /* how a view shows, such as curves.colour */
  chosen: number[]; /* trials to compare, and pinned in the curves */
  theme: ThemeChoice;
}

export const page: Page = {
  session: null, campaigns: [], model: null, trouble: "", isDown: false, downWhy: "", view: "overview", trial: 0, filter: everything(),
  mask: new Uint8Array(0), passed: 0, options: {}, chosen: [], theme: "auto",
};

/* ---- drawing ---- */

let draw: () => void = () => {};
let isAsked = false;

/* Draws the page anew, once a frame. What it takes is kept among the browser's measures, for tests/bench/page. */
export function changed() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    const began = performance.now();
    draw();
    performance.clearMeasures("rung-draw");
    performance.measure("rung-draw", { start: began, end: performance.now() });
  });
}

/* ---- the trial under the pointer: apart, as it moves often ---- */

const hoverListeners = new Set<(trial: number) => void>();
export let hovered = 0;

export function hover(trial: number) {
  if (trial === hovered) return;
  hovered = trial;
  for (const listener of hoverListeners) listener(trial);
}

export function useHover(listener: (trial: number) => void) {
  useEffect(() => {
    hoverListeners.add(listener);
    return () => void hoverListeners.delete(listener);
  });
}

/* ---- the filter ---- */

function refilter() {
  const model = page.model;
  if (!model) return;
  if (page.mask.length < model.columns.n) page.mask = new Uint8Array(Math.max(256, model.columns.n * 2));
  page.passed = applyFilter(page.filter, model.columns, model.maxBudget, page.mask);
}

export function setFilter(change: Partial<Filter>) {
  page.filter = { ...page.filter, ...change };
  refilter();
  toAddress(true);
  changed();
}

/* A range of a column, or null to look at all of it again. */
export function setRange(name: string, range: [number, number] | null) {
  setRanges([[name, range]]);
}

export function setRanges(changes: [string, [number, number] | null][]) {
  const ranges = new Map(page.filter.ranges);
  for (const [name, range] of changes) {
    if (range) ranges.set(name, range);
    else ranges.delete(name);
  }
  setFilter({ ranges });
}

/* ---- the address ---- */

function addressOf(view: View, trial: number): string {
  const params = new URLSearchParams();
  if (page.model) params.set("campaign", page.model.name);
  filterToParams(page.filter, params);
  for (const [key, value] of Object.entries(page.options)) params.set(key, value);
  if (page.chosen.length) params.set("chosen", page.chosen.join(","));
  return `#/${trial ? `trial/${trial}` : view}?${params}`;
}

let pending = 0;
function toAddress(isReplaced: boolean) {
  clearTimeout(pending);
  const write = () => history[isReplaced ? "replaceState" : "pushState"](null, "", addressOf(page.view, page.trial));
  if (isReplaced) pending = window.setTimeout(write, 120); /* a brush changes it often */
  else write();
}

function fromAddress(): string {
  const [path, text] = location.hash.replace(/^#\/?/, "").split("?");
  const params = new URLSearchParams(text ?? "");
  const [view, number] = path.split("/");
  page.trial = view === "trial" ? Number(number) || 0 : 0;
  if (VIEWS.includes(view as View)) page.view = view as View;
  page.filter = filterFromParams(params);
  page.options = Object.fromEntries([...params].filter(([key]) => key.includes(".")));
  page.chosen = (params.get("chosen") ?? "").split(",").map(Number).filter((n) => n > 0);
  return params.get("campaign") ?? "";
}

export function go(view: View) {
  page.view = view;
  page.trial = 0;
  toAddress(false);
  changed();
}

export function openTrial(trial: number) {
  page.trial = trial;
  toAddress(false);
  changed();
}

/* What a link leads to, so that it can be opened in a tab of its own. */
export const hrefOf = (view: View, trial = 0) => addressOf(view, trial);

export function option(key: string, fallback: string): string {
  return page.options[key] ?? fallback;
}

export function setOption(key: string, value: string) {
  page.options = { ...page.options, [key]: value };
  toAddress(true);
  changed();
}

export function setChosen(chosen: number[]) {
  page.chosen = chosen;
  toAddress(true);
  changed();
}

export const toggleChosen = (trial: number) => setChosen(page.chosen.includes(trial) ? page.chosen.filter((t) => t !== trial) : [...page.chosen, trial]);

/* ---- the theme ---- */

export function setTheme(theme: ThemeChoice) {
  page.theme = theme;
  localStorage.setItem("rung-theme", theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  forgetTheme();
  changed();
}

/* ---- the campaign ---- */

let unfollow: () => void = () => {};

export async function openCampaign(name: string) {
  unfollow();
  page.isDown = false;
  const model = await load(name);
  page.model = model;
  page.trouble = "";
  refilter();
  changed();
  unfollow = follow(name, model.seq, {
    delta: (delta) => receive(model, delta),
    up: () => setDown(false, ""),
    down: (why) => setDown(true, why),
  });
  ask<{ events: EventRow[] }>(["campaigns", name, "events"], { last: 60 }).then((answer) => {
    model.events = [...model.events, ...answer.events.reverse()];
    changed();
  }, () => {});
}

function receive(model: Model, delta: Delta) {
  const began = performance.now();
  if (!model.apply(delta)) {
    openCampaign(model.name).catch((error) => setDown(true, error.message));
    return;
  }
  refilter();
  performance.clearMeasures("rung-delta");
  performance.measure("rung-delta", { start: began, end: performance.now() });
  changed();
}

function setDown(isDown: boolean, why: string) {
  if (page.isDown === isDown) return;
  page.isDown = isDown;
  page.downWhy = why;
  changed();
}

/* Another campaign, looked at as a whole. */
export function chooseCampaign(name: string) {
  page.filter = everything();
  page.chosen = [];
  page.trial = 0;
  openCampaign(name).then(() => toAddress(false), fail);
}

function fail(error: Error) {
  page.trouble = error.message;
  changed();
}

async function begin(wanted: string) {
  const [session, campaigns] = await Promise.all([ask<SessionAnswer>(["session"]), ask<{ campaigns: CampaignRow[] }>(["campaigns"])]);
  page.session = session;
  page.campaigns = campaigns.campaigns;
  const name = wanted || page.campaigns.findLast((c) => c.state === "running")?.campaign || page.campaigns.at(-1)?.campaign;
  if (!name) throw new Error("There is no campaign in this store yet: rung submit FILE begins one.");
  await openCampaign(name);
}

/* A coordinator that is not there, or has no campaign yet, is asked again: the page may be open before it. */
function beginUntilDone(wanted: string) {
  begin(wanted).catch((error) => {
    fail(error);
    setTimeout(() => beginUntilDone(wanted), 1500);
  });
}

/* drawPage draws all that is there, at once. */
export function start(drawPage: () => void) {
  draw = drawPage;
  draw();
  takeToken();
  const wanted = fromAddress();
  setTheme((localStorage.getItem("rung-theme") as ThemeChoice) ?? "auto");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { forgetTheme(); changed(); });
  addEventListener("popstate", () => {
    const campaign = fromAddress();
    if (campaign && campaign !== page.model?.name) openCampaign(campaign).catch(fail);
    refilter();
    changed();
  });
  beginUntilDone(wanted);
}
