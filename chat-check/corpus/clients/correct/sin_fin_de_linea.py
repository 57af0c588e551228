"""Cliente de chat del curso: un mensaje es lo que devuelve recv, sin fin de línea."""
import codecs
import os
import socket
import sys
import threading

cliente = socket.socket()
en_marcha = True


def recibir_mensajes():
    decodificador = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while en_marcha:
        try:
            datos = cliente.recv(1024)
        except OSError:
            datos = b""
        if not datos:
            break
        texto = decodificador.decode(datos)
        texto = "".join(c if c.isprintable() or c == "\n" else "?" for c in texto)
        print(texto, flush=True)
    if en_marcha:
        print("conexión perdida", flush=True)
        os._exit(1)


try:
    cliente.connect(("localhost", 12345))
except OSError:
    sys.exit("no se pudo conectar con localhost:12345")
print("conectado al servidor de chat!", flush=True)
threading.Thread(target=recibir_mensajes, daemon=True).start()
try:
    for linea in sys.stdin:
        mensaje = linea.rstrip("\n")
        if mensaje:
            cliente.sendall(mensaje.encode())
        if mensaje.strip().lower() == "salir":
            break
except KeyboardInterrupt:
    print("saliendo...")
except OSError:
    print("no se pudo enviar")
en_marcha = False
try:
    cliente.shutdown(socket.SHUT_RDWR)
except OSError:
    pass
cliente.close()
