// Small tools for making elements. Text only ever enters the page as text nodes.

export function make(tag, settings = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function initials(name) {
  const words = name.replace(/\(.*\)/, "").trim().split(/\s+/);
  return (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
}

export function dress(avatar, name, isBot = false) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  avatar.style.setProperty("--hue", sum);
  avatar.classList.toggle("bot", isBot);
  avatar.textContent = isBot ? "" : initials(name);
  return avatar;
}

// Keep elements of unchanged items in place, so that typing and focus survive an update.
export function keep(parent, items, create, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let before = parent.firstChild;
  for (const item of items) {
    const found = old.get(item.id);
    const node = found ?? create(item);
    node.dataset.key = item.id;
    old.delete(item.id);
    if (node === before) before = before.nextSibling;
    else parent.insertBefore(node, before);
    update(node, item, !found);
  }
  for (const gone of old.values()) gone.remove();
}
