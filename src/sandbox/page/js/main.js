/** Wires the page: the form, the phone, and the verification between them. */
import { createActions } from "./actions.js";
import { ApiProblem, createApi, readSettings } from "./api.js";
import { createCheckPanel } from "./check-panel.js";
import { createCommands } from "./curl.js";
import { byId, say, sayNow } from "./dom.js";
import { createExamples } from "./examples.js";
import { createForm } from "./form.js";
import { followSandbox } from "./live.js";
import { createNumberHint } from "./number-hint.js";
import { createPhone } from "./phone.js";
import { isEnded } from "./status.js";
import { drawSteps } from "./timeline.js";
import { followVerification } from "./verification.js";
import { problemWords } from "./words.js";
import { createWorkflow } from "./workflow.js";

const settings = await readSettings();
const api = createApi(settings.api_key);
const commands = createCommands(settings.api_key);
const panel = createCheckPanel(settings, () => verification.current);
const phone = createPhone(settings, api.act, () => verification.current, panel.goOn);
const actions = createActions(settings.channels, {
  run: (act) => attempt(() => act(api).then(verification.look)),
  resend: (channel) => attempt(() => resend(channel)),
  restart(channel) {
    form.set(verification.current.to, channel);
    attempt(start);
  },
  cancel: () => attempt(cancel),
});
const verification = followVerification({ api, onChange: drawVerification });
const workflow = createWorkflow();
const numberHint = createNumberHint(api, () => form.recipient === "phone");
const form = createForm(settings, drawForm);
const examples = createExamples(settings.examples, (to) => {
  byId("to").value = to;
  numberHint.look();
  drawCommands();
  byId("to").focus();
});
/** Starts of this page in progress: the event stream reports them too, often before the response is here. */
let starting = 0;
/** How many starts this page has begun. */
let starts = 0;
let isFirstEvent = true;
/** What the phone's log was drawn for. */
let drawnFor = "";
/** Kind of the recipient that was looked up last. */
let hintedFor = "phone";

byId("to").addEventListener("input", () => {
  examples.reflect(byId("to").value);
  drawCommands();
});
byId("call-form").addEventListener("submit", onSubmit(start));
byId("check-form").addEventListener("submit", onSubmit(check));
followSandbox({
  calls: (all) => {
    phone.replace(all);
    drawCommands();
  },
  call: (changed) => {
    phone.update(changed);
    drawCommands();
  },
  messages: (all) => {
    phone.replaceMessages(all);
    drawCommands();
    // The snapshot has come: from now on what happens is seen as it happens.
    document.documentElement.dataset.ready = "";
  },
  message: (arrived) => {
    phone.receive(arrived);
    drawCommands();
  },
  verification: follow,
});
examples.reflect(byId("to").value);
numberHint.look();
form.draw();

async function start() {
  starting++;
  starts++;
  say("Starting the verification.");
  panel.clearMessage();
  const atMs = Date.now();
  try {
    const request = form.request();
    const started = await api.start(request);
    panel.reset();
    numberHint.look();
    workflow.begin(started, request.workflow);
    verification.begin(started, atMs);
  } finally {
    starting--;
  }
  goToPhone();
}

/** A verification may have been started in a terminal: this page shows the newest of all. */
async function follow(id) {
  const isOld = isFirstEvent;
  isFirstEvent = false;
  const before = starts;
  // A start that began during the read is newer than what was read.
  const isOther = () => id !== null && id !== verification.current?.id && starting === 0 && starts === before;
  if (!isOther()) return;
  const found = await api.get(id).catch(() => null);
  // One that had ended before this page was opened is not shown.
  if (!found || !isOther() || (isOld && isEnded(found))) return;
  panel.reset();
  verification.begin(found, Date.parse(found.created_at));
}

async function check() {
  const code = panel.readCode();
  if (code === null) return;
  const answer = await api.check(verification.current.id, code);
  if (!answer.valid) panel.wrong(answer);
  verification.look();
}

async function resend(channel) {
  const atMs = Date.now();
  panel.clearMessage();
  const again = await api.resend(verification.current.id, channel);
  panel.reset();
  verification.begin(again, atMs);
  goToPhone();
}

async function cancel() {
  await api.cancel(verification.current.id);
  verification.look();
}

/** Runs an action of the person; a problem is shown in words. */
async function attempt(action) {
  document.body.ariaBusy = "true";
  try {
    await action();
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    const words = problemWords(problem);
    if (/^(number_|country_)/.test(problem.code) || action === start) {
      numberHint.refuse(words, problem.suggestions);
      sayNow(words);
    } else panel.showMessage({ tone: "bad", title: "Request refused", text: words, code: problem.code });
    verification.look();
  } finally {
    document.body.ariaBusy = "false";
  }
}

function onSubmit(action) {
  return (event) => {
    event.preventDefault();
    if (document.body.ariaBusy !== "true") attempt(action);
  };
}

/** The focus goes to where the code is typed; what to look at first is the phone. */
function goToPhone() {
  panel.goOn();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const narrow = matchMedia("(max-width: 939px)").matches;
  const target = byId(narrow ? "phone" : "step-check");
  target.scrollIntoView({ block: narrow ? "start" : "nearest", behavior: calm ? "auto" : "smooth" });
}

function drawForm() {
  examples.draw(form.recipient, form.channels);
  if (form.recipient !== hintedFor) numberHint.look();
  hintedFor = form.recipient;
  if (!verification.current) {
    panel.drawIdle(form.view);
    drawSteps(form.view);
  }
  drawCommands();
}

function drawVerification(v, view) {
  const key = `${v.id} ${v.delivery.number}`;
  // The workflow went on: what was said of the step before is in its list.
  if (key !== drawnFor && drawnFor.startsWith(v.id) && !isEnded(v)) panel.clearMessage();
  actions.draw(v);
  panel.draw(v, view);
  workflow.draw(v);
  if (key !== drawnFor) phone.redraw();
  drawnFor = key;
  drawCommands();
}

function drawCommands() {
  commands.update({ form, current: verification.current, code: phone.shownCode(), call: phone.newestCall() });
}
