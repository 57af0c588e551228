"""Cuenta con que el servidor cierre, pero no con que muera: imprime un Traceback."""
import socket
import sys
import threading


def teclado(s):
    try:
        for linea in sys.stdin:
            s.sendall(linea.encode())
            if linea.strip().lower() == "salir":
                break
        estado["saliendo"] = True
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


estado = {"saliendo": False}
try:
    s = socket.create_connection(("127.0.0.1", 12345))
except OSError as error:
    sys.exit(f"no se puede conectar con 127.0.0.1:12345: {error}")
print("conectado al servidor de chat!", flush=True)
threading.Thread(target=teclado, args=(s,), daemon=True).start()
pendiente = b""
try:
    while datos := s.recv(1024):
        *lineas, pendiente = (pendiente + datos).split(b"\n")
        for linea in lineas:
            texto = linea.decode(errors="replace")
            print("".join(c if c.isprintable() else "?" for c in texto), flush=True)
except KeyboardInterrupt:
    sys.exit(0)
if not estado["saliendo"]:
    print("el servidor cerró la conexión", flush=True)
    sys.exit(1)
