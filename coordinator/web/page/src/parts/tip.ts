/* tip.ts: the small box beside the pointer. All in it is text. */
let box: HTMLElement | null = null;

export function showTip(x: number, y: number, title: string, lines: string[]) {
  box ??= document.body.appendChild(Object.assign(document.createElement("div"), { id: "tip" }));
  const head = document.createElement("b");
  head.textContent = title;
  box.replaceChildren(head, lines.filter(Boolean).join("\n"));
  const { offsetWidth: w, offsetHeight: h } = box;
  box.style.transform = `translate(${Math.max(8, x + 16 + w > innerWidth - 8 ? x - w - 14 : x + 16)}px, ${Math.max(8, Math.min(y + 14, innerHeight - h - 8))}px)`;
  box.style.visibility = "visible";
}

export function hideTip() {
  if (box) box.style.visibility = "hidden";
}
