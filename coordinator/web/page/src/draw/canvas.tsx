/* canvas.tsx: a canvas that keeps its size in step with its element, and draws again when the page changed. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { channels } from "./colour";

export interface Surface {
  g: CanvasRenderingContext2D;
  width: number; /* in CSS pixels, which is what g draws in */
  height: number;
  ratio: number; /* device pixels a CSS pixel */
}

interface Props {
  height: number;
  label: string; /* for who cannot see it */
  draw(surface: Surface): void; /* all of it */
  over?(surface: Surface): void; /* what changes with the pointer, on a layer above */
  overRef?: { current: (() => void) | null }; /* set to what draws `over` again */
  onPointer?(kind: "down" | "move" | "up" | "leave" | "double", x: number, y: number, event: PointerEvent | MouseEvent): void;
  onKey?(event: KeyboardEvent): void;
  cursor?: string;
}

function sized(canvas: HTMLCanvasElement): Surface | null {
  const ratio = Math.min(devicePixelRatio || 1, 2), { clientWidth: width, clientHeight: height } = canvas;
  if (width === 0 || height === 0) return null;
  const w = Math.round(width * ratio), h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const g = canvas.getContext("2d")!;
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return { g, width, height, ratio };
}

export function Canvas(props: Props) {
  const below = useRef<HTMLCanvasElement>(null), above = useRef<HTMLCanvasElement>(null), last = useRef(props);
  last.current = props;
  const drawBelow = () => { const s = below.current && sized(below.current); if (s) last.current.draw(s); };
  const drawAbove = () => { const s = above.current && sized(above.current); if (s) last.current.over?.(s); };
  if (props.overRef) props.overRef.current = drawAbove;

  useLayoutEffect(() => { drawBelow(); drawAbove(); });
  useEffect(() => {
    let width = below.current!.clientWidth;
    const watch = new ResizeObserver(() => {
      const now = below.current?.clientWidth ?? width;
      if (now === width) return;
      width = now;
      drawBelow();
      drawAbove();
    });
    watch.observe(below.current!);
    return () => watch.disconnect();
  }, []);

  const tell = (kind: "down" | "move" | "up" | "leave" | "double") => (event: PointerEvent | MouseEvent) => {
    const at = below.current!.getBoundingClientRect();
    if (kind === "down") (event.target as Element).setPointerCapture((event as PointerEvent).pointerId);
    last.current.onPointer?.(kind, event.clientX - at.left, event.clientY - at.top, event);
  };
  const fill = { width: "100%", height: `${props.height}px` };
  return (
    <div class="plot" style={{ height: `${props.height}px`, cursor: props.cursor }}>
      <canvas ref={below} style={fill} role="img" aria-label={props.label} tabIndex={props.onKey ? 0 : undefined} onKeyDown={props.onKey} />
      <canvas ref={above} style={{ ...fill, position: "absolute", inset: "0" }} aria-hidden="true" onPointerDown={tell("down")} onPointerMove={tell("move")}
        onPointerUp={tell("up")} onPointerLeave={tell("leave")} onDblClick={tell("double")} />
    </div>
  );
}

/* Many dots or lines at once, by writing pixels of a rectangle; colours are packed as 32 bits. x and y are in CSS pixels
 * from its corner, and what lies outside is left out. */
export class Pixels {
  private readonly pixels: Uint32Array;
  private readonly image: ImageData;
  private readonly w: number;
  private readonly h: number;
  private readonly ratio: number;

  constructor(private readonly s: Surface, private readonly left: number, private readonly top: number, width: number, height: number, ground: number) {
    this.ratio = s.ratio;
    this.w = Math.max(1, Math.round(width * s.ratio));
    this.h = Math.max(1, Math.round(height * s.ratio));
    this.image = s.g.createImageData(this.w, this.h);
    this.pixels = new Uint32Array(this.image.data.buffer);
    if (ground) this.pixels.fill(ground);
  }

  copy(from: Pixels) {
    this.pixels.set(from.pixels);
  }

