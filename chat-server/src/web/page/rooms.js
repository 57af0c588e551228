// The lists beside the log: rooms, private conversations, people.
const people = new Map();
// How many more are there, as far as the page knows.
let strangers = 0;
// Since the last list, a crowd has changed: who has left may be among the names.
let isStale = false;
let rooms = new Map();

const byName = new Intl.Collator(undefined, { sensitivity: "base", numeric: true }).compare;

// All that changes in a moment is drawn at once: in a crowd, each arrival would cost a list.
let drawn = 0;
function redraw() {
  drawn ||= setTimeout(() => {
    drawn = 0;
    if (current) drawConversations();
    drawPeople();
  }, 16);
}

function drawConversations() {
  const names = new Map([...rooms].map(([name, size]) => [name.toLowerCase(), { name, size }]));
  for (const it of conversations.values()) {
    if (it.kind === "room" && it.name && (it.unread > 0 || it.name === me.room)) {
      const known = names.get(it.name.toLowerCase());
      names.set(it.name.toLowerCase(), { name: it.name, size: known?.size ?? null });
    }
  }
  const listed = [...names.values()].sort((one, other) => byName(one.name, other.name));
  fill($("rooms"), listed.map(({ name, size }) => entry("room", name, size)));
  const privates = [...conversations.values()].filter((it) => it.kind === "private");
  fill($("privates"), privates.map((it) => entry("private", it.name, null)));
  $("no-privates").hidden = privates.length > 0;
  showTitle();
}

// Replaces the items of a list. Those that are the same stay, so that no click is lost; so does the focus.
function fill(list, items) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const key = (item) => item.firstElementChild?.dataset.key;
  const old = new Map([...list.children].map((item) => [key(item), item]));
  const due = new Set(items.map((item) => {
    const before = old.get(key(item));
    return before?.isEqualNode(item) ? before : item;
  }));
  for (const item of old.values()) if (!due.has(item)) item.remove();
  let next = list.firstElementChild;
  for (const item of due) {
    if (item === next) next = next.nextElementSibling;
    else list.insertBefore(item, next);
  }
  if (focused) [...list.querySelectorAll("button")].find((button) => button.dataset.key === focused)?.focus();
}

function entry(kind, name, size) {
  const it = conversations.get(`${kind}:${name.toLowerCase()}`);
  const button = make("button", "entry", kind === "private" ? face(name) : null, make("bdi", "", name));
  button.dataset.key = `${kind}:${name.toLowerCase()}`;
  button.style.setProperty("--hue", hue(name));
  const isCurrent = it !== undefined && it === current;
  if (isCurrent) button.setAttribute("aria-current", "true");
  if (kind === "room" && name === me.room) button.classList.add("mine");
  if (it?.unread > 0) {
    const badge = make("b", `badge${it.mentioned ? " mentioned" : ""}`, String(it.unread));
    badge.setAttribute("aria-hidden", "true");
    button.append(badge, make("span", "unseen", `, ${word("unread", it.unread)}`));
  } else if (size !== null) {
    const number = make("small", "", String(size));
    number.setAttribute("aria-hidden", "true");
    button.append(number, make("span", "unseen", `, ${word("inRoom", size)}`));
  }
  button.addEventListener("click", () => {
    if (kind === "room" && name !== me.room) say(`/${command("room")} ${name}`);
    else show(conversation(kind, name));
    closeDrawers();
    $("text").focus();
  });
  return make("li", "", button);
}

function listPeople(event) {
  people.clear();
  for (const name of event.people) people.set(name, name);
  strangers = event.number - people.size;
  isStale = false;
}

function addPerson(name) {
  if (isStale && people.has(name)) strangers += 1;
  people.set(name, name);
}

function removePerson(name) {
  if (!people.delete(name)) strangers -= 1;
}

// The names in a crowd are asked for when they are looked at.
function askNames() {
  if (isStale) askPeople();
}

function drawPeople() {
  const names = [...people.values()].sort(byName);
  const items = names.map((name) => {
    const isMe = name === me.name;
    const shown = [face(name), make("bdi", "", name), isMe ? make("small", "", word("you")) : null];
    const item = chat.commands && !isMe ? make("button", "entry", ...shown) : make("span", "entry", ...shown);
    item.style.setProperty("--hue", hue(name));
    item.dataset.key = name;
    if (item.tagName === "BUTTON") {
      item.addEventListener("click", () => {
        show(conversation("private", name));
        closeDrawers();
        $("text").focus();
      });
    }
    return make("li", "", item);
  });
  if (strangers > 0) items.push(make("li", "hint", word("more", strangers)));
  fill($("members"), items);
  $("number").textContent = String(people.size + strangers);
  $("who").setAttribute("aria-label", `${word("people")}: ${people.size + strangers}`);
}

function showTitle() {
  const title = current ? titleOf(current) : "Chat";
  $("title").textContent = title;
  $("me").textContent = me.name ? word("me", me.name) : "";
  let unread = 0;
  let elsewhere = 0;
  for (const it of conversations.values()) {
    unread += it.unread;
    if (it !== current) elsewhere += it.unread;
  }
  const badge = $("menu").querySelector("b");
  badge.hidden = elsewhere === 0;
  badge.textContent = elsewhere > 99 ? "99+" : String(elsewhere);
  $("menu").setAttribute("aria-label", word("rooms") + (elsewhere > 0 ? `: ${badge.textContent}` : ""));
  const name = title === "Chat" ? title : `${title} · Chat`;
  document.title = unread > 0 && document.hidden ? `(${unread}) ${name}` : name;
}

// On a small screen the lists are drawers, of which one at most is open.
function toggleDrawer(button) {
  const opens = button.getAttribute("aria-expanded") !== "true";
  closeDrawers();
  button.setAttribute("aria-expanded", String(opens));
  const drawer = $(button.getAttribute("aria-controls"));
  drawer.classList.toggle("open", opens);
  if (opens) drawer.querySelector("button, input")?.focus();
}

function closeDrawers() {
  for (const button of [$("menu"), $("who")]) {
    const drawer = $(button.getAttribute("aria-controls"));
    if (drawer.contains(document.activeElement) && drawer.classList.contains("open")) button.focus();
    button.setAttribute("aria-expanded", "false");
    drawer.classList.remove("open");
  }
}
