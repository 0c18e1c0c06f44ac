/** What works: which signals go with better or worse results, how surely, on what evidence. */

import { html, useState } from "../vendor/preact-htm.js";
import { useData } from "../api.js";
import { ForestHead, ForestRow, forestAxis } from "../charts/lifts.js";
import { capital, count, day, groupLabel, lift, liftRange, moment, number, signalLabel, tone } from "../format.js";
import { Choice, FEWEST_ROWS, Heading, loaded, Numbers, Search, Spreadsheet, Table } from "../parts.js";
import { Link, signalAddress, useFilters } from "../router.js";
import { texts } from "../texts.en.js";
import { Creatives } from "./creatives.js";
import { Learnings } from "./learnings.js";

const METRICS = ["roas", "cpa", "ctr", "cvr", "cpm", "aov"];
const WINDOW = 20;
const words = texts.works;

const VIEWS = { effects: Effects, learnings: Learnings, texts: Creatives };

/** The screen: effects, learnings, or what texts teach. */
export function Works() {
  const [filters, change] = useFilters();
  const showing = filters.show in VIEWS ? filters.show : "effects";
  const tab = (name) => html`<button type="button" key=${name} aria-pressed=${showing === name} onClick=${() => change({ show: name === "effects" ? "" : name })}>${words.show[name]}</button>`;
  return html`<${Heading} title=${texts.screens.works} />
    <p class="lead">${words.lead}</p>
    <div class="switch" role="group" aria-label=${words.showLabel}>${Object.keys(VIEWS).map(tab)}</div>
    <${VIEWS[showing]} filters=${filters} change=${change} />`;
}

/** Revenue where there is some, else cost: the first of the two that anything was learnt of. */
function useEffects(filters) {
  const query = { limit: 1000, goal: filters.goal, joined: true };
  const chosen = useData("/v1/effects", { ...query, metric: filters.metric ?? "roas" });
  const fallback = !filters.metric && chosen.data?.items.length === 0;
  const cost = useData(fallback ? "/v1/effects" : null, { ...query, metric: "cpa" });
  if (fallback && cost.data?.items.length) return { answer: cost, metric: "cpa" };
  return { answer: fallback && !cost.data && !cost.problem ? cost : chosen, metric: filters.metric ?? "roas" };
}

function Effects({ filters, change }) {
  const { answer, metric } = useEffects(filters);
  return loaded(answer, (page) => html`<${Page} page=${page} metric=${metric} filters=${filters} change=${change} />`, { lines: 12 });
}

const strength = (effect) => Math.abs(Math.log(effect.effect));
const order = (a, b) => b.finding - a.finding || b.identified - a.identified || (a.finding ? strength(b) - strength(a) : b.probability - a.probability);
export const labelOf = (effect) => capital(effect.label ?? signalLabel(effect.signal));

/** @param {{page: Answer<"/v1/effects">, metric: string, filters: any, change: any}} props */
function Page({ page, metric, filters, change }) {
  const groups = [...new Set(page.items.map((effect) => effect.group))].sort();
  const wanted = filters.q?.toLowerCase();
  const items = page.items
    .filter((effect) => !filters.group || effect.group === filters.group)
    .filter((effect) => !wanted || labelOf(effect).toLowerCase().includes(wanted) || effect.signal.includes(wanted))
    .sort(order);
  const sure = items.filter((effect) => effect.finding);
  const unsure = items.filter((effect) => !effect.finding);
  const nothing = page.items.length === 0 && !filters.metric;
  return html`
    <p class="message" aria-live="polite">${nothing ? (page.reason ? `${capital(page.reason)}.` : words.nothing) : words.count(sure.length, items.length, texts.metric[metric])}</p>
    <p class="faint">${texts.asOf(moment(page.as_of))}${page.pending ? ` · ${texts.waiting(page.pending)}` : ""} · ${words.campaigns(count(page.campaigns ?? 0))}</p>
    ${nothing ? html`<${NextTest} />` : html`
      <div class="filters">
        <${Choice} label=${words.metric} value=${metric} options=${METRICS.map((name) => [name, texts.metricLong[name]])} onChange=${(value) => change({ metric: value })} />
        <${Choice} label=${words.group} value=${filters.group ?? ""} options=${[["", texts.all], ...groups.map((name) => [name, groupLabel(name)])]} onChange=${(value) => change({ group: value })} />
        ${page.goals?.length > 1 && html`<${Choice} label=${words.goal} value=${filters.goal ?? page.goals[0]} options=${page.goals.map((name) => [name, name])} onChange=${(value) => change({ goal: value })} />`}
        <${Search} label=${words.search} value=${filters.q} onChange=${(value) => change({ q: value })} />
      </div>
      ${Object.entries(page.wear).map(([name, wear]) => html`<p key=${name} class="note">${words.wearing(texts.metric[name], lift(wear.a_month), liftRange(wear.interval))}</p>`)}
      ${comesRound(page.season, "year")}${comesRound(page.weekdays, "week")}
      ${page.events.map((event) => html`<p key=${`${event.event_id} ${event.metric}`} class="note">${words.event(capital(event.name), event.text, event.metric && words.moved(texts.metric[event.metric], lift(event.effect), liftRange(event.interval)), event.finding ? "" : event.reason)}</p>`)}
      ${[page.season_outlook, page.delivery?.reason, page.approximate].map((text) => text && html`<p class="note">${capital(text)}</p>`)}
      ${groups.some((name) => name.includes("*")) && html`<p class="note">${words.pairs}</p>`}
      ${page.next_cursor && html`<p class="note">${words.capped(count(page.items.length))}</p>`}
      <${Forest} key=${`sure ${metric}`} title=${words.sure} note=${words.sureNote} effects=${sure} all=${items} metric=${metric} none=${words.noneSure} />
      <${Forest} key=${`unsure ${metric}`} title=${words.unsure} note=${words.unsureNote} effects=${unsure} all=${items} metric=${metric} />
      <${NextTest} /><${Spreadsheet} table="effects" />`}`;
}

