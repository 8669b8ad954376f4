/* scatter.tsx: a scatter-plot matrix: each parameter against each, the objective among them. A rectangle drawn in one
 * cell is a range of two columns, and so holds in all cells and views. */
import { useRef, useState } from "preact/hooks";
import { Canvas, Pixels, type Surface } from "../draw/canvas";
import { packed, theme } from "../draw/colour";
import { sharer, share, ticks, valueAt } from "../draw/scale";
import { counted, tick } from "../draw/words";
import { aboutTrial, Panel, Segments } from "../parts/small";
import { hideTip, showTip } from "../parts/tip";
import { hover, hovered, openTrial, option, page, setRanges, useHover } from "../state";
import { axesOf, ranked, type ShownAxis } from "./axes";
import { colours, Legend } from "./history";

const LEFT = 56, FOOT = 24, GAP = 8, MOST = 8, BINS = 16;

interface Cell { i: number; j: number; left: number; top: number; size: number; height: number }

/* The cells of the lower triangle; those on the diagonal hold how often each value occurs. */
function cellsOf(n: number, width: number, height: number): Cell[] {
  const size = (width - LEFT - (n - 1) * GAP - 2) / n, tall = (height - FOOT - (n - 1) * GAP) / n, cells: Cell[] = [];
  for (let j = 0; j < n; j++) for (let i = 0; i <= j; i++) cells.push({ i, j, left: LEFT + i * (size + GAP), top: j * (tall + GAP), size, height: tall });
  return cells;
}

export function Scatter() {
  const model = page.model!, c = model.columns, again = useRef<(() => void) | null>(null);
  const brush = useRef<{ cell: Cell; x: number; y: number } | null>(null), [, redraw] = useState(0), box = useRef({ width: 0 });
  const axes = axesOf(model, "", "", ["value"]).slice(-MOST).reverse(), by = option("scatter.colour", "objective");
  const height = Math.min(1000, Math.max(420, axes.length * 124));
  useHover(() => again.current?.());
  void redraw;

  const draw = (s: Surface) => {
    box.current.width = s.width;
    const cells = cellsOf(axes.length, s.width, height), shares = axes.map((axis) => placesOf(axis)), colour = packedColours(by);
    for (const cell of cells) {
      s.g.fillStyle = theme().ground;
      s.g.fillRect(cell.left, cell.top, cell.size, cell.height);
      if (cell.i === cell.j) histogram(s, cell, axes[cell.i], shares[cell.i]);
    }
    for (const cell of cells) if (cell.i !== cell.j) dots(s, cell, shares[cell.i], shares[cell.j], colour);
    labels(s, cells, axes);
  };
  const over = (s: Surface) => {
    const cells = cellsOf(axes.length, s.width, height), t = theme(), row = c.row(hovered);
    s.g.strokeStyle = t.accent;
    for (const cell of cells) if (cell.i !== cell.j) brushed(s, cell, axes[cell.i], axes[cell.j]);
    if (row < 0) return;
    s.g.strokeStyle = t.ink;
    s.g.lineWidth = 2;
    for (const cell of cells) {
      const x = share(axes[cell.i], c.column(axes[cell.i].name)[row]), y = share(axes[cell.j], c.column(axes[cell.j].name)[row]);
      if (cell.i === cell.j || !(x === x) || !(y === y)) continue;
      s.g.beginPath();
      s.g.arc(cell.left + x * cell.size, cell.top + (1 - y) * cell.height, 5, 0, 7);
      s.g.stroke();
    }
  };
  const cellAt = (x: number, y: number) => cellsOf(axes.length, box.current.width, height).find((cell) => cell.i !== cell.j && x >= cell.left && x <= cell.left + cell.size && y >= cell.top && y <= cell.top + cell.height);
  const nearest = (cell: Cell, x: number, y: number) => {
    const a = sharer(axes[cell.i]), b = sharer(axes[cell.j]), u = c.column(axes[cell.i].name), v = c.column(axes[cell.j].name);
    let found = -1, least = 64;
    for (let row = 0; row < c.n; row++) {
      if (!page.mask[row]) continue;
      const d = (cell.left + a(u[row]) * cell.size - x) ** 2 + (cell.top + (1 - b(v[row])) * cell.height - y) ** 2;
      if (d < least) { least = d; found = row; }
    }
    return found;
  };
  const pointer = (kind: string, x: number, y: number, event: PointerEvent | MouseEvent) => {
    if (kind === "down") { const cell = cellAt(x, y); brush.current = cell ? { cell, x, y } : null; return; }
    if (kind === "up") {
      const b = brush.current;
      brush.current = null;
      if (b && Math.hypot(x - b.x, y - b.y) < 4) {
        if (hovered) { hideTip(); openTrial(hovered); } else setRanges([[axes[b.cell.i].name, null], [axes[b.cell.j].name, null]]);
      }
      return;
    }
    if (kind === "move" && brush.current) { brushTo(brush.current, x, y, axes); return; }
    const cell = kind === "leave" ? undefined : cellAt(x, y), row = cell ? nearest(cell, x, y) : -1;
    hover(row < 0 ? 0 : c.column("trial")[row]);
    if (row < 0) hideTip();
    else showTip(event.clientX, event.clientY, `trial ${hovered}`, aboutTrial(model, row));
  };
  return (
    <Panel title="Scatter-plot matrix" about="draw a rectangle to brush, click beside a dot to let go, click a dot to open it" end={<>
      <Legend by={by} />
      <Segments name="scatter.colour" label="Colour of the dots" choices={[["objective", "by objective"], ["rung", "by budget"], ["state", "by state"]]} />
    </>}>
      <div class="scroll"><div style={{ minWidth: `${axes.length * 88}px` }}>
        <Canvas height={height} label={`Scatter-plot matrix of ${counted(page.passed, "trial")} over ${axes.map((a) => a.title).join(", ")}`} draw={draw} over={over} overRef={again} onPointer={pointer} cursor="crosshair" />
      </div></div>
      {model.columns.params.length + 1 > MOST && <p class="hint">The last {MOST - 1} parameters and the objective; parallel coordinates have all.</p>}
    </Panel>
  );
}

