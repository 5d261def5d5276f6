import { ago, ask, el, every, moment, say } from "./erp.js";

const page = (id) => document.getElementById(id);
const cells = (...texts) => el("tr", {}, ...texts.map((text) => el("td", {}, text)));
const upTo = (limit) => (limit ? `of ${limit}` : "without limit");

function drawLicence(licence) {
  const facts = [
    ["Sessions", `${licence.seats.used} of ${licence.seats.limit}`],
    ["Requests this minute", `${licence.requests_per_minute.used} ${upTo(licence.requests_per_minute.limit)}`],
    ["Requests now", `${licence.concurrent_requests.used} ${upTo(licence.concurrent_requests.limit)}`],
    ["Waiting", String(licence.waiting)],
  ];
  page("limits").replaceChildren(...facts.map(([label, value]) => el("div", {}, el("dt", {}, label), el("dd", {}, value))));
  page("sessions").replaceChildren(...licence.sessions.map((one) =>
    cells(one.session, one.user, one.tenant, one.via === "oauth" ? "OAuth" : "password", ago(one.seen))));
  page("sessions").closest("table").hidden = licence.sessions.length === 0;
  page("no-sessions").hidden = licence.sessions.length > 0;
}

function drawPush(push) {
  const where = push.destination ? `Sent to ${push.destination.url}` : "No destination is set";
  page("push").textContent = `${where}${push.on ? "" : ", but switched off"}. ${push.failures.length ? "" : "Nothing has failed in two days."}`;
  page("failures").replaceChildren(...push.failures.map((one) => {
    const button = el("button", { type: "button", disabled: one.resendable ? null : "" }, one.resendable ? "Send again" : "Too long to send");
    button.addEventListener("click", () => resend({ key: one.key }));
    const row = cells(one.query, moment(one.at), String(one.attempts));
    row.append(el("td", { class: "num" }, button));
    return row;
  }));
  page("failed").hidden = page("resend-all").hidden = push.failures.length === 0;
}

function drawFaults(faults) {
  const told = (on) => Object.entries(on).map(([name, value]) => `${name} ${value}`).join(", ") || "any call";
  const words = (fault) => [...page("fault").options].find((one) => one.value === fault)?.text || fault;
  page("faults").replaceChildren(...faults.map((one) => cells(words(one.fault), told(one.on), String(one.times))));
  page("faults").closest("table").hidden = faults.length === 0;
  page("no-faults").hidden = faults.length > 0;
  page("disarm").hidden = faults.length === 0;
}

async function refresh() {
  try {
    const [licence, push, faults, maintenance] = await Promise.all(
      ["licence", "push", "faults", "maintenance"].map((door) => ask(`/_sandbox/${door}`)));
    drawLicence(licence);
    if (!page("failures").contains(document.activeElement)) drawPush(push);
    drawFaults(faults.faults);
    if (document.activeElement !== page("maintenance")) page("maintenance").value = maintenance.kind;
    page("live").classList.remove("lost");
    page("live").textContent = "Live";
  } catch {
    page("live").classList.add("lost");
    page("live").textContent = "The stand-in does not answer";
  }
}

async function pull(work, told) {
  try {
    say(told(await work()));
  } catch (error) {
    say(error.message, true);
  }
  document.activeElement?.blur();
  await refresh();
}

const resend = (body) => pull(() => ask("/_sandbox/push/resend", body), (done) => `${done.delivered} of ${done.tried} arrived.`);

page("maintenance").addEventListener("change", (event) => pull(
  () => ask("/_sandbox/maintenance", { kind: event.target.value }),
  ({ kind }) => (kind === "off" ? "The site answers as ever." : "The site is under maintenance; everybody is signed out.")));
page("recycle").addEventListener("click", () => pull(
  () => ask("/_sandbox/recycle", {}), (done) => `Restarted; ${done.sessions_lost} signed out.`));
page("resend").addEventListener("click", () => resend({}));
page("arm").addEventListener("submit", (event) => {
  event.preventDefault();
  const action = page("fault-on").value;
  pull(() => ask("/_sandbox/faults", { fault: page("fault").value, on: action ? { action } : {} }), () => "Armed.");
});
page("disarm").addEventListener("click", () => pull(
  () => ask("/_sandbox/faults", undefined, "DELETE"), () => "Nothing goes wrong on purpose any more."));
every(2000, refresh);
