/**
 * The registry of channel views. A view is all that the page knows of one channel; a channel without one gets
 * `statusOnly`. v is a verification as the API shows it, `settings` the answer of `GET /sandbox/settings`.
 *
 * - `name`; `title` on the form; `startTitle` of the curl command; `again` and `instead`: buttons that begin it
 * - `startLabel(options)`: the form's button; `options?(settings, onChange)`: `{node, values()}`, a part of the form
 * - `steps`: of the timeline in order; `stepOf(v)`: where it stands; `live`: steps in progress; `lap?(v)`: grows when the
 *   same steps begin once more; `progress?(v)`: a line above the timeline
 * - `isBusy(v)`: whether its delivery may still reach the person, so that no other may begin
 * - `code(v, settings)`: `{heading, hint, fields: [{label, prefix, length, callerId?}]}`, v may be null; without a
 *   code to type `{heading, fields: []}`
 * - `wrong?(v)`: what to look at after a wrong code; `update(v)`: `{tone, title, text, code?}`, or null for the common one
 * - `actions?(v)`: `[{label, run(api)}]`, what the simulated phone can do
 * - `calls?(v)`: how many calls make up the code; `commands?(v, code)`: `[{title, path, body, waiting}]` after the first two
 */
import { callIn } from "./call-in.js";
import { missedCall } from "./missed-call.js";
import { statusOnly } from "./status-only.js";

const views = new Map([missedCall, callIn].map((view) => [view.name, view]));

/** The view of a channel, by the name that the API uses. */
export function viewOf(name) {
  return views.get(name) ?? statusOnly(name);
}
