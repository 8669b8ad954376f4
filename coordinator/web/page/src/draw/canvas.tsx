/* canvas.tsx: a canvas that keeps its size in step with its element, and draws again when the page changed. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

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

/* Many dots at once, by writing pixels: squares of `size` CSS pixels on a ground, colours packed as 32 bits. */
export class Dots {
  private readonly pixels: Uint32Array;
  private readonly image: ImageData;
  private readonly w: number;
  private readonly h: number;

  constructor(private readonly s: Surface, private readonly left: number, private readonly top: number, width: number, height: number, ground: number) {
    this.w = Math.max(1, Math.round(width * s.ratio));
    this.h = Math.max(1, Math.round(height * s.ratio));
    this.image = s.g.createImageData(this.w, this.h);
    this.pixels = new Uint32Array(this.image.data.buffer).fill(ground);
  }

  /* x and y from the rectangle's corner. */
  put(x: number, y: number, colour: number, size: number) {
    const r = this.s.ratio, side = Math.max(1, Math.round(size * r)), half = side >> 1;
    const x0 = Math.max(0, Math.round(x * r) - half), x1 = Math.min(this.w, x0 + side);
    const y0 = Math.max(0, Math.round(y * r) - half), y1 = Math.min(this.h, y0 + side);
    for (let row = y0; row < y1; row++) this.pixels.fill(colour, row * this.w + x0, row * this.w + x1);
  }

  show() {
    this.s.g.putImageData(this.image, Math.round(this.left * this.s.ratio), Math.round(this.top * this.s.ratio));
  }
}
