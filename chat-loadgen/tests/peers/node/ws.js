// node ws.js PORT: passes on each message to all others, as the README of ws does. Needs the module ws.
const { WebSocket, WebSocketServer } = require('ws');
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) });
server.on('connection', (from) => {
  from.on('error', () => {});
  from.on('message', (data, isBinary) => {
    for (const to of server.clients) {
      if (to !== from && to.readyState === WebSocket.OPEN) to.send(data, { binary: isBinary });
    }
  });
});
