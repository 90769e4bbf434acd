// -- The files of a finished job

function https(address) { // nothing else is opened or loaded: not javascript:, not the sandbox's plain http
  try { return new URL(address).protocol === "https:" ? address : ""; } catch { return ""; }
}

function drawOutputs(facts) {
  if ($("outputs").childElementCount) return; // drawn already: a player that plays is left alone
  const outputs = outputsOf(facts);
  const figures = outputs.map((output, index) => figure(facts, output, index, outputs.length));
  const shown = outputs.slice(0, 2).every((one) => family(one) === "audio") ? 2 : 1;
  $("outputs").replaceChildren(...figures.slice(0, shown), ...rest(figures.slice(shown)));
  $("outputs").querySelector("figure > div")?.append($("whole")); // what is said stands beside the player, or under it
}

function rest(figures) { // folded, since a view is to be at most 500 pixels high
  if (!figures.length) return [];
  const folded = document.createElement("details"), title = document.createElement("summary");
  title.textContent = figures.length === 1 ? "One more file" : `${figures.length} more files`;
  folded.append(title, ...figures);
  return [folded];
}

function clear() {
  $("outputs").after($("whole")); // not thrown away with them
  $("outputs").replaceChildren();
}

function figure(facts, output, index, count) {
  const made = document.createElement("figure"), place = document.createElement("p"), beside = document.createElement("div");
  const caption = document.createElement("figcaption"), buttons = document.createElement("div");
  const name = count > 1 ? words(output.role).replace("_", " ") || `${KINDS[facts.kind] ?? "file"} ${index + 1}` : "";
  place.className = "skeleton";
  shape(made, place, output);
  caption.textContent = described(output);
  buttons.className = "buttons";
  if (isInput(output)) buttons.append(inputButton(output, name));
  if (can.downloadFile || https(output.url)) buttons.append(button("Download", () => download(facts, output, index), name));
  if (https(output.url)) buttons.append(link(output.url, "Open", name));
  beside.append(caption, buttons);
  made.append(place, beside);
  load(facts, output).then((media) => {
    if (media) {
      media.className = place.classList.contains("upright") ? "upright" : "";
      return place.replaceWith(media);
    }
    place.className = "failed quiet";
    place.textContent = "It cannot be shown here. It is saved, and can be opened or downloaded.";
  });
  return made;
}

function shape(made, place, output) { // the room that the file will take, and whether there is some beside it
  const ratio = output.width / output.height;
  if (!(ratio > 0)) return;
  made.style.setProperty("--shape", ratio);
  place.classList.toggle("upright", ratio < 1.8);
}

const reference = (output) => (/^kie:\/\/jobs\/[\w.:-]+\/outputs\/\d+$/.test(output.resource) ? output.resource : "");

const isInput = (output) => reference(output) && Array.isArray(output.input_for) && output.input_for.length > 0;

function described(output) {
  const size = output.width && output.height ? `${number(output.width)}×${number(output.height)}` : "";
  const kind = words(output.mime_type).split("/").pop().toUpperCase().replace("MPEG", "MP3");
  const length = number(output.duration_s) ? `${output.duration_s.toFixed(1)} s long` : "";
  return [words(output.role).replace("_", " "), `${size} ${kind}`.trim(), length, words(output.path).split(/[\\/]/).pop()].filter(Boolean).join(" · ");
}

async function load(facts, output) {
  const tag = ELEMENTS[family(output)] ?? ELEMENTS[facts.kind];
  if (!tag) return null;
  const media = document.createElement(tag), about = full(facts).slice(0, 300);
  if (tag === "img") media.alt = about || "The picture that was made";
  else {
    media.controls = media.playsInline = true;
    media.preload = "metadata";
    media.setAttribute("aria-label", about || KINDS[facts.kind] || "Player");
  }
  for await (const address of sources(output)) if (await loads(media, address)) {
    if (tag !== "img") caption(media, script(facts));
    return media;
  }
  return null;
}

// Nobody says when each sentence is spoken: it gets as much of the time as it has of the letters.
function caption(media, said) {
  if (!said || !(media.duration < 3600) || media.textTracks.length) return;
  const track = media.addTextTrack("captions", "What is said");
  let begin = 0;
  for (const sentence of said.match(/[^.!?。！？]+[.!?。！？]*/g) ?? []) {
    const end = begin + media.duration * sentence.length / said.length;
    track.addCue(new VTTCue(begin, end, sentence.trim().replace(/&/g, "&amp;").replace(/</g, "&lt;")));
    begin = end;
  }
}

async function* sources(output) {
  // The saved file comes first: it does not die, and the server it comes from is the user's own. As data:, which
  // every host allows; as blob: for browsers that play no data:. The link works where the host admits its domain.
  const link = https(output.url);
  if (link && number(output.bytes) > LARGE) yield link;
  const file = await read(output);
  if (file) {
    yield `data:${file.mimeType};base64,${file.blob}`;
    const bytes = Uint8Array.from(atob(file.blob), (letter) => letter.charCodeAt(0));
    addresses.push(URL.createObjectURL(new Blob([bytes], { type: file.mimeType })));
    yield addresses.at(-1);
  }
  if (link) yield link;
}

async function read(output) {
  const uri = reference(output);
  if (!uri || files.has(uri)) return files.get(uri) ?? null;
  try {
    const [content] = (await request("resources/read", { uri }, 60)).contents;
    const mimeType = words(content.mimeType || output.mime_type);
    if (!words(content.blob) || !/^(image|audio|video)\/[\w.+-]+$/.test(mimeType)) return null;
    files.set(uri, { mimeType, blob: content.blob });
    return files.get(uri);
  } catch { return null; }
}

function loads(media, address) {
  return new Promise((resolve) => {
    media.onload = media.onloadedmetadata = () => resolve(true);
    media.onerror = () => resolve(false);
    media.src = address;
  });
}
