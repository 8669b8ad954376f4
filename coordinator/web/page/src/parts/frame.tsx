/* frame.tsx: the page around a view: the side, the head with the figures, the filter. */
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { chooseCampaign, go, hrefOf, page, setTheme, VIEWS, type ThemeChoice, type View } from "../state";
import { Curves } from "../views/curves";
import { Failures } from "../views/failures";
import { Importance } from "../views/importance";
import { Overview } from "../views/overview";
import { Parallel } from "../views/parallel";
import { Rungs } from "../views/rungs";
import { Scatter } from "../views/scatter";
import { Timeline } from "../views/timeline";
import { TrialPage } from "../views/trial";
import { Trials } from "../views/trials";
import { Workers } from "../views/workers";
import { Figures } from "./figures";
import { Filters } from "./filters";
import { Brand, Icon } from "./icons";
import { Pill } from "./small";
import { Steering } from "./steering";

const views: Record<View, [string, ComponentType]> = {
  overview: ["Overview", Overview], curves: ["Curves", Curves], parallel: ["Parallel", Parallel], scatter: ["Scatter", Scatter],
  rungs: ["Rungs", Rungs], timeline: ["Timeline", Timeline], trials: ["Trials", Trials], importance: ["Importance", Importance],
  workers: ["Workers", Workers], failures: ["Failures", Failures],
};

export function Frame() {
  if (!page.model) return <Waiting />;
  const Shown = page.trial ? TrialPage : views[page.view][1];
  document.title = `${page.model.name} · Rung`;
  return (
    <div class="frame">
      <Side />
      <main class="main" id="main">
        <Head />
        <Banner />
        <Figures />
        {page.trial === 0 && <Filters />}
        <Shown key={page.trial || page.view} />
      </main>
    </div>
  );
}

function Waiting() {
  if (!page.trouble) return <div class="whole soft" role="status">Asking the coordinator…</div>;
  return (
    <div class="whole" role="alert">
      <h2>There is nothing to show</h2>
      <p class="soft">{page.trouble}</p>
      <p class="faint small">The address with its token is what `rung web` prints.</p>
    </div>
  );
}

function ViewLink({ view }: { view: View }) {
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(view);
  };
  const isHere = page.view === view && !page.trial;
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => { // on a phone the views are a row that scrolls
    const a = link.current, row = a?.parentElement;
    if (isHere && a && row) row.scrollLeft = a.offsetLeft - (row.clientWidth - a.offsetWidth) / 2;
  }, [isHere]);
  return (
    <a ref={link} class="view" id={`to-${view}`} href={hrefOf(view)} onClick={open} aria-current={isHere ? "page" : undefined}>
      <Icon view={view} />
      {views[view][0]}
    </a>
  );
}

function Side() {
  const themes: [ThemeChoice, string][] = [["light", "Light"], ["auto", "Auto"], ["dark", "Dark"]];
  return (
    <nav class="side" aria-label="Views">
      <div class="brand"><Brand /><span>Rung</span></div>
      {VIEWS.map((view) => <ViewLink key={view} view={view} />)}
      <div class="foot">
        <span class="note">{page.session?.role === "operator" ? "You may steer" : "You look on"}{page.session && ` · Rung ${page.session.version}`}</span>
        <div class="segments" role="group" aria-label="Theme">
          {themes.map(([key, words]) => <button type="button" key={key} aria-pressed={page.theme === key} onClick={() => setTheme(key)}>{words}</button>)}
        </div>
      </div>
    </nav>
  );
}

function Head() {
  const model = page.model!;
  const isOne = page.campaigns.length < 2;
  return (
    <header class="head">
      {isOne ? <h1>{model.name}</h1> : (
        <h1><select class="campaign" aria-label="Campaign" value={model.name} onChange={(event) => chooseCampaign(event.currentTarget.value)}>
          {page.campaigns.map((c) => <option key={c.campaign}>{c.campaign}</option>)}
        </select></h1>
      )}
      <Pill state={model.state} />
      <span class="soft small">{model.about.file.objective.goal} {model.metric}</span>
      <Steering />
    </header>
  );
}

/* What is out of the ordinary, said calmly. */
function Banner() {
  const model = page.model!;
  const { shown, of } = model.thinned;
  return (
    <>
      <div aria-live="polite">
        {page.isDown && <div class="banner" id="banner-down"><span class="dot" /><span>Not connected: {page.downWhy}. What you see is what was known; it goes on by itself as soon as the coordinator is back.</span></div>}
        {model.trouble && <div class="banner grave">{model.trouble}</div>}
      </div>
      {shown < of && <div class="banner" id="banner-thinned">Here are {shown.toLocaleString("en-US")} of {of.toLocaleString("en-US")} trials: the best 100, those that run, and an even choice of the others.</div>}
    </>
  );
}
