// chat-check: --profile sala
// Sala con nombres: pide el nombre con una palabra poco usual, sin fin de línea.
const net = require('net');
const gente = new Map(); // socket -> nombre
const avisar = (texto, autor) => {
  for (const [otro, nombre] of gente) if (nombre && otro !== autor) otro.write(texto + '\n');
};
const limpiar = (texto) => texto.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd');
const valido = (nombre) => /^[\p{L}\p{N}_.-]{1,20}$/u.test(nombre)
  && ![...gente.values()].some((otro) => otro && otro.toLowerCase() === nombre.toLowerCase());
const servidor = net.createServer({ allowHalfOpen: true }, (s) => {
  const quien = `${s.remoteAddress}:${s.remotePort}`;
  console.log(`nuevo cliente conectado: ${quien}`);
  gente.set(s, null);
  s.write('mote: ');
  let pendiente = Buffer.alloc(0);
  const despedir = () => {
    if (!gente.has(s)) return;
    const nombre = gente.get(s);
    gente.delete(s);
    console.log(`cliente ${quien} desconectado`);
    if (nombre) avisar(`${nombre} salió de la sala`);
    s.end();
  };
  const oir = (linea) => {
    const texto = limpiar(linea.toString('utf8').replace(/\r$/, '')).trim();
    if (!texto || !gente.has(s)) return;
    const nombre = gente.get(s);
    if (texto.toLowerCase() === 'salir') despedir();
    else if (nombre) { console.log(`${nombre}: ${texto}`); avisar(`${nombre}: ${texto}`, s); }
    else if (valido(texto)) { gente.set(s, texto); avisar(`${texto} entró en la sala`, s); }
    else s.write('ese no se puede usar, di otro: ');
  };
  s.on('data', (datos) => {
    pendiente = Buffer.concat([pendiente, datos]);
    for (let fin; (fin = pendiente.indexOf(10)) >= 0; pendiente = pendiente.subarray(fin + 1)) {
      oir(pendiente.subarray(0, fin));
    }
  });
  s.on('end', () => { if (pendiente.length) oir(pendiente); despedir(); });
  s.on('error', () => {});
  s.on('close', despedir);
});
servidor.on('error', (error) => { console.error(`no se puede escuchar: ${error.message}`); process.exit(1); });
servidor.listen(12345, '127.0.0.1', () => console.log('servidor iniciado en 127.0.0.1:12345, esperando clientes...'));
for (const senal of ['SIGINT', 'SIGTERM']) {
  process.on(senal, () => { console.log('cerrando servidor...'); process.exit(0); });
}
