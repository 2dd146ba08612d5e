"use strict";
// What is given is sent at once, one request at a time for each text. What could not be sent stays
// in `jobs`, is shown as not saved, and is sent again; what the server refuses says why.
// `history` has it in the order in which it was given, which is not that of the server's answers.
const { api, xsrf } = document.body.dataset;
const SOON = 2000, LATE = 30000; // milliseconds until a request is sent again, doubled each time
const TYPING = 1500; // milliseconds after the last letter of a comment
const $ = (id) => document.getElementById(id);
const same = (a, b) => (a ?? "") === (b ?? "");
const history = [];

class Entry {
  constructor(article) {
    this.article = article;
    const { grade, seen, points, waits, max } = article.dataset;
    Object.assign(this, { grade, seen, max: Number(max), waits: waits === "yes" });
    this.points = points === "" ? null : Number(points);
    this.field = article.querySelector(".points");
    this.words = article.querySelector(".comment");
    this.comment = this.words?.value ?? "";
    this.jobs = {};
    this.wait = 0;
    this.show();
  }

  get unsaved() {
    return Object.keys(this.jobs).length > 0 || !same(this.words?.value, this.comment);
  }

  // What was given last, whether or not it is saved by now.
  last(kind) {
    return (this.jobs[kind]?.wanted ?? this)[kind];
  }

  give(points, { waits = false, undoes = false } = {}) {
    this.ask("points", { points, waits }, { points: this.points, waits: this.waits }, undoes);
  }

  say({ undoes = false } = {}) {
    this.ask("comment", { comment: this.words.value.trim() }, { comment: this.comment }, undoes);
  }

  ask(kind, wanted, saved, undoes) {
    const job = { kind, wanted };
    const before = this.jobs[kind]?.wanted ?? saved;
    if (!undoes) history.push({ entry: this, job, before });
    this.jobs[kind] = job;
    this.tell("");
    this.send();
  }

  // What was refused is nothing that could be undone, nor gone back to.
  forget(job) {
    const place = history.findIndex((done) => done.job === job);
    if (place < 0) return;
    const [{ before }] = history.splice(place, 1);
    const next = history.slice(place).find((d) => d.entry === this && d.job.kind === job.kind);
    if (next) next.before = before;
  }

  async send() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    this.show();
    let job;
    while ((job = this.jobs.points ?? this.jobs.comment) && (await this.tried(job)));
    this.busy = false;
    this.show();
  }

  // Whether to go on with the next job; else it is tried again later.
  async tried(job) {
    let answer = null, found = {};
    try {
      answer = await fetch(api + encodeURIComponent(this.grade), {
        method: "PUT",
        headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf },
        body: JSON.stringify({ seen: this.seen, ...job.wanted }),
      });
      found = await answer.json();
    } catch {
      // Not reached, or not by us: a login page, a proxy's error.
    }
    if (answer?.ok && found.seen) {
      if (this.jobs[job.kind] === job) delete this.jobs[job.kind];
      this.wait = 0;
      this.take(found, job.kind);
      this.tell("");
      $("state").textContent = "Saved.";
      return true;
    }
    if (["changed", "refused", "gone"].includes(found.why)) {
      this.refuse(job, found);
      return true;
    }
    const why = found.says ?? (answer?.status === 403
      ? "The server does not know you any more: log in again, in another tab."
      : "The server cannot be reached.");
    this.wait = Math.min(LATE, 2 * this.wait || SOON);
    this.tell(`Not saved yet, and tried again in ${this.wait / 1000} s. ${why}`);
    this.timer = setTimeout(() => this.send(), this.wait);
    return false;
  }

  refuse(job, found) {
    const asked = this.jobs;
    if (found.why === "refused") {
      if (this.jobs[job.kind] === job) delete this.jobs[job.kind];
      this.forget(job);
      if (job.kind === "points") this.field.setAttribute("aria-invalid", "true");
      this.tell(`Not saved: ${found.says}`);
      return;
    }
    this.jobs = {};
    for (let i = history.length; i--;) if (history[i].entry === this) history.splice(i, 1);
    let says = found.says;
    if (found.why === "changed") {
      if (found.html !== undefined) this.article.querySelector(".text").innerHTML = found.html;
      this.take(found, asked.comment ? "points" : "both");
    }
    if (asked.points) says += ` (Not saved: ${asked.points.wanted.points ?? "no"} points.)`;
    if (asked.comment) says += " Your comment is still in its field, and is saved when you leave it.";
    this.tell(says);
    reach(this.article);
  }

  // What the gradebook has now; a field in which somebody types is left alone.
  take(found, kind) {
    const { seen, points, waits, comment } = found;
    Object.assign(this, { seen, points, waits });
    if (!this.jobs.points) {
      this.field.value = points ?? "";
      this.field.removeAttribute("aria-invalid");
    }
    const typed = this.words && !same(this.words.value.trim(), this.comment);
    this.comment = comment ?? "";
    if (this.words && kind === "both" && !typed) this.words.value = this.comment;
  }

  tell(trouble) {
    this.trouble = trouble;
    this.article.querySelector(".trouble").textContent = trouble;
  }

  show() {
    const sending = Object.keys(this.jobs).length > 0;
    const state = sending ? (this.busy ? "saving" : "unsaved") : this.waits ? "waits" : "read";
    const words = { saving: "… saving", unsaved: "✗ not saved yet", waits: "○ waits", read: "✓ read" };
    this.article.dataset.state = state;
    this.article.querySelector(".badge").textContent = words[state];
    progress();
  }
}

