// -- Drawing a job

function draw(facts) {
  const now = words(facts.state), live = LIVE.has(now);
  $("job").hidden = false;
  $("job").dataset.state = $("card").dataset.state = now;
  $("state").textContent = state(facts);
  $("state").hidden = !now;
  $("model").textContent = model(facts);
  $("sandbox").hidden = facts.sandbox !== true;
  $("progress").hidden = !live;
  write("note", live || now === "unconfirmed" ? "" : words(facts.note));
  $("time").textContent = now === "succeeded" && number(facts.elapsed_s) !== null ? `made in ${spoken(facts.elapsed_s)}` : "";
  $("cost").textContent = live || facts.estimate_only || facts.job_id ? cost(facts) : "";
  $("facts").hidden = !$("facts").textContent;
  drawWords(facts);
  drawTrouble(facts);
  drawParts(facts, live);
  tick();
  if (now === "succeeded") drawOutputs(facts);
  $("outputs").hidden = now !== "succeeded";
  learn(facts);
}

function drawWords(facts) {
  const said = facts.state === "succeeded" ? script(facts) : "", all = said || full(facts);
  const short = said.length > 90 ? `${said.slice(0, 88).replace(/\s+\S*$/, "")}…` : all;
  $("title").textContent = (isSpoken(facts) && short ? `“${short}”` : short) || kind(facts) || "Kie.ai";
  $("title").classList.remove("skeleton");
  $("kind").textContent = short ? kind(facts) : "";
  $("whole").firstElementChild.textContent = said ? "What is said" : "The whole prompt";
  if ($("script").textContent !== all) $("whole").open = Boolean(said); // later the reader may have folded it
  $("script").textContent = all;
  $("whole").dataset.long = short === all ? "" : "true";
  fold();
  for (const media of document.querySelectorAll("#outputs audio, #outputs video")) caption(media, said);
}

function fold() { // the words are said once more only where the title has not all of them
  $("whole").hidden = !$("whole").dataset.long && $("title").scrollHeight <= $("title").clientHeight + 1;
}

function write(id, text) { // with its addresses as links
  const pieces = text.split(/(https:\/\/[^\s"'<>]*[^\s"'<>.,;:!?)])/);
  $(id).replaceChildren(...pieces.map((piece, index) => (index % 2 ? link(piece, piece) : piece)));
  $(id).hidden = !text;
}

function drawTrouble(facts) {
  const { error, state, job_id } = facts;
  $("trouble").hidden = !isObject(error);
  $("anew").hidden = !mayTry(facts);
  if (!isObject(error)) return;
  const charged = error.may_have_been_charged ? "It may have been charged." : `Nothing was charged${itself(facts)}, as far as we know.`;
  const upstream = words(error.upstream_message);
  write("message", words(error.message));
  write("charged", job_id && !["succeeded", "running"].includes(state) ? charged : "");
  write("remedy", words(error.remedy) && `What to do: ${error.remedy}`);
  $("upstream").textContent = upstream && `Kie.ai says: ${JSON.stringify(upstream)}`; // somebody else's words: no links
  $("upstream").hidden = !upstream;
}

// A video's picture and speech may be ordered along with it: jobs of their own, paid for and to be used again.
// They are folded where the video itself is to be looked at.

function drawParts(facts, live) {
  $("with").textContent = withParts(facts);
  $("with").hidden = !withParts(facts);
  $("parts").hidden = live || !parts(facts).length;
  const now = JSON.stringify(parts(facts)), rows = $("parts").lastElementChild;
  if (rows.dataset.of === now) return; // drawn already: a button in focus is left alone
  rows.dataset.of = now;
  $("parts").firstElementChild.textContent = `Made along with it: ${parts(facts).map(kind).join(", ").toLowerCase()}`;
  $("parts").open = facts.state !== "succeeded";
  rows.replaceChildren(...parts(facts).map((part) => {
    const made = part.state === "succeeded", most = number(part.credits); // else the price is what it would have been
    const price = most !== null && (made || facts.estimate_only) ? amount(number(part.credits_least) ?? most, most) : "";
    const line = document.createElement("li"), type = part.kind === "image" ? "image/*" : "";
    const output = { ...part, mime_type: made ? type : "" };
    line.append(thumb(part, output), about(kind(part), part, [facts.estimate_only ? model(part) : "", price]));
    if (made && isInput(part)) line.append(inputButton(part, kind(part)));
    return line;
  }));
}

const elapsed = () => (number(job.elapsed_s) ?? 0) + (performance.now() - heardAt) / 1000;

function share() { // 0 to 1, never back, never at the end before the job is; null if nothing is known
  const done = number(job.progress), usual = number(job.expected_s), ratio = elapsed() / usual;
  if (done === null && !usual) return furthest || null;
  const guess = usual ? (ratio < 1 ? 0.9 * ratio : 1 - 0.1 / ratio) : 0;
  return furthest = Math.min(0.99, Math.max(furthest, guess, (done ?? 0) * 0.99));
}

function progressWords() {
  const awaited = Array.isArray(job.waiting_for) ? job.waiting_for.filter(words) : [];
  const others = awaited.filter((id) => !parts(job).some((part) => part.job_id === id)).join(", ");
  if (awaited.length) return `Not sent yet, nothing charged${itself(job)}` + (others && `: waiting for ${others}`);
  if (job.state === "queued") return words(job.note) || "About to be sent";
  const usual = number(job.expected_s);
  return [words(job.note), `${spoken(elapsed())} so far`, usual ? `usually about ${spoken(usual)}` : ""].filter(Boolean).join(", ");
}

function tick() { // once a second: the clock and the bar move between two answers
  if (!job || !LIVE.has(job.state)) return;
  const part = job.state === "running" ? share() : null, text = progressWords();
  $("words").textContent = text;
  $("fill").classList.toggle("unknown", part === null);
  $("fill").style.width = `${Math.round((part ?? 0) * 100)}%`;
  $("bar").setAttribute("aria-valuetext", text);
  if (part === null) $("bar").removeAttribute("aria-valuenow");
  else $("bar").setAttribute("aria-valuenow", Math.round(part * 100));
}

function announce() { // for who cannot see: at changes only, a clock that speaks each second helps nobody
  const what = `${kind(job)}: ${state(job)}`;
  $("live").textContent = [what, LIVE.has(job.state) ? progressWords() : words(job.error?.message), withParts(job)].filter(Boolean).join(". ");
}

function say(text) {
  $("said").textContent = text;
  $("said").hidden = !text;
  if (text) $("live").textContent = text;
}
