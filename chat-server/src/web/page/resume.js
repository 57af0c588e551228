// The session (chapter 11): the page comes back to its place, and each of its lines counts once.
const MOST_PENDING = 100;
// A line that is accepted sooner is not marked.
const MARK_PAUSE = 500;

// What brings the page back: the token, and the position of the last message; and the name of the session in lines. Null where there is no session.
let ticket = session("ticket");
// A copy of this tab does not come back in its place.
session("ticket", null);
// The lines have numbers. Until they go out (isLive), they wait.
let isNumbered = ticket !== null;
let isLive = false;
let lastNumber = 0;
// Lines that are not accepted yet, in order: { number, line, it, item, text, isSilent, wasSent }.
let outbox = [];
// The token was refused: what was said meanwhile is not sent.
let isRefused = false;

const keepsLines = () => isNumbered && over === null && !leaving && outbox.length < MOST_PENDING;

// The bytes of the next number and its blank; it may get one digit more.
const numberLength = () => (isNumbered ? String(lastNumber).length + 2 : 0);

function askSession() {
  if (!chat.commands) return;
  isNumbered = true;
  transmit("/reanudar");
}

// The session begins: what waits is sent, with its first numbers.
function beginSession({ token, id, position }) {
  ticket = { token, id, position };
  lastNumber = 0;
  for (const entry of outbox) entry.number = lastNumber += 1;
  sendAll();
}

// The server has no sessions.
function refuseSession() {
  const waiting = outbox;
  endSession();
  for (const entry of waiting) {
    entry.number = null;
    send(entry);
    settle(entry);
  }
}

// Nothing of it is kept: what was not accepted is not known to have arrived.
function endSession() {
  ticket = null;
  isNumbered = isLive = false;
  for (const { item } of outbox) if (item) mark(item, "uncertain");
  outbox = [];
}

// The server does not know the token. A line that was sent may have been heard; the others go into the next session.
function refuseTicket() {
  ticket = null;
  isRefused = true;
  for (const { item, wasSent } of outbox) if (wasSent && item) mark(item, "uncertain");
  outbox = outbox.filter(({ wasSent }) => !wasSent);
}

// The page is in its place again: what the server has not acted on is sent again.
function goOn(accepted) {
  const known = outbox.filter(({ number, item }) => number <= accepted && item);
  for (const { item } of known) mark(item, null);
  outbox = outbox.filter(({ number, isSilent }) => number > accepted && !isSilent);
  lastNumber = Math.max(lastNumber, accepted);
  sendAll();
  // Where they stand among what was missed, the room knows.
  if (known.length > 0) askHistory("never");
}

function sendAll() {
  isLive = true;
  outbox.forEach(send);
}

// Sends a line, now or when there is a connection.
function post(line, { isFirst = false, ...more } = {}) {
  const entry = { line, number: null, it: null, item: null, text: null, isSilent: false, wasSent: false, ...more };
  if (!isNumbered) return send(entry);
  lastNumber += 1;
  entry.number = lastNumber;
  if (isFirst) outbox.unshift(entry);
  else outbox.push(entry);
  if (isLive) send(entry);
  if (isOnline()) setTimeout(markPending, MARK_PAUSE, entry);
  else markPending(entry);
  return true;
}

function send(entry) {
  entry.wasSent = true;
  expectAnswer(entry);
  return transmit(entry.number === null ? entry.line : `${entry.number} ${entry.line}`);
}

// The server has acted on a line.
function accepted({ number }) {
  const entry = outbox.find((other) => other.number === number);
  outbox = outbox.filter((other) => other !== entry);
  endAnswer(number);
  if (!entry) return;
  // The receipt of a private message stands for it.
  if (entry.text !== null) entry.item?.remove();
  else settle(entry);
}

function settle({ number, it, item }) {
  if (!item) return;
  mark(item, null);
  if (ticket) item.line = `${ticket.id}.${number}`;
  putLast(it, item);
}

// A message that is not accepted yet says so. A private one is shown only now: usually, its receipt comes at once.
function markPending(entry) {
  if (!outbox.includes(entry)) return;
  if (entry.text !== null) entry.item ??= addMessage(entry.it, { who: me.name, text: entry.text, time: Date.now(), own: true });
  if (entry.item) mark(entry.item, "pending");
}

function mark(item, key) {
  item.querySelector(".mark")?.remove();
  if (key) item.querySelector(".bubble").append(make("small", "mark", word(key)));
}

function pauseSession() {
  isLive = false;
  outbox.forEach(markPending);
}
