// The tester page: three panes that are always tried together, and news of saved code.

import { element, pill, result } from "/-/shown.js";

const PAUSE = 250; // milliseconds without a keystroke before the preview follows
const at = (id) => document.getElementById(id);
const text = (value) => JSON.stringify(value, null, 2);

let state = null; // what the server says of the destination
let suggested = { settings: "", mapping: "", trigger: "" }; // what the editors were filled with
let turn = 0; // answers of earlier turns are dropped
let timer = 0;

const action = () => state.manifest.actions[at("action").value];

async function ask(path, body) {
  const options = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, options);
  const answer = await response.json();
  if (response.status === 503 || response.status === 403) throw new Error(answer.error);
  return answer;
}

function problem(id, message) {
  const place = at(`${id}-error`);
  place.hidden = !message;
  place.textContent = message ?? "";
  at(id).toggleAttribute("aria-invalid", false);
  if (message) at(id).setAttribute("aria-invalid", "true");
}

function read(id) {
  try {
    const value = JSON.parse(at(id).value || "{}");
    if (typeof value !== "object" || value === null) throw new Error("this is no object");
    problem(id, null);
    return value;
  } catch (error) {
    problem(id, `Not JSON yet: ${error.message}`);
    return null;
  }
}

function asked() {
  const [payload, settings, mapping] = [read("event"), read("settings"), read("mapping")];
  if (!payload || !settings || !mapping) return null;
  return { payload, settings, mapping, trigger: at("trigger").value };
}

async function attempt(send) {
  const mine = ++turn;
  clearTimeout(timer);
  const body = asked();
  if (!body) return say("Mend the JSON that is marked.");
  at("send").disabled = send;
  if (send) say("Sending…");
  try {
    const trial = await ask(`/-/try/${at("action").value}`, { ...body, send });
    if (mine === turn) show(trial);
  } catch (error) {
    if (mine === turn) say(error.message);
  } finally {
    at("send").disabled = false;
  }
}

function say(...parts) {
  at("mode").replaceChildren(...parts);
}

function show(trial) {
  const { failure, triggers, results = [] } = trial;
  matched(triggers);
  for (const id of ["event", "settings"]) {
    problem(id, failure?.where === id ? sentences(failure) : null);
  }
  const lost = results.find((each) => each.where === "mapping");
  problem("mapping", lost?.message ?? null);
  at("result").replaceChildren(...result(trial));
  say(...summary(trial));
  if (trial.sent) at("result").lastElementChild?.scrollIntoView({ block: "nearest" });
}

function sentences({ message, fields }) {
  const each = Object.values(fields);
  return each.length ? each.join("\n") : message;
}

function summary({ failure, results = [], sent, exchanges = [] }) {
  if (failure) return [failure.where === "code" ? "The code failed." : "Mend what is marked."];
  const good = results.filter((each) => each.outcome === "delivered").length;
  if (!sent) return [exchanges.length ? "Preview: nothing was sent." : "Nothing would be sent."];
  if (good < results.length) return [pill(`${good} of ${results.length} delivered`, "bad")];
  return [pill(good > 1 ? `${good} delivered` : "Delivered", "good")];
}

function matched({ text: trigger, matches, why, error }) {
  problem("trigger", error ?? null);
  const count = matches.filter(Boolean).length;
  const verdicts = {
    none: ["no trigger", ""],
    all: [matches.length > 1 ? `all ${count} match` : "matches", "good"],
    some: [`${count} of ${matches.length} match`, "wait"],
    no: ["does not match", "bad"],
  };
  const verdict = !trigger ? "none" : !count ? "no" : count < matches.length ? "some" : "all";
  at("match").replaceChildren(...(error ? [] : [pill(...verdicts[verdict]), why]));
}

function fill(id, value) {
  const untouched = at(id).value === suggested[id];
  suggested[id] = value;
  if (untouched) at(id).value = value;
}

function options(id, entries) {
  const chosen = at(id).value;
  at(id).replaceChildren(...entries.map(([value, label]) => element("option", { value }, label)));
  if (entries.some(([value]) => value === chosen)) at(id).value = chosen;
}

// Takes what the server says; what the author has edited stays.
function take(fresh) {
  const isFirst = state === null;
  state = fresh;
  const { name, description, actions } = state.manifest;
  document.title = `${name} · Headgate destination tester`;
  at("name").textContent = name;
  at("description").textContent = description;
  glyph(state.glyph ?? [name.slice(0, 2), ""]);
  options("action", Object.entries(actions).map(([slug, { title }]) => [slug, title]));
  const samples = Object.keys(state.samples).map((each) => [each, each]);
  options("sample", [...samples, ["", "edited"]]);
  at("check").hidden = !state.checks;
  fill("settings", text(state.settings));
  if (isFirst) choose(sampleFor(action()));
  act();
}

