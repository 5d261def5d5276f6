// The activity feed: what the bell tells, newest first.
import { make } from "./dom.js";

const TIME = new Intl.DateTimeFormat([], { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export function drawFeed(parent, entries) {
  parent.dataset.shows = "feed";
  parent.replaceChildren(make("h2", { class: "list-title" }, "Activity"));
  if (!entries.length) parent.append(make("p", { class: "quiet" }, "Nothing yet. The bell rings only where the feed is switched on."));
  parent.append(make("ul", {}, ...entries.map(entry)));
}

function entry(one) {
  const words = [make("span", { class: "feed-title" }, one.topic?.value ?? one.type ?? ""), make("span", { class: "feed-preview" }, one.text ?? "")];
  return make("li", { class: "feed-entry", "data-testid": "feed-entry" }, ...words, make("time", { datetime: one.at }, TIME.format(new Date(one.at))));
}
