// -- What the buttons do; the host may refuse each of them.

const done = async (method, params, seconds) => {
  try { return (await request(method, params, seconds)).isError !== true; } catch { return false; }
};

function tellModel() { // what the model has not seen; each update replaces this view's last one, so it says all
  const made = (one) => (Array.isArray(one.outputs) ? one.outputs : []).map(reference).filter(Boolean).map((uri) => `, ${uri}`).join("");
  const ended = (group.length ? group : [job]).filter((one) => one && !LIVE.has(one.state));
  const lines = ended.map((one) => `Job ${one.job_id} ended: ${one.state}${made(one)}`);
  if (chosen.size) lines.push(`The user chose as input for the next tool: ${[...chosen].join(", ")}`);
  return done("ui/update-model-context", { content: [{ type: "text", text: lines.join("\n") }] }, 10);
}

function button(label, act, name) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  if (name) made.setAttribute("aria-label", `${label}: ${name}`);
  made.addEventListener("click", () => act(made));
  return made;
}

function link(url, label, name) { // the host opens it: a view in a sandbox may not
  const made = document.createElement("a");
  made.href = url;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  made.textContent = label;
  if (name) made.setAttribute("aria-label", `${label}: ${name}`);
  made.addEventListener("click", (event) => { event.preventDefault(); open(url); });
  return made;
}

function inputButton(output, name) {
  const made = button("Use as input", (pressed) => handOn(output, pressed), name);
  made.setAttribute("aria-pressed", String(chosen.has(output.resource)));
  return made;
}

async function handOn(output, pressed) {
  const uri = reference(output);
  if (!chosen.delete(uri)) chosen.add(uri);
  pressed.setAttribute("aria-pressed", String(chosen.has(uri)));
  const kept = chosen.has(uri), message = { role: "user", content: [{ type: "text", text: `Use this as input: ${uri}` }] };
  if (await tellModel()) return say(kept ? "Handed to the conversation: say what to make of it." : "Taken back.");
  if (kept && await done("ui/message", message)) return say("Sent to the conversation.");
  say(`The host does not take it. Its reference: ${uri}`);
}

// Only what has cost nothing can be made again without paying twice; whether it is ordered is up to the assistant.
function mayTry({ state, job_id, error, credits, ...more }) {
  const isSure = !error?.may_have_been_charged && !parts(more).some((part) => part.state === "unconfirmed");
  return state === "failed" && words(job_id) && isSure && !(number(credits?.used) > 0) && !tried.has(job_id);
}

async function tryAgain() {
  const { job_id, error, next } = job, remedy = words(error?.remedy), how = words(next) || "Use new=true.";
  const text = ["Try again, please.", `Job ${job_id} failed, and nothing was charged for it.`, remedy, how].filter(Boolean).join(" ");
  tried.add(job_id);
  $("anew").hidden = true;
  $("title").focus(); // the button has gone
  if (await done("ui/message", { role: "user", content: [{ type: "text", text }] })) return say("The assistant was asked to make it again.");
  tried.delete(job_id);
  $("anew").hidden = !mayTry(job ?? {});
  say("The host passes no messages on: ask the assistant to try again.");
}

async function open(url) {
  if (!(await done("ui/open-link", { url }))) say(`The host does not open links. It is at ${url}`);
}

async function download(facts, output, index) {
  if (!can.downloadFile) return open(output.url);
  const file = files.get(output.resource), name = words(output.path).split(/[\\/]/).pop() || `${facts.job_id}-${index + 1}`;
  const content = file
    ? { type: "resource", resource: { uri: `file:///${encodeURIComponent(name)}`, ...file } }
    : { type: "resource_link", uri: https(output.url) || output.resource, name };
  say((await done("ui/download-file", { contents: [content] })) ? "Downloaded." : "The download was not made.");
}
