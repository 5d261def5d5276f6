// The page: who you are, which conversation is open, and everything fetched for it.
import { dress, make } from "./dom.js";
import { drawMessages, gist } from "./messages.js";
import { startCompose } from "./compose.js";
import { drawList, flat, markSeen, unread } from "./list.js";
import { drawFeed } from "./feed.js";
import { openDialog } from "./dialogs.js";
import { openSearch, startUnfurling } from "./search.js";
import { remember, remembered, startHint, startLanguage, startTheme } from "./settings.js";

const $ = (id) => document.getElementById(id);
const state = { people: [], me: null, meChosen: false, screen: [], open: null, filter: "all", chosen: false, bot: "", spokenUpTo: 0, activity: [], app: "installed" };
const unfurling = startUnfurling($("unfurled"), { ask: (url) => asMe("unfurl", { conversation: state.open, url }), isMe });
const compose = startCompose({ say, unfurling });

async function call(path, body) {
  const settings = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, settings || undefined);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The stand-in answered ${response.status}.`);
  return answer;
}

// What the person does goes out in the language of their client.
function asMe(lever, body) {
  return call(`/_sandbox/${lever}`, { person: state.me.id, locale: $("language").value, ...body });
}

async function start() {
  startTheme();
  startLanguage(() => load({ wait: 1 }).catch(complain));
  state.people = (await call("/_sandbox/people")).people;
  fillPeople();
  await readHash();
  window.addEventListener("hashchange", () => readHash());
  document.addEventListener("visibilitychange", () => draw());
  $("person-switch").addEventListener("change", (event) => become(event.target.value));
  $("back").addEventListener("click", () => showPane("list"));
  for (const button of document.querySelectorAll("[data-filter]")) button.addEventListener("click", () => setFilter(button));
  $("search").addEventListener("click", search);
  startHint();
  listen();
}

// ---- who and where -------------------------------------------------------------------------

function fillPeople() {
  const options = state.people.map((one) => make("option", { value: one.email }, `${one.name} · ${one.title}`));
  $("person-switch").replaceChildren(...options);
}

function find(ref) {
  const wanted = (ref ?? "").toLowerCase();
  return state.people.find((one) => [one.email, one.id, one.login, one.teamsId].some((name) => name.toLowerCase() === wanted));
}

async function readHash() {
  const hash = new URLSearchParams(location.hash.slice(1));
  state.chosen = hash.has("conversation") || state.chosen;
  const named = find(hash.get("person")) ?? state.me ?? find(remembered("person"));
  state.meChosen ||= Boolean(named);
  state.me = named ?? likelyPerson((await call("/_sandbox/screen")).conversations);
  state.open = hash.get("conversation") ?? state.open;
  dressMe();
  await load({ wait: 0 });
}

// With nobody chosen the page is the person the newest card waits for.
function likelyPerson(conversations) {
  const called = newestCard(conversations)?.message.mentions.map((one) => find(one.id)).find(Boolean);
  return called ?? state.me ?? state.people[0];
}

function become(ref) {
  state.me = find(ref) ?? state.me;
  state.meChosen = true;
  remember("person", state.me.email);
  compose.stopReplying();
  writeHash();
}

function writeHash() {
  const hash = new URLSearchParams({ person: state.me.email });
  if (state.open) hash.set("conversation", state.open);
  const text = `#${hash}`;
  if (location.hash === text) return void draw();
  location.hash = text;
}

function dressMe() {
  $("person-switch").value = state.me.email;
  dress($("me-avatar"), state.me.name);
}

function openConversation(id) {
  state.chosen = true;
  state.open = id;
  compose.stopReplying();
  showPane("conversation");
  writeHash();
}

function showPane(pane) {
  document.body.dataset.pane = pane;
  if (pane === "list") $("list").querySelector("[aria-current]")?.focus();
  draw();
}

function setFilter(button) {
  state.filter = button.dataset.filter;
  for (const one of document.querySelectorAll("[data-filter]")) one.setAttribute("aria-pressed", String(one === button));
  showPane("list");
}

// ---- what is on the screen -------------------------------------------------------------------