function glyph([letters, colour]) {
  const mark = at("glyph");
  mark.textContent = letters;
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
  const [red, green, blue] = [1, 3, 5].map((from) => parseInt(colour.slice(from, from + 2), 16));
  mark.style.background = colour;
  mark.style.color = red * 0.3 + green * 0.59 + blue * 0.11 > 140 ? "#10181b" : "#ffffff";
}

// The kind of event that the trigger asks for, if it names one.
function sampleFor({ defaultSubscription }) {
  const named = /type\s*=\s*"(\w+)"/.exec(defaultSubscription ?? "")?.[1];
  return named in state.samples ? named : "track";
}

function choose(sample) {
  if (!(sample in state.samples)) return;
  at("sample").value = sample;
  at("event").value = text(state.samples[sample]);
  at("result").closest("section").scrollTop = 0;
}

function act() {
  fill("mapping", text(state.mappings[at("action").value] ?? {}));
  fill("trigger", action()?.defaultSubscription ?? "");
  at("fields").replaceChildren(...Object.entries(action()?.fields ?? {}).flatMap(field));
  attempt(false);
}

function field([key, { label, description, type, required, multiple, dynamic }]) {
  const kinds = [multiple ? `list of ${type}` : type, ...(required === true ? ["required"] : [])];
  const found = element("dd", { role: "status" });
  const button = element("button", { type: "button", className: "small" }, "Ask for choices");
  button.addEventListener("click", () => choices(key, found));
  return [
    element("dt", {}, element("code", {}, key), ...kinds.map((kind) => pill(kind)), ...(dynamic ? [button] : [])),
    element("dd", {}, [label, description].filter(Boolean).join(": ")),
    ...(dynamic ? [found] : []),
  ];
}

async function choices(key, place) {
  const settings = read("settings");
  if (!settings) return;
  place.textContent = "Asking…";
  try {
    const answer = await ask(`/${at("action").value}/${key}`, { settings, send: true });
    const found = answer.choices ?? [];
    const failed = answer[0]?.message ?? answer.error?.message;
    const shown = found.map(({ label, value }) => (label === value ? label : `${label} (${value})`));
    place.textContent = failed ?? (shown.join(", ") || "There are none.");
  } catch (error) {
    place.textContent = error.message;
  }
}

async function check() {
  const settings = read("settings");
  if (!settings) return;
  at("checked").textContent = "Asking the destination…";
  try {
    const { ok, error } = await ask("/authenticate", { settings, send: true });
    at("checked").textContent = ok ? "The credentials are good." : error;
  } catch (error) {
    at("checked").textContent = error.message;
  }
}

function follow() {
  const news = new EventSource("/-/news");
  news.addEventListener("message", async ({ data }) => {
    const { number, failed } = JSON.parse(data);
    at("broken").hidden = !failed;
    at("broken").textContent = failed;
    at("news").className = failed ? "news lost" : "news live";
    at("news").textContent = failed ? "The code is broken" : heard(number);
    document.body.dataset.version = number;
    if (!failed) await ask("/-/state").then(take).catch((error) => say(error.message));
  });
  news.addEventListener("error", () => {
    at("news").className = "news lost";
    at("news").textContent = "The server is gone";
  });
}

function heard(number) {
  return number === 1 ? "Reloads when you save" : `Reloaded at ${new Date().toLocaleTimeString()}`;
}

function typed() {
  clearTimeout(timer);
  timer = setTimeout(() => attempt(false), PAUSE);
}

for (const id of ["event", "settings", "mapping", "trigger"]) {
  at(id).addEventListener("input", typed);
}
at("event").addEventListener("input", () => {
  at("sample").value = "";
});
at("action").addEventListener("change", () => {
  for (const id of ["mapping", "trigger"]) at(id).value = suggested[id];
  choose(sampleFor(action()));
  act();
});
at("sample").addEventListener("change", () => {
  choose(at("sample").value);
  attempt(false);
});
at("reset").addEventListener("click", () => {
  at("mapping").value = suggested.mapping;
  attempt(false);
});
at("check").addEventListener("click", check);
at("send").addEventListener("click", () => attempt(true));
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) attempt(true);
});

follow();
