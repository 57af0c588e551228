// Un protocolo propio: REGISTRO y MENSAJE, con tabuladores. A quien habla de otro modo lo despide.
const net = require('net');

const nombres = new Map(); // socket -> nombre

function difundir(texto, autor) {
  for (const otro of nombres.keys()) {
    if (otro !== autor) otro.write(texto + '\n');
  }
}

function quitar(socket) {
  const nombre = nombres.get(socket);
  if (nombres.delete(socket)) difundir(`SALE\t${nombre}`, socket);
}

function recibir(socket, linea) {
  const [verbo, texto] = linea.trim().split('\t');
  if (verbo === 'REGISTRO' && texto) {
    nombres.set(socket, texto);
    difundir(`ENTRA\t${texto}`, socket);
  } else if (verbo === 'MENSAJE' && nombres.has(socket)) {
    difundir(`DICE\t${nombres.get(socket)}\t${texto}`, socket);
  } else {
    socket.end();
  }
}

const servidor = net.createServer((socket) => {
  console.log(`nuevo cliente conectado: ${socket.remoteAddress}:${socket.remotePort}`);
  let pendiente = '';
  socket.setEncoding('utf8');
  socket.on('data', (datos) => {
    const lineas = (pendiente + datos).split('\n');
    pendiente = lineas.pop();
    for (const linea of lineas) {
      if (!socket.writableEnded) recibir(socket, linea);
    }
  });
  socket.on('end', () => quitar(socket));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => quitar(socket));
});

servidor.on('error', (error) => {
  console.error(`no se puede escuchar en 127.0.0.1:12345: ${error.code}`);
  process.exit(1);
});
process.on('SIGINT', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
servidor.listen(12345, '127.0.0.1', () => console.log('servidor de chat iniciado en 127.0.0.1:12345'));
