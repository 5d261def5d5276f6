import { NAMES, amountOf, ask, badge, day, el, every, moment, money, numberOf, partyOf, say } from "./erp.js";

const FACTS = [
  ["Date", "Date", day], ["ApplicationDate", "Application date", day], ["DueDate", "Due", day], ["PromisedOn", "Promised on", day],
  ["Terms", "Terms"], ["BranchID", "Branch"], ["Branch", "Branch"], ["VendorRef", "Vendor reference"],
  ["PaymentMethod", "Payment method"], ["PaymentRef", "Payment reference"], ["CashAccount", "Cash account"],
  ["PostPeriod", "Post period", (text) => `${text.slice(0, 2)}-${text.slice(2)}`], ["Balance", "Balance", money],
  ["UnappliedBalance", "Unapplied balance", money], ["AvailableBalance", "Available balance", money],
  ["TaxTotal", "Tax", money], ["Description", "Description"],
];
const FIELDS = { Status: "Status", Hold: "Hold", DueDate: "Due date", VendorRef: "Vendor reference", Details: "Lines" };
const PRIMARY = ["Release", "Approve", "ReleaseFromHold"];
const page = (id) => document.getElementById(id);
const main = page("main").dataset;
const where = `/_sandbox/document?${new URLSearchParams({ entity: main.entity, type: main.type, number: main.number })}`;
let drawn = "";
let state = null;

const fact = ([label, value]) => el("div", {}, el("dt", {}, label), el("dd", {}, value));

function drawHeader({ document: shown, names, form }) {
  const { fields } = shown;
  page("form").textContent = form;
  page("title").replaceChildren(`${NAMES[shown.entity]} ${numberOf(shown)} `, badge(fields.Status));
  page("party").textContent = [shown.vendor_name, partyOf(shown)].filter(Boolean).join(" · ");
  page("amount").textContent = money(amountOf(shown), fields.CurrencyID);
  const facts = FACTS.filter(([name]) => fields[name] !== null && fields[name] !== undefined && fields[name] !== "")
    .map(([name, label, write]) => [label, (write || String)(fields[name])]);
  if (shown.owner) facts.unshift(["Owner", names[shown.owner] || shown.owner]);
  if (shown.approver) facts.unshift(["Assigned approver", names[shown.approver] || shown.approver]);
  page("facts").replaceChildren(...facts.map(fact));
  page("all").replaceChildren(...Object.entries(fields).map(([name, value]) => fact([name, value === null ? "–" : String(value)])));
}

function drawLines({ document: shown, links }) {
  const lines = shown.details.Details || shown.details.DocumentsToApply || [];
  page("no-lines").hidden = lines.length > 0;
  page("lines").closest("table").hidden = lines.length === 0;
  page("lines").replaceChildren(...lines.map((line) => {
    const order = line.POOrderNbr || "";
    const text = line.TransactionDescription || line.LineDescription || line.Description || line.ReferenceNbr || "";
    return el("tr", {},
      el("td", {}, text, line.InventoryID ? el("small", {}, line.InventoryID) : null),
      el("td", { class: "num", "data-label": "Quantity" }, String(line.Qty ?? line.OrderQty ?? "")),
      el("td", { class: "num", "data-label": "at" }, money(line.UnitCost)),
      el("td", { class: "num" }, money(line.ExtendedCost ?? line.Amount ?? line.AmountPaid)),
      el("td", {}, order ? el("a", { href: links[order] }, order) : ""));
  }));
}

const word = (value) => {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `${value.length} line${value.length === 1 ? "" : "s"}`;
  return value === true ? "yes" : value === false ? "no" : typeof value === "number" ? money(value) : String(value);
};

const told = (change) => (change.old === null && change.field === "Status"
  ? `Entered as ${word(change.new)}`
  : `${FIELDS[change.field] || change.field}: ${word(change.old)} → ${word(change.new)}`);

// One transaction is one entry; what belongs together carries the same moment and name.
function together(changes) {
  const groups = new Map();
  for (const change of changes) {
    const key = `${change.at} ${change.by}`;
    groups.set(key, [...(groups.get(key) || []), change].sort((a, b) => a.seq - b.seq));
  }
  return [...groups.values()];
}

function drawStory({ changes, people }) {
  const names = Object.fromEntries(people.map((one) => [one.login, one.name]));
  const items = together(changes).map((group) => el("li", {},
    ...group.map((change) => el("div", {}, told(change))),
    el("small", {}, `${names[group[0].by] || group[0].by} · ${moment(group[0].at)}`)));
  page("story").replaceChildren(...(items.length ? items : [el("li", {}, "Nothing has changed since the sample book was opened.")]));
}

function drawButtons({ buttons }) {
  const made = buttons.map(({ action, label }) => {
    const button = el("button", { type: "button", "data-action": action, class: PRIMARY.includes(action) ? "primary" : null }, label);
    button.addEventListener("click", () => press(action, label));
    return button;
  });
  page("toolbar").replaceChildren(...(made.length ? made : [el("p", {}, "Nothing can be done in this state.")]));
}

function drawPeople({ people }) {
  if (page("who").options.length) return;
  page("who").append(...people.map((one) => el("option", { value: one.login }, one.name)));
  page("who").value = localStorage.getItem("signed-in-as") || "dev";
  page("who").addEventListener("change", () => localStorage.setItem("signed-in-as", page("who").value));
}

async function press(action, label) {
  const body = { entity: main.entity, keys: state.document.keys, action, by: page("who").value };
  for (const button of page("toolbar").querySelectorAll("button")) button.disabled = true;
  try {
    const saved = await ask("/_sandbox/documents", body);
    say(`${label}: done. The document is now ${saved.fields.Status}.`);
  } catch (error) {
    say(`${label}: ${error.message}`, true);
  }
  drawn = "";
  await refresh();
}

async function refresh() {
  try {
    state = await ask(where);
  } catch (error) {
    say(error.message, true);
    return;
  }
  const picture = JSON.stringify(state);
  if (picture === drawn) return;
  const focused = document.activeElement?.dataset?.action;
  drawPeople(state);
  for (const draw of [drawHeader, drawLines, drawStory, drawButtons]) draw(state);
  if (focused) page("toolbar").querySelector("button")?.focus();
  drawn = picture;
}

every(2000, refresh);
