// -- The host's looks, and the end

function dress(changed) {
  context = { ...context, ...changed };
  const root = document.documentElement, { theme, styles, containerDimensions } = context;
  root.style.colorScheme = theme === "light" || theme === "dark" ? theme : "";
  // Fonts are left out: they would be a request to somewhere else.
  for (const [name, value] of Object.entries(isObject(styles?.variables) ? styles.variables : {}))
    if (/^--(color|font|border-radius)-[a-z0-9-]+$/.test(name) && words(value)) root.style.setProperty(name, value);
  const height = number(containerDimensions?.height ?? containerDimensions?.maxHeight);
  if (height) root.style.setProperty("--media-height", `${Math.max(160, Math.min(304, height - 196))}px`);
}

function leave() {
  closed = true;
  clearTimeout(timer);
  clearInterval(clock);
  for (const media of document.querySelectorAll("audio, video")) media.pause();
  for (const address of addresses) URL.revokeObjectURL(address);
}

const clock = setInterval(tick, 1000);
document.addEventListener("visibilitychange", look);
$("again").addEventListener("click", () => {
  refusals = 0;
  say("");
  look();
  $("title").focus(); // the button has gone: the next Tab goes on from here, not from the page's beginning
});
$("try").addEventListener("click", tryAgain);
// Scrolled out of sight or in a folded panel counts as hidden: a long conversation holds many views.
new IntersectionObserver(([entry]) => { onScreen = entry.isIntersecting; look(); }).observe($("card"));

let height = 0; // the width is the host's: a width that is told back would hold it
const size = new ResizeObserver(() => {
  fold();
  const now = Math.ceil($("card").getBoundingClientRect().height);
  if (now !== height) post({ method: "ui/notifications/size-changed", params: { height: (height = now) } });
});

async function begin() {
  if (host === window) return draw({ state: "", note: "An MCP client shows this page beside a tool’s answer." });
  const appInfo = { name: "kie-viewer", version: "1" }, appCapabilities = { availableDisplayModes: ["inline"] };
  const hello = await request("ui/initialize", { protocolVersion: "2026-01-26", appInfo, appCapabilities });
  can = isObject(hello.hostCapabilities) ? hello.hostCapabilities : {};
  dress(isObject(hello.hostContext) ? hello.hostContext : {});
  post({ method: "ui/notifications/initialized" });
  size.observe($("card"));
}
begin().catch(() => draw({ state: "", note: "The host did not answer." }));