let places = { key: "", of: new Map<string, Float32Array>() };

/* Where each row stands along an axis, 0 to 1; categories a little apart from each other. Kept until trials change. */
function placesOf(axis: ShownAxis): Float32Array {
  const model = page.model!, c = model.columns, key = `${model.name} ${model.trialsVersion}`, name = [axis.name, axis.isLog, axis.low, axis.high].join();
  if (places.key !== key) places = { key, of: new Map() };
  const kept = places.of.get(name);
  if (kept) return kept;
  const values = c.column(axis.name), at = sharer(axis), found = new Float32Array(c.n), jitter = axis.choices ? 0.5 / axis.choices.length : 0;
  for (let i = 0; i < c.n; i++) found[i] = at(values[i]) + (jitter ? (((i * 0.6180339887) % 1) - 0.5) * jitter : 0);
  places.of.set(name, found);
  return found;
}

/* The rows in the order in which they are drawn, the best last, with the colour of each. */
function packedColours(by: string): { rows: Int32Array; colours: Uint32Array; faint: number } {
  const model = page.model!, order = ranked(model), t = theme(), colours32 = new Uint32Array(order.length), rows = new Int32Array(order.length);
  const known = new Map<string, number>(), pack = (hex: string) => known.get(hex) ?? (known.set(hex, packed(hex)), known.get(hex)!);
  const colour = by === "objective" ? null : colours(model, by);
  for (let i = 0; i < order.length; i++) {
    const row = order[order.length - 1 - i];
    rows[i] = row;
    colours32[i] = colour ? pack(colour(row)) : pack(t.ramp[Math.round((i / Math.max(1, order.length - 1)) * (t.ramp.length - 1))]);
  }
  return { rows, colours: colours32, faint: packed(t.line) };
}

function dots(s: Surface, cell: Cell, x: Float32Array, y: Float32Array, ink: ReturnType<typeof packedColours>) {
  const image = new Pixels(s, cell.left, cell.top, cell.size, cell.height, packed(theme().ground)), n = ink.rows.length, size = n > 3000 ? 1.5 : n > 400 ? 3 : 5;
  if (page.passed < page.model!.columns.n) image.dots(ink.rows, x, y, page.mask, 0, () => ink.faint, size);
  image.dots(ink.rows, x, y, page.mask, 1, (i) => ink.colours[i], size);
  image.show();
}

