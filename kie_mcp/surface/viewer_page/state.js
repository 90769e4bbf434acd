const host = window.parent;
const $ = (id) => document.getElementById(id);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const words = (value) => (typeof value === "string" ? value : "");
const number = (value) => (Number.isFinite(value) ? value : null);

const MODELS = {}; // titles by id, filled in by the server
const LIVE = new Set(["queued", "running"]);
const STATES = { queued: "Queued", running: "Running", succeeded: "Done", failed: "Failed", unconfirmed: "Unconfirmed" };
const KINDS = { image: "Picture", speech: "Speech", talking_video: "Talking video", other: "Job" };
const MADE = { image: "Picture", audio: "Sound", video: "Video" }; // by other models, which are of no kind
const ELEMENTS = { image: "img", speech: "audio", talking_video: "video", audio: "audio", video: "video" };
const ICONS = { image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4", speech: "M4 10v4M8 6v12M12 9v6M16 4v16M20 10v4",
  talking_video: "M4 5h16v14H4zM10 9l5 3-5 3z", other: "M6 3h8l4 4v14H6z" };
const FIRST_PAUSE = 2, LONGEST_PAUSE = 10; // seconds between questions
const MOST_REFUSALS = 3;
const CREDIT = 0.005; // US dollars
const LARGE = 24 * 1024 * 1024; // bytes: from here on a stream beats a copy through the host
const MOST_ROWS = innerWidth < 480 ? 4 : 6; // at first, since a view is to be at most 500 pixels high
const LARGEST_THUMB = 4 * 1024 * 1024; // bytes: whole files come through the host

let context = {}, can = {}, given = {}; // what the host said: of itself, of what it can do, of the call
let job = null, heardAt = 0, furthest = 0; // the job shown, when its facts came, and how far its bar has got
let group = []; // the jobs that one call has ordered or asked about, each a tile
let asking = false, timer = 0, pause = FIRST_PAUSE, refusals = 0, onScreen = true, closed = false;
const files = new Map(), chosen = new Set(), addresses = []; // read outputs, those handed on, object URLs
const records = new Map(), tried = new Set(); // what the jobs' records say; jobs that are to be made again
