// -- What is said of a job: its words, its state, its cost

const family = (output) => words(output?.mime_type).split("/")[0];
const kind = (one) => MADE[one.kind === "other" && family(outputsOf(one)[0])] ?? KINDS[one.kind] ?? words(one.kind).replaceAll("_", " ");
const state = (one) => STATES[one.state] ?? words(one.state);
const model = (one) => MODELS[one.model] ?? words(one.model);
const parts = (facts) => (Array.isArray(facts?.parts) ? facts.parts.filter(isObject) : []);
const outputsOf = (facts) => (Array.isArray(facts?.outputs) ? facts.outputs.filter(isObject) : []);
const isSpoken = (facts) => facts.kind === "speech" || facts.kind === "talking_video";
const itself = (facts) => (parts(facts).length ? ` for the ${kind(facts).toLowerCase()} itself` : "");

// A title is only the beginning: the call's own arguments or the job's record have all of it.
function full(facts, known = [records.get(facts.job_id)?.script, records.get(facts.job_id)?.prompt, ...Object.values(given).flat()]) {
  const title = facts.title === facts.model ? "" : words(facts.title), begin = title.replace(/…$/, "");
  return known.find((one) => begin && words(one).replace(/\s+/g, " ").trim().startsWith(begin)) ?? title;
}

function script(facts) { // what is said in it; empty if that is not known
  if (facts.kind === "speech") return full(facts);
  if (facts.kind !== "talking_video") return "";
  const begin = words(facts.title).replace(/…$/, ""), call = words(given.script);
  return words(records.get(facts.job_id)?.script) || (begin && call.replace(/\s+/g, " ").trim().startsWith(begin) ? call : "");
}

async function learn(facts) {
  const id = words(facts.job_id), lacks = full(facts).endsWith("…") || (facts.kind === "talking_video" && !script(facts));
  if (!id || LIVE.has(facts.state) || records.has(id) || !lacks) return;
  records.set(id, {});
  records.set(id, await readRecord(id).catch(() => ({})));
  if (job?.job_id === id) drawWords(job);
}

function cost(facts) { // once, for all that was ordered together, rounded outwards
  const price = isObject(facts.credits) ? facts.credits : {}, most = number(price.in_all ?? price.used ?? price.estimated);
  const ended = facts.state && !LIVE.has(facts.state);
  if (ended && facts.state !== "succeeded" && !price.in_all) return "";
  const known = number(price.in_all_least), whole = number(price.in_all) === null ? "" : " in all";
  if (known !== null && !whole) return `At least ${amount(known, known)} in all; the rest is not known before it is made`;
  if (most === null) return ended ? "" : "Cost: not known before it is made";
  const least = (whole ? known : number(price.used) === null ? number(price.least) : null) ?? most;
  const text = amount(least, most) + whole;
  return number(price.used) === null && facts.state !== "failed" ? `About ${text}` : text;
}

function amount(least, most) {
  const range = (low, high, step, write) =>
    low === high ? write(high) : [Math.floor(low * step) / step, Math.ceil(high * step) / step].map(write).join("–");
  const dollars = range(least * CREDIT, most * CREDIT, 100, (one) => `$${one.toFixed(2)}`);
  const cheap = most > 0 && most * CREDIT < 0.005;
  return `${range(least, most, most >= 10 ? 1 : most >= 1 ? 10 : 100, String)} credits (${cheap ? "under $0.01" : dollars})`;
}

function withParts(facts) { // while one of them is not done: then there is nothing more to say
  const open = parts(facts).some((part) => part.state !== "succeeded");
  const told = open && parts(facts).map((part) => `${kind(part)}: ${state(part)}`.toLowerCase()).join(", ");
  return told ? `with ${told}` : "";
}

function spoken(seconds) {
  if (seconds < 1) return "under 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function date(one) {
  const made = new Date(words(one.created_at));
  const year = made.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return isNaN(made) ? "" : made.toLocaleString([], { month: "short", day: "numeric", ...year, hour: "numeric", minute: "2-digit" });
}
