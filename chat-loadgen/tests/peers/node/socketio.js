// node socketio.js PORT: passes on "message" to all others. Needs the module socket.io.
const { createServer } = require('http');
const { Server } = require('socket.io');
const http = createServer();
const server = new Server(http, { transports: ['websocket'] });
server.on('connection', (from) => {
  from.on('message', (text) => from.broadcast.emit('message', text));
});
http.listen(Number(process.argv[2]), '127.0.0.1');
