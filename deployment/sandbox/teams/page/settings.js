// What the browser remembers: colours, the dismissed hint, who you were.
const $ = (id) => document.getElementById(id);

export function startTheme() {
  const order = ["system", "light", "dark"];
  const apply = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    $("theme").textContent = { system: "◐", light: "☀", dark: "☾" }[theme];
    $("theme").setAttribute("aria-label", `Colours: ${theme}. Press to change.`);
    $("theme").title = `Colours: ${theme}`;
    remember("theme", theme);
  };
  apply(order.includes(remembered("theme")) ? remembered("theme") : "system");
  $("theme").addEventListener("click", () => apply(order[(order.indexOf(remembered("theme")) + 1) % order.length]));
}

// The client's language travels with every press and message, as a phone's does.
export function startLanguage(changed) {
  $("language").value = remembered("language") === "de-DE" ? "de-DE" : "en-US";
  $("language").addEventListener("change", (event) => {
    remember("language", event.target.value);
    changed();
  });
}

export function startHint() {
  $("hint").hidden = remembered("hint") === "seen";
  $("hint-close").addEventListener("click", () => {
    remember("hint", "seen");
    $("hint").hidden = true;
    $("messages").focus();
  });
}

export function remember(name, value) {
  try {
    localStorage.setItem(`stand-in.${name}`, value);
  } catch { /* a browser that stores nothing still works */ }
}

export function remembered(name) {
  try {
    return localStorage.getItem(`stand-in.${name}`);
  } catch {
    return null;
  }
}
