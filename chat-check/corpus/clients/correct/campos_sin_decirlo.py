"""Cliente de un protocolo propio: una palabra, un tabulador y el texto. De lo demás no entiende."""
import os
import socket
import sys
import threading


def recibir(s):
    try:
        for linea in s.makefile("r", encoding="utf-8", errors="replace", newline="\n"):
            campos = linea.rstrip("\n").split("\t", 2)
            if campos[0] == "AVISO" and len(campos) == 3:
                texto = f"{campos[1]}: {campos[2]}"
                print("".join(c if c.isprintable() else "\ufffd" for c in texto), flush=True)
    except OSError:
        pass
    print("el servidor cerró la conexión", flush=True)
    os._exit(1)


try:
    s = socket.create_connection(("127.0.0.1", 12345))
except OSError as error:
    sys.exit(f"127.0.0.1:12345: {error}")
print("conectado al servidor de chat!", flush=True)
threading.Thread(target=recibir, args=(s,), daemon=True).start()
try:
    for linea in sys.stdin:
        texto = linea.rstrip("\n")
        if texto.strip().lower() == "salir":
            s.sendall(b"FUERA\n")
            break
        s.sendall(f"MENSAJE\t{texto}\n".encode())
except KeyboardInterrupt:
    pass
except OSError:
    sys.exit(1)
