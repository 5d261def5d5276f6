// A window over the page. The browser keeps the focus inside it and closes it on Escape.
import { make } from "./dom.js";

export function openModal({ title, name, closed }) {
  const back = document.activeElement;
  const body = make("div", { class: "modal-body" });
  const heading = make("h2", { id: "modal-title" }, title);
  const close = make("button", { type: "button", class: "modal-close", "aria-label": "Close", on: { click: () => node.close() } }, "×");
  const node = make("dialog", { class: "modal", "aria-labelledby": "modal-title", "data-testid": name },
    make("header", { class: "modal-head" }, heading, close), body);
  node.addEventListener("close", () => {
    node.remove();
    if (back?.isConnected) back.focus({ preventScroll: true });
    closed?.();
  });
  document.body.append(node);
  node.showModal();
  return {
    body,
    close: () => node.close(),
    name: (words) => { heading.textContent = words; },
    show: (...nodes) => { body.replaceChildren(...nodes); },
    wide: (width) => { node.style.width = /^\d+$/.test(String(width ?? "")) ? `${width}px` : ""; },
  };
}

export function problem(words) {
  return make("p", { class: "notice error", role: "alert", "data-testid": "modal-problem" }, words);
}
