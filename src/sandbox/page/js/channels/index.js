/**
 * The registry of channel views. A view is all that the page knows of one channel; a channel without one gets
 * `statusOnly`. v is a verification as the API shows it, `settings` the answer of `GET /sandbox/settings`.
 *
 * - `name`; `title` on the form; `startTitle` of the curl command; `again` and `instead`: buttons that begin it
 * - `recipient`: what it is sent to, "phone", "email" or "device"
 * - `inbox?`: `{title, tab?, icon, look?, empty, item(message, {open})}`, its app on the phone: `icon` is an SVG path, `item` gives nodes
 * - `talks?`: its calls are to be answered; `captions?`: words under the phone by a call's state, `ended` once it is over
 * - `startLabel(options)`: the form's button; `options?(settings, onChange)`: `{node, values()}`, a part of the form
 * - `steps`: of the timeline in order; `stepOf(v)`: where it stands; `live`: steps in progress; `lap?(v)`: grows when the
 *   same steps begin once more; `progress?(v)`: a line above the timeline
 * - `isBusy(v)`: whether its delivery may still reach the person, so that no other may begin
 * - `code(v, settings)`: `{heading, hint, fields: [{label, prefix, length, callerId?}]}`, v may be null; without a
 *   code to type `{heading, fields: []}`
 * - `wrong?(v)`: what to look at after a wrong code; `update(v)`: `{tone, title, text, code?}`, or null for the common one
 * - `actions?(v)`: `[{label, run(api)}]`, what the simulated phone can do
 * - `calls?(v)`: how many calls make up the code; `shownCode?(v, {messages})`: the code as the phone shows it, or null
 * - `commands?(v, {code, call})`: `[{title, path, body?, method?, output?, waiting?}]` after the first two
 */
import { callIn } from "./call-in.js";
import { email } from "./email.js";
import { missedCall } from "./missed-call.js";
import { push } from "./push.js";
import { sms } from "./sms.js";
import { statusOnly } from "./status-only.js";
import { voice } from "./voice.js";
import { whatsapp } from "./whatsapp.js";

const all = [missedCall, callIn, voice, sms, whatsapp, email, push];
const views = new Map(all.map((view) => [view.name, view]));

/** The view of a channel, by the name that the API uses. */
export function viewOf(name) {
  return views.get(name) ?? statusOnly(name);
}
