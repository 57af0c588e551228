// Conversations and their logs: a room, or what is said in private with one person.
const MOST_LINES = 500;
const MOST_CONVERSATIONS = 50;
const SAME_GROUP = 5 * 60 * 1000;

const conversations = new Map();
let current = null;
// The number of times that a conversation was used: spoken in, or shown.
let uses = 0;

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null));
  return element;
}

// The conversation of this kind ("room" or "private") and name; a new one if there is none.
function conversation(kind, name) {
  const key = `${kind}:${name.toLowerCase()}`;
  let found = conversations.get(key);
  if (!found) {
    if (conversations.size >= MOST_CONVERSATIONS) forgetOne();
    const list = make("ol");
    const log = make("div", "log", list);
    log.setAttribute("role", "log");
    log.setAttribute("aria-live", "polite");
    log.tabIndex = 0;
    log.hidden = true;
    found = { key, kind, name, list, log, unread: 0, mentioned: false, below: 0, draft: drafts[key] ?? "" };
    found.added = document.createDocumentFragment();
    found.used = uses += 1;
    found.last = found.newest = found.scroll = null;
    log.addEventListener("scroll", () => {
      if (found !== current) return;
      if (isAtEnd(log)) found.below = 0;
      seeBelow();
    }, { passive: true });
    $("logs").append(log);
    conversations.set(key, found);
    label(found);
  }
  return found;
}

// Removes the conversation that was not used for longest: one that is read, if there is any.
function forgetOne() {
  const here = `room:${(me.room ?? "").toLowerCase()}`;
  const others = [...conversations.values()].filter((it) => it !== current && it.key !== here);
  const rank = (it) => (it.unread > 0 ? uses + it.used : it.used);
  const it = others.reduce((least, other) => (rank(other) < rank(least) ? other : least));
  it.log.remove();
  conversations.delete(it.key);
}

const titleOf = (it) => (it.kind === "private" ? word("privateWith", it.name) : it.name || "Chat");

function label(it) {
  it.log.setAttribute("aria-label", word("log", titleOf(it)));
}

function show(it) {
  if (it === current) return redraw();
  if (current) {
    keepDraft();
    current.scroll = isAtEnd(current.log) ? null : current.log.scrollTop;
    current.log.hidden = true;
  }
  current = it;
  it.used = uses += 1;
  it.unread = 0;
  it.mentioned = false;
  it.log.hidden = false;
  it.log.scrollTop = it.scroll ?? it.log.scrollHeight;
  $("text").value = it.draft;
  seeBelow();
  return redraw();
}

const isAtEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 60;

function seeBelow() {
  const down = $("down");
  down.hidden = isAtEnd(current.log) && current.below === 0;
  down.textContent = current.below > 0 ? `↓ ${word("below", current.below)}` : `↓ ${word("toEnd")}`;
}

// Adds a line. The browser lays out those of a moment at once.
function add(it, item) {
  it.used = uses += 1;
  it.newest = item;
  it.added.append(item);
  while (it.added.childElementCount > MOST_LINES) it.added.firstElementChild.remove();
  laidOut ||= setTimeout(layOut, 10);
}

let laidOut = 0;

// The end of a log that is read there stays in sight when a line is put further up.
function follow(it) {
  if (it.isPlaced) return;
  it.isPlaced = true;
  it.follows ||= it === current && isAtEnd(it.log);
  laidOut ||= setTimeout(layOut, 10);
}

// What is being read stays where it is.
function layOut() {
  laidOut = 0;
  for (const it of conversations.values()) {
    if (it.added.childElementCount === 0 && !it.isPlaced) continue;
    const follows = it !== current || it.follows || isAtEnd(it.log);
    it.follows = it.isPlaced = false;
    if (!follows) it.below += it.added.querySelectorAll(".message").length;
    it.list.append(it.added);
    while (it.list.childElementCount > MOST_LINES) it.list.firstElementChild.remove();
    if (follows) it.log.scrollTop = it.log.scrollHeight;
  }
  if (current) seeBelow();
}

// A message: of `who`, or one's own. Returns its line.
function addMessage(it, message) {
  const item = messageItem(message);
  item.classList.toggle("first", !isGrouped(it.last, item.said));
  it.last = item.said;
  add(it, item);
  if (item.said.own) it.follows = true;
  else notify(it, item.classList.contains("mention"));
  return item;
}