function histogram(s: Surface, cell: Cell, axis: ShownAxis, places: Float32Array) {
  const n = axis.choices?.length ?? BINS, all = new Uint32Array(n), kept = new Uint32Array(n), t = theme();
  for (let i = 0; i < places.length; i++) {
    if (!(places[i] === places[i])) continue;
    const bin = Math.max(0, Math.min(n - 1, Math.floor(places[i] * n)));
    all[bin]++;
    kept[bin] += page.mask[i];
  }
  const most = Math.max(...all, 1), step = cell.size / n;
  for (let i = 0; i < n; i++) {
    const h = (all[i] / most) * (cell.height - 22), k = (kept[i] / most) * (cell.height - 22);
    s.g.fillStyle = t.line;
    s.g.fillRect(cell.left + i * step + 1, cell.top + cell.height - h, step - 2, h);
    s.g.fillStyle = t.accent;
    s.g.globalAlpha = 0.75;
    s.g.fillRect(cell.left + i * step + 1, cell.top + cell.height - k, step - 2, k);
    s.g.globalAlpha = 1;
  }
  s.g.font = "600 12px system-ui, sans-serif";
  s.g.textAlign = "left";
  s.g.textBaseline = "top";
  s.g.fillStyle = t.ink;
  s.g.fillText(axis.title, cell.left + 6, cell.top + 5, cell.size - 10);
}

function labels(s: Surface, cells: Cell[], axes: ShownAxis[]) {
  const t = theme(), n = axes.length;
  s.g.font = "11px system-ui, sans-serif";
  s.g.fillStyle = t.soft;
  for (const cell of cells) {
    if (cell.j === n - 1) {
      s.g.textAlign = "center";
      s.g.textBaseline = "top";
      spaced(ticks(axes[cell.i], 3).map((v) => [cell.left + share(axes[cell.i], v) * cell.size, v]), 34).forEach(([x, v]) => s.g.fillText(words(axes[cell.i], v), x, cell.top + cell.height + 6));
    }
    if (cell.i === 0 && cell.j > 0) {
      s.g.textAlign = "right";
      s.g.textBaseline = "middle";
      spaced(ticks(axes[cell.j], 3).map((v) => [-(cell.top + (1 - share(axes[cell.j], v)) * cell.height), v]), 14).forEach(([y, v]) => s.g.fillText(words(axes[cell.j], v), cell.left - 7, -y));
    }
  }
}

const words = (axis: ShownAxis, v: number) => (axis.choices ? axis.choices[v].slice(0, 7) : tick(v));

/* Of places that ascend, those that leave room for their words. */
function spaced(places: number[][], room: number): number[][] {
  let last = -Infinity;
  return places.filter(([at]) => (at - last >= room ? ((last = at), true) : false));
}

function brushed(s: Surface, cell: Cell, a: ShownAxis, b: ShownAxis) {
  const u = page.filter.ranges.get(a.name), v = page.filter.ranges.get(b.name);
  if (!u && !v) return;
  const end = (axis: ShownAxis, range: [number, number] | undefined, i: 0 | 1) => Math.max(0, Math.min(1, range ? share(axis, range[i] + (axis.choices ? (i ? 0.5 : -0.5) : 0)) : i));
  const x0 = end(a, u, 0), x1 = end(a, u, 1), y0 = end(b, v, 0), y1 = end(b, v, 1);
  s.g.globalAlpha = u && v ? 1 : 0.35;
  s.g.lineWidth = 1.2;
  s.g.strokeRect(cell.left + x0 * cell.size, cell.top + (1 - y1) * cell.height, (x1 - x0) * cell.size, (y1 - y0) * cell.height);
  s.g.globalAlpha = 1;
}

function brushTo(b: { cell: Cell; x: number; y: number }, x: number, y: number, axes: ShownAxis[]) {
  if (Math.hypot(x - b.x, y - b.y) < 4) return;
  const { cell } = b, across = [b.x, x].map((v) => Math.max(0, Math.min(1, (v - cell.left) / cell.size))).sort((p, q) => p - q);
  const up = [b.y, y].map((v) => Math.max(0, Math.min(1, 1 - (v - cell.top) / cell.height))).sort((p, q) => p - q);
  const range = (axis: ShownAxis, [low, high]: number[]): [number, number] => {
    const from = valueAt(axis, low), to = valueAt(axis, high);
    return axis.choices ? [Math.ceil(from - 0.5), Math.floor(to + 0.5)] : [from, to];
  };
  setRanges([[axes[cell.i].name, range(axes[cell.i], across)], [axes[cell.j].name, range(axes[cell.j], up)]]);
}
