// Draws the Adaptive Card elements the product uses. Anything else becomes a loud red box:
// a card that only looks right here would be worse than none.
import { make } from "./dom.js";
import { blocks, inline, safe } from "./markdown.js";
import { drawInput, isInput } from "./inputs.js";

const NEWEST = 1.5; // Teams draws bot cards up to this version
const NOT_DRAWN = ["selectAction", "inlineAction", "backgroundImage"];
const low = (value, other = "default") => String(value ?? other).toLowerCase();

// context: {message, me, press(button, action, inputs)}
export function drawCard(card, context) {
  const box = make("div", { class: "card", "data-testid": "card", role: "group", "aria-label": "Card" });
  const mentions = (card.msteams?.entities ?? [])
    .filter((one) => one.type === "mention")
    .map((one) => ({ text: one.text, mine: context.isMe(one.mentioned?.id) }));
  const scope = { inputs: new Map(), parent: null };
  const draw = { ...context, mentions, root: box, scope };
  box.classList.toggle("full", low(card.msteams?.width) === "full");
  if (Number(card.version) > NEWEST) box.append(loud(`version ${card.version}`, "Teams draws cards up to 1.5."));
  box.append(...content(card, draw));
  return box;
}

export function loud(what, why = "This page cannot draw it, and neither may Teams.") {
  return make("div", { class: "loud", role: "alert", "data-testid": "card-error" },
    make("strong", {}, `Not drawn: ${what}`), make("span", {}, why));
}

function content(card, draw) {
  const nodes = elements(card.body, draw);
  const refused = NOT_DRAWN.filter((name) => card[name]).map((name) => loud(name));
  if (card.actions?.length) nodes.push(wrap({ spacing: "default" }, actionBar(card.actions, draw)));
  return [...refused, ...nodes];
}

function elements(list, draw) {
  return (list ?? []).map((item, at) => wrap(item, element(item, draw), at === 0));
}

// Spacing and separator belong to the gap above an element, so hiding it hides the gap.
function wrap(item, inner, first = false) {
  const box = make("div", { class: `el gap-${low(item.spacing)}`, "data-element": item.id });
  box.classList.toggle("ruled", item.separator === true && !first);
  box.classList.toggle("first", first);
  box.hidden = item.isVisible === false;
  box.append(inner);
  return box;
}

function element(item, draw) {
  const refused = NOT_DRAWN.find((name) => item[name]);
  if (refused) return loud(`${refused} of ${item.type}`);
  if (isInput(item)) return drawInput(item, draw);
  const painter = PAINTERS[item.type];
  return painter ? painter(item, draw) : loud(item.type ?? "an element without a type");
}

function tone(item) {
  return [
    `size-${low(item.size)}`, `weight-${low(item.weight)}`, `tone-${low(item.color)}`,
    item.isSubtle ? "subtle" : "", low(item.fontType) === "monospace" ? "mono" : "",
  ].join(" ");
}

function textBlock(item, draw) {
  const heading = low(item.style) === "heading";
  const box = make("div", { class: `text ${tone(item)}`, role: heading && "heading", "aria-level": heading && "3" });
  box.style.textAlign = low(item.horizontalAlignment, "left");
  if (item.wrap !== true) box.classList.add("one-line");
  else if (item.maxLines) {
    box.classList.add("clamped");
    box.style.webkitLineClamp = item.maxLines;
  }
  box.append(...blocks(String(item.text ?? ""), draw.mentions));
  return box;
}

function richText(item) {
  const box = make("div", { class: "text" });
  box.style.textAlign = low(item.horizontalAlignment, "left");
  for (const run of item.inlines ?? []) box.append(typeof run === "string" ? run : textRun(run));
  return box;
}

