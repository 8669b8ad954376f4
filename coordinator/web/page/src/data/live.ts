/* live.ts: the stream of what changes, read by fetch, as an EventSource could not send the token. It goes on where it
 * was broken off, and says when it is not there.
 *
 * A browser opens six connections to a server, all tabs together, and each stream holds one. So a page that nobody sees
 * does not listen: it catches up as soon as it is shown again. */
import { Refusal, request } from "./api";
import type { Delta } from "./answers";

export interface LiveHandlers {
  delta(delta: Delta): void;
  up(): void;
  down(why: string): void;
}

const PATIENCE_MS = 40_000; /* the server sends a line at least each 15 s */
const AGAIN_MS = [300, 600, 1000, 2000, 4000];
const AWAY_MS = 5_000; /* hidden for so long: somebody who looks at another tab for a moment misses nothing */

/* Calls `leave` when the page has been out of sight for a while, or is put away by the browser; `come` when it is shown
 * again. */
function watchSight(leave: () => void, come: () => void, signal: AbortSignal) {
  let timer = 0, isAway = false;
  const away = () => { if (!isAway) { isAway = true; leave(); } };
  const back = () => { clearTimeout(timer); if (isAway) { isAway = false; come(); } };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) back();
    else timer = window.setTimeout(away, AWAY_MS);
  }, { signal });
  addEventListener("pagehide", away, { signal });
  addEventListener("pageshow", () => { if (!document.hidden) back(); }, { signal });
}

export function follow(campaign: string, since: number, handlers: LiveHandlers): () => void {
  const ending = new AbortController();
  let seq = since, tries = 0, turn = new AbortController();
  let shown = Promise.resolve(), show = () => {};
  watchSight(() => { shown = new Promise((resolve) => { show = resolve; }); turn.abort(); }, () => show(), ending.signal);

  async function once() {
    const own = turn = new AbortController(), end = () => own.abort();
    ending.signal.addEventListener("abort", end);
    let patience = setTimeout(end, PATIENCE_MS);
    try {
      const answer = await request(["campaigns", campaign, "stream"], { since: seq }, { signal: own.signal, headers: { Accept: "text/event-stream" } });
      handlers.up();
      tries = 0;
      for await (const line of linesOf(answer.body!)) {
        clearTimeout(patience);
        patience = setTimeout(end, PATIENCE_MS);
        if (!line.startsWith("data:")) continue;
        const delta: Delta = JSON.parse(line.slice(5));
        seq = delta.seq;
        handlers.delta(delta);
      }
    } finally {
      clearTimeout(patience);
      ending.signal.removeEventListener("abort", end);
    }
  }

  (async () => {
    while (!ending.signal.aborted) {
      let why = "the coordinator ended the connection";
      const isShown = shown;
      await isShown;
      try {
        await once();
      } catch (error) {
        why = error instanceof Refusal ? error.message : "the coordinator does not answer";
        if (error instanceof Refusal && error.status === 401) why = "the token is not known here: open the address that `rung web` prints";
      }
      if (ending.signal.aborted) return;
      if (isShown !== shown) continue; /* nobody sees it: that is no trouble */
      handlers.down(why);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]));
    }
  })();
  return () => ending.abort();
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop()!;
      yield* lines;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
