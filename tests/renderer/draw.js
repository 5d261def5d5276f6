// Draws one card as Teams would: Microsoft's renderer, CommonMark, and colours near those of Teams.
// `draw(card, theme)` puts it on the page and returns what is wrong with it.

const FONT = "'Segoe UI', 'Open Sans', 'DejaVu Sans', system-ui, sans-serif";

const COLOURS = {
  light: { text: "#242424", subtle: "#616161", link: "#4f52b2", back: "#ffffff", emphasis: "#f5f5f5",
           accent: "#e8ebfa", good: "#e7f2da", warning: "#fbf6d9", attention: "#fcf4f6" },
  dark: { text: "#ffffff", subtle: "#adadad", link: "#9ea2ff", back: "#292929", emphasis: "#1f1f1f",
          accent: "#2f2f4a", good: "#20351b", warning: "#463100", attention: "#3e1f25" },
};

function hostConfig(theme) {
  const colours = COLOURS[theme];
  const shade = { default: colours.text, subtle: colours.subtle };
  const foreground = Object.fromEntries(
    ["default", "dark", "light", "accent", "good", "warning", "attention"].map((name) => [name, shade]));
  const style = (back) => ({ backgroundColor: back, foregroundColors: foreground });
  return {
    fontFamily: FONT,
    fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
    fontWeights: { lighter: 200, default: 400, bolder: 600 },
    lineHeights: { small: 16, default: 20, medium: 20, large: 24, extraLarge: 32 },
    spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
    separator: { lineThickness: 1, lineColor: theme === "dark" ? "#525252" : "#e0e0e0" },
    containerStyles: {
      default: style(colours.back), emphasis: style(colours.emphasis), accent: style(colours.accent),
      good: style(colours.good), warning: style(colours.warning), attention: style(colours.attention),
    },
    actions: { maxActions: 6, actionsOrientation: "horizontal", actionAlignment: "left", buttonSpacing: 8,
               showCard: { actionMode: "inline" } },
    factSet: { title: { weight: "bolder", wrap: true, maxWidth: 150 }, value: { wrap: true }, spacing: 16 },
  };
}

const markdown = window.markdownit({ html: false, linkify: true });
AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown.render(text);
  result.didProcess = true;
};

// Teams shows a mention as a name; a tag without its entity would stand there as a tag.
function withMentions(card) {
  let text = JSON.stringify({ ...card, msteams: undefined });
  for (const entity of (card.msteams || {}).entities || []) {
    text = text.replaceAll(JSON.stringify(entity.text).slice(1, -1), `@${entity.mentioned.name}`);
  }
  return JSON.parse(text);
}

window.draw = (json, theme) => {
  document.body.className = theme;
  const faults = [];
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = new AdaptiveCards.HostConfig(hostConfig(theme));
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5);
  // The renderer keeps the place of its last match and so refuses every second valid language.
  AdaptiveCards.CardElement.langProperty.regEx.lastIndex = 0;
  card.parse(withMentions(json), context);
  for (let at = 0; at < context.eventCount; at++) faults.push(context.getEventAt(at).message);
  for (const found of card.validateProperties().validationEvents) faults.push(found.message);
  const drawn = card.render();
  if (!drawn) return [...faults, "nothing was drawn"];
  document.getElementById("card").replaceChildren(drawn);
  return [...faults, ...looks(drawn)];
};

function* looks(drawn) {
  if (drawn.textContent.includes("<at>")) yield "a mention without its entity is shown as a tag";
  for (const image of drawn.querySelectorAll("img")) yield `an image nobody put there: ${image.src}`;
  yield* overflowing(drawn);
  for (const folded of drawn.querySelectorAll("#lines")) folded.style.display = "flex";
  yield* overflowing(drawn);
  for (const folded of drawn.querySelectorAll("#lines")) folded.style.display = "none";
}

function* overflowing(drawn) {
  const room = document.getElementById("card");
  if (room.scrollWidth > room.clientWidth) yield `${room.scrollWidth} px wide in ${room.clientWidth}`;
  for (const part of drawn.querySelectorAll("*")) {
    const style = getComputedStyle(part);
    if (style.overflow === "visible" || part.clientWidth === 0) continue;
    if (part.scrollWidth > part.clientWidth + 1) {
      yield `cut off: ${part.className} “${part.textContent.slice(0, 60)}”`;
    }
  }
}
