/* api.ts: questions to rungd, described in schemas/api.openapi.json. The token comes behind the `#` of the address, is
 * taken out of it at once, and stays in this tab alone. */
export class Refusal extends Error {
  constructor(readonly status: number, text: string) {
    super(text);
  }
}

const KEPT = "rung-token";
let token = "";

export function takeToken() {
  const given = /(?:^#|[#&?])token=([A-Za-z0-9_-]+)/.exec(location.hash);
  if (given) {
    sessionStorage.setItem(KEPT, given[1]);
    history.replaceState(null, "", location.pathname + location.search + location.hash.replace(/[#&?]token=[A-Za-z0-9_-]+/, ""));
  }
  token = sessionStorage.getItem(KEPT) ?? "";
}

const path = (parts: (string | number)[]) => "/api/v1/" + parts.map((part) => encodeURIComponent(String(part))).join("/");

export function query(values: Record<string, string | number | undefined>): string {
  const found = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value !== undefined) found.set(key, String(value));
  const text = found.toString();
  return text ? "?" + text : "";
}

export async function request(parts: (string | number)[], values: Record<string, string | number | undefined> = {}, init: RequestInit = {}) {
  const headers = { ...init.headers, Authorization: `Bearer ${token}` };
  const answer = await fetch(path(parts) + query(values), { cache: "no-store", ...init, headers });
  if (!answer.ok) throw new Refusal(answer.status, await refusalText(answer));
  return answer;
}

async function refusalText(answer: Response): Promise<string> {
  try {
    return (await answer.json()).text || answer.statusText;
  } catch {
    return answer.statusText || `the coordinator answers ${answer.status}`;
  }
}

export async function ask<T>(parts: (string | number)[], values: Record<string, string | number | undefined> = {}, signal?: AbortSignal): Promise<T> {
  return (await request(parts, values, { signal })).json();
}

/* The answer's text says what was done. The number keeps a request that is sent again from being done twice. */
export async function steer(campaign: string, action: string, values: object): Promise<string> {
  const number = crypto.getRandomValues(new BigUint64Array(1))[0].toString();
  const body = JSON.stringify({ request: number, ...values });
  const answer = await request(["campaigns", campaign, action], {}, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  return (await answer.json()).text;
}

/* Lets the browser keep what the path answers, under the name that the server gives it. */
export async function download(parts: (string | number)[]) {
  const answer = await request(parts);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? String(parts.at(-1));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
