// What the server tells: one JSON object a line.
const chat = { label: "port", names: false, presence: false, commands: false, max_line: 4096, lang: "es" };
const me = { name: session("name"), room: null, wanted: session("room") };
const drafts = session("drafts") ?? {};
// Lists that the page has asked for are not shown as an answer.
const asked = { people: [], rooms: [], history: [] };
let naming = null;

const COMMANDS = {
  es: { private: "privado", room: "sala", who: "quien", rooms: "salas", name: "nombre", reply: "responder", history: "historial", help: "ayuda", leave: "salir" },
  en: { private: "msg", room: "join", who: "who", rooms: "rooms", name: "nick", reply: "reply", history: "history", help: "help", leave: "quit" },
};
const command = (verb) => COMMANDS[chat.lang in COMMANDS ? chat.lang : "es"][verb];
// Where nobody has a name for the server, and lines have no labels.
const signs = () => !chat.names && chat.label === "none";
const SIGNED = /^(\S{1,32}) > (.*)$/su;
const canSign = (name) => SIGNED.exec(`${name} > `)?.[1] === name;
const room = () => conversation("room", me.room ?? "");

const EVENTS = {
  welcome(event) {
    Object.assign(chat, event);
    document.body.classList.toggle("with-rooms", chat.commands);
    document.body.classList.toggle("with-people", chat.presence);
    asked.people.length = asked.rooms.length = asked.history.length = 0;
    if (!chat.commands) endSession();
    me.room = null;
    rooms = new Map();
    people.clear();
    welcomed();
    if (!current) show(room());
    if (event.text && !isReturning()) addNotice(current, event.text, event.time);
    // Where nobody is asked for a name, people sign their lines.
    if (chat.names) return;
    if (!signs()) me.name = null;
    if (signs() && !canSign(me.name)) askName();
    else arrived();
  },
  ask(event) {
    if (event.word) return askWord(event.text);
    if (naming === null && ticket) {
      naming = "resuming";
      transmit(`/reanudar ${ticket.token} ${ticket.position}`);
    } else if (naming === null && me.name) {
      naming = "again";
      transmit(me.name);
    } else if (naming === "given") transmit(me.name);
    else askName();
    return undefined;
  },
  here(event) {
    const first = me.room === null;
    const it = enter(event);
    if (first) joined();
    else addNotice(it, word("here", event.room), event.time);
    it.since = ticket?.position;
    const goesOn = first && chat.commands && me.wanted && me.wanted !== me.room;
    if (!current || (!goesOn && (!first || current.kind === "room"))) show(it);
    if (goesOn) post(`/${command("room")} ${me.wanted}`, { isFirst: true });
    else session("room", (me.wanted = me.room));
    redraw();
    askRooms();
  },
  session(event) {
    checkPositions(event.position);
    room().since = event.position;
    beginSession(event);
  },
  accepted,
  resumed(event) {
    const isNew = !wasHere;
    const it = enter(event);
    session("room", (me.wanted = me.room));
    arrived();
    if (!current || current.kind === "room") show(it);
    const count = event.stored ? countLost(it, event) : 0;
    if (count > 0) addNotice(it, word("unstored", count), event.time, "warning");
    goOn(event.accepted);
    if (isNew) askHistory("never");
    askRooms();
  },
  message(event) {
    closeGap();
    if (wasHeard(room(), event)) return;
    const signed = signs() && event.who === undefined ? SIGNED.exec(event.text) : null;
    const [who, text] = signed ? [signed[1], signed[2]] : [event.who, event.text];
    const item = addMessage(room(), { who, text, time: event.time });
    item.position = event.position;
    item.line = event.line;
  },
  past: addPast,
  history({ text, time }) {
    const answer = asked.history[0];
    if (!answer || answer.says === "always") addNotice(room(), text, time);
    if (answer) answer.says = "never";
  },
  private({ who, text, time }) { addMessage(conversation("private", who), { who, text, time }); redraw(); },
  receipt({ who, text, time }) {
    const it = conversation("private", who);
    addMessage(it, { who: me.name, text, time, own: true });
    if (it !== current) show(it);
    else redraw();
  },
  joined({ who, time }) { addPerson(who); addPresence(room(), "joined", who, time); redraw(); askRoomsSoon(); },
  left({ who, time }) { removePerson(who); addPresence(room(), "left", who, time); redraw(); askRoomsSoon(); },
  goes({ who, room: to, time }) { removePerson(who); addNotice(room(), word("goes", who, to), time); redraw(); askRoomsSoon(); },
  comes({ who, room: from, time }) { addPerson(who); addNotice(room(), word("comes", who, from), time); redraw(); askRoomsSoon(); },
  crowd({ joined, left, renamed, number, time }) {
    strangers = number - people.size;
    isStale = true;
    if (rooms.has(me.room)) rooms.set(me.room, number);
    addCrowd(room(), [joined, left, renamed], time);
    redraw();
  },
  renamed({ who, name, time }) {
    removePerson(who);
    addPerson(name);
    addNotice(room(), word("renamed", who, name), time);
    const it = conversations.get(`private:${who.toLowerCase()}`);
    if (it && !conversations.has(`private:${name.toLowerCase()}`)) {
      conversations.delete(it.key);
      it.key = `private:${name.toLowerCase()}`;
      it.name = name;
      conversations.set(it.key, it);
      label(it);
    }
    redraw();
  },
  named({ name, time }) {
    removePerson(me.name);
    addPerson(name);
    me.name = name;
    session("name", name);
    addNotice(current, word("named", name), time);
    redraw();
  },
  people(event) {
    listPeople(event);
    redraw();
    if (event.text && !asked.people.shift()) addNotice(current, event.text, event.time);
  },
  rooms(event) {
    rooms = new Map(event.rooms.map((name, place) => [name, event.sizes[place]]));
    redraw();
    if (!asked.rooms.shift()) addNotice(current, event.text, event.time);
  },
  refusal(event) {
    if (naming === "again") return heldName(event.text);
    if (naming === "resuming") {
      naming = null;
      return refuseTicket();
    }
    if (naming === "done" && isNumbered && !isLive) return refuseSession();
    if (["given", "asked", "proving"].includes(naming)) {
      // That of a wrong word is asked for again after a cut as well.
      if (naming !== "proving") me.name = null;
      naming = "asked";
      $("why").textContent = event.text;
      return undefined;
    }
    if (me.wanted !== me.room) session("room", (me.wanted = me.room));
    return addNotice(current, event.text, event.time, "warning");
  },
  alive({ every }) { watch(every); closeGap(); },
  missed(event) {
    addNotice(room(), event.text, event.time, "warning");
    // Presence may be among what was missed. In a flood this comes again and again.
    clearTimeout(peopleTimer);
    peopleTimer = setTimeout(askPeople, 1000);
    askRoomsSoon();
    hasGap = isNumbered;
  },
  end(event) {
    lastWords = event.text;
    // After 20 seconds of thinking there is nothing to blame.
    if ($("why").textContent !== "" || ["given", "again", "word"].includes(naming)) $("why").textContent = event.text;
  },
};