function textRun(run) {
  if (run.type !== "TextRun") return loud(`${run.type} in a RichTextBlock`);
  if (run.selectAction) return loud("selectAction of TextRun");
  const node = make("span", { class: tone(run) }, String(run.text ?? ""));
  node.classList.toggle("italic", run.italic === true);
  node.classList.toggle("struck", run.strikethrough === true);
  node.classList.toggle("underlined", run.underline === true);
  node.classList.toggle("marked", run.highlight === true);
  return node;
}

function container(item, draw) {
  const box = make("div", { class: `box style-${low(item.style, "none")}` });
  box.classList.toggle("bleed", item.bleed === true);
  if (item.minHeight) box.style.minHeight = item.minHeight;
  box.append(...elements(item.items, draw));
  return box;
}

function columnSet(item, draw) {
  const box = make("div", { class: `columns box style-${low(item.style, "none")}` });
  box.classList.toggle("bleed", item.bleed === true);
  for (const column of item.columns ?? []) box.append(drawColumn(column, draw));
  return box;
}

function drawColumn(column, draw) {
  if (column.type && column.type !== "Column") return loud(`${column.type} in a ColumnSet`);
  const cell = make("div", { class: "column", "data-element": column.id });
  cell.style.flex = flexOf(column.width);
  cell.style.alignSelf = { center: "center", bottom: "flex-end" }[low(column.verticalContentAlignment)] ?? "";
  cell.hidden = column.isVisible === false;
  cell.append(element({ ...column, type: "Container" }, draw));
  return cell;
}

function flexOf(width) {
  if (width === undefined || low(width) === "stretch") return "1 1 0";
  if (low(width) === "auto") return "0 1 auto";
  return /px$/.test(width) ? `0 0 ${width}` : `${Number(width) || 1} 1 0`;
}

function factSet(item, draw) {
  const list = make("dl", { class: "facts" });
  for (const fact of item.facts ?? []) {
    list.append(make("dt", {}, ...inline(String(fact.title ?? ""), draw.mentions)));
    list.append(make("dd", {}, ...blocks(String(fact.value ?? ""), draw.mentions)));
  }
  return list;
}

function image(item) {
  const address = String(item.url ?? "");
  if (!/^(https:|data:image\/(png|jpeg|gif|svg\+xml)[;,])/i.test(address)) {
    return loud(`Image ${address.slice(0, 40)}`, "Only https and data: addresses are shown.");
  }
  const node = make("img", { src: address, alt: item.altText ?? "", class: `image size-${low(item.size, "auto")}` });
  node.classList.toggle("person", low(item.style) === "person");
  if (item.width) node.style.width = item.width;
  if (item.height && item.height !== "auto") node.style.height = item.height;
  const line = make("div", {}, node);
  line.style.textAlign = low(item.horizontalAlignment, "left");
  return line;
}

function table(item, draw) {
  const grid = make("table", { class: "table" });
  grid.classList.toggle("no-lines", item.showGridLines === false);
  const widths = (item.columns ?? []).map((one) => one.width ?? 1);
  const whole = widths.reduce((sum, one) => sum + (Number(one) || 1), 0);
  const columns = widths.map((one) => {
    const column = make("col");
    column.style.width = /px$/.test(one) ? one : `${((Number(one) || 1) * 100) / whole}%`;
    return column;
  });
  grid.append(make("colgroup", {}, ...columns));
  (item.rows ?? []).forEach((row, at) => {
    const header = at === 0 && item.firstRowAsHeader !== false;
    grid.append(row.type === "TableRow" ? tableRow(row, item, header, draw) : make("tr", {}, make("td", {}, loud(row.type))));
  });
  return grid;
}

function tableRow(row, whole, header, draw) {
  const line = make("tr", { class: `style-${low(row.style, "none")}` });
  (row.cells ?? []).forEach((cell, at) => {
    const node = make(header ? "th" : "td", { class: `style-${low(cell.style, "none")}`, scope: header && "col" });
    node.style.textAlign = low(whole.columns?.[at]?.horizontalCellContentAlignment ?? row.horizontalCellContentAlignment
      ?? whole.horizontalCellContentAlignment, "left");
    node.append(...(cell.type === "TableCell" ? elements(cell.items, draw) : [loud(cell.type)]));
    line.append(node);
  });
  return line;
}

