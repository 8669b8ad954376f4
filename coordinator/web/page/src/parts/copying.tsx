/* copying.tsx: buttons that put a text where it can be pasted from. */
import { useState } from "preact/hooks";

export function CopyButtons({ texts }: { texts: Record<string, () => string> }) {
  const [said, say] = useState("");
  const copy = async (name: string) => {
    say((await put(texts[name]())) ? name : "");
    setTimeout(() => say(""), 2000);
  };
  return (
    <span class="legend" role="group" aria-label="Copy the configuration">
      copy as
      {Object.keys(texts).map((name) => <button type="button" key={name} class="toggle" onClick={() => copy(name)}>{said === name ? "copied" : name}</button>)}
    </span>
  );
}

/* Browsers keep the clipboard from pages that came over plain HTTP from another machine: then by a selection. */
async function put(text: string): Promise<boolean> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const area = document.body.appendChild(document.createElement("textarea"));
  area.value = text;
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}
