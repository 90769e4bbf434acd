// -- Several jobs: those of one call are tiles, others are rows; each can be opened

function list(jobs, together) {
  group = together ? jobs : [];
  $("job").hidden = true;
  $("card").dataset.state = "";
  $("jobs").hidden = !jobs.length;
  $("back").hidden = true;
  $("jobs").classList.toggle("grid", together);
  $("sum").hidden = !together;
  const first = together ? jobs : jobs.slice(0, MOST_ROWS), others = jobs.slice(first.length);
  $("jobs").replaceChildren(...first.map((one, index) => entry(one, index, together)));
  $("more").hidden = !others.length;
  $("more").textContent = `Show ${others.length} more`;
  $("more").onclick = () => {
    $("more").hidden = true;
    $("jobs").append(...others.map((one) => entry(one)));
    $("jobs").children[MOST_ROWS].firstChild.focus();
  };
  if (together) {
    add();
    return plan();
  }
  if (!jobs.length) draw({ state: "", note: "No such jobs." });
}

function entry(one, index, together) {
  const made = document.createElement("li"), shown = button("", () => (together ? choose(index) : enter(one, shown)));
  made.append(shown);
  paint(shown, one, index, together);
  return made;
}

function choose(index) { // a tile: what it holds is shown below all of them
  for (const one of $("jobs").querySelectorAll("button")) one.removeAttribute("aria-current");
  $("jobs").children[index].firstChild.setAttribute("aria-current", "true");
  take(group[index]);
}

function enter(one, shown) { // a row: what it holds takes the place of the list
  const more = $("more").hidden;
  $("jobs").hidden = $("more").hidden = true;
  $("back").hidden = false;
  $("back").onclick = () => {
    job = null;
    plan();
    $("job").hidden = $("back").hidden = true;
    $("jobs").hidden = false;
    $("more").hidden = more;
    shown.focus();
  };
  take(one);
  $("back").focus();
}

function paint(shown, one, index, together) {
  const name = full(one) || (together ? `${kind(one)} ${index + 1}` : kind(one)), which = together ? ` ${index + 1}` : "";
  shown.dataset.state = words(one.state);
  shown.setAttribute("aria-label", ["Show: " + kind(one) + which, state(one).toLowerCase(), full(one)].filter(Boolean).join(", "));
  const more = together ? [] : [kind(one), model(one), date(one), one.state === "succeeded" ? cost(one) : ""];
  const [output] = outputsOf(one); // for a row of a list nothing is fetched from elsewhere: it may be long and old
  const place = thumb(one, output && (together ? output : { ...output, url: "" }));
  if (together && LIVE.has(one.state)) place.classList.add("skeleton");
  shown.replaceChildren(place, about(name, one, more));
}

function about(name, one, more) {
  const made = document.createElement("div"), title = document.createElement("p"), line = document.createElement("p"), now = document.createElement("span");
  made.className = "about";
  title.className = "name";
  title.textContent = name;
  line.className = "sub";
  now.className = "state";
  made.dataset.state = words(one.state);
  now.textContent = state(one);
  line.append(...[one.state ? now : "", more.filter(Boolean).join(" · ")].filter(Boolean).flatMap((piece, index) => (index ? [" · ", piece] : [piece])));
  made.append(title, line);
  return made;
}

let line = Promise.resolve(); // whole files come through the host: one after the other

function thumb(one, output) {
  const made = document.createElement("div"), icon = document.createElementNS("http:\u002f/www.w3.org/2000/svg", "svg");
  const path = document.createElementNS(icon.namespaceURI, "path");
  made.className = "thumb";
  icon.setAttribute("viewBox", "0 0 24 24");
  path.setAttribute("d", ICONS[one.kind] ?? ICONS.other);
  icon.append(path);
  made.append(icon);
  if (family(output) === "image" && !(number(output.bytes) > LARGEST_THUMB))
    line = line.then(() => load(one, output)).then((media) => {
      if (!media) return;
      media.alt = ""; // its button or its row says what it is
      made.replaceChildren(media);
    });
  return made;
}

function renew(told) { // its tile
  const index = group.findIndex((one) => one.job_id === told.job_id), before = group[index]?.state;
  if (!before) return;
  group[index] = told;
  if (told.state === before) return;
  paint($("jobs").children[index].firstChild, told, index, true);
  add();
  if (!group.some((one) => LIVE.has(one.state))) tellModel();
}

function add() { // what all have come to, and what they cost
  const price = (key) => group.map(({ credits, state }) => number(credits?.used ?? (state === "failed" ? 0 : credits?.[key] ?? credits?.estimated)));
  const [least, most] = ["least", "estimated"].map(price), total = (all) => all.reduce((one, other) => one + other, 0);
  const text = most.includes(null) ? "" : `${amount(total(least), total(most))} in all`;
  const ready = (one) => group.filter(({ state }) => state === one).length;
  $("sum").textContent = [`${ready("succeeded")} of ${group.length} done`, ready("failed") && `${ready("failed")} failed`, text].filter(Boolean).join(", ");
  $("live").textContent = $("sum").textContent;
}
