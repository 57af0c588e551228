"""Cliente que se deja con la palabra exit y habla con CR y LF."""
import os
import socket
import sys
import threading


def escuchar(f):
    try:
        while True:
            linea = f.readline()
            if not linea:
                break
            texto = linea.decode("utf-8", "replace").rstrip("\r\n")
            print("<", "".join(c if c.isprintable() else "." for c in texto), flush=True)
    except OSError:
        pass
    print("* fin de la conexión", flush=True)
    os._exit(2)


try:
    s = socket.create_connection(("127.0.0.1", 12345))
except OSError as e:
    print("no hay nadie en 127.0.0.1:12345 -", e.strerror, file=sys.stderr)
    sys.exit(1)
print("listo; 'exit' para terminar", flush=True)
threading.Thread(target=escuchar, args=(s.makefile("rb"),), daemon=True).start()
estado = 0
try:
    for linea in sys.stdin:
        if linea.strip().lower() == "exit":
            break
        s.sendall(linea.strip("\n").encode() + b"\r\n")
except KeyboardInterrupt:
    print("adiós")
except OSError:
    estado = 2
sys.stdout.flush()
s.shutdown(socket.SHUT_WR) if estado == 0 else None
os._exit(estado)