  /* Squares of `size` CSS pixels, at least one pixel; larger ones without their corners. x and y are of `n` rows, as shares
   * of the rectangle from its lower left corner; NaN is left out. */
  dots(rows: Int32Array, x: Float32Array, y: Float32Array, mask: Uint8Array, wanted: number, colour: (i: number) => number, size: number) {
    const { w, h, pixels } = this, side = Math.max(1, Math.round(size * this.ratio)), half = side >> 1, isRound = side >= 4;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], u = x[row], v = y[row];
      if (mask[row] !== wanted || u !== u || v !== v) continue;
      const x0 = (u * w - half) | 0, y0 = ((1 - v) * h - half) | 0, ink = colour(i);
      for (let b = 0; b < side; b++) {
        const py = y0 + b, cut = isRound && (b === 0 || b === side - 1) ? 1 : 0;
        if (py < 0 || py >= h) continue;
        for (let a = cut; a < side - cut; a++) {
          const px = x0 + a;
          if (px >= 0 && px < w) pixels[py * w + px] = ink;
        }
      }
    }
  }

  /* One pixel wide; a pixel a column, or a row where it is steep. */
  line(x0: number, y0: number, x1: number, y1: number, ink: number) {
    const { w, h, pixels, ratio } = this, ax = x0 * ratio, ay = y0 * ratio, dx = (x1 - x0) * ratio, dy = (y1 - y0) * ratio;
    const n = Math.max(Math.abs(dx), Math.abs(dy)) | 0, sx = n ? dx / n : 0, sy = n ? dy / n : 0;
    let x = ax, y = ay;
    for (let i = 0; i <= n; i++) {
      const py = y | 0;
      if (py >= 0 && py < h) pixels[py * w + (x | 0)] = ink;
      x += sx;
      y += sy;
    }
  }

  /* A colour with its alpha over what is there; `at` counts pixels. */
  blend(at: number, red: number, green: number, blue: number, alpha: number) {
    const under = this.pixels[at], a0 = (under >>> 24) / 255, a = alpha + a0 * (1 - alpha), k = alpha / a;
    const mix = (top: number, shift: number) => (top * k + ((under >>> shift) & 255) * (1 - k)) | 0;
    this.pixels[at] = (((a * 255) << 24) | (mix(blue, 16) << 16) | (mix(green, 8) << 8) | mix(red, 0)) >>> 0;
  }

  show() {
    this.s.g.putImageData(this.image, Math.round(this.left * this.ratio), Math.round(this.top * this.ratio));
  }
}

const ONE = 2 ** 24; /* counts stand above the sum of places: both are whole numbers, and exact in one double */

/* For each pixel how many lines pass it, and the mean of their places on a ramp. */
export class Crowd {
  private readonly sums: Float64Array;
  private readonly w: number;
  private readonly h: number;

  constructor(private readonly s: Surface, width: number, height: number) {
    this.w = Math.max(1, Math.round(width * s.ratio));
    this.h = Math.max(1, Math.round(height * s.ratio));
    this.sums = new Float64Array(this.w * this.h);
  }

  clear() {
    this.sums.fill(0);
  }

  line(x0: number, y0: number, x1: number, y1: number, place: number) {
    const { w, h, sums } = this, r = this.s.ratio, dx = (x1 - x0) * r, dy = (y1 - y0) * r, add = ONE + place;
    const n = Math.max(Math.abs(dx), Math.abs(dy)) | 0, sx = n ? dx / n : 0, sy = n ? dy / n : 0;
    let x = x0 * r, y = y0 * r;
    for (let i = 0; i < n; i++) {
      const py = y | 0;
      if (py >= 0 && py < h) sums[py * w + (x | 0)] += add;
      x += sx;
      y += sy;
    }
  }

  /* Where three times the usual number pass, or more, it is opaque. */
  onto(pixels: Pixels, ramp: string[]) {
    const { sums } = this, inks = ramp.map(channels);
    let passed = 0, all = 0;
    for (let i = 0; i < sums.length; i++) if (sums[i] > 0) { passed++; all += Math.floor(sums[i] / ONE); }
    const full = Math.log1p((3 * all) / Math.max(1, passed)), opacity = Float64Array.from({ length: 4096 }, (_, n) => Math.min(1, (Math.log1p(n) / full) ** 2));
    for (let i = 0; i < sums.length; i++) {
      if (sums[i] === 0) continue;
      const n = Math.floor(sums[i] / ONE), [red, green, blue] = inks[Math.round((sums[i] - n * ONE) / n)];
      pixels.blend(i, red, green, blue, opacity[Math.min(n, 4095)]);
    }
  }
}
