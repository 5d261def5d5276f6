import { NAMES, ago, amountOf, ask, badge, el, every, money, numberOf, partyOf, say, shortDay } from "./erp.js";

const KINDS = { "": "All", Bill: "Bills", PurchaseOrder: "Purchase orders", Check: "Checks", Payment: "Payments" };
const page = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
const chosen = { entity: address.get("entity") || "", status: address.get("status") || "", find: address.get("find") || "" };
let documents = [];
let people = {};
let seen = new Map();
let drawn = "";

const row = (document) => {
  const { fields } = document;
  const late = fields.DueDate && ["On Hold", "Pending Approval", "Balanced", "Open"].includes(fields.Status)
    && fields.DueDate < new Date().toISOString().slice(0, 10);
  const due = fields.DueDate || fields.PromisedOn;
  const owner = people[document.owner] || document.owner || "";
  return el("tr", { "data-id": document.id },
    el("td", {}, el("a", { href: document.link }, numberOf(document)), el("small", {}, kind(document))),
    el("td", {}, document.vendor_name || partyOf(document) || "",
      document.vendor_name ? el("small", {}, partyOf(document)) : null),
    el("td", { class: "num" }, money(amountOf(document), fields.CurrencyID)),
    el("td", {}, badge(fields.Status)),
    el("td", { class: late ? "when late" : "when", "data-label": fields.DueDate ? "Due" : "Promised" },
      due ? `${shortDay(due)}${late ? ", overdue" : ""}` : ""),
    el("td", { class: "when" }, owner, el("small", {}, fields.BranchID || fields.Branch || "")),
    el("td", { class: "when", title: fields.LastModifiedDateTime }, ago(fields.LastModifiedDateTime)));
};

const kind = (document) => {
  const type = document.keys.Type;
  return ["Bill", "Normal", "Payment"].includes(type) ? NAMES[document.entity] : `${NAMES[document.entity]}, ${type}`;
};

const fits = (document) => {
  const text = [numberOf(document), document.vendor_name, partyOf(document), document.fields.VendorRef,
    document.fields.Description].join(" ").toLowerCase();
  return (!chosen.entity || document.entity === chosen.entity)
    && (!chosen.status || document.fields.Status === chosen.status)
    && text.includes(chosen.find.toLowerCase());
};

function draw() {
  const shown = documents.filter(fits);
  const rows = shown.map(row);
  const picture = rows.map((one) => one.outerHTML).join("");
  if (picture === drawn) return;
  const focused = document.activeElement?.closest("tr")?.dataset.id;
  page("rows").replaceChildren(...rows);
  for (const one of rows) {
    if (one.dataset.id === focused) one.querySelector("a").focus();
    if (seen.size && seen.get(one.dataset.id) !== statusOf(one.dataset.id)) one.classList.add("moved");
  }
  drawn = picture;
  page("empty").hidden = shown.length > 0;
  page("summary").textContent = `${shown.length} of ${documents.length}, ${count("On Hold")} on hold, ${count("Pending Approval")} waiting for approval`;
}

const statusOf = (id) => documents.find((one) => one.id === id)?.fields.Status;
const count = (status) => documents.filter((one) => one.fields.Status === status).length;

function drawStatuses() {
  const known = [...new Set(documents.filter((one) => !chosen.entity || one.entity === chosen.entity)
    .map((one) => one.fields.Status))].sort();
  if (chosen.status && !known.includes(chosen.status)) known.push(chosen.status);
  const options = ["", ...known].map((status) => el("option", { value: status }, status || "Any status"));
  if (page("status").textContent !== options.map((one) => one.textContent).join("")) {
    page("status").replaceChildren(...options);
  }
  page("status").value = chosen.status;
}

async function refresh() {
  try {
    ({ documents } = await ask("/_sandbox/documents"));
    page("live").textContent = "Live";
    page("live").classList.remove("lost");
  } catch {
    page("live").textContent = "Not reachable, trying again";
    page("live").classList.add("lost");
    return;
  }
  drawStatuses();
  draw();
  seen = new Map(documents.map((one) => [one.id, one.fields.Status]));
}

function choose(name, value) {
  chosen[name] = value;
  const query = new URLSearchParams(Object.entries(chosen).filter(([, text]) => text));
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
  drawStatuses();
  draw();
}

async function newBill() {
  const button = page("new-bill");
  button.disabled = true;
  try {
    const bill = await ask("/_sandbox/documents", await ask("/_sandbox/suggestion"));
    await refresh();
    say(`Bill ${numberOf(bill)} of ${bill.vendor_name} over ${money(amountOf(bill), bill.fields.CurrencyID)} is on hold.`);
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

page("entities").append(...Object.entries(KINDS).map(([value, label]) => {
  const radio = el("input", { type: "radio", name: "entity", value, checked: value === chosen.entity ? "" : null });
  radio.addEventListener("change", () => choose("entity", value));
  return el("label", {}, radio, el("span", {}, label));
}));
page("find").value = chosen.find;
page("find").addEventListener("input", (event) => choose("find", event.target.value));
page("status").addEventListener("change", (event) => choose("status", event.target.value));
page("filters").addEventListener("submit", (event) => event.preventDefault());
page("new-bill").addEventListener("click", newBill);
people = Object.fromEntries((await ask("/_sandbox/people")).people.map((one) => [one.employee_id, one.name]));
every(2000, refresh);
