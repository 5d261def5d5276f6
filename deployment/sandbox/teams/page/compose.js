// The compose box: Enter sends, Shift+Enter breaks the line, Up brings back what was sent last.
const $ = (id) => document.getElementById(id);

export function startCompose({ say, unfurling }) {
  const text = $("compose-text");
  const state = { open: null, thread: null, mention: true, sent: [], at: 0 };

  function show(open) {
    if (state.open?.id !== open.id) {
      state.mention = true;
      $("problem").hidden = true;
    }
    state.open = open;
    const isGroup = open.type !== "personal";
    $("mention").hidden = !isGroup;
    $("mention").setAttribute("aria-pressed", String(state.mention));
    $("replying").hidden = !state.thread;
    text.placeholder = state.thread ? "Reply" : open.kind === "channel" ? (narrow() ? "Post" : "Start a post") : narrow() ? "Message" : "Type a message, for example help";
  }

  const narrow = () => matchMedia("(max-width: 420px)").matches;

  function reply(message) {
    state.thread = message.id;
    $("replying-to").textContent = `Replying to ${message.from}`;
    show(state.open);
    text.focus();
  }

  function stopReplying() {
    state.thread = null;
    if (state.open) show(state.open);
  }

  function grow() {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
  }

  function recall(step) {
    if (!state.sent.length) return;
    state.at = Math.min(Math.max(state.at + step, 0), state.sent.length);
    text.value = state.sent[state.at] ?? "";
    grow();
  }

  async function send(event) {
    event?.preventDefault();
    const words = text.value.trim();
    if (!words || text.disabled) return;
    const line = { text: words };
    if (state.thread) line.thread = state.thread;
    if (state.open.type !== "personal") line.mention = state.mention;
    if (unfurling.card()) line.card = unfurling.card();
    text.value = "";
    grow();
    unfurling.forget();
    $("problem").hidden = true;
    state.sent.push(words);
    state.at = state.sent.length;
    try {
      await say(line);
    } catch (error) {
      text.value ||= words;
      $("problem").hidden = false;
      $("problem").textContent = error.message;
    }
    text.focus();
  }

  $("compose").addEventListener("submit", send);
  $("replying-stop").addEventListener("click", stopReplying);
  $("mention").addEventListener("click", () => {
    state.mention = !state.mention;
    show(state.open);
  });
  text.addEventListener("input", () => {
    grow();
    unfurling.typed(text.value);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
    else if (event.key === "Escape") stopReplying();
    else if (event.key === "ArrowUp" && !text.value) recall(-1);
    else if (event.key === "ArrowUp" && text.value === state.sent[state.at]) recall(-1);
    else if (event.key === "ArrowDown" && text.value === state.sent[state.at]) recall(1);
    else return;
    if (event.key !== "Escape") event.preventDefault();
  });
  return { show, reply, stopReplying, thread: () => state.thread };
}
