import { begin } from "./gateway.js";

const element = (id) => document.getElementById(id);
const texts = {
  pending: "A moment …",
  sending: "We are calling you. Don't answer.",
  delivered: "You have a missed call from us.",
  failed: "These digits were wrong too often.",
  expired: "The time is over.",
  canceled: "Stopped.",
  undeliverable: "The call did not reach you.",
};
const refusals = {
  number_invalid: "This is not a phone number. Start with + and your country's code.",
  number_inactive: "This number is not in use. Please check it.",
  number_is_landline: "This is a landline. Please give a mobile number.",
  rate_limited: "Too many calls to this number. Try again later.",
  human_check_failed: "Please try again.",
  unauthorized: "This took too long. Please start again.",
};
let verification = null;

/** This page's own server. */
async function own(action, body = {}) {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`/${action}`, init);
  if (!response.ok) throw new Error("That did not work. Please try again.");
  return response.json();
}

function show({ status, code_length: digits, checks_left: left }) {
  element("start").hidden = true;
  element("check").hidden = !(status in texts);
  element("progress").textContent = texts[status] ?? "";
  element("typing").hidden = !["pending", "sending", "delivered"].includes(status);
  element("code-label").textContent = `The last ${digits} digits of the number that called (tries left: ${left})`;
}

async function act(work) {
  element("error").textContent = "";
  try {
    await work();
  } catch (error) {
    element("error").textContent = refusals[error.code] ?? error.message;
  }
}

/** The server asks the gateway itself, by its key: that a page says so proves nothing. */
async function finish() {
  const { phone } = await own("finish", { id: verification.started.id });
  element("check").hidden = true;
  element("done").textContent = `You are signed in as ${phone}.`;
}

element("start").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    element("progress").textContent = texts.pending;
    verification = await begin(await own("start-token"), element("phone").value);
    show(verification.started);
    verification.watch(() => act(async () => show(await verification.state())));
  });
});
element("check").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    const { valid } = await verification.check(element("code").value);
    if (valid) return finish();
    element("error").textContent = "These are not the digits.";
    show(await verification.state());
  });
});
