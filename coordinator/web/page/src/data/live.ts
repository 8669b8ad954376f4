/* live.ts: the stream of what changes, read by fetch, as an EventSource could not send the token. It goes on where it
 * was broken off, and says when it is not there. */
import { Refusal, request } from "./api";
import type { Delta } from "./answers";

export interface LiveHandlers {
  delta(delta: Delta): void;
  up(): void;
  down(why: string): void;
}

const PATIENCE_MS = 40_000; /* the server sends a line at least each 15 s */
const AGAIN_MS = [300, 600, 1000, 2000, 4000];

export function follow(campaign: string, since: number, handlers: LiveHandlers): () => void {
  const ending = new AbortController();
  let seq = since, tries = 0;

  async function once() {
    const turn = new AbortController();
    const end = () => turn.abort();
    ending.signal.addEventListener("abort", end);
    let patience = setTimeout(end, PATIENCE_MS);
    try {
      const answer = await request(["campaigns", campaign, "stream"], { since: seq }, { signal: turn.signal, headers: { Accept: "text/event-stream" } });
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
      try {
        await once();
      } catch (error) {
        why = error instanceof Refusal ? error.message : "the coordinator does not answer";
        if (error instanceof Refusal && error.status === 401) why = "the token is not known here: open the address that `rung web` prints";
      }
      if (ending.signal.aborted) return;
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
