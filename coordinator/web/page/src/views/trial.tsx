/* trial.tsx: one trial: its curves, its configuration, why it is where it is, where it ran, and what it printed. */
import { useState } from "preact/hooks";
import { ask, download, request } from "../data/api";
import type { ExplainAnswer, ShowAnswer } from "../data/answers";
import { theme } from "../draw/colour";
import { Plot } from "../draw/plot";
import { duration, number, stateMeanings } from "../draw/words";
import { asArguments, asCampaign, asJson } from "../parts/copy";
import { CopyButtons } from "../parts/copying";
import { Empty, Panel, Pick, Pill, useAnswer, useSlowly } from "../parts/small";
import type { State } from "../data/columns";
import { go, option, page, toggleChosen } from "../state";
import { bounds, trace, type Curve } from "./curves";

export function TrialPage() {
  const model = page.model!, trial = page.trial, row = model.columns.row(trial);
  const lately = useSlowly(row < 0 ? 0 : model.columns.column("budget")[row] * 100 + model.columns.column("state")[row] + model.columns.column("attempts")[row] * 0.01, 1000);
  const key = `${model.name} ${trial} ${lately}`;
  const { answer, trouble } = useAnswer(key, (signal) => ask<ShowAnswer>(["campaigns", model.name, "trials", trial], {}, signal));
  if (!answer || answer.trial !== trial) return <Panel title={`Trial ${trial}`}><Empty>{trouble || "asking…"}</Empty></Panel>;
  return (
    <div class="grid" id="trial-page">
      <Top answer={answer} />
      <TrialCurve answer={answer} />
      <Configuration answer={answer} />
      <Story of={key} trial={trial} />
      <Log of={key} answer={answer} />
      <Attempts answer={answer} />
    </div>
  );
}

function Top({ answer }: { answer: ShowAnswer }) {
  const model = page.model!, [trouble, setTrouble] = useState(""), isChosen = page.chosen.includes(answer.trial);
  const get = () => download(["campaigns", model.name, "trials", answer.trial, "checkpoint"]).then(() => setTrouble(""), (error) => setTrouble(error.message));
  return (
    <div class="head">
      <button type="button" onClick={() => go(page.view)} aria-label="Back to the view">← {page.view}</button>
      <h2 class="title">Trial {answer.trial}</h2>
      <Pill state={answer.state} />
      <span class="soft small">{stateMeanings[answer.state as State]}</span>
      <span class="mistake small">{trouble}</span>
      <div class="end">
        <button type="button" aria-pressed={isChosen} onClick={() => toggleChosen(answer.trial)}>{isChosen ? "Chosen" : "Choose to compare"}</button>
        <button type="button" id="checkpoint" disabled={!answer.checkpoint} title={answer.checkpoint ?? "it has no checkpoint"} onClick={get}>Download checkpoint</button>
      </div>
    </div>
  );
}

function TrialCurve({ answer }: { answer: ShowAnswer }) {
  const model = page.model!, names = Object.keys(answer.curves).sort((a, b) => Number(b === model.metric) - Number(a === model.metric));
  const metric = names.includes(option("trial.metric", "")) ? option("trial.metric", "") : names[0] ?? model.metric;
  const live = metric === model.metric ? model.running.get(answer.trial)?.points ?? [] : [];
  const stored = answer.curves[metric] ?? [], last = stored.at(-1)?.[0] ?? 0;
  const points = [...stored, ...live.filter(([step]) => step > last)];
  const curve: Curve = { trial: answer.trial, row: 0, steps: points.map((p) => p[0]), values: points.map((p) => p[1]) };
  const curves = points.length ? [curve] : [], { x, y } = bounds(curves, false);
  return (
    <Panel title="Curve" span="two-thirds" about="dashed: the rungs at which it was judged" end={<Pick name="trial.metric" label="Metric" choices={(names.length ? names : [metric]).map((m) => [m, m])} value={metric} />}>
      <Plot height={300} label={`${metric} of trial ${answer.trial} by budget`} xLabel={`budget, ${model.unit}`} yLabel={metric} xRange={x} yRange={[y.low, y.high]} paint={(box) => {
        box.g.setLineDash([4 * box.ratio, 4 * box.ratio]);
        box.g.strokeStyle = theme().faint;
        for (const r of answer.results) { box.g.beginPath(); box.g.moveTo(box.x(r.budget), box.top); box.g.lineTo(box.x(r.budget), box.top + box.height); box.g.stroke(); }
        box.g.setLineDash([]);
        box.g.strokeStyle = theme().accent;
        box.g.lineWidth = 2 * box.ratio;
        if (curves.length) trace(box, curve);
      }} />
    </Panel>
  );
}

function Configuration({ answer }: { answer: ShowAnswer }) {
  const model = page.model!;
  return (
    <Panel title="Configuration" span="third" end={<CopyButtons texts={{ campaign: () => asCampaign(model, [answer.config]), args: () => asArguments(answer.config), JSON: () => asJson([answer.config]) }} />}>
      <table class="plain">
        <tbody>
          <tr><th scope="row">{model.metric}</th><td class="n"><b>{number(answer.value)}</b></td></tr>
          <tr><th scope="row">budget</th><td class="n">{answer.budget} of {model.maxBudget}</td></tr>
          {Object.entries(answer.config).map(([name, v]) => <tr key={name}><th scope="row">{name}</th><td class="n">{typeof v === "number" ? number(v) : String(v)}</td></tr>)}
        </tbody>
      </table>
    </Panel>
  );
}

function Story({ of, trial }: { of: string; trial: number }) {
  const model = page.model!;
  const { answer, trouble } = useAnswer(of, (signal) => ask<ExplainAnswer>(["campaigns", model.name, "trials", trial, "explain"], {}, signal));
  return (
    <Panel title="Why it is where it is" span="half">
      {trouble && <p class="mistake">{trouble}</p>}
      <ol class="story" id="story">{answer?.steps.map((s, i) => <li key={i} class={`tone-${s.what}`}><b>{s.what}</b> {s.why}</li>)}</ol>
    </Panel>
  );
}

function Log({ of, answer }: { of: string; answer: ShowAnswer }) {
  const model = page.model!, hasLog = answer.attempts.some((a) => a.has_log);
  const { answer: text, trouble } = useAnswer(`${of} ${hasLog}`, async (signal) =>
    hasLog ? (await request(["campaigns", model.name, "trials", answer.trial, "log"], {}, { signal })).text() : "");
  return (
    <Panel title="The last that it printed" span="half">
      {text ? <pre class="log scroll" tabIndex={0}>{text}</pre> : <Empty>{trouble || "Nothing has come so far: what a trial prints comes with its result."}</Empty>}
    </Panel>
  );
}

function Attempts({ answer }: { answer: ShowAnswer }) {
  return (
    <Panel title="Attempts" about="one lease to a worker each">
      <div class="scroll">
        <table>
          <thead><tr><th class="n">lease</th><th>worker</th><th>machine</th><th class="n">budget</th><th class="n">took</th><th>ended</th><th>why</th></tr></thead>
          <tbody>
            {answer.attempts.map((a) => (
              <tr key={a.lease}>
                <td class="n">{a.lease}</td><td>{a.worker}</td><td>{a.host}</td><td class="n">{a.budget_from} → {a.budget_to}</td><td class="n">{duration(a.seconds)}</td>
                <td><span class={`pill tone-${a.outcome === "reached" ? "reached" : a.outcome === "" ? "running" : a.outcome === "handed_back" ? "paused" : "failed"}`}>{(a.outcome || "running").replace(/_/g, " ")}</span></td>
                <td class="soft">{a.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
