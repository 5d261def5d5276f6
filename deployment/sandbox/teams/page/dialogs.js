// Dialogs of the bot: its card in a window, whose buttons submit until the bot closes it.
import { make } from "./dom.js";
import { drawCard } from "./cards.js";
import { openModal, problem } from "./modal.js";

// submit(data, inputs) sends to the bot and resolves to what comes next.
export function openDialog(first, { isMe, submit, closed }) {
  const modal = openModal({ title: first.title || "Countersign", name: "dialog", closed });
  show(first);

  function show(dialog) {
    modal.name(dialog.title || "Countersign");
    modal.wide(dialog.width);
    modal.show(drawCard(dialog.card ?? {}, { isMe, press }));
    modal.body.querySelector("input, select, textarea, .action")?.focus();
  }

  async function press(button, action, inputs) {
    const idle = [...modal.body.querySelectorAll("button:not(:disabled)")];
    button.classList.add("busy");
    for (const one of idle) one.disabled = true;
    modal.body.querySelector("[data-testid=modal-problem]")?.remove();
    try {
      next(await submit(action.data, inputs));
    } catch (error) {
      modal.body.append(problem(error.message));
    }
    button.classList.remove("busy");
    for (const one of idle) one.disabled = false;
  }

  function next(answer) {
    if (answer.dialog) show(answer.dialog);
    else if (answer.text) modal.show(make("p", { "data-testid": "dialog-text" }, answer.text), done());
    else if (answer.closed || answer.status < 300) modal.close();
    else modal.body.append(problem(answer.notice ?? `The bot answered ${answer.status}.`));
  }

  function done() {
    const button = make("button", { type: "button", class: "action", on: { click: () => modal.close() } }, "OK");
    queueMicrotask(() => button.focus());
    return make("div", { class: "actions spaced" }, button);
  }
}
