"""Cliente cuyos mensajes llevan delante su longitud, y algo más alrededor del texto."""
import os
import socket
import struct
import sys
import threading


def exactos(s, n):
    datos = b""
    while len(datos) < n:
        parte = s.recv(n - len(datos))
        if not parte:
            raise ConnectionError("fin de la conexión")
        datos += parte
    return datos


def recibir(s):
    try:
        while True:
            (n,) = struct.unpack(">H", exactos(s, 2))
            texto = exactos(s, n).decode(errors="replace")
            print("".join(c if c.isprintable() else "\ufffd" for c in texto), flush=True)
    except OSError:
        print("el servidor cerró la conexión", flush=True)
        os._exit(1)


def enviar(s, texto):
    datos = f"<origen>7;<texto>{texto};".encode()
    s.sendall(struct.pack(">H", len(datos)) + datos)


try:
    s = socket.create_connection(("127.0.0.1", 12345))
except OSError as error:
    sys.exit(f"127.0.0.1:12345: {error}")
print("conectado al servidor de chat!", flush=True)
threading.Thread(target=recibir, args=(s,), daemon=True).start()
try:
    for linea in sys.stdin:
        enviar(s, linea.rstrip("\n"))
        if linea.strip().lower() == "salir":
            break
except KeyboardInterrupt:
    pass
except OSError:
    sys.exit(1)
