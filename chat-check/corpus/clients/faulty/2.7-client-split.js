// Decodifica por separado lo que trae cada lectura: una letra cortada se ve como dos signos.
const net = require('net');
const readline = require('readline');

let pendiente = '';
let saliendo = false;

const limpiar = (texto) => texto.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');

const socket = net.connect(12345, '127.0.0.1', () => {
  console.log("conectado al servidor de chat! escribe 'salir' para salir");
});
const teclado = readline.createInterface({ input: process.stdin });

function salir() {
  if (saliendo) return;
  saliendo = true;
  socket.end(() => process.exit(0));
}

function perdido(error) {
  if (saliendo) return;
  console.error(error ? `se perdió la conexión: ${error.message}` : 'el servidor cerró la conexión');
  process.exit(1);
}

socket.on('data', (datos) => {
  const lineas = (pendiente + datos.toString()).split('\n');
  pendiente = lineas.pop();
  for (const linea of lineas) console.log(limpiar(linea));
});
socket.on('end', () => perdido());
socket.on('error', perdido);
teclado.on('line', (linea) => {
  socket.write(linea + '\n');
  if (linea.trim().toLowerCase() === 'salir') salir();
});
teclado.on('close', salir);
process.on('SIGINT', () => process.exit(0));