let asked = 0;
async function load({ wait = 0 } = {}) {
  const mine = ++asked;
  const query = new URLSearchParams({ person: state.me.email, locale: $("language").value, wait });
  if (state.open) query.set("conversation", state.open);
  const seen = await call(`/_sandbox/screen?${query}`);
  if (mine !== asked) return; // a later answer is under way
  state.screen = seen.conversations;
  state.activity = seen.activity ?? [];
  state.app = seen.app ?? "installed";
  const open = resolve(state.open);
  state.open = open?.id ?? firstToOpen();
  draw();
  // The first look had no conversation yet; now its cards are in view and may refresh.
  if (!query.has("conversation") && state.open) load();
}

function resolve(ref) {
  const wanted = (ref ?? "").toLowerCase();
  if (wanted === "bot") return state.screen.find((one) => one.type === "personal");
  return state.screen.find((one) => one.id === ref) ?? state.screen.find((one) => one.name.toLowerCase() === wanted);
}

function firstToOpen() {
  const newest = newestCard(state.screen);
  return (newest?.conversation ?? state.screen[0])?.id ?? null;
}

// The newest card that calls somebody; else the newest of all.
function newestCard(conversations) {
  const all = conversations.flatMap((conversation) => flat(conversation).map((message) => ({ conversation, message })));
  const cards = all.filter((one) => one.message.card).sort((a, b) => b.message.id - a.message.id);
  return cards.find((one) => one.message.mentions.length) ?? cards[0];
}

// Until somebody picks a conversation, the page goes to where the first card appears.
function follow() {
  const newest = newestCard(state.screen);
  if (state.chosen || !newest?.message.mentions.length) return;
  state.chosen = true;
  state.open = newest.conversation.id;
  const likely = state.meChosen ? state.me : likelyPerson(state.screen);
  if (likely === state.me) return;
  state.me = likely;
  dressMe();
  load().catch(complain);
}

function draw() {
  if (!state.screen.length) return;
  follow();
  const open = resolve(state.open) ?? state.screen[0];
  const reading = document.visibilityState === "visible" && (!isNarrow() || document.body.dataset.pane === "conversation");
  if (reading) markSeen(state.me, open);
  drawLeft(open);
  drawHead(open);
  drawConversation(open);
  const total = state.screen.reduce((sum, one) => sum + unread(state.me, one), 0);
  document.title = `${total ? `(${total}) ` : ""}${open.name} · Teams stand-in`;
  speak(open);
}

function drawLeft(open) {
  $("bell").hidden = !state.activity.length;
  $("bell").textContent = state.activity.length;
  if (state.filter === "activity") drawFeed($("list"), state.activity);
  else drawList($("list"), state, { open: open.id, choose: openConversation });
}

function drawHead(open) {
  const isChannel = open.kind === "channel";
  $("head-name").textContent = open.name;
  $("head-about").textContent = isChannel ? open.team : open.type === "groupChat" ? "Group chat" : "Your chat with the bot";
  $("head-avatar").classList.toggle("square", isChannel);
  dress($("head-avatar"), isChannel ? open.team : open.name, open.type === "personal");
  $("hint-text").textContent = `You are ${state.me.name}. ${whereCardsAre(open)}, type to the bot, `
    + "or switch person at the top right to see what others see.";
}

function whereCardsAre(open) {
  if (flat(open).some((one) => one.card)) return "Press a button on a card";
  const newest = newestCard(state.screen)?.conversation.name;
  return newest ? `The newest card is in ${newest}: press a button there` : "Cards will appear by themselves: press a button on one";
}

let shown = "";
function drawConversation(open) {
  const box = $("messages");
  const isNew = shown !== `${open.id} ${state.me.id}`;
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 120;
  const count = flat(open).length;
  if (shown.split(" ")[0] !== open.id) box.replaceChildren();
  box.classList.toggle("empty", !count);
  if (!count) box.replaceChildren(emptiness(open));
  else {
    box.querySelector(".nothing")?.remove();
    drawMessages(box, open, { me: state.me, isMe, press, reply: compose.reply, refresh: refreshCard });
  }
  shown = `${open.id} ${state.me.id}`;
  compose.show(open);
  const grown = count !== Number(box.dataset.count);
  box.dataset.count = count;
  if (isNew || (grown && atEnd)) showNewest(box);
}

