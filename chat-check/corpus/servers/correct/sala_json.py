# chat-check: --profile sala
"""Sala con nombres que envía cada línea como un objeto JSON."""
import asyncio
import json
import signal
import sys

HOST, PUERTO = "127.0.0.1", 12345
DEMASIADO = 1 << 20

nombres = {}


def mostrar(texto):
    print(texto, flush=True)


def enviar(salida, texto):
    """Quien no lee y deja demasiado por enviar pierde su conexión."""
    if salida.transport.get_write_buffer_size() > DEMASIADO:
        salida.transport.abort()
    else:
        salida.write(json.dumps({"texto": texto}).encode() + b"\n")


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
    return nombre.isprintable() and 0 < len(nombre) <= 20 and nombre.casefold() not in usados


async def presentarse(entrada, salida):
    for _ in range(3):
        enviar(salida, "¿nombre?")
        nombre = await leer(entrada)
        if nombre is None or nombre.strip().lower() == "salir":
            return None
        if se_puede(nombre.strip()):
            return nombre.strip()
    return None


async def conversar(entrada, salida, nombre):
    while True:
        linea = await leer(entrada)
        if linea is None or linea.strip().lower() == "salir":
            return
        if linea.strip():
            mostrar(f"<{nombre}> {linea}")
            difundir(f"{nombre}: {linea}", salida)


async def atender(entrada, salida):
    mostrar("nuevo cliente conectado: %s:%d" % salida.get_extra_info("peername"))
    try:
        nombre = await presentarse(entrada, salida)
        if nombre:
            nombres[salida] = nombre
            enviar(salida, f"hola, {nombre}")
            difundir(f"{nombre} entra", salida)
            try:
                await conversar(entrada, salida, nombre)
            finally:
                del nombres[salida]
                difundir(f"{nombre} se va", salida)
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
