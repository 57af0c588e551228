// Delante de cada mensaje va su largo, en cuatro bytes.
const net = require('net');
const MAXIMO = 1 << 20;
const clientes = new Set();
const enmarcar = (texto) => {
  const datos = Buffer.from(texto);
  const largo = Buffer.alloc(4);
  largo.writeUInt32BE(datos.length);
  return Buffer.concat([largo, datos]);
};
const servidor = net.createServer({ allowHalfOpen: true }, (s) => {
  const quien = `${s.remoteAddress}:${s.remotePort}`;
  const puerto = s.remotePort;
  console.log(`nuevo cliente conectado: ${quien}`);
  clientes.add(s);
  s.write(enmarcar("bienvenido al chat! escribe 'salir' para salir"));
  let pendiente = Buffer.alloc(0);
  const despedir = () => {
    if (!clientes.delete(s)) return;
    console.log(`cliente ${quien} desconectado`);
    s.end();
  };
  const oir = (texto) => {
    if (!clientes.has(s) || !texto.trim()) return;
    if (texto.trim().toLowerCase() === 'salir') { despedir(); return; }
    console.log(`cliente ${quien}: ${texto}`);
    for (const otro of clientes) if (otro !== s) otro.write(enmarcar(`usuario ${puerto}: ${texto}`));
  };
  s.on('data', (datos) => {
    pendiente = Buffer.concat([pendiente, datos]);
    while (pendiente.length >= 4) {
      const largo = pendiente.readUInt32BE();
      if (largo > MAXIMO) { s.write(enmarcar('mensaje demasiado largo')); despedir(); return; }
      if (pendiente.length < 4 + largo) return;
      oir(pendiente.subarray(4, 4 + largo).toString('utf8'));
      pendiente = pendiente.subarray(4 + largo);
    }
  });
  s.on('end', despedir);
  s.on('error', () => {});
  s.on('close', despedir);
});
servidor.on('error', (error) => { console.error(`no se puede escuchar: ${error.message}`); process.exit(1); });
servidor.listen(12345, '127.0.0.1', () => console.log('servidor iniciado en 127.0.0.1:12345, esperando clientes...'));
for (const senal of ['SIGINT', 'SIGTERM']) {
  process.on(senal, () => { console.log('cerrando servidor...'); process.exit(0); });
}
