"""Primero lee el teclado y después la red: no recibe mientras su usuario escribe."""
import socket
import sys

try:
    s = socket.create_connection(("127.0.0.1", 12345))
except OSError as error:
    sys.exit(f"no se puede conectar con 127.0.0.1:12345: {error}")
print("conectado al servidor de chat!", flush=True)
try:
    while True:
        linea = input("> ")
        s.sendall((linea + "\n").encode())
        if linea.strip().lower() == "salir":
            break
        datos = s.recv(4096)
        if not datos:
            print("el servidor cerró la conexión")
            sys.exit(1)
        print(datos.decode(errors="replace"), end="", flush=True)
except (EOFError, KeyboardInterrupt):
    pass
except OSError:
    sys.exit("se perdió la conexión")
s.close()
