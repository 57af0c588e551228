// The order of a room: each message has its position there, and is shown once (chapter 11).
const MOST_SPEAKERS = 1000;
// The milliseconds between two questions of the page for what it has missed.
const GAP_PAUSE = 3000;
const MOST_HISTORY = 200;

// The number of the last line of each session.
const spoken = new Map();
let hasGap = false;
let gapTimer = 0;
let lastAsked = 0;

// Positions are EPOCH.NUMBER.
function isLater(one, other) {
  const [epoch, number] = one.split(".").map(Number);
  const [otherEpoch, otherNumber] = other.split(".").map(Number);
  return epoch === otherEpoch ? number > otherNumber : epoch > otherEpoch;
}

// Returns whether a message was heard before: after a cut the server, or its author, may send it again.
function wasHeard(it, { position, line }) {
  if (position && it.position && !isLater(position, it.position)) return true;
  if (position) {
    it.position = position;
    if (ticket) ticket.position = position;
  }
  if (!line || isNext(line)) return false;
  const item = linesOf(it).find((other) => other.line === line);
  if (item && position) moveTo(it, item, position);
  return true;
}

// Returns whether a line is not older than the last one of its session.
function isNext(line) {
  const [id, number] = splitLine(line);
  if (number <= (spoken.get(id) ?? 0)) return false;
  spoken.delete(id);
  spoken.set(id, number);
  if (spoken.size > MOST_SPEAKERS) spoken.delete(spoken.keys().next().value);
  return true;
}

// The parts of SESSION.NUMBER.
function splitLine(line) {
  const end = line.lastIndexOf(".");
  return [line.slice(0, end), Number(line.slice(end + 1))];
}

const linesOf = (it) => [...it.list.children, ...it.added.children];

// A message from before. It was asked for, or comes with joining; one that stands there already is not shown again.
function addPast({ who, text, time, position }) {
  const it = room();
  if (linesOf(it).some((item) => item.position === position)) return undefined;
  const own = who !== undefined && who === me.name;
  const mine = own && linesOf(it).find((item) => item.said?.own && !item.position && item.said.text === text);
  if (mine) return moveTo(it, mine, position);
  const answer = asked.history[0];
  // What was said before the page was there is not missing.
  if (answer && answer.says !== "always" && it.since && !isLater(position, it.since)) return undefined;
  if (answer) answer.found += 1;
  const item = answer ? messageItem({ who, text, time, own }) : noticeItem(who ? `${who} > ${text}` : text, time);
  return moveTo(it, item, position);
}

function moveTo(it, item, position) {
  item.position = position;
  putInPlace(it, item);
}

// Puts a line that has a position before the first later one. It stays where it is if that is right.
function putInPlace(it, item) {
  if (it.added.childElementCount > 0) layOut();
  const [earlier, later] = neighbours(it, item);
  if (item.isConnected && (!earlier || follows(item, earlier)) && (!later || follows(later, item))) return;
  insert(it, item, later);
}

// Puts an own message behind all that was heard before the server has acted on it.
function putLast(it, item) {
  if (it.added.childElementCount > 0) layOut();
  item.isAccepted = true;
  const last = linesOf(it).findLast((other) => other !== item && (other.position || other.isAccepted));
  if (last && follows(last, item)) insert(it, item, last.nextElementSibling);
}

const follows = (one, other) => (other.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;

function insert(it, item, next) {
  const before = item.nextElementSibling;
  follow(it);
  it.list.insertBefore(item, next);
  for (const moved of [before, item, item.nextElementSibling]) if (moved) group(moved);
  it.newest = it.list.lastElementChild;
  it.last = it.newest.said ?? null;
}

// The last line with an earlier position, and the first one with a later position.
function neighbours(it, item) {
  let later = null;
  for (let other = it.list.lastElementChild; other; other = other.previousElementSibling) {
    if (!other.position || other === item) continue;
    if (isLater(item.position, other.position)) return [other, later];
    later = other;
  }
  return [null, later];
}

// The positions of a server that is no more say nothing.
function checkPositions(position) {
  const isStrange = linesOf(room()).some((item) => item.position && isLater(item.position, position));
  if (!isStrange) return;
  for (const it of conversations.values()) for (const item of linesOf(it)) delete item.position;
}

// How many messages the server has lost: those behind the last position that it has, and of one's own, those behind the
// last number.
function countLost(it, { stored, accepted }) {
  const isLost = (item) => {
    if (item.position) return isLater(item.position, stored);
    const [id, number] = splitLine(item.line ?? "");
    return id === ticket.id && number > accepted;
  };
  return linesOf(it).filter(isLost).length;
}

function askHistory(says) {
  lastAsked = Date.now();
  hasGap = false;
  post(`/${command("history")} ${MOST_HISTORY}`, { isSilent: true, says });
}

// What was missed is asked for when something comes again: then nothing waits in the server.
function closeGap() {
  if (!hasGap || !isLive || asked.history.length > 0) return;
  const pause = lastAsked + GAP_PAUSE - Date.now();
  clearTimeout(gapTimer);
  if (pause > 0) gapTimer = setTimeout(closeGap, pause);
  else askHistory("found");
}

// Lists that the page itself asks for are not shown as an answer, and of the history only what is missing.
function expectAnswer({ line, number, isSilent, says = "always" }) {
  // With more words it is refused, and no list comes.
  if (/^\/(salas|rooms)\s*$/i.test(line)) asked.rooms.push(isSilent);
  if (/^\/(quien|who)\s*$/i.test(line)) asked.people.push(isSilent);
  if (number !== null && /^\/(historial|history)(\s|$)/i.test(line)) asked.history.push({ number, says, found: 0 });
}

function endAnswer(number) {
  const answer = asked.history[0];
  if (answer?.number !== number) return;
  asked.history.shift();
  const { says, found } = answer;
  if (says === "always" || (says === "found" && found > 0)) addNotice(room(), word("found", found), Date.now());
}
