// Card inputs. Each registers itself in the scope of its card: {value(), check(), focus()}.
import { make } from "./dom.js";
import { inline } from "./markdown.js";

let count = 0;
const KINDS = {
  "Input.Text": text, "Input.Number": number, "Input.Date": date, "Input.Toggle": toggle, "Input.ChoiceSet": choices,
};

export const isInput = (item) => item.type in KINDS;

export function drawInput(item, draw) {
  const id = `input-${++count}`;
  const problem = make("p", { class: "problem", id: `${id}-problem`, role: "alert", hidden: true });
  const { node, value, focus, whole } = KINDS[item.type](item, id, draw);
  const box = make("div", { class: "input" }, label(item, id, draw, whole), node, problem);
  const field = focus();
  field.setAttribute("aria-describedby", problem.id);
  draw.scope.inputs.set(item.id, { value, focus: () => focus().focus(), check: () => check(item, value(), field, problem) });
  return box;
}

function label(item, id, draw, isGroup) {
  if (!item.label) return null;
  const star = item.isRequired ? make("span", { class: "star", "aria-hidden": "true" }, " *") : null;
  const words = inline(item.label, draw.mentions);
  return isGroup ? make("div", { class: "label", id: `${id}-label` }, ...words, star ?? "")
    : make("label", { for: id }, ...words, star ?? "");
}

function check(item, value, field, problem) {
  const given = value !== undefined && value !== "";
  const off = item.type === "Input.Toggle" && value === (item.valueOff ?? "false");
  const bad = (item.isRequired && (!given || off))
    || (given && item.regex && !new RegExp(item.regex).test(value))
    || field.validity?.valid === false;
  problem.hidden = !bad;
  problem.textContent = bad ? item.errorMessage ?? "This value is needed." : "";
  field.setAttribute("aria-invalid", String(Boolean(bad)));
  return !bad;
}

function text(item, id) {
  const common = { id, placeholder: item.placeholder, maxlength: item.maxLength, "aria-label": item.label ? null : item.placeholder };
  const style = { email: "email", tel: "tel", url: "url", password: "password" }[String(item.style).toLowerCase()];
  const node = item.isMultiline ? make("textarea", { ...common, rows: 3 }) : make("input", { ...common, type: style ?? "text" });
  node.value = item.value ?? "";
  return { node, value: () => node.value, focus: () => node };
}

function number(item, id) {
  const node = make("input", { id, type: "number", step: "any", min: item.min, max: item.max, placeholder: item.placeholder });
  node.value = item.value ?? "";
  return { node, value: () => (node.value === "" ? undefined : node.value), focus: () => node };
}

function date(item, id) {
  const node = make("input", { id, type: "date", min: item.min, max: item.max });
  node.value = item.value ?? "";
  return { node, value: () => (node.value === "" ? undefined : node.value), focus: () => node };
}

function toggle(item, id, draw) {
  const [on, off] = [item.valueOn ?? "true", item.valueOff ?? "false"];
  const field = make("input", { id, type: "checkbox" });
  field.checked = item.value === on;
  const node = make("label", { class: "choice" }, field, make("span", {}, ...inline(item.title ?? "", draw.mentions)));
  return { node, value: () => (field.checked ? on : off), focus: () => field };
}

function choices(item, id, draw) {
  const style = String(item.style ?? "compact").toLowerCase();
  if (item.isMultiSelect || style === "expanded") return boxes(item, id, draw);
  return style === "filtered" ? filtered(item, id) : dropDown(item, id);
}

function dropDown(item, id) {
  const options = (item.choices ?? []).map((one) => make("option", { value: one.value }, one.title));
  const node = make("select", { id }, make("option", { value: "" }, item.placeholder ?? ""), ...options);
  node.value = item.value ?? "";
  return { node, value: () => (node.value === "" ? undefined : node.value), focus: () => node };
}

function filtered(item, id) {
  const known = item.choices ?? [];
  const list = make("datalist", { id: `${id}-list` }, ...known.map((one) => make("option", { value: one.title })));
  const field = make("input", { id, list: `${id}-list`, placeholder: item.placeholder ?? "Type to search" });
  field.value = known.find((one) => one.value === item.value)?.title ?? "";
  const value = () => known.find((one) => one.title === field.value)?.value;
  return { node: make("div", {}, field, list), value, focus: () => field };
}

function boxes(item, id, draw) {
  const chosen = new Set(String(item.value ?? "").split(","));
  const type = item.isMultiSelect ? "checkbox" : "radio";
  const fields = (item.choices ?? []).map((one) => {
    const field = make("input", { type, name: id, value: one.value });
    field.checked = chosen.has(String(one.value));
    return make("label", { class: "choice" }, field, make("span", {}, ...inline(one.title ?? "", draw.mentions)));
  });
  const node = make("div", { class: "choices", role: item.isMultiSelect ? "group" : "radiogroup", "aria-labelledby": `${id}-label` }, ...fields);
  const value = () => [...node.querySelectorAll("input:checked")].map((one) => one.value).join(",") || undefined;
  return { node, value, focus: () => node.querySelector("input") ?? node, whole: true };
}
