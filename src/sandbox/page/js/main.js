/** Wires the page: the form on the left, the phone on the right, the verification between them. */
import { ApiProblem, createApi, readSettings } from "./api.js";
import { createCheckPanel } from "./check-panel.js";
import { createCommands } from "./curl.js";
import { byId, say, sayNow } from "./dom.js";
import { createExamples } from "./examples.js";
import { followCalls } from "./live.js";
import { createNumberHint } from "./number-hint.js";
import { plain, startRequest } from "./numbers.js";
import { createPhone } from "./phone.js";
import { followVerification, isEnded } from "./verification.js";
import { problemWords } from "./words.js";

const settings = await readSettings();
const api = createApi(settings.api_key);
const phone = createPhone(settings.caller_id, api.act, () => verification.current);
const commands = createCommands(settings.api_key);
const panel = createCheckPanel(settings.caller_id.digits, () => verification.current);
const verification = followVerification({ api, onChange: drawVerification });
const numberHint = createNumberHint(api);
const examples = createExamples(settings.examples, (to) => {
  byId("to").value = to;
  numberHint.look();
  drawCommands();
  byId("to").focus();
});
/** Starts of this page that are under way: the event stream tells of them too, often before the answer is here. */
let starting = 0;
let firstNews = true;
/** The verification that the phone's log was drawn for. */
let drawnId = null;

for (const prefix of document.querySelectorAll(".prefix")) prefix.textContent = settings.caller_id.prefix_for_people;
byId("one-call").textContent = `One call, ${settings.caller_id.digits} digits`;
byId("two-calls").textContent = `Two calls, ${2 * settings.caller_id.digits} digits`;
for (const choice of byId("call-form").elements.calls) choice.addEventListener("change", drawChoice);
byId("to").addEventListener("input", () => {
  examples.reflect(byId("to").value);
  drawCommands();
});
byId("call-form").addEventListener("submit", onSubmit(call));
byId("check-form").addEventListener("submit", onSubmit(check));
byId("call-in").addEventListener("click", () => attempt(callIn));
byId("resend").addEventListener("click", () => attempt(resend));
byId("cancel").addEventListener("click", () => attempt(cancel));
followCalls({
  calls: (all) => {
    phone.replace(all);
    drawCommands();
  },
  call: (changed) => {
    phone.update(changed);
    drawCommands();
    verification.look();
  },
  verification: follow,
});
examples.reflect(byId("to").value);
numberHint.look();
drawChoice();
document.documentElement.dataset.ready = "";

async function call() {
  starting++;
  say("The call is under way.");
  const atMs = Date.now();
  try {
    const started = await api.start(startRequest(byId("to").value.trim(), chosenCalls()));
    panel.reset();
    verification.begin(started, atMs);
  } finally {
    starting--;
  }
  goToPhone();
}

/** A verification may have been started in a terminal: this page shows the newest, whoever started it. */
async function follow(id) {
  const isOld = firstNews;
  firstNews = false;
  if (id === verification.current?.id) verification.look();
  const isNews = () => id !== null && id !== verification.current?.id && starting === 0;
  if (!isNews()) return;
  const found = await api.get(id).catch(() => null);
  // What had ended before this page was opened is no story of this page.
  if (!found || !isNews() || (isOld && isEnded(found))) return;
  panel.reset();
  verification.begin(found, Date.parse(found.created_at));
}

async function check() {
  const answer = await api.check(verification.current.id, panel.code);
  if (!answer.valid) panel.wrong(answer);
  verification.look();
}

async function resend() {
  const atMs = Date.now();
  const again = await api.resend(verification.current.id);
  panel.reset();
  verification.begin(again, atMs);
  goToPhone();
}

/** The phone calls the number that it was given; it hears a refusal, and that is all it takes. */
async function callIn() {
  const { to, own } = verification.current;
  await api.callIn(to, own.number);
  verification.look();
}

async function cancel() {
  await api.cancel(verification.current.id);
  verification.look();
}

/** Runs what the person asked for; what goes wrong is told in plain words. */
async function attempt(action) {
  document.body.ariaBusy = "true";
  try {
    await action();
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    const words = problemWords(problem);
    if (/^(number_|country_)/.test(problem.code) || action === call) {
      numberHint.refuse(words);
      sayNow(words);
    } else panel.tell({ tone: "bad", title: "That did not work", text: words, code: problem.code });
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

/** Where the digits are typed is next; what is to be seen first is the phone. */
function goToPhone() {
  byId("code").focus({ preventScroll: true });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const narrow = matchMedia("(max-width: 939px)").matches;
  const target = byId(narrow ? "phone" : "check-form");
  target.scrollIntoView({ block: narrow ? "start" : "nearest", behavior: calm ? "auto" : "smooth" });
}

function chosenCalls() {
  return Number(byId("call-form").elements.calls.value);
}

function drawChoice() {
  byId("ring").textContent = chosenCalls() === 2 ? "Ring it twice" : "Ring it once";
  drawCommands();
}

function drawVerification(now) {
  panel.draw(now, isEnded(now));
  if (now.id !== drawnId) phone.redraw();
  drawnId = now.id;
  drawCommands();
}

function drawCommands() {
  const { current } = verification;
  commands.update({
    to: plain(byId("to").value),
    calls: chosenCalls(),
    id: current?.id ?? null,
    code: phone.shownCode(),
  });
}
