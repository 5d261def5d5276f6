// The list of channels and chats, with its unread marks.
import { dress, make } from "./dom.js";
import { gist } from "./messages.js";

export const flat = (conversation) => conversation.messages.flatMap((one) => [one, ...one.replies]);

const seenKey = (person) => `stand-in.seen.${person.id}`;

function seen(person) {
  try {
    return JSON.parse(localStorage.getItem(seenKey(person))) ?? {};
  } catch {
    return {};
  }
}

export function markSeen(person, conversation) {
  const last = Math.max(0, ...flat(conversation).map((one) => Number(one.id)));
  const known = seen(person);
  if ((known[conversation.id] ?? 0) >= last) return;
  try {
    localStorage.setItem(seenKey(person), JSON.stringify({ ...known, [conversation.id]: last }));
  } catch { /* then everything stays unread */ }
}

export function unread(person, conversation) {
  const upTo = seen(person)[conversation.id] ?? 0;
  return flat(conversation).filter((one) => Number(one.id) > upTo && one.fromId !== person.id).length;
}

let drawn = "";
export function drawList(parent, state, { open, choose }) {
  const rows = state.screen
    .filter((one) => state.filter === "all" || one.kind === state.filter)
    .map((one) => ({ one, count: unread(state.me, one), last: flat(one).at(-1) }));
  const now = JSON.stringify([open, state.me.id, rows.map(({ one, count, last }) => [one.id, count, last && gist(last)])]);
  if (now === drawn && parent.dataset.shows === "conversations") return;
  drawn = now;
  parent.dataset.shows = "conversations";
  const focused = document.activeElement?.dataset?.conversation;
  const row = (item) => entry(item, { open, choose, me: state.me });
  const channels = rows.filter(({ one }) => one.kind === "channel");
  const chats = rows.filter(({ one }) => one.kind === "chat");
  parent.replaceChildren(make("h2", { class: "list-title" }, { all: "Conversations", chat: "Chats", channel: "Teams" }[state.filter]));
  if (channels.length) parent.append(section(channels[0].one.team, channels.map(row), true));
  if (chats.length) parent.append(section("Chats", chats.map(row), false));
  if (focused) parent.querySelector(`[data-conversation="${CSS.escape(focused)}"]`)?.focus();
}

function section(name, rows, isTeam) {
  const badge = isTeam ? dress(make("span", { class: "avatar square small", "aria-hidden": "true" }), name) : null;
  return make("section", {}, make("h3", {}, badge, make("span", {}, name)), make("ul", {}, ...rows.map((one) => make("li", {}, one))));
}

function entry({ one, count, last }, { open, choose, me }) {
  const isChat = one.kind === "chat";
  const link = make("a", {
    class: `entry ${isChat ? "chat" : "channel"}`, "data-testid": `conversation-${one.id}`, "data-conversation": one.id,
    href: `#${new URLSearchParams({ person: me.email, conversation: one.id })}`,
    "aria-current": one.id === open && "page",
    on: { click: (event) => { event.preventDefault(); choose(one.id); } },
  });
  if (isChat) link.append(dress(make("span", { class: "avatar small", "aria-hidden": "true" }), one.name, one.type === "personal"));
  link.append(make("span", { class: "entry-words" }, make("span", { class: "entry-name" }, one.name),
    isChat && last ? make("span", { class: "entry-last" }, gist(last)) : null));
  if (count) link.append(make("span", { class: "count" }, String(count), make("span", { class: "unseen" }, " unread")));
  link.classList.toggle("unread", count > 0);
  return link;
}
