/** A link by which somebody without a key reads one page: made, shown once, and taken back. */

import { html, useState } from "../vendor/preact-htm.js";
import { erase, post, useData } from "../api.js";
import { day } from "../format.js";
import { Action } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.share;

/** `what`: {campaign_id} or {learning_id}. */
export function Share({ what }) {
  const answer = useData("/v1/shares");
  const [made, setMade] = useState(null);
  const [name, id] = Object.entries(what)[0];
  const mine = (answer.data?.items ?? []).filter((row) => row[name] === id);
  const make = async () => {
    setMade(await post("/v1/shares", what));
    answer.reload();
  };
  const remove = (row) => async () => {
    await erase(`/v1/shares/${row.share_id}`);
    if (made?.share_id === row.share_id) setMade(null);
    answer.reload();
  };
  return html`<p><${Action} run=${make}>${words.make}<//></p>
    ${made && html`<p role="status">${words.made} <code class="secret">${location.origin}${made.path}</code></p>`}
    ${mine.length > 0 && html`<ul>${mine.map((row) => html`<li key=${row.share_id}>${words.until(day(row.expires_at))} <${Action} tone="plain" run=${remove(row)}>${words.remove}<//></li>`)}</ul>`}`;
}
