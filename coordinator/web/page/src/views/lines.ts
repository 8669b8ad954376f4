/* lines.ts: the lines of parallel coordinates. The best are drawn first and the others beneath them, a few thousand a
 * frame, so that a brush answers at once however many there are. */
import type { Model } from "../data/model";
import type { Surface } from "../draw/canvas";
import { along, theme } from "../draw/colour";
import { sharer } from "../draw/scale";
import { colours } from "./history";
import type { ShownAxis } from "./axes";

export interface Picture {
  model: Model;
  axes: ShownAxis[];
  mask: Uint8Array;
  by: string; /* objective, rung or state */
  x: number[];
  top: number;
  bottom: number;
  order: Int32Array; /* rows, the best first */
}

const FIRST = 1500, CHUNK = 2500, BUCKETS = 32, FAINT_MOST = 2500;

export class Lines {
  private y: Float32Array[] = []; /* an axis: of each row */
  private x: number[] = [];
  private mask: Uint8Array = new Uint8Array(0);
  private order: Int32Array = new Int32Array(0);
  private placed = "";
  private layer: OffscreenCanvas | null = null;
  private faint: OffscreenCanvas | null = null;
  private turn = 0;

  draw(s: Surface, p: Picture, axes: () => void) {
    this.place(s, p);
    this.mask = p.mask;
    this.order = p.order;
    const chosen = p.order.filter((row) => p.mask[row] === 1);
    const layer = this.layer!.getContext("2d")!;
    layer.setTransform(s.ratio, 0, 0, s.ratio, 0, 0);
    layer.clearRect(0, 0, s.width, s.height);
    layer.globalCompositeOperation = "destination-over";
    layer.lineWidth = chosen.length > 1500 ? 0.8 : 1.2;
    layer.globalAlpha = chosen.length > 4000 ? 0.45 : chosen.length > 800 ? 0.6 : 0.85;
    const colour = this.colourer(p), turn = ++this.turn;
    const show = () => {
      s.g.clearRect(0, 0, s.width, s.height);
      if (chosen.length < p.order.length) s.g.drawImage(this.faint!, 0, 0, s.width, s.height);
      s.g.drawImage(this.layer!, 0, 0, s.width, s.height);
      axes();
    };
    const more = (from: number, n: number) => {
      if (turn !== this.turn) return;
      this.stroke(layer, chosen, from, Math.min(chosen.length, from + n), colour);
      show();
      if (from + n < chosen.length) requestAnimationFrame(() => more(from + n, CHUNK));
    };
    more(0, FIRST);
  }

  /* The way of one line. */
  trace(g: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, row: number) {
    let isOn = false;
    for (let a = 0; a < this.x.length; a++) {
      const y = this.y[a][row];
      if (y !== y) { isOn = false; continue; }
      if (isOn) g.lineTo(this.x[a], y);
      else g.moveTo(this.x[a], y);
      isOn = true;
    }
  }

  /* The row whose line runs by a place, or -1. */
  nearest(x: number, y: number): number {
    const a = this.x.findIndex((at, i) => i + 1 < this.x.length && x >= at && x <= this.x[i + 1]);
    if (a < 0) return -1;
    const at = (x - this.x[a]) / (this.x[a + 1] - this.x[a]), left = this.y[a], right = this.y[a + 1];
    let found = -1, least = 7;
    for (const row of this.order) {
      const d = Math.abs(left[row] + (right[row] - left[row]) * at - y);
      if (this.mask[row] && d < least) { least = d; found = row; }
    }
    return found;
  }

  private colourer(p: Picture): (row: number, place: number, n: number) => string {
    if (p.by !== "objective") {
      const colour = colours(p.model, p.by);
      return (row) => colour(row);
    }
    const ramp = theme().ramp;
    return (_row, place, n) => along(ramp, 1 - Math.floor((place / n) * BUCKETS) / BUCKETS);
  }

  /* Lines of one colour that follow each other go into one path. */
  private stroke(g: OffscreenCanvasRenderingContext2D, rows: Int32Array, from: number, to: number, colour: (row: number, place: number, n: number) => string) {
    let now = "";
    for (let i = from; i < to; i++) {
      const next = colour(rows[i], i, rows.length);
      if (next !== now || (i - from) % 200 === 0) {
        if (now) g.stroke();
        g.strokeStyle = now = next;
        g.beginPath();
      }
      this.trace(g, rows[i]);
    }
    if (now) g.stroke();
  }

  /* Works out where each line is, and draws all of them faintly, when any of that changed. */
  private place(s: Surface, p: Picture) {
    const key = [p.model.name, p.model.trialsVersion, s.width, s.height, s.ratio, theme().line, p.axes.map((a) => [a.name, a.isLog, a.low, a.high])].join();
    if (key === this.placed) return;
    this.placed = key;
    this.x = p.x;
    this.y = p.axes.map((axis) => {
      const values = p.model.columns.column(axis.name), at = sharer(axis), y = new Float32Array(p.model.columns.n);
      for (let i = 0; i < y.length; i++) y[i] = p.bottom - at(values[i]) * (p.bottom - p.top);
      return y;
    });
    this.layer = new OffscreenCanvas(s.width * s.ratio, s.height * s.ratio);
    this.faint = new OffscreenCanvas(s.width * s.ratio, s.height * s.ratio);
    const g = this.faint.getContext("2d")!, step = Math.max(1, Math.ceil(p.order.length / FAINT_MOST));
    g.scale(s.ratio, s.ratio);
    g.strokeStyle = theme().line;
    g.lineWidth = 0.8;
    g.globalAlpha = 0.7;
    for (let i = 0; i < p.order.length; i += step) {
      if ((i / step) % 100 === 0) { g.stroke(); g.beginPath(); }
      this.trace(g, p.order[i]);
    }
    g.stroke();
  }
}
