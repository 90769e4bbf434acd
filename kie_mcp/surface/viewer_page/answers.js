// -- What came from the tool. Whatever is in it is text to show; it is never read as markup.

function show(result) {
  const facts = isObject(result.structuredContent) ? result.structuredContent : {};
  if (facts.estimate_only === true) return estimate(facts);
  if (Array.isArray(facts.jobs)) return list(facts.jobs.filter(isObject), "counts" in facts);
  if (words(facts.job_id)) return take(facts);
  // Nothing was ordered, or the host passed the text only.
  const block = Array.isArray(result.content) ? result.content.find((one) => words(one?.text)) : null;
  job = null;
  if (isObject(facts.error)) draw({ state: "failed", error: facts.error });
  else draw({ state: result.isError ? "failed" : "", note: words(block?.text) || "The tool gave no answer to show." });
}

function estimate(facts) { // of an order that was not placed
  job = null;
  const several = Array.isArray(facts.jobs) ? `${facts.jobs.length} jobs` : "";
  draw({ ...facts, title: words(facts.title) || several, state: "", note: ["Nothing was ordered.", words(facts.note)].filter(Boolean).join(" ") });
}

function take(facts) {
  // An answer without a state says that the job was ordered and lost from sight: it goes on.
  if (!words(facts.state)) facts = { ...facts, state: "running", note: words(facts.error?.message), error: null };
  if (facts.job_id !== job?.job_id) { refusals = furthest = 0; pause = FIRST_PAUSE; clear(); say(""); }
  if (words(facts.prompt) || words(facts.script)) records.set(facts.job_id, facts);
  const before = job?.job_id === facts.job_id ? job.state : "", partsBefore = withParts(job);
  job = facts;
  heardAt = performance.now();
  draw(job);
  if (job.state !== before || withParts(job) !== partsBefore) announce();
  if (LIVE.has(before) && !LIVE.has(job.state)) tellModel();
  plan();
}

function cancelled() {
  if (!job) draw({ state: "", note: "The call was cancelled. A job that was ordered goes on: ask for the list of jobs." });
}

// -- Asking how the job stands: one question at a time, through the host, and only while somebody can see it.

function plan() {
  clearTimeout(timer);
  const ids = [...new Set([job, ...group].filter((one) => LIVE.has(one?.state)).map((one) => one.job_id))];
  $("retry").hidden = !(ids.length && refusals >= MOST_REFUSALS);
  if (!ids.length || asking || closed || !onScreen || document.hidden) return;
  if (refusals < MOST_REFUSALS) timer = setTimeout(ask, pause * 1000, ids);
}

// The job's record comes first: reading it leaves the ledger as it is. A tool's answer counts as heard by whoever
// ordered the job, who has heard nothing of what this view asks, and would pay anew when repeating the order.
const readRecord = async (id) => JSON.parse((await request("resources/read", { uri: `kie://jobs/${id}` }, 60)).contents[0].text);
let ways = [
  readRecord,
  // No waiting at the server: a host may cut a long call, and asking is free.
  async (id) => (await request("tools/call",
    { name: "get_job_status", arguments: { job_id: id, wait_seconds: 0 } }, 60)).structuredContent,
];

async function facts(id) {
  for (const way of ways) {
    const told = await way(id).catch(() => null);
    if (isObject(told) && told.job_id === id) {
      ways = [way, ...ways.filter((other) => other !== way)];
      return told;
    }
  }
  return null;
}

async function ask(ids) {
  asking = true;
  const known = [];
  for (const id of ids) known.push(await facts(id));
  refusals = known.some(Boolean) ? 0 : refusals + 1;
  pause = Math.min(pause * 1.5, LONGEST_PAUSE);
  if (refusals >= MOST_REFUSALS) say("This view gets no answers about the job. It goes on all the same: ask the assistant for it.");
  for (const told of closed ? [] : known.filter(Boolean)) {
    if (job?.job_id === told.job_id) take(told);
    renew(told);
  }
  asking = false;
  plan();
}

function look() { // again, after a pause or because somebody came back
  pause = FIRST_PAUSE;
  plan();
}
