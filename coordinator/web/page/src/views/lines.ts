/* lines.ts: the lines of parallel coordinates, the best on top. Few are drawn with smooth edges; of many
 * each pixel counts how many pass, which takes milliseconds for ten thousand on any machine, so that a brush answers at once. */
import type { Model } from "../data/model";
import { Crowd, Pixels, type Surface } from "../draw/canvas";
import { along, packed, theme } from "../draw/colour";
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

const SMOOTH_MOST = 900;

export class Lines {
  private y: Float32Array[] = []; /* an axis: of each row */
  private x: number[] = [];
  private mask: Uint8Array = new Uint8Array(0);
  private order: Int32Array = new Int32Array(0);
  private placed = "";
  private faint: Pixels | null = null; /* all lines, as a ground to those that pass */
  private crowd: Crowd | null = null;

  draw(s: Surface, p: Picture) {
    this.place(s, p);
    this.mask = p.mask;
    this.order = p.order;
    if (p.order.length > SMOOTH_MOST) this.drawPixels(s, p);
    else this.drawSmooth(s.g, p);
  }

  /* The way of one line. */
  trace(g: CanvasRenderingContext2D, row: number) {
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

  private drawSmooth(g: CanvasRenderingContext2D, p: Picture) {
    const colour = colourer(p), isAll = p.order.every((row) => p.mask[row] === 1);
    g.lineWidth = 1;
    if (!isAll) {
      g.strokeStyle = theme().line;
      for (const row of p.order) if (!p.mask[row]) this.stroke(g, row);
    }
    g.lineWidth = 1.3;
    g.globalAlpha = p.order.length > 300 ? 0.7 : 0.9;
    for (let i = p.order.length - 1; i >= 0; i--) {
      if (!p.mask[p.order[i]]) continue;
      g.strokeStyle = colour(p.order[i], i);
      this.stroke(g, p.order[i]);
    }
    g.globalAlpha = 1;
  }

  private stroke(g: CanvasRenderingContext2D, row: number) {
    g.beginPath();
    this.trace(g, row);
    g.stroke();
  }

  /* How many lines pass a pixel is how dense it is, and their mean place its colour; the best of all are lines on top. */
  private drawPixels(s: Surface, p: Picture) {
    const shown = p.order.filter((row) => p.mask[row] === 1), isAll = shown.length === p.order.length, height = p.bottom - p.top + 1;
    const pixels = new Pixels(s, 0, p.top, s.width, height, 0), colour = colourer(p), ramp = theme().ramp, places = ramp.length;
    if (!isAll) pixels.copy((this.faint ??= this.allFaint(s, p)));
    if (shown.length <= SMOOTH_MOST) {
      pixels.show();
      this.drawSmooth(s.g, { ...p, order: p.order.filter((row) => p.mask[row] === 1) });
      return;
    }
    if (p.by === "objective") {
      const crowd = (this.crowd ??= new Crowd(s, s.width, height));
      crowd.clear();
      shown.forEach((row, i) => this.eachGap(row, p.top, (x0, y0, x1, y1) => crowd.line(x0, y0, x1, y1, Math.floor((1 - i / shown.length) * (places - 1)))));
      crowd.onto(pixels, ramp);
    }
    else this.paintAll(pixels, shown, p.top, colour);
    pixels.show();
    if (p.by === "objective") this.drawSmooth(s.g, { ...p, order: shown.slice(0, Math.max(20, Math.round(shown.length / 200))) });
  }

  private paintAll(pixels: Pixels, rows: Int32Array, top: number, colour: (row: number, place: number) => string) {
    const inks = new Map<string, number>();
    for (let i = rows.length - 1; i >= 0; i--) {
      const hex = colour(rows[i], i);
      let ink = inks.get(hex);
      if (ink === undefined) inks.set(hex, (ink = packed(hex)));
      this.eachGap(rows[i], top, (x0, y0, x1, y1) => pixels.line(x0, y0, x1, y1, ink));
    }
  }

  private allFaint(s: Surface, p: Picture): Pixels {
    const pixels = new Pixels(s, 0, p.top, s.width, p.bottom - p.top + 1, 0), ink = packed(theme().line);
    for (const row of p.order) this.eachGap(row, p.top, (x0, y0, x1, y1) => pixels.line(x0, y0, x1, y1, ink));
    return pixels;
  }

  private eachGap(row: number, top: number, draw: (x0: number, y0: number, x1: number, y1: number) => void) {
    for (let a = 0; a + 1 < this.x.length; a++) {
      const y0 = this.y[a][row], y1 = this.y[a + 1][row];
      if (y0 === y0 && y1 === y1) draw(this.x[a], y0 - top, this.x[a + 1], y1 - top);
    }
  }

  /* Works out where each line is, when any of that changed. */
  private place(s: Surface, p: Picture) {
    const key = [p.model.name, p.model.trialsVersion, s.width, s.height, s.ratio, theme().line, p.axes.map((a) => [a.name, a.isLog, a.low, a.high])].join();
    if (key === this.placed) return;
    this.placed = key;
    this.x = p.x;
    this.faint = null;
    this.crowd = null;
    this.y = p.axes.map((axis) => {
      const values = p.model.columns.column(axis.name), at = sharer(axis), y = new Float32Array(p.model.columns.n);
      for (let i = 0; i < y.length; i++) y[i] = p.bottom - at(values[i]) * (p.bottom - p.top);
      return y;
    });
  }
}

function colourer(p: Picture): (row: number, place: number) => string {
  if (p.by !== "objective") return colours(p.model, p.by);
  const ramp = theme().ramp, n = Math.max(1, p.order.length - 1);
  return (_row, place) => along(ramp, 1 - place / n);
}
