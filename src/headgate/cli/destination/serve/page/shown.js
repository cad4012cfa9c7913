// Draws what the page shows of a trial. Everything is set as text, nothing as markup.

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;
const OUTCOMES = {
  delivered: ["Delivered", "good"],
  retry: ["Would be tried again", "wait"],
  discard: ["Discarded", "bad"],
  disconnect: ["Credentials refused", "bad"],
};

export function element(name, options = {}, ...inside) {
  const made = document.createElement(name);
  const { className, ...attributes } = options;
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

export function pill(text, kind = "") {
  return element("span", { className: `pill ${kind}` }, text);
}

// A block of JSON in colours; text that is no JSON stays as it is.
export function json(value, label) {
  const text = typeof value === "string" ? pretty(value) : JSON.stringify(value, null, 2);
  const block = element("pre", { tabindex: "0", role: "region", "aria-label": label });
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    block.append(text.slice(end, found.index));
    const [whole, string, colon] = found;
    block.append(element("span", { className: kind(whole, string, colon) }, string ?? whole));
    block.append(colon ?? "");
    end = found.index + whole.length;
  }
  block.append(text.slice(end));
  return block;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function kind(whole, string, colon) {
  if (string) return colon ? "key" : "string";
  return /[a-z]/.test(whole[0]) ? "word" : "number";
}

function part(title, ...inside) {
  return element("div", { className: "part" }, element("h3", {}, ...title), ...inside);
}

// The whole result of a trial, as a list of nodes.
export function result(trial) {
  return [...payloads(trial), ...exchanges(trial), ...broken(trial)];
}

function payloads({ values = [], results = [] }) {
  return values.map((value, index) => {
    const title = values.length > 1 ? `Mapped payload ${index + 1}` : "Mapped payload";
    const outcome = results[index];
    const shown = value === null || value === undefined ? [] : [json(value, title)];
    return part([title, ...fate(outcome)], ...problems(outcome), ...shown);
  });
}

function fate(outcome) {
  if (!outcome || outcome.outcome === "delivered") return [];
  const [text, kind] = OUTCOMES[outcome.outcome] ?? [outcome.outcome, "bad"];
  return [pill(text, kind)];
}

function problems(outcome) {
  if (!outcome || !outcome.message || outcome.where === "mapping") return [];
  const later = outcome.after ? ` It asked for ${outcome.after} s of patience.` : "";
  const fields = Object.values(outcome.fields ?? {});
  const lines = fields.length > 1 ? fields : [outcome.message + later];
  return lines.map((line) => element("p", { className: "error" }, line));
}

function exchanges({ exchanges: made = [], sent }) {
  return made.flatMap(({ request, response }, index) => {
    const number = made.length > 1 ? ` ${index + 1}` : "";
    return [asked(request, number), answered(response, number, sent)];
  });
}

function asked(request, number) {
  const line = element("p", { className: "line" }, element("b", {}, request.method), request.url);
  const body = request.body ? [json(request.body, `Body of request${number}`)] : [];
  return part([`Request${number}`], line, headers(request.headers), ...body);
}

function answered(response, number, sent) {
  const title = `Response${number}`;
  if (!sent) {
    const note = "Nothing was sent: the code was given 200 with an empty object.";
    return part([title, pill("preview")], element("p", { className: "note" }, note));
  }
  const { statusCode, statusMessage, body } = response;
  if (statusCode === null) {
    const reason = element("p", { className: "error" }, statusMessage);
    return part([title, pill("no answer", "bad")], reason);
  }
  const isGood = statusCode >= 200 && statusCode < 300;
  const status = pill(`${statusCode} ${statusMessage}`.trim(), isGood ? "good" : "bad");
  const shown = body ? [json(body, title)] : [];
  return part([title, status], headers(response.headers), ...shown);
}

function headers(given) {
  const rows = Object.entries(given).flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value),
  ]);
  const count = rows.length / 2;
  const title = element("summary", {}, `${count} ${count === 1 ? "header" : "headers"}`);
  return count ? element("details", {}, title, element("dl", { className: "headers" }, ...rows)) : "";
}

function broken({ failure }) {
  if (failure?.where !== "code") return [];
  const message = element("p", { className: "error", role: "alert" }, failure.message);
  return [part(["The code failed"], message, json(failure.stack, "Traceback"))];
}
