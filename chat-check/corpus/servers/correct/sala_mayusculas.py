# chat-check: --profile sala
"""Sala en la que los nombres son de letras y van en mayúsculas; lleva una bitácora en stderr."""
import asyncio
import logging
import signal
import sys

HOST, PUERTO = "127.0.0.1", 12345
DEMASIADO = 1 << 20

nombres = {}


logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
mostrar = logging.info


def enviar(salida, texto):
    """Cada mensaje tapa el `> ` que espera en la pantalla, y pone otro.

    Quien no lee y deja demasiado por enviar pierde su conexión.
    """
    if salida.transport.get_write_buffer_size() > DEMASIADO:
        salida.transport.abort()
    else:
        salida.write(f"\r{texto}\n> ".encode())


def difundir(texto, autor):
    for otro in list(nombres):
        if otro is not autor:
            enviar(otro, texto)


async def leer(entrada):
    """La línea siguiente; None al final."""
    try:
        linea = await entrada.readline()
    except (ConnectionError, ValueError):
        return None
    if not linea:
        return None
    texto = linea.decode("utf-8", "replace").rstrip("\r\n")
    return "".join(c if c == "\t" or c >= " " and not "\x7f" <= c < "\xa0" else "\ufffd" for c in texto)


def se_puede(nombre):
    usados = [usado.casefold() for usado in nombres.values()]
    return nombre.isalpha() and len(nombre) <= 12 and nombre.casefold() not in usados


async def presentarse(entrada, salida):
    for _ in range(3):
        salida.write("¿tu nombre? ".encode())
        nombre = await leer(entrada)
        if nombre is None or nombre.strip().lower() == "salir":
            return None
        if se_puede(nombre.strip()):
            return nombre.strip().upper()
    return None


async def conversar(entrada, salida, nombre):
    while True:
        linea = await leer(entrada)
        if linea is None or linea.strip().lower() == "salir":
            return
        if linea.strip():
            mostrar(f"<{nombre}> {linea}")
            difundir(f"[{nombre}] {linea}", salida)
        salida.write(b"> ")


async def atender(entrada, salida):
    mostrar("nuevo cliente conectado: %s:%d" % salida.get_extra_info("peername"))
    try:
        nombre = await presentarse(entrada, salida)
        if nombre:
            nombres[salida] = nombre
            enviar(salida, f"--- hola {nombre}")
            difundir(f"--- {nombre} entra", salida)
            try:
                await conversar(entrada, salida, nombre)
            finally:
                del nombres[salida]
                difundir(f"--- {nombre} se va", salida)
    finally:
        salida.close()
        mostrar("cliente %s:%d desconectado" % salida.get_extra_info("peername"))


async def main():
    fin = asyncio.Event()
    bucle = asyncio.get_running_loop()
    for aviso in (signal.SIGINT, signal.SIGTERM):
        bucle.add_signal_handler(aviso, fin.set)
    try:
        servidor = await asyncio.start_server(atender, HOST, PUERTO, limit=DEMASIADO)
    except OSError as error:
        sys.exit(f"no se puede escuchar en {HOST}:{PUERTO}: {error.strerror}")
    mostrar(f"servidor de chat iniciado en {HOST}:{PUERTO}")
    mostrar("esperando clientes...")
    await fin.wait()
    mostrar("cerrando servidor...")
    servidor.close()
    for salida in list(nombres):
        salida.close()
    await asyncio.sleep(0.1)


asyncio.run(main())