const PAINTERS = {
  TextBlock: textBlock, RichTextBlock: richText, Container: container, ColumnSet: columnSet,
  FactSet: factSet, Image: image, Table: table, ActionSet: (item, draw) => actionBar(item.actions ?? [], draw),
};

function actionBar(actions, draw) {
  const bar = make("div", { class: "actions" });
  const below = make("div", { class: "below" });
  for (const action of actions) bar.append(drawAction(action, draw, below));
  return make("div", {}, bar, below);
}

function drawAction(action, draw, below) {
  const act = ACTS[action.type];
  if (!act) return loud(action.type ?? "an action without a type");
  const button = make("button", {
    type: "button", class: "action", "data-testid": "card-action", "data-title": action.title, "data-verb": action.verb,
    title: action.tooltip, disabled: action.isEnabled === false,
  }, make("span", {}, action.title ?? ""));
  act(button, action, draw, below);
  return button;
}

function openUrl(button, action) {
  button.classList.add("leads-out");
  button.setAttribute("aria-label", `${action.title ?? ""} (opens a new tab)`);
  button.addEventListener("click", () => {
    if (safe(String(action.url))) window.open(action.url, "_blank", "noopener");
    else button.after(loud(`link ${action.url}`, "Only https addresses open."));
  });
}

function showCard(button, action, draw, below) {
  const scope = { inputs: new Map(), parent: draw.scope };
  const inner = make("div", { class: "show-card" }, ...content(action.card ?? {}, { ...draw, scope }));
  inner.hidden = true;
  below.append(inner);
  button.classList.add("unfolds");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    for (const other of below.children) if (other !== inner) other.hidden = true;
    inner.hidden = !inner.hidden;
    for (const one of button.parentElement.querySelectorAll(".unfolds")) one.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-expanded", String(!inner.hidden));
    if (!inner.hidden) inner.querySelector("input, textarea, select")?.focus();
  });
}

function toggleVisibility(button, action, draw) {
  const targets = (action.targetElements ?? []).map((one) => (typeof one === "string" ? { elementId: one } : one));
  const find = (id) => draw.root.querySelector(`[data-element="${CSS.escape(id)}"]`);
  const tell = () => {
    const first = targets.length ? find(targets[0].elementId) : null;
    if (first) button.setAttribute("aria-expanded", String(!first.hidden));
  };
  button.classList.add("toggles");
  button.addEventListener("click", () => {
    for (const target of targets) {
      const node = find(target.elementId);
      if (node) node.hidden = target.isVisible === undefined ? !node.hidden : !target.isVisible;
      else button.after(loud(`element “${target.elementId}”`, "Action.ToggleVisibility names an element that is not there."));
    }
    tell();
  });
  queueMicrotask(tell);
}

function send(button, action, draw) {
  button.addEventListener("click", () => {
    const inputs = action.associatedInputs === "none" ? {} : collect(draw.scope);
    if (inputs) draw.press(button, action, inputs);
  });
}

const ACTS = {
  "Action.Execute": send, "Action.Submit": send, "Action.OpenUrl": openUrl,
  "Action.ShowCard": showCard, "Action.ToggleVisibility": toggleVisibility,
};

// The inputs of this card and of the cards around it; null when one of them is not good yet.
function collect(scope) {
  const values = {};
  let wrong = null;
  for (let level = scope; level; level = level.parent) {
    for (const [name, input] of level.inputs) {
      if (!input.check()) wrong = input;
      const value = input.value();
      if (value !== undefined) values[name] = value;
    }
  }
  if (!wrong) return values;
  wrong.focus();
  return null;
}