function progress() {
  const read = entries.filter((entry) => !entry.waits).length;
  $("read").textContent = $("progress").value = read;
  $("undo").disabled = history.length === 0;
  const unsaved = entries.filter((entry) => Object.keys(entry.jobs).length && !entry.busy).length;
  if (unsaved) $("state").textContent = `${unsaved} not saved yet, tried again.`;
}

// What is wider or taller than its container is scrolled, by the keyboard as well.
function reach(part) {
  for (const box of part.querySelectorAll(".autograder-student")) {
    if (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "what was written, to be scrolled");
  }
}

let entries = [];
entries = [...document.querySelectorAll("article")].map((article) => new Entry(article));
progress();
const of = (node) => entries.find((entry) => entry.article === node.closest?.("article"));

function go(entry) {
  if (!entry) return;
  const { article } = entry;
  article.focus({ preventScroll: true });
  // The first text of an exercise with its question, where both fit.
  (article.matches(":first-of-type") ? article.parentElement : article).scrollIntoView();
  if (article.getBoundingClientRect().bottom > innerHeight) article.scrollIntoView();
}

function nextThatWaits(from = -1) {
  const rest = [...entries.slice(from + 1), ...entries.slice(0, from + 1)];
  const found = rest.find((entry) => entry.waits && !Object.keys(entry.jobs).length);
  if (found) go(found);
  else $("state").textContent = "No text waits.";
}

function undo() {
  const last = history.pop();
  if (!last) return;
  const { entry, job, before } = last;
  if (job.kind === "comment") {
    entry.words.value = before.comment;
    entry.say({ undoes: true });
  } else {
    entry.give(before.points, { waits: before.waits, undoes: true });
  }
  go(entry);
}

function press(key, entry) {
  const place = entries.indexOf(entry);
  if (/^\d$/.test(key)) {
    if (entry.max < 10) entry.give(Number(key));
    else [entry.field.value] = [key, entry.field.focus()];
    return true;
  }
  const does = {
    j: () => go(entries[place + 1]),
    k: () => go(entries[place - 1]),
    n: () => nextThatWaits(place),
    h: () => entry.give(entry.max / 2),
    f: () => entry.give(entry.max),
    c: () => entry.words?.focus(),
    u: undo,
    Enter: () => entry.field.select(),
  };
  does.ArrowRight = does.j;
  does.ArrowLeft = does.k;
  does[key]?.();
  return key in does;
}

function typed(entry) {
  const text = entry.field.value.trim().replace(",", ".");
  const points = text === "" ? null : isNaN(text) ? text : Number(text);
  if (points !== entry.last("points")) entry.give(points);
}

document.querySelector("main").addEventListener("keydown", (event) => {
  const entry = of(event.target);
  if (!entry || event.altKey || event.metaKey) return;
  const { key, target } = event;
  if (target === entry.field || target === entry.words) {
    const leaves = key === "Escape" || (key === "Enter" && (target === entry.field || event.ctrlKey));
    if (!leaves) return;
    go(entry); // and what was typed is saved, since the field is left
  } else if (event.ctrlKey || target !== entry.article || !press(key, entry)) {
    return;
  }
  event.preventDefault();
});
for (const entry of entries) {
  entry.field.addEventListener("change", () => typed(entry));
  const said = () => {
    clearTimeout(entry.typing);
    if (!same(entry.words.value.trim(), entry.last("comment"))) entry.say();
  };
  entry.words?.addEventListener("blur", said);
  entry.words?.addEventListener("input", () => {
    clearTimeout(entry.typing);
    entry.typing = setTimeout(said, TYPING);
  });
}
$("next").addEventListener("click", () => nextThatWaits());
$("undo").addEventListener("click", undo);
addEventListener("online", () => entries.forEach((entry) => entry.send()));
addEventListener("beforeunload", (event) => {
  if (entries.some((entry) => entry.unsaved)) event.preventDefault();
});
reach(document);
const first = entries.find((entry) => entry.waits);
if (first && !location.hash) go(first);
