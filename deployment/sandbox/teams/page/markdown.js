// The Markdown that Teams draws in cards and messages: bold, italics, links, lists, mentions.
// It builds nodes, never HTML text, so nothing a vendor is called can become markup.
import { make } from "./dom.js";

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const INSIDE = "((?:\\\\.|[^\\\\])+?)";
const INLINE = new RegExp(
  [
    "\\\\([!-/:-@[-`{-~])",
    "<at>([^<]+)</at>",
    `\\*\\*(?=\\S)${INSIDE}(?<=\\S)\\*\\*`,
    `(?<![\\w])__(?=\\S)${INSIDE}(?<=\\S)__(?!\\w)`,
    `\\*(?=[^\\s*])${INSIDE}(?<=[^\\s*])\\*(?!\\*)`,
    `(?<![\\w])_(?=[^\\s_])${INSIDE}(?<=[^\\s_])_(?!\\w)`,
    "\\[((?:\\\\.|[^\\]\\\\])+)\\]\\(([^()\\s]+(?:\\([^()\\s]*\\)[^()\\s]*)*)\\)",
  ].join("|"),
  "gs",
);
const ITEM = /^\s*(?:([-*+])|(\d+)[.)])\s+(.*)$/;

export function decode(text) {
  return text.replace(/&(?:#(\d{1,6})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

// `mentions` are the entities: a mention without one is only its name (facts 1.2).
export function inline(text, mentions = []) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(decode(text.slice(last, found.index)));
    nodes.push(node(found, mentions));
    last = found.index + found[0].length;
  }
  nodes.push(decode(text.slice(last)));
  return nodes.filter((one) => one !== "");
}

function node([whole, escaped, at, bold, bold2, italic, italic2, label, address], mentions) {
  if (escaped) return escaped;
  if (at) return mention(whole, at, mentions);
  if (bold ?? bold2) return make("strong", {}, ...inline(bold ?? bold2, mentions));
  if (italic ?? italic2) return make("em", {}, ...inline(italic ?? italic2, mentions));
  return link(label, decode(address), mentions);
}

export function mention(whole, name, mentions) {
  const known = mentions.find((one) => one.text === whole);
  if (!known) return decode(name);
  const about = known.mine ? "mention mine" : "mention";
  return make("span", { class: about }, decode(name));
}

export function safe(address) {
  return /^(https?:|mailto:|tel:)/i.test(address);
}

function link(label, address, mentions) {
  const words = inline(label, mentions);
  if (!safe(address)) return make("span", {}, ...words);
  return make("a", { href: address, target: "_blank", rel: "noreferrer noopener" }, ...words);
}

// Lines and lists. A single line break stays a break: chat text is written that way.
export function blocks(text, mentions = []) {
  const out = [];
  let list = null;
  let lines = [];
  const flush = () => {
    if (lines.length) out.push(paragraph(lines, mentions));
    lines = [];
  };
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const item = line.match(ITEM);
    if (!item) {
      list = null;
      if (line.trim()) lines.push(line);
      else flush();
      continue;
    }
    flush();
    const kind = item[2] ? "OL" : "UL";
    if (list?.tagName !== kind) out.push((list = make(kind, item[2] ? { start: item[2] } : {})));
    list.append(make("li", {}, ...inline(item[3], mentions)));
  }
  flush();
  return out;
}

function paragraph(lines, mentions) {
  const parts = lines.flatMap((line, at) => (at ? [make("br"), ...inline(line, mentions)] : inline(line, mentions)));
  return make("p", {}, ...parts);
}

export function plain(text, mentions = []) {
  const parts = text.split(/(<at>[^<]+<\/at>)/).map((part) => {
    const name = part.match(/^<at>([^<]+)<\/at>$/)?.[1];
    return name ? mention(part, name, mentions) : part;
  });
  return [make("p", { class: "plain" }, ...parts)];
}
