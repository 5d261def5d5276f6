// What both pages share. Texts only ever go in through textContent, so nothing typed can become markup.

const COLOURS = {
  "On Hold": "amber", "Pending Approval": "violet", "Pending Print": "violet", "Pending Printing": "violet",
  "Pending Email": "violet", "Pending Processing": "violet", "Balanced": "blue", "Printed": "blue",
  "Pre-Released": "blue", "Open": "green", "Completed": "green", "Rejected": "red", "Voided": "red", "Canceled": "red",
};
export const NAMES = { Bill: "Bill", PurchaseOrder: "Purchase order", Check: "Check", Payment: "Payment" };

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export const badge = (status) => el("span", { class: `badge ${COLOURS[status] || ""}` }, status || "–");

export function money(amount, currency) {
  if (amount === null || amount === undefined) return "";
  const digits = Number(amount).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return currency ? `${currency} ${digits}` : digits;
}

export function day(text) {
  if (!text) return "";
  const options = { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  return new Date(`${text.slice(0, 10)}T00:00:00Z`).toLocaleDateString("en-GB", options).replace(",", "");
}

export function shortDay(text) {
  const options = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  return text ? new Date(`${text.slice(0, 10)}T00:00:00Z`).toLocaleDateString("en-GB", options) : "";
}

export function ago(text) {
  const minutes = Math.max(0, Math.round((Date.now() - new Date(text)) / 60000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 60 * 36) return `${Math.round(minutes / 60)} h ago`;
  return `${Math.round(minutes / 1440)} days ago`;
}

export const moment = (text) => new Date(text).toLocaleString("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

export async function ask(path, body, method = "GET") {
  const options = body === undefined ? { method } : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error || `The stand-in answered ${answer.status}.`);
  return data;
}

export function say(text, bad = false) {
  const line = document.getElementById("say");
  line.textContent = text;
  line.classList.toggle("bad", bad);
  line.hidden = !text;
}

export function every(milliseconds, work) {
  const turn = async () => {
    if (!document.hidden) await work();
    setTimeout(turn, milliseconds);
  };
  turn();
}

export const amountOf = (row) => row.fields.Amount ?? row.fields.OrderTotal ?? row.fields.PaymentAmount;
export const partyOf = (row) => row.fields.Vendor ?? row.fields.VendorID ?? row.fields.CustomerID;
export const numberOf = (row) => row.keys.ReferenceNbr ?? row.keys.OrderNbr;