// A line that fails does not stop those after it.
function hear(line) {
  try {
    const event = JSON.parse(line);
    if (Object.hasOwn(EVENTS, event.kind)) EVENTS[event.kind](event);
    else if (event.text && current) addNotice(current, event.text, event.time);
  } catch (error) {
    console.error(error);
  }
}

// The room in which the user is now. Returns its conversation.
function enter(event) {
  me.name = event.you;
  me.room = event.room;
  naming = "done";
  session("name", me.name);
  listPeople(event);
  const it = conversation("room", event.room);
  const empty = conversations.get("room:");
  if (empty && empty !== it) moveInto(empty, it);
  if ($("ask").open) $("ask").close();
  redraw();
  return it;
}

// The user has joined with a name, and is sent what is said from now on.
function joined() {
  for (const other of conversations.values()) other.position = null;
  askSession();
  const isMissing = isRefused && wasHere;
  isRefused = false;
  arrived();
  if (isMissing) addNotice(current, word("missing"), Date.now(), "warning");
}

// What was shown before the room had a name belongs to it.
function moveInto(empty, it) {
  it.list.prepend(...empty.list.children);
  it.draft ||= empty.draft || (empty === current ? $("text").value : "");
  empty.log.remove();
  conversations.delete(empty.key);
  if (empty === current) {
    current = null;
    show(it);
  }
}

// A registered name takes its word, which is typed unseen and kept nowhere.
function askWord(question) {
  askFor("password", question, question, 128);
  naming = "word";
  if (!$("ask").open) $("ask").showModal();
  $("name").focus();
  setState(null);
}

function giveWord() {
  transmit($("name").value);
  unaskWord();
  $("why").textContent = "";
  naming = "proving";
}

// The field shows what is typed from now on: what may be the rest of a word goes nowhere.
function unaskWord() {
  if ($("name").type !== "password") return;
  $("name").blur();
  askFor("text", word("question"), word("name"), 64);
}

function askFor(type, question, label, most) {
  $("question").textContent = question;
  document.querySelector("label[for=name]").textContent = label;
  Object.assign($("name"), { type, value: "", maxLength: most });
}

function askName() {
  naming = [null, "again", "proving"].includes(naming) ? "asked" : naming;
  $("name").value ||= me.name ?? "";
  if (!$("ask").open) $("ask").showModal();
  $("name").focus();
  $("name").select();
  setState(null);
}

let roomsTimer = 0;
function askRoomsSoon() {
  clearTimeout(roomsTimer);
  roomsTimer = setTimeout(askRooms, 1000);
}

let peopleTimer = 0;
function askPeople() {
  if (!chat.commands || me.room === null || !isOnline()) return;
  post(`/${command("who")}`, { isSilent: true });
}

// The sizes of the other rooms are asked for when they may be of interest: nothing else says them.
function askRooms() {
  if (!chat.commands || me.room === null || document.hidden || !isOnline()) return;
  post(`/${command("rooms")}`, { isSilent: true });
}
