// The app in the compose box: search through the bot, and cards for pasted links.
import { make } from "./dom.js";
import { drawCard } from "./cards.js";
import { openModal, problem } from "./modal.js";

// What the app's manifest offers.
const COMMANDS = [["findBill", "Bills"], ["findPo", "Purchase orders"], ["findPayment", "Payments"]];
const PAUSE = 250; // Teams asks while you type, too
const PAGE = 25;

export function openSearch({ ask, isMe, choose }) {
  const modal = openModal({ title: "Search with Countersign", name: "search" });
  const tabs = COMMANDS.map(([command, words], at) => make("button", {
    type: "button", class: "tab", "data-command": command, "aria-pressed": String(at === 0), on: { click: () => pick(command) },
  }, words));
  const field = make("input", { type: "search", "aria-label": "Search for", placeholder: "Number, vendor or reference", "data-testid": "search-text" });
  const results = make("div", { class: "results", role: "status", "data-testid": "search-results" });
  let [command, asked, due] = [COMMANDS[0][0], 0, null];

  field.addEventListener("input", () => {
    clearTimeout(due);
    due = setTimeout(look, PAUSE);
  });
  modal.show(make("div", { class: "tabs", role: "group", "aria-label": "What to search" }, ...tabs),
    make("div", { class: "input" }, field), results);
  field.focus();
  look();

  function pick(name) {
    command = name;
    for (const one of tabs) one.setAttribute("aria-pressed", String(one.dataset.command === name));
    look();
  }

  async function look(skip = 0) {
    const mine = ++asked;
    if (!skip) results.replaceChildren(make("p", { class: "quiet" }, "Searching…"));
    try {
      const answer = await ask({ command, text: field.value.trim(), skip, count: PAGE });
      if (mine === asked) draw(answer, skip);
    } catch (error) {
      if (mine === asked) results.replaceChildren(problem(error.message));
    }
  }

  function draw(answer, skip) {
    const found = answer.results ?? [];
    if (!skip) results.replaceChildren();
    results.querySelector(".more")?.remove();
    results.append(...found.map(row));
    if (!found.length && !skip) results.append(make("p", { class: "quiet" }, answer.notice ?? "Nothing found."));
    if (found.length === PAGE) {
      const more = make("button", { type: "button", class: "more", on: { click: () => look(skip + PAGE) } }, "More");
      results.append(more);
    }
  }

  function row(result) {
    const words = result.preview ?? {};
    return make("button", { type: "button", class: "result", "data-testid": "search-result", on: { click: () => show(result.card) } },
      make("strong", {}, words.title ?? "a card"), make("span", {}, [words.subtitle, words.text].filter(Boolean).join(" · ")));
  }

  // As in Teams the card is shown first; it stays yours until you send it.
  function show(card) {
    const send = make("button", { type: "button", class: "action", "data-testid": "search-send", on: { click: () => put(card, send) } }, "Send");
    const back = make("button", { type: "button", class: "action", on: { click: () => list() } }, "Back");
    modal.show(drawCard(card, { isMe, press: () => {} }), make("div", { class: "actions spaced" }, send, back));
    send.focus();
  }

  function list() {
    modal.close();
    openSearch({ ask, isMe, choose });
  }

  async function put(card, button) {
    button.disabled = true;
    try {
      await choose(card);
      modal.close();
    } catch (error) {
      modal.body.append(problem(error.message));
      button.disabled = false;
    }
  }
}

const LINK = /https?:\/\/[^\s<>"']+/;

// A pasted link is asked about once; its card waits above the compose box.
export function startUnfurling(place, { ask, isMe }) {
  const state = { url: "", card: null, asked: 0 };

  async function typed(text) {
    const url = text.match(LINK)?.[0] ?? "";
    if (url === state.url) return;
    forget();
    state.url = url;
    if (!url) return;
    const mine = ++state.asked;
    const answer = await ask(url).catch(() => ({}));
    const card = answer.results?.[0]?.card;
    if (mine !== state.asked || !card) return;
    state.card = card;
    const without = make("button", { type: "button", "aria-label": "Send without the card", on: { click: drop } }, "×");
    place.replaceChildren(without, drawCard(card, { isMe, press: () => {} }));
    place.hidden = false;
  }

  function drop() {
    state.card = null;
    place.hidden = true;
    place.replaceChildren();
  }

  function forget() {
    drop();
    state.url = "";
    state.asked += 1;
  }

  return { typed, forget, card: () => state.card };
}
