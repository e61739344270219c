const element = (id) => document.getElementById(id);
const pollMs = 1000;
/** After so long without an end of the call, say where to look and what else can be done. */
const patienceMs = 12_000;

/** What a person can do about how the call ended: docs/api.md, "Outcomes". Anything else: try again. */
const undeliverable = {
  busy: "The line is busy. Try again in a moment.",
  switched_off: "Your phone seems to be off or out of reach.",
  no_answer_signal: "Your phone did not ring. Is it on, in reach, and not set to do not disturb?",
  unallocated: "This number does not exist. Please check it.",
  changed: "This number has changed. Please check it.",
  invalid_format: "This number is not complete. Please check it.",
  barred: "Calls to this number are blocked. You can call us instead.",
};
const refusals = {
  number_invalid: "This is not a phone number. Start with + and your country's code.",
  number_too_short: "This number is too short.",
  number_too_long: "This number is too long.",
  number_is_landline: "This is a landline. Please give a mobile number.",
  number_inactive: "This number is not in use. Please check it.",
  number_not_callable: "We cannot call this kind of number.",
  country_not_allowed: "We cannot call numbers of this country.",
  invalid_request: "Please type the digits of the number that called.",
  verification_ended: "This has ended. Please start again.",
  rate_limited: "Too many calls to this number.",
};

let current = null;
let startedAt = 0;
let timer = 0;

async function post(action, body = {}) {
  const response = await fetch(`/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  const wait = answer.retryAfterSeconds ? ` Try again in ${answer.retryAfterSeconds} s.` : "";
  throw new Error((refusals[answer.code] ?? "That did not work. Please try again.") + wait);
}

/** Runs an action and shows what became of it. */
async function act(action, body) {
  clearTimeout(timer);
  if (action !== "state") element("error").textContent = "";
  try {
    const answer = await post(action, body);
    if (action === "start" || action === "again") startedAt = Date.now();
    if (answer.valid === false) element("code").value = "";
    show(answer);
  } catch (error) {
    element("error").textContent = error.message;
    if (current) show(current);
  }
}

function show(verification) {
  current = verification;
  const { status, state, channel, to, codeLength, checksLeft, callerIdPrefix, callNumber, reason } = verification;
  const open = !isOver(verification);
  const late = Date.now() - startedAt > patienceMs;
  element("start").hidden = true;
  element("check").hidden = status === "verified";
  element("done").hidden = status !== "verified";
  element("done").textContent = `You are signed in as ${to}.`;
  const texts = {
    call_in: `Call this number from the phone ${to}. The call is rejected, so it is free.`,
    calling: `We are calling ${to}. It can take a few seconds until it rings.`,
    ringing: "Your phone is ringing. Let it ring, or decline.",
    rung: "You have a missed call from us.",
  };
  const ended = { failed: "These digits were wrong too often.", expired: "The time is over.", canceled: "Stopped." };
  const progress = open
    ? (texts[channel] ?? texts[state] ?? texts.calling)
    : (ended[status] ?? undeliverable[reason] ?? "The call could not be placed.");
  // Only what is new is read aloud.
  if (element("progress").textContent !== progress) element("progress").textContent = progress;
  element("typing").hidden = !open || channel !== "missed_call";
  element("code-label").textContent = `The last ${codeLength} digits of the number that called`;
  const left = checksLeft === 1 ? "1 try" : `${checksLeft} tries`;
  element("code-hint").textContent = `It starts with ${callerIdPrefix} and is in your phone's list of calls. ${left} left.`;
  if (verification.valid === false && open) element("error").textContent = `These are not the digits. ${left} left.`;
  element("call").hidden = !open || callNumber === null;
  element("call").href = `tel:${callNumber}`;
  element("call").textContent = `Call ${callNumber}`;
  element("help").hidden = !open || channel !== "missed_call" || !late;
  element("help").textContent =
    "No call? Look at your list of calls. On an iPhone it may be under Unknown Callers; some phones silence callers that they do not know.";
  const underway = ["calling", "ringing"].includes(state) && open;
  element("again").hidden = underway;
  element("again").textContent = channel === "call_in" ? "Ring me instead" : "Ring me again";
  element("again").disabled = !availableNow("missed_call");
  element("call-in").hidden = underway || channel === "call_in" || (open && !late);
  element("call-in").disabled = !availableNow("call_in");
  if (open) timer = setTimeout(() => act("state"), pollMs);
}

/** After the end a new verification can be started at once; while it is open the gateway says what it allows, and when. */
function availableNow(channel) {
  const next = current.nextChannels.find((one) => one.channel === channel);
  return next ? Date.parse(next.available_at) <= Date.now() : isOver(current);
}

/** Another delivery of the open verification, or a new one after its end. */
function begin(channel) {
  if (isOver(current)) act("start", { phone: current.to, channel });
  else act("again", { channel });
}

const isOver = ({ status }) => !["pending", "sending", "delivered"].includes(status);

element("start").addEventListener("submit", (event) => {
  event.preventDefault();
  act("start", { phone: element("phone").value }).then(() => element("code").focus());
});
element("check").addEventListener("submit", (event) => {
  event.preventDefault();
  act("check", { code: element("code").value });
});
element("again").addEventListener("click", () => begin("missed_call"));
element("call-in").addEventListener("click", () => begin("call_in"));
element("other").addEventListener("click", () => location.reload());
