/* figures.tsx: the five figures at the head: the best, how far, how long yet, the slots, and what it took. */
import { STATES } from "../data/columns";
import { count, counted, duration, number, percent, stateWords } from "../draw/words";
import { page } from "../state";
import { TrialLink } from "./small";

export function Figures() {
  return (
    <div class="figures" role="group" aria-label="How it goes">
      <Best />
      <Progress />
      <Left />
      <Slots />
      <Spent />
    </div>
  );
}

function Best() {
  const model = page.model!, best = model.status?.best;
  if (!best) return <div class="figure best"><div class="name">Best {model.metric}</div><div class="big">–</div><div class="more">no result yet</div></div>;
  const config = Object.entries(best.config).map(([name, v]) => `${name} ${typeof v === "number" ? number(v) : v}`).join("   ");
  return (
    <div class="figure best">
      <div class="name">Best {model.metric}</div>
      <div class="big" id="figure-best">{number(best.value)} <small><TrialLink trial={best.trial} />{best.is_final ? "" : `, at budget ${best.budget} of ${model.maxBudget}: not final`}</small></div>
      <div class="more" title={config}>{config}</div>
    </div>
  );
}

function Progress() {
  const model = page.model!, trials = model.status?.trials ?? {};
  const started = trials.started ?? model.columns.n, limit = trials.limit || 0, whole = Math.max(limit, started, 1);
  return (
    <div class="figure">
      <div class="name">Trials</div>
      <div class="big">{count(started)} <small>{limit ? `of ${count(limit)}` : "begun, no limit"}</small></div>
      <div class="bar" role="img" aria-label={STATES.map((s) => `${trials[s] ?? 0} ${stateWords[s]}`).join(", ")}>
        {STATES.map((s) => trials[s] ? <i key={s} class={`tone-${s}`} style={{ width: `${(trials[s] / whole) * 100}%` }} title={`${trials[s]} ${stateWords[s]}`} /> : null)}
      </div>
      <div class="more">{STATES.filter((s) => trials[s]).map((s) => `${count(trials[s])} ${stateWords[s]}`).join(", ")}</div>
    </div>
  );
}

function Left() {
  const model = page.model!, status = model.status, eta = status?.eta_ms ?? null;
  if (model.state !== "running") {
    return <div class="figure"><div class="name">Time left</div><div class="big">{model.state === "paused" ? "paused" : "over"}</div><div class="more">ran {duration((status?.ran_ms ?? 0) / 1000)}</div></div>;
  }
  const at = eta === null ? "" : new Date(Date.now() + eta).toTimeString().slice(0, 5);
  return (
    <div class="figure">
      <div class="name">Time left</div>
      <div class="big">{eta === null ? "–" : duration(eta / 1000)}</div>
      <div class="more">{eta === null ? "too early to say" : `done at about ${at}`}</div>
    </div>
  );
}

function Slots() {
  const here = page.model!.workers.filter((w) => w.state === "here");
  const slots = here.reduce((n, w) => n + w.slots, 0), busy = here.reduce((n, w) => n + w.busy, 0);
  return (
    <div class="figure">
      <div class="name">Slots busy</div>
      <div class="big">{busy} <small>of {slots}</small></div>
      <div class="more">{slots > busy ? `${slots - busy} idle, ` : ""}{counted(here.length, "worker")}</div>
    </div>
  );
}

function Spent() {
  const model = page.model!, status = model.status;
  const ran = status?.ran_ms ?? 0, wall = status?.wall_clock_ms ?? 0;
  return (
    <div class="figure">
      <div class="name">Spent</div>
      <div class="big">{count(status?.budget_spent ?? 0)} <small>{model.unit}</small></div>
      <div class="more">{duration(ran / 1000)}{wall ? ` of ${duration(wall / 1000)}, ${percent(Math.max(0, 1 - ran / wall))} left` : ", no limit of time"}</div>
    </div>
  );
}
