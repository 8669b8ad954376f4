/* trials.tsx: the table of trials, and those that were chosen side by side. */
import { ask } from "../data/api";
import type { CurvesAnswer } from "../data/answers";
import { theme } from "../draw/colour";
import { Plot } from "../draw/plot";
import { asArguments, asCampaign, asJson, configOf } from "../parts/copy";
import { CopyButtons } from "../parts/copying";
import { Panel, Pill, TrialLink, useAnswer, useSlowly } from "../parts/small";
import { cellText, headsOf, TrialTable } from "../parts/table";
import { page, setChosen } from "../state";
import { bounds, trace, type Curve } from "./curves";

export function Trials() {
  return (
    <>
      {page.chosen.length > 0 && <Compare />}
      <TrialTable height={Math.max(420, innerHeight - 330)} title="Trials" />
    </>
  );
}

/* Colours that the colour-blind tell apart, for a few curves. */
const few = () => { const t = theme(); return [t.accent, t.states[2], t.states[3], t.states[6], t.states[5], t.ink]; };

function Compare() {
  const model = page.model!, rows = page.chosen.map((trial) => model.columns.row(trial)).filter((row) => row >= 0).slice(0, 6);
  const configs = rows.map((row) => configOf(model, row));
  const heads = headsOf(model), differ = (name: string) => new Set(rows.map((row) => cellText(model, name, row))).size > 1;
  return (
    <Panel title={rows.length > 1 ? `${rows.length} trials side by side` : "One trial chosen: choose another to compare"} end={<>
      <CopyButtons texts={{ campaign: () => asCampaign(model, configs), args: () => configs.map(asArguments).join("\n"), JSON: () => asJson(configs) }} />
      <button type="button" onClick={() => setChosen([])}>Let go</button>
    </>}>
      <div class="compare">
        <div class="scroll">
          <table>
            <thead><tr><th />{rows.map((row, i) => <th key={row} class="n"><i class="dot" style={{ background: few()[i] }} /> <TrialLink trial={model.columns.column("trial")[row]} /></th>)}</tr></thead>
            <tbody>
              {heads.filter((h) => h.name !== "trial" && (h.name !== "reason" || differ("reason"))).map((h) => (
                <tr key={h.name} class={differ(h.name) ? "" : "same"}>
                  <th scope="row">{h.title}</th>
                  {rows.map((row) => <td key={row} class="n">{h.name === "state" ? <Pill state={cellText(model, "state", row)} /> : cellText(model, h.name, row) || "–"}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <ChosenCurves />
      </div>
    </Panel>
  );
}

function ChosenCurves() {
  const model = page.model!, chosen = page.chosen.slice(0, 6), results = useSlowly(model.status?.results ?? 0, 2000);
  const { answer } = useAnswer(`${model.name} ${chosen} ${results}`, (signal) => ask<CurvesAnswer>(["campaigns", model.name, "curves"], { trials: chosen.join(","), points: 300 }, signal));
  const curves: Curve[] = (answer?.curves ?? []).filter((c) => c.steps.length > 0).map((c) => ({ ...c, row: 0 }));
  const { x, y } = bounds(curves, false);
  return (
    <Plot height={300} label={`${model.metric} of the trials ${chosen.join(", ")}`} xLabel={`budget, ${model.unit}`} yLabel={model.metric} xRange={x} yRange={[y.low, y.high]} paint={(box) => {
      for (const c of curves) {
        box.g.strokeStyle = few()[chosen.indexOf(c.trial)] ?? theme().faint;
        box.g.lineWidth = 2 * box.ratio;
        trace(box, c);
      }
    }} />
  );
}
