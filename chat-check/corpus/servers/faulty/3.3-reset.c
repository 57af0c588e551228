/* Muere de SIGPIPE cuando escribe otra vez a quien ya se fue: no ignora la señal. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXIMO 200
#define LARGO 70000

struct cliente {
    char direccion[64], *pendiente;
    int puerto;
    size_t usados;
};

static struct pollfd ojos[MAXIMO];
static struct cliente *clientes[MAXIMO];
static int cuantos = 1;

static void enviar(int fd, const char *datos, size_t largo) {
    while (largo > 0) {
        ssize_t n = write(fd, datos, largo);
        if (n < 0 && errno == EAGAIN) shutdown(fd, SHUT_RD);
        if (n <= 0) return;
        datos += n;
        largo -= n;
    }
}

static void quitar(int i) {
    close(ojos[i].fd);
    printf("cliente %s desconectado\n", clientes[i]->direccion);
    free(clientes[i]->pendiente);
    free(clientes[i]);
    cuantos--;
    ojos[i] = ojos[cuantos];
    clientes[i] = clientes[cuantos];
}

static void aceptar(int servidor) {
    struct sockaddr_in d;
    socklen_t largo = sizeof d;
    int fd = accept(servidor, (struct sockaddr *)&d, &largo);
    if (fd < 0) return;
    if (cuantos == MAXIMO) {
        close(fd);
        return;
    }
    struct timeval plazo = {0, 300000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &plazo, sizeof plazo);
    struct cliente *c = calloc(1, sizeof *c);
    c->pendiente = malloc(LARGO);
    c->puerto = ntohs(d.sin_port);
    snprintf(c->direccion, sizeof c->direccion, "%s:%d", inet_ntoa(d.sin_addr), c->puerto);
    printf("nuevo cliente conectado: %s\n", c->direccion);
    ojos[cuantos] = (struct pollfd){fd, POLLIN, 0};
    clientes[cuantos++] = c;
    const char saludo[] = "bienvenido al chat! escribe 'salir' para salir\n";
    enviar(fd, saludo, sizeof saludo - 1);
}

/* Devuelve 0 si el cliente se va. */
static int linea(int i, char *texto, size_t largo) {
    while (largo > 0 && isspace((unsigned char)texto[largo - 1])) largo--;
    while (largo > 0 && isspace((unsigned char)*texto)) texto++, largo--;
    if (largo == 5 && strncasecmp(texto, "salir", 5) == 0) return 0;
    if (largo == 0) return 1;
    char *mensaje = malloc(largo + 64);
    int n = snprintf(mensaje, 64, "usuario %d: ", clientes[i]->puerto);
    memcpy(mensaje + n, texto, largo);
    mensaje[n + largo] = '\n';
    printf("cliente %s: %.*s\n", clientes[i]->direccion, (int)largo, texto);
    for (int otro = 1; otro < cuantos; otro++)
        if (otro != i) enviar(ojos[otro].fd, mensaje, n + largo + 1);
    free(mensaje);
    return 1;
}

static int leer(int i) {
    struct cliente *c = clientes[i];
    ssize_t n = read(ojos[i].fd, c->pendiente + c->usados, LARGO - c->usados);
    if (n == 0 && c->usados > 0) linea(i, c->pendiente, c->usados);
    if (n <= 0) return 0;
    c->usados += n;
    char *inicio = c->pendiente, *fin;
    while ((fin = memchr(inicio, '\n', c->usados - (inicio - c->pendiente)))) {
        if (!linea(i, inicio, fin - inicio)) return 0;
        inicio = fin + 1;
    }
    c->usados -= inicio - c->pendiente;
    memmove(c->pendiente, inicio, c->usados);
    return c->usados < LARGO;
}

static void terminar(int senal) {
    (void)senal;
    const char texto[] = "cerrando servidor...\n";
    write(1, texto, sizeof texto - 1);
    _exit(0);
}

int main(void) {
    struct sockaddr_in d = {.sin_family = AF_INET, .sin_port = htons(12345)};
    d.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int uno = 1, servidor = socket(AF_INET, SOCK_STREAM, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    setsockopt(servidor, SOL_SOCKET, SO_REUSEADDR, &uno, sizeof uno);
    if (bind(servidor, (struct sockaddr *)&d, sizeof d) || listen(servidor, 100)) {
        perror("no se puede escuchar en 127.0.0.1:12345");
        return 1;
    }
    signal(SIGINT, terminar);
    signal(SIGTERM, terminar);
    printf("servidor de chat iniciado en 127.0.0.1:12345\nesperando clientes...\n");
    ojos[0] = (struct pollfd){servidor, POLLIN, 0};
    for (;;) {
        if (poll(ojos, cuantos, -1) < 0) continue;
        for (int i = 1; i < cuantos; i++)
            if (ojos[i].revents && !leer(i)) quitar(i--);
        if (ojos[0].revents) aceptar(servidor);
    }
}
