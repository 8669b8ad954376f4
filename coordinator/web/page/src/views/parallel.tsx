/* parallel.tsx: parallel coordinates: an axis a parameter, a line a trial. Drag along an axis to brush it, drag its name
 * to move it, and its scale turns between linear and logarithmic. By keyboard, on a name: left and right move the axis,
 * up and down the lower end of its brush, with Shift the upper end, and Escape lets go. */
import { useRef, useState } from "preact/hooks";
import { paramOf } from "../data/columns";
import { Canvas, type Surface } from "../draw/canvas";
import { theme } from "../draw/colour";
import { share, ticks, valueAt } from "../draw/scale";
import { counted, tick } from "../draw/words";
import { aboutTrial, Panel, Segments } from "../parts/small";
import { hideTip, showTip } from "../parts/tip";
import { TrialTable } from "../parts/table";
import { hover, hovered, openTrial, option, page, setOption, setRange, useHover } from "../state";
import { axesOf, ranked, type ShownAxis } from "./axes";
import { Lines } from "./lines";
import { Legend } from "./history";

const HEIGHT = 440, TOP = 46, BOTTOM = 26, SIDE = 64, REACH = 14;

export function Parallel() {
  const model = page.model!, c = model.columns;
  const [drag, setDrag] = useState<{ name: string; x: number } | null>(null);
  const [width, setWidth] = useState(0);
  const again = useRef<(() => void) | null>(null), brush = useRef<{ axis: ShownAxis; from: number } | null>(null);
  const lines = useRef(new Lines());
  const axes = axesOf(model, option("parallel.order", ""), option("parallel.scales", ""), ["value"]);
  useHover(() => again.current?.());

  const xOf = (i: number, w: number) => (axes.length > 1 ? SIDE + (i / (axes.length - 1)) * (w - 2 * SIDE) : w / 2);
  const yOf = (at: number) => HEIGHT - BOTTOM - at * (HEIGHT - TOP - BOTTOM);
  const atOf = (y: number) => Math.max(0, Math.min(1, (HEIGHT - BOTTOM - y) / (HEIGHT - TOP - BOTTOM)));

  const draw = (s: Surface) => {
    if (s.width !== width) queueMicrotask(() => setWidth(s.width));
    lines.current.draw(s, {
      model, axes, mask: page.mask, by: option("parallel.colour", "objective"), x: axes.map((_, i) => xOf(i, s.width)), top: TOP, bottom: HEIGHT - BOTTOM,
      order: ranked(model),
    });
    axes.forEach((axis, i) => drawAxis(s.g, axis, xOf(i, s.width), yOf));
  };
  const over = (s: Surface) => {
    const t = theme();
    axes.forEach((axis, i) => {
      const range = page.filter.ranges.get(axis.name);
      if (!range) return;
      const y1 = yOf(Math.min(1, share(axis, axis.choices ? Math.floor(range[1]) + 0.5 : range[1]))), y0 = yOf(Math.max(0, share(axis, axis.choices ? Math.ceil(range[0]) - 0.5 : range[0])));
      s.g.globalAlpha = 0.28;
      s.g.fillStyle = t.accent;
      s.g.fillRect(xOf(i, s.width) - 7, y1, 14, Math.max(2, y0 - y1));
      s.g.globalAlpha = 1;
      s.g.strokeStyle = t.accent;
      s.g.strokeRect(xOf(i, s.width) - 7, y1, 14, Math.max(2, y0 - y1));
    });
    const row = c.row(hovered);
    if (row < 0) return;
    s.g.lineWidth = 2.5;
    s.g.strokeStyle = t.ink;
    s.g.beginPath();
    lines.current.trace(s.g, row);
    s.g.stroke();
  };
  const pointer = (kind: string, x: number, y: number, event: PointerEvent | MouseEvent) => {
    const w = (event.target as HTMLElement).clientWidth;
    const near = axes.findIndex((_, i) => Math.abs(xOf(i, w) - x) < REACH && y > TOP - 10);
    if (kind === "down" && near >= 0) brush.current = { axis: axes[near], from: atOf(y) };
    else if (kind === "move" && brush.current) brushTo(brush.current, atOf(y));
    else if (kind === "up") {
      if (brush.current && Math.abs(brush.current.from - atOf(y)) < 0.01) setRange(brush.current.axis.name, null);
      else if (!brush.current && hovered) { hideTip(); openTrial(hovered); }
      brush.current = null;
    } else if (kind === "move" || kind === "leave") point(kind === "leave" ? -1 : lines.current.nearest(x, y), event);
  };
  const point = (row: number, event: MouseEvent) => {
    hover(row < 0 ? 0 : c.column("trial")[row]);
    if (row < 0) hideTip();
    else showTip(event.clientX, event.clientY, `trial ${hovered}`, aboutTrial(model, row));
  };
  const move = (name: string, by: number) => {
    const order = axes.map((a) => a.name), from = order.indexOf(name), to = Math.max(0, Math.min(order.length - 1, from + by));
    order.splice(to, 0, ...order.splice(from, 1));
    setOption("parallel.order", order.join(","));
  };
  const drop = (name: string, x: number) => {
    const order = axes.map((a) => a.name), step = (width - 2 * SIDE) / Math.max(1, order.length - 1);
    move(name, Math.round((x - SIDE) / step) - order.indexOf(name));
    setDrag(null);
  };
  return (
    <>
      <Panel title="Parallel coordinates" about="drag along an axis to brush it, click to let go; drag a name to move its axis" end={<>
        <Legend by={option("parallel.colour", "objective")} />
        <Segments name="parallel.colour" label="Colour of the lines" choices={[["objective", "by objective"], ["rung", "by budget"], ["state", "by state"]]} />
      </>}>
        <div class="parallel" style={{ minWidth: `${axes.length * 84}px` }}>
          <Canvas height={HEIGHT} label={`Parallel coordinates of ${counted(page.passed, "trial")} over ${axes.map((a) => a.title).join(", ")}`} draw={draw} over={over} overRef={again} onPointer={pointer} cursor="crosshair" />
          {width > 0 && axes.map((axis, i) => (
            <AxisName key={axis.name} axis={axis} x={drag?.name === axis.name ? drag.x : xOf(i, width)} span={(width - 2 * SIDE) / Math.max(1, axes.length - 1)} move={move}
              dragTo={(x) => setDrag({ name: axis.name, x })} drop={(x) => drop(axis.name, x)} />
          ))}
        </div>
      </Panel>
      <TrialTable height={340} title="The trials in the picture" />
    </>
  );
}