/** Months or weekdays, told or suspected. */
function comesRound(times, turn) {
  return Object.entries(times).map(([name, parts]) => parts.map((part) => (part.finding || part.settled_in) && html`<p class="note">${words.against(turn, part.name, texts.metric[name], lift(part.effect), liftRange(part.interval), part.reason)}</p>`));
}

const columns = [
  { name: "signal", title: words.columns.signal, text: labelOf },
  { name: "lift", title: words.columns.effect, figure: true, text: (effect) => lift(effect.effect) },
  { name: "interval", title: texts.interval, figure: true, text: (effect) => liftRange(effect.interval) },
  { name: "raw", title: words.columns.raw, figure: true, text: (effect) => lift(effect.raw_lift) },
  { name: "campaigns", title: words.columns.campaigns, figure: true, text: (effect) => count(effect.real_campaigns) },
  { name: "rows", title: words.columns.rows, figure: true, text: (effect) => count(effect.rows) },
  { name: "reason", title: words.columns.reason, text: (effect) => effect.reason },
];

/** How it moved, and how it wears out, where that is beyond noise. @param {Schema<"EffectRow">} effect */
export function changesOf({ trend, wear_out: wear }) {
  const moved = trend && words.trend(lift(trend.change), day(trend.since), liftRange(trend.interval), trend.ongoing);
  return [moved, wear && wearOf(wear)].filter(Boolean);
}

/** @param {Schema<"CreativeWear">} wear */
function wearOf(wear) {
  const [first, last] = wear.below_average_interval;
  const below = wear.below_average ? words.below(day(wear.below_average), first && last && texts.change.between(day(first), day(last))) : "";
  const cost = wear.cost > 0 && wear.cost_interval ? words.cost(number(wear.cost, 0), texts.change.between(...wear.cost_interval.map((value) => number(value, 0)))) : "";
  return words.wear(lift(wear.change), day(wear.new_on), liftRange(wear.interval)) + below + cost;
}

const also = (effect) => (effect.same_as?.length ? words.also(effect.same_as.map(signalLabel).join(", ")) : "");

function Forest({ title, note, effects, all, metric, none }) {
  const [most, show] = useState(WINDOW);
  if (!effects.length) return none ? html`<section><h2>${title}</h2><p>${none}</p></section>` : null;
  const axis = forestAxis(all.slice(0, 200));
  const cell = (effect) => html`<${Link} href=${signalAddress(effect.signal, metric)}>${labelOf(effect)}<//>`;
  if (effects.length < FEWEST_ROWS) {
    return html`<section><h2>${title}</h2><p class="note">${note}</p><${Table} caption=${title} columns=${[{ ...columns[0], cell }, ...columns.slice(1)]} rows=${effects} /></section>`;
  }
  return html`<section class="picture">
    <h2>${title}</h2><p class="note">${note}</p>
    <div class="forest-head" aria-hidden="true"><span /><${ForestHead} axis=${axis} /><span /></div>
    <ol class="forest">${effects.slice(0, most).map((effect) => html`<li key=${effect.signal}>
      <span class="what">${cell(effect)}${[also(effect), ...changesOf(effect)].filter(Boolean).map((text) => html`<small key=${text}>${capital(text)}</small>`)}</span>
      ${effect.identified ? html`<${ForestRow} axis=${axis} effect=${effect.effect} raw=${effect.raw_lift} interval=${effect.interval} tone=${tone(metric, effect.effect, effect.finding)} />
      <span class="figures"><strong>${lift(effect.effect)}</strong> <span>(${liftRange(effect.interval)})</span>
        <small>${words.rests(count(effect.real_campaigns), count(effect.rows))}</small></span>` : html`<small>${capital(effect.reason)}</small>`}
    </li>`)}</ol>
    ${effects.length > most && html`<button type="button" onClick=${() => show(most + WINDOW)}>${texts.more(Math.min(WINDOW, effects.length - most))}</button>`}
    <p class="legend">${words.legend}</p>
    <${Numbers} title=${`${title}, ${texts.metric[metric]}`} columns=${columns} rows=${effects} />
  </section>`;
}

/** What would settle most of what is open: the engine's own proposal. */
export function NextTest() {
  const { next_test: test, next_test_reason: reason } = useData("/v1/recommendations").data ?? {};
  return (test || reason) && html`<section class="card"><h2>${words.test}</h2><p>${test?.description ?? `${capital(reason)}.`}</p></section>`;
}