function messageItem({ who, text, time, own = false }) {
  const item = make("li", `message ${own ? "own" : "other"}`);
  item.said = { who, text, time, own };
  const speaker = own ? word("you") : who;
  item.style.setProperty("--hue", hue(speaker ?? ""));
  if (!own && speaker) item.append(face(speaker));
  const name = speaker ? make("bdi", own ? "name unseen" : "name", speaker, make("span", "unseen", ":")) : null;
  const body = make("span", "text", ...linked(text));
  body.dir = "auto";
  item.append(make("div", "bubble", name, body, clock(time)));
  item.classList.toggle("mention", !own && isMentioned(text));
  return item;
}

// Messages of one person within a short time are a group, of which the first has the name.
const isGrouped = (last, said) => last?.who === said.who && last.own === said.own && said.time - last.time < SAME_GROUP;

function group(item) {
  if (item.said) item.classList.toggle("first", !isGrouped(item.previousElementSibling?.said, item.said));
}

// The first letter of a name, or of the number of a user without one.
function face(name) {
  const element = make("span", "face", [...name.replace(/^usuario /, "")][0].toUpperCase());
  element.setAttribute("aria-hidden", "true");
  return element;
}

function notify(it, mentions) {
  if (it !== current || document.hidden) {
    it.unread += 1;
    it.mentioned ||= mentions || it.kind === "private";
    redraw();
  }
}

// A notice: of the server ("notice", "warning"), or of coming and going, of which several make one line.
function addNotice(it, text, time, kind = "notice") {
  it.last = null;
  add(it, noticeItem(text, time, kind));
}

const noticeItem = (text, time, kind = "notice") => make("li", kind, ...linked(text), clock(time));

function addPresence(it, kind, who, time) {
  const last = it.last;
  if (last?.kind === kind && it.newest === last.item) {
    last.names.push(who);
    last.item.firstChild.data = presence(kind, last.names);
    return;
  }
  const item = make("li", "notice", presence(kind, [who]), clock(time));
  add(it, item);
  it.last = { kind, names: [who], item };
}

// What a crowd does is one line as well.
function addCrowd(it, numbers, time) {
  const last = it.last;
  if (last?.kind === "crowd" && it.newest === last.item) {
    last.numbers = last.numbers.map((number, place) => number + numbers[place]);
    last.item.firstChild.data = crowd(last.numbers);
    return;
  }
  const item = make("li", "notice", crowd(numbers), clock(time));
  add(it, item);
  it.last = { kind: "crowd", numbers, item };
}

const crowd = (numbers) => ["joined", "left", "changed"]
  .map((kind, place) => [kind, numbers[place]])
  .filter(([, number]) => number > 0)
  .map(([kind, number]) => word(kind, word("inRoom", number), number))
  .join(", ");

function presence(kind, names) {
  const shown = names.length > 4 ? [...names.slice(0, 3), word("more", names.length - 3)] : names;
  const list = shown.length > 1 && names.length <= 4
    ? shown.slice(0, -1).join(", ") + word("and") + shown.at(-1)
    : shown.join(", ");
  return word(kind, list, names.length);
}

function clock(time) {
  const date = new Date(time);
  const element = make("time", "", date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  element.dateTime = date.toISOString();
  element.title = date.toLocaleString(language);
  return element;
}

// The text with its links: of http and https only.
function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"«»]+/giu)) {
    const address = match[0].replace(/[.,;:!?'’)\]}]+$/u, "");
    let url = null;
    try { url = new URL(address); } catch { continue; }
    if (url.protocol !== "http:" && url.protocol !== "https:") continue;
    const link = make("a", "", address);
    link.href = url.href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    parts.push(text.slice(end, match.index), link);
    end = match.index + address.length;
  }
  parts.push(text.slice(end));
  return parts;
}

// The color of a name is the same on each computer.
function hue(name) {
  let hash = 7;
  for (const letter of name.toLowerCase()) hash = (hash * 31 + letter.codePointAt(0)) % 65521;
  return Math.round(hash * 137.508) % 360;
}

function isMentioned(text) {
  if (!me.name) return false;
  const name = me.name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(^|[^\\p{L}\\p{N}_])${name}($|[^\\p{L}\\p{N}_])`, "iu").test(text);
}