function brushTo({ axis, from }: { axis: ShownAxis; from: number }, to: number) {
  if (Math.abs(from - to) < 0.01) return;
  const a = valueAt(axis, Math.min(from, to)), b = valueAt(axis, Math.max(from, to));
  setRange(axis.name, axis.choices ? [Math.ceil(a - 0.5), Math.floor(b + 0.5)] : [a, b]);
}

/* Moves an end of an axis's brush: 0 the lower one, 1 the upper one; by a choice, or a twentieth of the axis. */
function nudge(axis: ShownAxis, end: 0 | 1, by: 1 | -1) {
  const whole: [number, number] = axis.choices ? [0, axis.choices.length - 1] : [valueAt(axis, 0), valueAt(axis, 1)];
  const range: [number, number] = [...(page.filter.ranges.get(axis.name) ?? whole)];
  const moved = axis.choices ? range[end] + by : valueAt(axis, Math.max(0, Math.min(1, share(axis, range[end]) + by / 20)));
  if (moved < whole[0] || moved > whole[1] || (end === 0 ? moved > range[1] : moved < range[0])) return;
  range[end] = moved;
  setRange(axis.name, range[0] <= whole[0] && range[1] >= whole[1] ? null : range);
}

const rangeWords = (axis: ShownAxis, range: [number, number]) =>
  range.map((v) => (axis.choices ? axis.choices[Math.round(v)] : tick(v))).join(" to ");

function drawAxis(g: CanvasRenderingContext2D, axis: ShownAxis, x: number, yOf: (at: number) => number) {
  const t = theme();
  g.strokeStyle = t.faint;
  g.lineWidth = 1;
  g.beginPath();
  g.moveTo(x, yOf(0));
  g.lineTo(x, yOf(1));
  g.stroke();
  g.font = "11.5px system-ui, sans-serif";
  g.textBaseline = "middle";
  for (const v of ticks(axis, 6)) {
    const y = yOf(share(axis, v)), words = axis.choices ? axis.choices[v].slice(0, 14) : tick(v);
    g.fillStyle = t.faint;
    g.fillRect(x - 3, y, 6, 1);
    g.lineWidth = 3.5;
    g.strokeStyle = t.ground;
    g.strokeText(words, x + 7, y);
    g.fillStyle = t.ink;
    g.fillText(words, x + 7, y);
  }
}

interface NameProps { axis: ShownAxis; x: number; span: number; move(name: string, by: number): void; dragTo(x: number): void; drop(x: number): void }

function AxisName({ axis, x, span, move, dragTo, drop }: NameProps) {
  const start = useRef<{ pointer: number; x: number } | null>(null);
  const isLogAble = !axis.choices && axis.lowest > 0, model = page.model!;
  const scales = option("parallel.scales", "").split(",").filter(Boolean);
  const flip = () => {
    const rest = scales.filter((s) => s.replace(/^[+-]/, "") !== axis.name);
    setOption("parallel.scales", [...rest, (axis.isLog ? "-" : "+") + axis.name].join(","));
  };
  const param = paramOf(model.columns, axis.name), range = page.filter.ranges.get(axis.name);
  const press = (e: KeyboardEvent) => {
    if (e.key === "ArrowLeft" || e.key === "ArrowRight") move(axis.name, e.key === "ArrowLeft" ? -1 : 1);
    else if (e.key === "ArrowUp" || e.key === "ArrowDown") nudge(axis, e.shiftKey ? 1 : 0, e.key === "ArrowUp" ? 1 : -1);
    else if (e.key === "Escape" && range) setRange(axis.name, null);
    else return;
    e.preventDefault();
  };
  const how = `left and right arrow move it, up and down the lower end of its brush, with Shift the upper end; ${range ? `brushed: ${rangeWords(axis, range)}` : "not brushed"}`;
  return (
    <div class="axis-name" style={{ left: `${x}px`, maxWidth: `${Math.max(76, span - 6)}px` }}>
      <button type="button" class="bare" aria-label={`Axis ${axis.title}: ${how}`} title={param?.kind ?? axis.title} onKeyDown={press}
        onPointerDown={(e) => { start.current = { pointer: e.clientX, x }; e.currentTarget.setPointerCapture(e.pointerId); }}
        onPointerMove={(e) => { if (start.current) dragTo(start.current.x + e.clientX - start.current.pointer); }}
        onPointerUp={(e) => { if (start.current) drop(start.current.x + e.clientX - start.current.pointer); start.current = null; }}>
        {axis.title}
      </button>
      {isLogAble && <button type="button" class="bare scale" aria-pressed={axis.isLog} aria-label={`Logarithmic axis ${axis.title}`} onClick={flip}>{axis.isLog ? "log" : "linear"}</button>}
    </div>
  );
}
