/** Talks to the server: one place for key, workspace and problems. Must not know what a screen shows. */

import { useEffect, useState } from "./vendor/preact-htm.js";
import { texts } from "./texts.en.js";

const KEY = "reflection.key";
const WORKSPACE = "reflection.workspace";

/** What the server refused, as problem+json says it: title, detail, status, hint, errors, and its reference. */
export class Problem extends Error {
  title = ""; detail = ""; status = 0; hint = ""; errors = []; request_id = "";
  constructor(body) {
    super(body.detail);
    Object.assign(this, body);
  }
}

export const session = {
  get key() { return sessionStorage.getItem(KEY) ?? ""; },
  set key(value) { value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY); },
  get workspace() { return sessionStorage.getItem(WORKSPACE) ?? ""; },
  set workspace(value) { value ? sessionStorage.setItem(WORKSPACE, value) : sessionStorage.removeItem(WORKSPACE); },
};

const asked = new URLSearchParams(location.search).get("workspace");
if (asked) session.workspace = asked;

/** Tells `learnt` when the workspace was learnt anew, and `learning` with how things stand. */
export const news = new EventTarget();

/** Called when the server asks for a key; the shell sets it. @type {{tell: (refused: boolean) => void}} */
export const locked = { tell: () => {} };

function headers(extra) {
  const sent = new Headers(extra);
  if (session.key) sent.set("Authorization", `Bearer ${session.key}`);
  if (session.workspace) sent.set("X-Workspace", session.workspace);
  return sent;
}

/** A path with its query; what is empty or undefined is left out. */
export function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const problem = new Problem({ title: response.statusText, status: response.status, ...body });
  if (problem.status === 401) locked.tell(Boolean(session.key));
  return problem;
}

let asking = 0;

/** How many requests are under way stands on the root, for whoever waits for them. */
function count(change) {
  asking += change;
  document.documentElement.dataset.asking = String(asking);
}

/**
 * One request; the answer's Response, or a Problem thrown.
 * @param {string} path
 * @param {RequestInit & {query?: Record<string, any>}} [options]
 */
export async function ask(path, { query, headers: extra, ...options } = {}) {
  let response;
  count(1);
  try {
    response = await fetch(withQuery(path, query), { ...options, headers: headers(extra), credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ title: texts.problem.offline, detail: texts.problem.offlineDetail });
  } finally {
    count(-1);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** An answer in JSON; null where it is empty. @param {Response} response @returns {Promise<any>} */
const read = async (response) => (response.status === 204 ? null : response.json());

/**
 * One request answered in JSON.
 * @template {string} Path
 * @param {Path} path
 * @param {{query?: Query<Path>, signal?: AbortSignal}} [options]
 * @returns {Promise<Answer<Path>>}
 */
export const json = async (path, options) => read(await ask(path, options));

/**
 * POST of a JSON body, or of a form with a file.
 * @template {string} Path
 * @param {Path} path
 * @param {any} [body]
 * @param {Query<Path, "post">} [query]
 * @returns {Promise<Answer<Path, "post">>}
 */
export async function post(path, body, query) {
  const sent = body === undefined || body instanceof FormData ? { body } : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return read(await ask(path, { method: "POST", query, ...sent }));
}

/** DELETE of a path. @param {string} path */
export async function erase(path) {
  await ask(path, { method: "DELETE" });
}

/**
 * What a path answers, for a component: {data, problem, slow, reload}. The last data stay while the same thing is
 * loaded again; another path or query starts afresh. `path` null asks nothing.
 * @template {string} Path
 * @param {Path | null} path
 * @param {Query<Path>} [query]
 * @returns {{data: Answer<Path>, problem: Problem | null, reload: () => void}}
 */
export function useData(path, query) {
  const address = path && withQuery(path, query);
  const [answer, setAnswer] = useState({ address: null, data: null, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!address) return undefined;
    const control = new AbortController();
    ask(address, { signal: control.signal }).then(read).then(
      (data) => setAnswer({ address, data, problem: null }),
      (problem) => problem.name !== "AbortError" && setAnswer({ address, data: null, problem }),
    );
    return () => control.abort();
  }, [address, turn]);
  useEffect(() => {
    const again = () => setTurn((before) => before + 1);
    news.addEventListener("learnt", again);
    return () => news.removeEventListener("learnt", again);
  }, []);
  const now = answer.address === address ? answer : { data: null, problem: null };
  return { data: now.data, problem: now.problem, reload: () => setTurn((before) => before + 1) };
}

/**
 * A list in pages: {items, page (the first answer), problem, more (a function, or null), loading, reload}.
 * @template {"/v1/campaigns" | "/v1/learnings"} Path
 * @param {Path} path
 * @param {Query<Path>} query
 */
export function usePages(path, query) {
  const first = /** @type {any} */ (useData(path, query));
  const [later, setLater] = useState({ of: null, items: [], cursor: null, problem: null, loading: false });
  const mine = later.of === first.data ? later : { items: [], cursor: first.data?.next_cursor, problem: null };
  const more = async () => {
    setLater({ ...mine, of: first.data, loading: true });
    try {
      const page = await read(await ask(path, { query: { .../** @type {object} */ (query), cursor: mine.cursor } }));
      setLater({ of: first.data, items: [...mine.items, ...page.items], cursor: page.next_cursor, problem: null });
    } catch (problem) {
      setLater({ ...mine, of: first.data, problem, loading: false });
    }
  };
  return {
    items: first.data ? [...first.data.items, ...mine.items] : null,
    page: first.data,
    problem: first.problem ?? mine.problem,
    loading: Boolean(mine.loading),
    more: mine.cursor ? more : null,
    reload: first.reload,
  };
}

/** Save what the server makes of a path as a file. */
export async function save(path, query, name) {
  saveBlob(await (await ask(path, { query })).blob(), name);
}

/** Save bytes as a file. */
export function saveBlob(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Follow server-sent events: `on(name, data)` for each; ends with the stream. EventSource cannot send a key. */
export async function follow(path, on, signal) {
  const response = await ask(path, { headers: { Accept: "text/event-stream" }, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
      if (fields.data) on(fields.event ?? "message", JSON.parse(fields.data));
    }
  }
}

const AGAIN = 3_000;
const REFUSED = 60_000;

/** Hear what changes while the tab is looked at: what is shown is asked for again when something was learnt. */
export async function listen() {
  let before;
  const heard = (name, data) => {
    if (name !== "learning") return;
    news.dispatchEvent(new CustomEvent("learning", { detail: data }));
    if (before !== undefined && before !== data.as_of) news.dispatchEvent(new Event("learnt"));
    before = data.as_of;
  };
  for (;;) {
    const control = new AbortController();
    const hidden = () => document.hidden && control.abort();
    document.addEventListener("visibilitychange", hidden);
    const pause = await follow("/v1/stream", heard, control.signal).then(() => AGAIN, (error) => (error.status ? REFUSED : AGAIN));
    document.removeEventListener("visibilitychange", hidden);
    await new Promise((resolve) => setTimeout(resolve, pause));
    while (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
  }
}
