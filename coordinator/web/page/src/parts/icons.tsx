/* icons.tsx: a sign for each view, drawn with one pen. */
import type { View } from "../state";

const paths: Record<View, string> = {
  overview: "M2 9.5 6 5l3 3 5-6M2 14h12",
  curves: "M2 2v12h12M4 4c1 6 4 7 9 7.500M4 7c2 4 5 4.500 9 3",
  parallel: "M3 2v12M8 2v12M13 2v12M3 5l5 6 5-7M3 11l5-6 5 5",
  scatter: "M2 2v12h12M5 11h.01M7 8h.01M9 9h.01M10 5h.01M12 6h.01M13 3h.01",
  rungs: "M4 2v12M12 2v12M4 5h8M4 8h8M4 11h8",
  timeline: "M2 4h6M5 8h8M3 12h5M11 12h3",
  trials: "M2 3h12v10H2zM2 6.500h12M6 6.500V13",
  importance: "M2 4h11M2 8h7M2 12h4",
  workers: "M2 3h12v4H2zM2 9h12v4H2zM4.500 5h.01M4.500 11h.01",
  failures: "M8 2 15 14H1zM8 6.500v3.500M8 12h.01",
};

export function Icon({ view }: { view: View }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={paths[view]} />
    </svg>
  );
}

export function Brand() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="var(--accent)" stroke-width="2.200" stroke-linecap="round" aria-hidden="true">
      <path d="M4 17V8M10 17V5M16 17V2M4 14h6M10 9h6" />
    </svg>
  );
}
