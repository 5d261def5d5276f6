// Draws one conversation: posts with their replies, or the lines of a chat.
import { dress, keep, make } from "./dom.js";
import { blocks, plain } from "./markdown.js";
import { drawCard } from "./cards.js";

const TIME = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat([], { weekday: "short", day: "numeric", month: "short" });

// context: {me, bot, isMe(id), press(message, button, action, inputs), reply(message), refresh(message)}
export function drawMessages(parent, conversation, context) {
  const isChannel = conversation.kind === "channel";
  keep(parent, conversation.messages, () => post(isChannel), (node, message, fresh) => {
    updateLine(node.querySelector(":scope > .line"), message, context, fresh);
    const replies = node.querySelector(":scope > .replies");
    keep(replies, message.replies, () => make("li", { class: "reply" }, line()), (item, reply, isNew) => {
      updateLine(item.firstChild, reply, context, isNew);
    });
    replies.hidden = message.replies.length === 0;
    fold(node, replies);
    const answer = node.querySelector(":scope > .answer");
    if (answer) answer.onclick = () => context.reply(message);
  });
}

const UNFOLDED = 3;

// A long thread shows its newest replies; the others are one press away.
function fold(node, replies) {
  const early = Math.max(0, replies.children.length - UNFOLDED);
  const open = node.dataset.unfolded === "yes";
  [...replies.children].forEach((one, at) => { one.hidden = at < early && !open; });
  const button = node.querySelector(":scope > .earlier");
  if (!button) return;
  button.hidden = !early;
  button.setAttribute("aria-expanded", String(open));
  button.textContent = open ? "Hide earlier replies" : `Show ${early} earlier ${early === 1 ? "reply" : "replies"}`;
  button.onclick = () => {
    node.dataset.unfolded = open ? "no" : "yes";
    fold(node, replies);
  };
}

function post(isChannel) {
  const node = make("section", { class: isChannel ? "post" : "chat-line" }, line(),
    make("button", { type: "button", class: "earlier", hidden: true, "data-testid": "earlier" }), make("ol", { class: "replies" }));
  if (isChannel) node.append(make("button", { type: "button", class: "answer", "data-testid": "reply" }, "Reply"));
  return node;
}

function line() {
  return make("article", { class: "line", tabindex: "-1" },
    make("span", { class: "avatar", "aria-hidden": "true" }),
    make("div", { class: "bubble" },
      make("header", { class: "about" },
        make("strong", { class: "from" }), make("time"), make("span", { class: "edited" }),
        make("span", { class: "own-view", hidden: true, title: "The bot shows this card to you alone" }, "Your view"),
        make("button", { type: "button", class: "refresh", "data-testid": "refresh-card", hidden: true }, "Refresh card")),
      make("div", { class: "words" }), make("div", { class: "card-place" }),
      make("p", { class: "reactions", hidden: true }),
      make("p", { class: "notice", "data-testid": "notice", role: "status", hidden: true })));
}

function updateLine(node, message, context, fresh) {
  const state = JSON.stringify({ ...message, replies: null, me: context.me.id });
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  const find = (name) => node.querySelector(`.${name}`);
  const isBot = message.fromId === "bot";
  node.setAttribute("data-testid", `message-${message.id}`);
  node.setAttribute("aria-label", `${message.from}, ${spoken(message.at)}`);
  node.classList.toggle("own", message.fromId === context.me.id);
  dress(find("avatar"), message.from, isBot);
  find("from").textContent = message.from;
  find("edited").textContent = message.edited ? "Edited" : "";
  find("edited").title = message.editedAt ? spoken(message.editedAt) : "";
  find("own-view").hidden = !message.personal;
  updateReactions(find("reactions"), Object.entries(message.reactions ?? {}));
  updateTime(node.querySelector("time"), message.at);
  updateWords(find("words"), message, context);
  updateCard(find("card-place"), message, context, fresh);
  updateNotice(find("notice"), message);
  const refresh = find("refresh");
  refresh.hidden = !message.card?.refresh;
  refresh.onclick = () => context.refresh(message, refresh);
}

const FACES = { like: "👍", heart: "❤️", laugh: "😆", surprised: "😮", sad: "🙁", angry: "😠" };

function updateReactions(node, reactions) {
  node.hidden = !reactions.length;
  node.replaceChildren(...reactions.map(([kind, count]) => make("span", { title: kind }, `${FACES[kind] ?? kind} ${count}`)));
}

function updateTime(node, at) {
  const moment = new Date(at);
  node.dateTime = at;
  node.textContent = spoken(at);
  node.title = moment.toLocaleString();
}

function spoken(at) {
  const moment = new Date(at);
  const today = moment.toDateString() === new Date().toDateString();
  return today ? TIME.format(moment) : `${DAY.format(moment)} ${TIME.format(moment)}`;
}

function updateWords(node, message, context) {
  const mentions = message.mentions.map((one) => ({ text: one.text, mine: context.isMe(one.id) }));
  const draw = message.textFormat === "plain" ? plain : blocks;
  node.replaceChildren(...(message.text ? draw(message.text, mentions) : []));
  node.classList.toggle("gone", message.deleted);
}

// A card whose JSON did not change keeps its element, with what was typed and unfolded in it.
function updateCard(place, message, context, fresh) {
  const state = JSON.stringify(message.card);
  if (place.dataset.state === state) return;
  const replaced = Boolean(place.firstChild) && !fresh && place.dataset.me === context.me.id;
  const focused = place.contains(document.activeElement);
  place.dataset.state = state;
  place.dataset.me = context.me.id;
  if (!message.card) return void place.replaceChildren();
  const press = (button, action, inputs) => context.press(message, button, action, inputs);
  const card = drawCard(message.card, { isMe: context.isMe, press });
  card.classList.toggle("changed", replaced);
  place.replaceChildren(card);
  if (focused) place.closest(".line").focus({ preventScroll: true });
}

function updateNotice(node, message) {
  node.hidden = !message.notice;
  node.textContent = message.notice ?? "";
  node.classList.toggle("error", message.noticeTone === "error");
}

// What a screen reader is told, and the list shows, of a message.
export function gist(message) {
  if (!message.card) return bare(message.text).slice(0, 120);
  const words = [];
  const walk = (node) => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (node && typeof node === "object") {
      if (node.type === "TextBlock") words.push(node.text);
      for (const name of ["items", "columns", "inlines"]) walk(node[name]);
    }
  };
  walk(message.card.body);
  return bare(words.slice(0, 4).join(", ")).slice(0, 160) || "a card";
}

// Words without their Markdown: links become their label, escapes the character they keep.
function bare(text) {
  return text.replace(/<\/?at>/g, "")
    .replace(/\[((?:\\.|[^\]\\])+)\]\([^)\s]*\)/g, "$1")
    .replace(/(?<!\\)(\*\*|__|\*|_)/g, "")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1");
}
