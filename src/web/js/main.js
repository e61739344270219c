/** Wires the page: the form on the left, the phone on the right, the verification between them. */
import { ApiProblem, createApi, readSettings } from "./api.js";
import { createCommands } from "./curl.js";
import { byId, say, sayNow } from "./dom.js";
import { createExamples } from "./examples.js";
import { followCalls } from "./live.js";
import { createNumberHint } from "./number-hint.js";
import { createPhone } from "./phone.js";
import { checksLeftWords, expiresWords, followVerification, isEnded, tidings } from "./verification.js";
import { problemWords } from "./words.js";

const settings = await readSettings();
const api = createApi(settings.api_key);
const phone = createPhone(settings.caller_id, api.act);
const commands = createCommands(settings.api_key);
const verification = followVerification({ api, onChange: drawVerification });
const numberHint = createNumberHint(api);
const examples = createExamples(settings.examples, (to) => {
  byId("to").value = to;
  numberHint.look();
  drawCommands();
  byId("to").focus();
});

byId("code-prefix").textContent = settings.caller_id.prefix_for_people;
byId("code-length").textContent = settings.caller_id.digits;
byId("to").addEventListener("input", () => {
  examples.reflect(byId("to").value);
  drawCommands();
});
byId("call-form").addEventListener("submit", onSubmit(call));
byId("check-form").addEventListener("submit", onSubmit(check));
byId("resend").addEventListener("click", () => attempt(resend));
byId("cancel").addEventListener("click", () => attempt(cancel));
byId("code").addEventListener("input", () => {
  byId("code").value = byId("code").value.replace(/\D/g, "").slice(0, settings.caller_id.digits);
});
followCalls({
  calls: (all) => {
    phone.replace(all);
    drawCommands();
  },
  call: (changed) => {
    phone.update(changed);
    drawCommands();
    verification.lookNow();
  },
});
setInterval(drawExpiry, 1000);
examples.reflect(byId("to").value);
numberHint.look();
drawCommands();
document.documentElement.dataset.ready = "";

async function call() {
  const started = await api.start(byId("to").value.trim());
  byId("code").value = "";
  clearResult();
  verification.begin(started);
  say("The call is under way.");
  byId("code").focus({ preventScroll: true });
}

async function check() {
  const { current } = verification;
  const code = byId("code").value;
  const answer = await api.check(current.id, code);
  if (!answer.valid) {
    byId("code").value = "";
    byId("code").focus();
    const left = `${checksLeftWords(answer)}.`;
    tell({ tone: "bad", title: "Not these digits", text: `Look at the phone's newest call. ${left}` });
  }
  verification.lookNow();
}

async function resend() {
  verification.again(await api.resend(verification.current.id));
  byId("code").value = "";
  clearResult();
  byId("code").focus({ preventScroll: true });
}

async function cancel() {
  await api.cancel(verification.current.id);
  verification.lookNow();
}

/** Runs what the person asked for; what goes wrong is told in plain words. */
async function attempt(action) {
  document.body.ariaBusy = "true";
  try {
    await action();
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    const number = problem.code.startsWith("number_") || problem.code === "country_not_allowed";
    if (number) numberHint.refuse(problemWords(problem));
    else tell({ tone: "bad", title: problem.code.replaceAll("_", " "), text: problemWords(problem) });
    if (number) sayNow(problemWords(problem));
    verification.lookNow();
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

function drawVerification(now) {
  const over = isEnded(now);
  if (over && byId("check-form").contains(document.activeElement)) byId("to").focus({ preventScroll: true });
  byId("code").disabled = over;
  byId("check").disabled = over;
  byId("checks-left").textContent = checksLeftWords(now);
  byId("actions").hidden = over;
  byId("resend").disabled = now.status !== "rung";
  const news = tidings(now);
  if (news) tell(news);
  drawExpiry();
  drawCommands();
}

function tell({ tone, title, text }) {
  if (byId("result-text").textContent === text && !byId("result").hidden) return;
  byId("result").className = `result ${tone}`;
  byId("result-title").textContent = title;
  byId("result-text").textContent = text;
  byId("result").hidden = false;
  sayNow(`${title}. ${text}`);
}

function clearResult() {
  byId("result").hidden = true;
}

function drawExpiry() {
  const { current } = verification;
  byId("expires").textContent = current && !isEnded(current) ? expiresWords(current) : "";
}

function drawCommands() {
  const { current } = verification;
  const to = current?.to ?? byId("to").value.replace(/[^+\d]/g, "");
  commands.update({
    to: byId("to").value.replace(/[^+\d]/g, ""),
    id: current?.id ?? null,
    code: current ? phone.digitsShownTo(to) : null,
  });
}
