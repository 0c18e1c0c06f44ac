/** The shell: navigation, the screen that the address names, the question for a key. Must not know any screen. */

import { html, render, useEffect, useErrorBoundary, useRef, useState } from "./vendor/preact-htm.js";
import { listen, locked, news, session, useData } from "./api.js";
import { moment } from "./format.js";
import { Badge, Choice, Heading, ProblemBox } from "./parts.js";
import { Link, Located, usePlace } from "./router.js";
import { Ask } from "./screens/ask.js";
import { Campaign } from "./screens/campaign.js";
import { Campaigns } from "./screens/campaigns.js";
import { Data } from "./screens/data.js";
import { Overview } from "./screens/overview.js";
import { Plan } from "./screens/plan.js";
import { Record } from "./screens/record.js";
import { Signal } from "./screens/signal.js";
import { Works } from "./screens/works.js";
import { texts } from "./texts.en.js";

const SAMPLE = "sample-account";
const MENU = [
  ["overview", "/"], ["campaigns", "/campaigns"], ["works", "/works"], ["plan", "/plan"], ["ask", "/ask"], ["record", "/record"], ["data", "/data"],
];

/** Patterns of addresses, and what they show. @type {[RegExp, any][]} */
const SCREENS = [
  [/^\/$/, Overview],
  [/^\/campaigns$/, Campaigns],
  [/^\/campaigns\/(.+)$/, Campaign],
  [/^\/works$/, Works],
  [/^\/works\/(.+)$/, Signal],
  [/^\/plan$/, Plan],
  [/^\/ask$/, Ask],
  [/^\/record$/, Record],
  [/^\/data$/, Data],
];

function screenOf(path) {
  for (const [pattern, Screen] of SCREENS) {
    const found = pattern.exec(path);
    if (found) return { Screen, id: found[1] === undefined ? undefined : decodeURIComponent(found[1]) };
  }
  return { Screen: NotThere };
}

const NotThere = () => html`<${Heading} title=${texts.notThere.title} /><p>${texts.notThere.text}</p>`;

function Navigation({ path }) {
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [path]);
  const here = (address) => (address === "/" ? path === "/" : path === address || path.startsWith(`${address}/`));
  return html`<header class="bar"><div class="inside">
    <${Link} href="/" class="brand"><img src="/assets/icon.svg" alt="" width="24" height="24" />${texts.product}<//>
    <button type="button" class="menu" aria-expanded=${open} aria-controls="navigation" onClick=${() => setOpen(!open)}>${texts.menu}</button>
    <nav id="navigation" class=${open ? "open" : ""} aria-label=${texts.navigation}>
      <ul>${MENU.map(([name, address]) => html`<li key=${name}><${Link} href=${address} aria-current=${here(address) ? "page" : undefined}>${texts.screens[name]}<//></li>`)}</ul>
      <${Session} />
    </nav>
  </div></header>`;
}

/** Which workspace is open, the others to choose from, and a way out of a key. */
function Session() {
  const answer = useData("/v1/workspaces");
  const names = (answer.data?.items ?? []).map((row) => [row.workspace, row.sample ? texts.sample.name : row.workspace]);
  const mine = session.workspace || (names.length === 1 ? names[0][0] : "default");
  if (!names.some(([name]) => name === mine)) names.push([mine, mine]);
  const open = (name) => {
    session.workspace = name;
    location.assign("/");
  };
  return html`<div class="session"><${Live} />
    ${names.length > 1 && html`<${Choice} label=${texts.workspace} value=${mine} options=${names} onChange=${open} />`}
    ${session.key && html`<button type="button" class="plain" onClick=${() => { session.key = ""; location.assign("/"); }}>${texts.key.forget}</button>`}
  </div>`;
}

/** How learning stands, as it changes: {as_of, pending}; null until it is heard. */
function useStanding() {
  const [standing, set] = useState(null);
  useEffect(() => {
    const heard = (event) => set(event.detail);
    news.addEventListener("learning", heard);
    return () => news.removeEventListener("learning", heard);
  }, []);
  return standing;
}

/** How far the workspace is learnt. */
function Live() {
  const standing = useStanding();
  const text = standing && [standing.as_of ? texts.asOf(moment(standing.as_of)) : texts.overview.notLearnt, standing.pending && texts.waiting(standing.pending)];
  return html`<p class="live" aria-live="polite">${text?.filter(Boolean).join(" · ")}</p>`;
}

/** Where campaigns wait and nothing learns them, every screen says so: what is read there lacks what came in since. */
function Stalled() {
  const parts = useData(useStanding()?.pending ? "/ready" : null).data?.parts;
  if (!parts?.degraded.includes("not-learning")) return null;
  return html`<p class="banner" role="status"><${Badge} tone="bad">${texts.health.degraded}<//> ${texts.health.stalled} <${Link} href="/data">${texts.screens.data}<//></p>`;
}

/** Asks for a key where the server wants one. */
function KeyQuestion({ refused }) {
  const place = useRef(null);
  useEffect(() => place.current?.focus(), []);
  const send = (event) => {
    event.preventDefault();
    session.key = String(new FormData(event.target).get("key")).trim();
    location.reload();
  };
  return html`<main class="ask-key"><form onSubmit=${send} class="card">
    <${Heading} title=${texts.key.title} /><p>${texts.key.text}</p>
    ${refused && html`<p class="problem" role="alert">${texts.key.wrong}</p>`}
    <label class="field"><span>${texts.key.label}</span><input ref=${place} name="key" type="password" required autocomplete="off" /></label>
    <button type="submit" class="strong">${texts.key.send}</button>
  </form></main>`;
}

/** One screen; what breaks while it is drawn is shown in its place, and the menu still works. */
function Screen({ path }) {
  const [broken, mend] = useErrorBoundary();
  useEffect(mend, [path]);
  if (broken) return html`<${ProblemBox} problem=${{ title: texts.problem.broken, detail: String(broken.message) }} retry=${mend} />`;
  const { Screen: Chosen, id } = screenOf(path);
  return html`<${Chosen} key=${path} id=${id} />`;
}

function Page() {
  const { path } = usePlace();
  const [key, askKey] = useState(null);
  const before = useRef(path);
  if (before.current !== path) {
    Heading.moved = true;
    before.current = path;
  }
  useEffect(() => { locked.tell = (refused) => askKey({ refused }); }, []);
  useEffect(() => scrollTo(0, 0), [path]);
  if (key) return html`<${KeyQuestion} refused=${key.refused} />`;
  return html`<a class="skip" href="#content">${texts.skip}</a>
    <${Navigation} path=${path} />
    <main id="content" tabindex="-1">${session.workspace === SAMPLE && html`<p class="banner">${texts.sample.banner} <${Link} href="/data">${texts.sample.away}<//></p>`}
      <${Stalled} /><${Screen} path=${path} /></main>`;
}

listen();
render(html`<${Located}><${Page} /><//>`, document.getElementById("page"));
