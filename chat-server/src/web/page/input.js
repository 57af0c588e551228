// What the user types: sent, completed, remembered.
const MOST_REMEMBERED = 50;
const remembered = [];
let place = 0;
let completion = null;

const isLeave = (line) => /^\s*salir\s*$/i.test(line) || (chat.commands && /^\/(salir|quit)\s*$/i.test(line));
const bytes = (text) => new TextEncoder().encode(text).length;

// Sends a line of the user. Returns whether it goes out, now or once the page is back.
function say(line) {
  const isHere = isOnline() && naming === "done";
  const isCommand = chat.commands && line.startsWith("/") && !line.startsWith("//");
  if (!isHere && (isCommand || isLeave(line) || !keepsLines())) return false;
  if (isLeave(line)) {
    leaving = true;
    return post(line);
  }
  let sent = line;
  if (!isCommand && current.kind === "private") sent = `/${command("private")} ${current.name} ${line.replace(/^\/\//, "/")}`;
  else if (signs()) sent = `${me.name} > ${line}`;
  if (bytes(sent) + numberLength() > chat.max_line) {
    addNotice(current, word("tooLong", chat.max_line), Date.now(), "warning");
    return false;
  }
  if (isCommand) return post(sent);
  const text = chat.commands ? line.replace(/^\/\//, "/") : line;
  if (current.kind === "private") return post(sent, { it: current, text });
  const it = conversation("room", (isHere ? me.room : me.wanted) ?? "");
  if (it !== current) show(it);
  return post(sent, { it, item: addMessage(it, { who: me.name, text, time: Date.now(), own: true }) });
}

function submit() {
  const line = $("text").value;
  if (over !== null) return comeBack();
  if (line.trim() === "" || !say(line)) return undefined;
  if (!isSecret(line)) remembered.push(line);
  if (remembered.length > MOST_REMEMBERED) remembered.shift();
  place = remembered.length;
  $("text").value = "";
  completion = null;
  return keepDraft();
}

// A command with a word that nobody else may know: it is not kept.
function isSecret(line) {
  return /^\s*\/(registrar|register|clave|password)\b/i.test(line);
}

function keepDraft() {
  if (!current) return;
  current.draft = $("text").value;
  if (current.draft && !isSecret(current.draft)) drafts[current.key] = current.draft;
  else delete drafts[current.key];
  session("drafts", drafts);
}

function recall(step) {
  const to = place + step;
  if (to < 0 || to > remembered.length) return;
  if (place === remembered.length) remembered.draft = $("text").value;
  place = to;
  $("text").value = place === remembered.length ? (remembered.draft ?? "") : remembered[place];
  $("text").setSelectionRange($("text").value.length, $("text").value.length);
  keepDraft();
}

// Completes the word before the cursor; again, with the next that it may be. Returns whether there was one.
function complete() {
  const input = $("text");
  const cursor = input.selectionStart;
  if (cursor !== input.selectionEnd) return false;
  if (!completion || completion.end !== cursor || completion.found.length < 2) {
    const before = input.value.slice(0, cursor);
    const begun = /\S*$/u.exec(before)[0];
    const found = begun === "" || (completion && completion.end === cursor) ? [] : candidates(before, begun);
    if (found.length === 0) return false;
    completion = { found, next: 0, start: cursor - begun.length, end: cursor };
  }
  const { found, start, end } = completion;
  const chosen = `${found[completion.next]} `;
  completion.next = (completion.next + 1) % found.length;
  input.setRangeText(chosen, start, end, "end");
  completion.end = start + chosen.length;
  keepDraft();
  return true;
}

function candidates(before, begun) {
  const begins = (text) => text.toLowerCase().startsWith(begun.toLowerCase());
  if (before === begun && begun.startsWith("/") && chat.commands) {
    return Object.keys(COMMANDS.es).map((verb) => `/${command(verb)}`).filter(begins);
  }
  if (chat.commands && /^\/(sala|join)\s+\S*$/i.test(before)) return [...rooms.keys()].filter(begins).sort(byName);
  const known = new Set([...people.values(), ...[...conversations.values()].filter((it) => it.kind === "private").map((it) => it.name)]);
  known.delete(me.name);
  return [...known].filter(begins).sort(byName);
}

function nextConversation(step) {
  const all = [...document.querySelectorAll("#rooms .mine, #privates button")].map((button) => button.dataset.key);
  const at = all.indexOf(current.key);
  const next = all[(at + step + all.length) % all.length];
  if (conversations.has(next)) show(conversations.get(next));
}

$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
$("text").addEventListener("input", () => {
  completion = null;
  keepDraft();
});
$("text").addEventListener("paste", (event) => {
  const text = event.clipboardData?.getData("text") ?? "";
  if (!/[\r\n]/.test(text)) return;
  event.preventDefault();
  $("text").setRangeText(text.trim().replace(/\s*[\r\n]+\s*/g, " "), $("text").selectionStart, $("text").selectionEnd, "end");
  keepDraft();
});
$("text").addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Tab" && !event.shiftKey && !event.altKey && !event.ctrlKey) {
    if (complete()) event.preventDefault();
  } else if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    nextConversation(event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    event.preventDefault();
    recall(event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key === "Escape") completion = null;
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeDrawers();
});
$("named").addEventListener("submit", (event) => {
  event.preventDefault();
  if (naming === "word") return giveWord();
  const name = $("name").value.trim();
  if (name === "") return $("name").focus();
  if (signs() && !canSign(name)) {
    $("why").textContent = word("unfit");
    return $("name").select();
  }
  $("why").textContent = "";
  me.name = name;
  if (signs() && isOnline()) {
    session("name", name);
    $("ask").close();
    return arrived();
  }
  // Sent when it is not asked for, or twice, it would be a message.
  const isAsked = naming === "asked";
  naming = "given";
  if (isOnline()) return isAsked && transmit(name);
  attempt = 0;
  $("ask").close();
  return connect();
});
$("ask").addEventListener("cancel", (event) => event.preventDefault());
// A browser closes it all the same the second time that Escape is pressed.
$("ask").addEventListener("close", () => {
  if ([null, "asked", "word"].includes(naming) && (over === null || over === "name")) $("ask").showModal();
});
$("new-room").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("room").value.trim();
  if (name === "" || !say(`/${command("room")} ${name}`)) return;
  $("room").value = "";
  closeDrawers();
  $("text").focus();
});
$("lang").addEventListener("click", () => {
  language = language === "es" ? "en" : "es";
  local("language", language);
  translate();
  conversations.forEach(label);
  redraw();
  showState();
  if (current) seeBelow();
});
$("leave").addEventListener("click", () => {
  if (over !== null) return;
  leaving = true;
  if ((isNumbered && !isLive) || !post("salir")) {
    clearTimeout(timer);
    drop();
    stop("gone");
  }
});
$("again").addEventListener("click", comeBack);
$("down").addEventListener("click", () => {
  current.log.scrollTop = current.log.scrollHeight;
  $("text").focus();
});
for (const id of ["menu", "who"]) $(id).addEventListener("click", () => toggleDrawer($(id)));
document.querySelector("main").addEventListener("pointerdown", closeDrawers);
for (const kind of ["pointerenter", "focusin"]) $("people").addEventListener(kind, askNames);
$("who").addEventListener("click", askNames);

translate();
connect();
