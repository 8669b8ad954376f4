/* table.tsx: the trials as a table of any length: only the rows in sight are there. A head sorts, a box chooses for
 * comparison, the pointer is shared with the pictures. */
import { useEffect, useRef, useState } from "preact/hooks";
import { paramOf, STATES } from "../data/columns";
import type { Model } from "../data/model";
import { clock, counted, duration, number } from "../draw/words";
import { hover, hovered, openTrial, option, page, setOption, toggleChosen, useHover } from "../state";
import { Panel, Pill, TrialLink } from "./small";

const ROW = 32, SPARE = 6;

interface Head { name: string; title: string; isNumber: boolean; width: number }

export function headsOf(model: Model): Head[] {
  const head = (name: string, title: string, width: number, isNumber = true): Head => ({ name, title, isNumber, width });
  return [
    head("trial", "trial", 72), head("state", "state", 122, false), head("value", model.metric, Math.max(96, model.metric.length * 7.5 + 30)), head("budget", "budget", 76),
    ...model.columns.params.map((p) => head("=" + p.name, p.name, Math.max(84, p.name.length * 7.5 + 30), p.kind !== "categorical")),
    head("bracket", "bracket", 76), head("attempts", "attempts", 82), head("seconds", "took", 92), head("started", "began", 96), head("worker", "last worker", 120, false), head("reason", "what broke", 220, false),
  ];
}

/* A value as it stands in the table. */
export function cellText(model: Model, name: string, row: number): string {
  const v = model.columns.column(name)[row], param = paramOf(model.columns, name);
  if (Number.isNaN(v)) return "";
  if (param?.kind === "categorical") return param.choices[v];
  if (name === "worker") return model.columns.workers.words[v] ?? "";
  if (name === "reason") return model.columns.reasons.words[v] ?? "";
  if (name === "seconds") return duration(v);
  if (name === "started") return clock(v);
  return name === "state" ? STATES[v] : number(v);
}

let known = { key: "", rows: new Int32Array(0) };

/* Rows that pass the filter, in the order asked for. */
function shownRows(model: Model, sort: string): Int32Array {
  const key = `${model.name} ${model.trialsVersion} ${sort}`, kept = new Int32Array(page.passed);
  if (known.key !== key) known = { key, rows: sorted(model, sort) };
  let n = 0;
  for (const row of known.rows) if (page.mask[row]) kept[n++] = row;
  return kept;
}

/* All rows in an order: "value" the best first, "-value" the other way round. */
function sorted(model: Model, sort: string): Int32Array<ArrayBuffer> {
  const c = model.columns, name = sort.replace(/^-/, ""), isDown = sort.startsWith("-");
  const values = c.column(name), rows = Int32Array.from({ length: c.n }, (_, i) => i);
  const sign = (isDown ? -1 : 1) * (name === "value" ? model.sign : 1);
  const budget = c.column("budget");
  return rows.sort((a, b) => {
    const x = values[a], y = values[b];
    if (x !== x || y !== y) return x === x ? -1 : y === y ? 1 : a - b;
    return (name === "value" && !isDown ? budget[b] - budget[a] : 0) || sign * (x - y) || a - b;
  });
}

export function TrialTable({ height, title }: { height: number; title: string }) {
  const model = page.model!, place = useRef<HTMLDivElement>(null), [top, setTop] = useState(0), [, again] = useState(0);
  const sort = option("table.sort", "value"), heads = headsOf(model);
  const rows = shownRows(model, sort);
  useHover(() => again((n) => n + 1));
  const first = Math.max(0, Math.floor(top / ROW) - SPARE), shown = rows.subarray(first, first + Math.ceil(height / ROW) + 2 * SPARE);
  const width = heads.reduce((sum, h) => sum + h.width, 38);
  useEffect(() => { if (place.current && place.current.scrollTop > rows.length * ROW) place.current.scrollTop = 0; }, [rows.length]);
  return (
    <Panel title={title} about={`${counted(rows.length, "trial")}, ${sort === "value" ? "those that ran longest first, and of them the best" : "a head sorts"}`}>
      <div class="trials" ref={place} role="table" aria-label={title} aria-rowcount={rows.length + 1} style={{ height: `${Math.min(height, (rows.length + 1) * ROW + 14)}px` }}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)} onPointerLeave={() => hover(0)}>
        <div style={{ width: `${width}px`, minWidth: "100%" }}>
          <div class="row heads" role="row">
            <span class="box" role="columnheader"><span class="unseen">compare</span></span>
            {heads.map((head) => <HeadCell key={head.name} head={head} sort={sort} />)}
          </div>
          <div role="rowgroup" style={{ height: `${rows.length * ROW}px`, position: "relative" }}>
            {Array.from(shown, (row, i) => <Row key={row} model={model} heads={heads} row={row} place={first + i} />)}
          </div>
        </div>
      </div>
    </Panel>
  );
}

function HeadCell({ head, sort }: { head: Head; sort: string }) {
  const isHere = sort.replace(/^-/, "") === head.name, isDown = sort.startsWith("-");
  return (
    <span class={head.isNumber ? "n" : ""} role="columnheader" aria-sort={isHere ? (isDown ? "descending" : "ascending") : "none"} style={{ width: `${head.width}px` }}>
      <button type="button" class="bare" onClick={() => setOption("table.sort", isHere && !isDown ? "-" + head.name : head.name)}>
        {head.title}{isHere ? (isDown ? " ↓" : " ↑") : ""}
      </button>
    </span>
  );
}

function Row({ model, heads, row, place }: { model: Model; heads: Head[]; row: number; place: number }) {
  const trial = model.columns.column("trial")[row], isChosen = page.chosen.includes(trial);
  return (
    <div class={`row ${hovered === trial ? "here" : ""} ${isChosen ? "chosen" : ""}`} role="row" aria-rowindex={place + 2} style={{ transform: `translateY(${place * ROW}px)` }}
      onPointerEnter={() => hover(trial)} onDblClick={() => openTrial(trial)}>
      <span class="box" role="cell"><input type="checkbox" aria-label={`Compare trial ${trial}`} checked={isChosen} onChange={() => toggleChosen(trial)} /></span>
      {heads.map((head) => (
        <span key={head.name} role="cell" class={head.isNumber ? "n" : ""} style={{ width: `${head.width}px` }}>
          {head.name === "trial" ? <TrialLink trial={trial}>{trial}</TrialLink> : head.name === "state" ? <Pill state={cellText(model, "state", row)} /> : cellText(model, head.name, row)}
        </span>
      ))}
    </div>
  );
}
