/* plot.tsx: uPlot for the axes, the grid and the zoom; what is within, hundreds of lines or thousands of dots, the view
 * paints itself. Drag to zoom, double-click to see all again. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "./colour";
import { ticks } from "./scale";
import { tick } from "./words";

export interface Box {
  g: CanvasRenderingContext2D;
  x(value: number): number; /* in device pixels */
  y(value: number): number;
  left: number;
  top: number;
  width: number;
  height: number;
  ratio: number;
}

interface Props {
  height: number;
  label: string;
  xLabel: string;
  yLabel: string;
  xRange: [number, number];
  yRange: [number, number];
  isXLog?: boolean;
  isYLog?: boolean;
  isTime?: boolean; /* x is in seconds since 1970 */
  paint(box: Box): void;
  over?(box: Box): void; /* above, when the pointer moved */
  overRef?: { current: (() => void) | null };
  onMove?(x: number, y: number, box: Box, event: MouseEvent): void; /* in device pixels; -1, -1: gone */
  onClick?(x: number, y: number, box: Box, event: MouseEvent): void;
}

function along(low: number, high: number, isLog: boolean, from: number, size: number): (v: number) => number {
  const f = isLog ? Math.log : (v: number) => v, a = f(low), k = size / (f(high) - a || 1);
  return isLog ? (v) => from + (Math.log(v) - a) * k : (v) => from + (v - a) * k;
}

function boxOf(u: uPlot, g: CanvasRenderingContext2D, props: Props, isOver: boolean): Box {
  const { left, top, width, height } = u.bbox, { x, y } = u.scales, l = isOver ? 0 : left, t = isOver ? 0 : top;
  return {
    g, left: l, top: t, width, height, ratio: devicePixelRatio || 1,
    x: along(x.min!, x.max!, !!props.isXLog, l, width), y: along(y.min!, y.max!, !!props.isYLog, t + height, -height),
  };
}

const font = "12px system-ui, sans-serif";

function axis(props: Props, isX: boolean): uPlot.Axis {
  const isLog = isX ? props.isXLog : props.isYLog, isTime = isX && props.isTime;
  return {
    label: isX ? props.xLabel : props.yLabel, labelFont: font, font, labelSize: 20, size: isX ? 30 : 58, gap: 5, labelGap: 0,
    stroke: () => theme().soft, grid: { stroke: () => theme().line, width: 1 }, ticks: { show: false },
    ...(isTime ? {} : {
      splits: (_u: uPlot, _i: number, low: number, high: number) => ticks({ low, high, isLog: !!isLog, isWhole: isX }, isX ? 8 : 6),
      values: (_u: uPlot, splits: number[]) => splits.map((v) => (v === null ? "" : tick(v))),
    }),
  };
}

function options(props: Props, last: { current: Props }, width: number): uPlot.Options {
  const keep: uPlot.Range.Function = (_u, low, high) => [low, high];
  return {
    width, height: props.height, legend: { show: false }, padding: [10, 12, 0, 0],
    cursor: { x: false, y: false, points: { show: false }, drag: { x: true, y: true, uni: 24, dist: 6 } },
    scales: { x: { time: !!props.isTime, distr: props.isXLog ? 3 : 1, range: keep }, y: { distr: props.isYLog ? 3 : 1, range: keep } },
    axes: [axis(props, true), axis(props, false)],
    series: [{}, { show: true, paths: () => null, points: { show: false } }],
    hooks: {
      draw: [(u) => {
        const { left, top, width: w, height: h } = u.bbox;
        u.ctx.save();
        u.ctx.beginPath();
        u.ctx.rect(left, top, w, h);
        u.ctx.clip();
        last.current.paint(boxOf(u, u.ctx, last.current, false));
        u.ctx.restore();
      }],
    },
  };
}

export function Plot(props: Props) {
  const place = useRef<HTMLDivElement>(null), plot = useRef<uPlot | null>(null), above = useRef<HTMLCanvasElement | null>(null), last = useRef(props);
  const known = useRef("");
  last.current = props;

  const over = () => {
    const u = plot.current, canvas = above.current;
    if (!u || !canvas) return;
    const { width, height } = u.bbox;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const g = canvas.getContext("2d")!;
    g.clearRect(0, 0, width, height);
    last.current.over?.(boxOf(u, g, last.current, true));
  };
  if (props.overRef) props.overRef.current = over;

  /* What cannot be changed in a uPlot makes a new one; else the ranges are set, unless somebody has zoomed. */
  useLayoutEffect(() => {
    const shape = [props.isXLog, props.isYLog, props.isTime, props.xLabel, props.yLabel, props.height].join();
    if (!plot.current || known.current !== shape) {
      plot.current?.destroy();
      plot.current = make(place.current!, last);
      above.current = overlay(plot.current, last);
      known.current = shape;
    } else {
      const u = plot.current, { x, y } = u.scales, [d0, d1] = u.data as number[][];
      const isZoomed = x.min !== d0[0] || x.max !== d0[1] || y.min !== d1[0] || y.max !== d1[1];
      u.setData([props.xRange, props.yRange], !isZoomed);
      if (isZoomed) u.redraw();
    }
    over();
  });
  useEffect(() => {
    const watch = new ResizeObserver(() => {
      const u = plot.current, width = place.current?.clientWidth ?? 0;
      if (!u || width === 0 || width === u.width) return;
      u.setSize({ width, height: last.current.height });
      over();
    });
    watch.observe(place.current!);
    return () => { watch.disconnect(); plot.current?.destroy(); plot.current = null; };
  }, []);
  return <div class="plot" ref={place} role="img" aria-label={props.label} style={{ height: `${props.height}px` }} />;
}

function make(place: HTMLElement, last: { current: Props }): uPlot {
  const props = last.current;
  return new uPlot(options(props, last, place.clientWidth || 300), [props.xRange, props.yRange], place);
}

/* The layer that follows the pointer. */
function overlay(u: uPlot, last: { current: Props }): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%", pointerEvents: "none" });
  u.over.append(canvas);
  const at = (event: MouseEvent): [number, number] => {
    const r = u.over.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    return [(event.clientX - r.left) * ratio, (event.clientY - r.top) * ratio];
  };
  const box = () => boxOf(u, canvas.getContext("2d")!, last.current, true);
  let down = [0, 0];
  u.over.addEventListener("mousedown", (event) => { down = [event.clientX, event.clientY]; });
  u.over.addEventListener("mousemove", (event) => last.current.onMove?.(...at(event), box(), event));
  u.over.addEventListener("mouseleave", (event) => last.current.onMove?.(-1, -1, box(), event));
  u.over.addEventListener("click", (event) => {
    if (Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 5) last.current.onClick?.(...at(event), box(), event);
  });
  return canvas;
}