// The newest post ends at the compose box; one that does not fit shows its beginning.
function showNewest(box) {
  box.scrollTop = box.scrollHeight;
  const last = box.lastElementChild;
  if (last?.getBoundingClientRect().top < box.getBoundingClientRect().top) last.scrollIntoView({ block: "start" });
}

function emptiness(open) {
  const missing = state.app === "missing" && open.type === "personal";
  const words = missing ? "The app is not installed for you, so the bot cannot write to you here." : state.bot ? `Nothing here yet. ${state.bot}` : open.type === "personal"
    ? "Say something to the bot, for example “help”." : "Nothing here yet. Cards and messages will appear by themselves.";
  return make("div", { class: "nothing" }, make("p", {}, words));
}

function isMe(id) {
  return [state.me.id, state.me.teamsId, state.me.email].includes(id);
}

// New messages are told once, in words, however much of the page was redrawn.
function speak(open) {
  const latest = flat(open).filter((one) => one.fromId !== state.me.id).at(-1);
  const id = Number(latest?.id ?? 0);
  if (state.spokenUpTo && id > state.spokenUpTo) $("spoken").textContent = `${latest.from} in ${open.name}: ${gist(latest)}`;
  const all = state.screen.flatMap(flat).map((one) => Number(one.id));
  state.spokenUpTo = Math.max(state.spokenUpTo, 1, ...all);
}

const isNarrow = () => matchMedia("(max-width: 760px)").matches;

// ---- acts --------------------------------------------------------------------------------------

async function press(message, button, action, inputs) {
  const [box, line] = [button.closest(".card"), button.closest(".line")];
  const idle = [...box.querySelectorAll("button:not(:disabled)")];
  box.setAttribute("aria-busy", "true");
  button.classList.add("busy");
  for (const one of idle) one.disabled = true;
  try {
    const name = action.title || action.verb;
    const answer = await asMe("press", { message: message.id, button: name, action, inputs });
    if (answer.dialog) openDialog(answer.dialog, { isMe, closed: () => load().catch(complain), submit: (data, typed) => submitDialog(message, data, typed) });
  } catch (error) {
    complain(error);
  }
  await load().catch(complain);
  box.removeAttribute("aria-busy");
  button.classList.remove("busy");
  for (const one of idle) one.disabled = false;
  // A disabled or replaced button loses the focus: keep keyboard users where they were.
  if (document.activeElement === document.body) (button.isConnected ? button : line).focus({ preventScroll: true });
}

async function submitDialog(message, data, inputs) {
  const answer = await asMe("dialog", { message: message.id, data, inputs });
  load().catch(complain);
  return answer;
}

function search() {
  const put = (card) => asMe("compose", { conversation: state.open, card, ...(compose.thread() ? { thread: compose.thread() } : {}) });
  openSearch({
    isMe,
    ask: (asked) => asMe("search", { conversation: state.open, ...asked }),
    choose: async (card) => { await put(card); await load(); },
  });
}

async function refreshCard(message, button) {
  button.disabled = true;
  await asMe("press", { message: message.id, button: "Refresh card", inputs: {} }).catch(complain);
  await load().catch(complain);
  button.disabled = false;
}

async function say(line) {
  const box = $("messages");
  const { card, mention, ...words } = line;
  if (card) await asMe("compose", { conversation: state.open, card, ...words });
  else await asMe("say", { conversation: state.open, mention, ...words });
  await load();
  const mine = [...box.querySelectorAll(".own")].at(-1);
  mine?.scrollIntoView({ block: "nearest" });
}

function complain(error) {
  $("offline").hidden = false;
  $("offline").textContent = error.message;
}

// ---- live line ---------------------------------------------------------------------------------

function listen() {
  const line = new EventSource("/_sandbox/live");
  let due = null;
  line.onmessage = () => {
    $("offline").hidden = true;
    due ??= setTimeout(() => {
      due = null;
      Promise.all([load(), checkBot()]).catch(complain);
    }, 60);
  };
  line.onerror = () => complain(new Error("The connection to the stand-in is gone. Trying again…"));
  // Coming back to a card counts as seeing it; the stand-in asks at most once a minute.
  setInterval(() => document.visibilityState === "visible" && load().catch(complain), 60_500);
}

async function checkBot() {
  const health = await call("/_sandbox/health");
  state.bot = health.bot_up ? "" : `Waiting for the bot at ${health.bot}.`;
}

start().catch(complain);
