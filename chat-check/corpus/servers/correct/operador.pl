# chat-check: --profile practico
# Uno a uno, en mensajes sin fin: quien opera el servidor, en su teclado, habla con un cliente a la vez.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

$| = 1;
$SIG{PIPE} = 'IGNORE';
$SIG{INT} = $SIG{TERM} = sub { print "cerrando servidor...\n"; exit 0 };

my $servidor = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', LocalPort => 12345, Listen => 100, ReuseAddr => 1,
) or die "no se puede escuchar en 127.0.0.1:12345: $!\n";
my $hay_teclado = 1;

# Lo que se dicen hasta que el cliente se va.
sub conversar {
    my ($cliente, $quien) = @_;
    my $mira = IO::Select->new($cliente);
    $mira->add(\*STDIN) if $hay_teclado;
    while (1) {
        for my $fuente ($mira->can_read) {
            my $cuantos = sysread $fuente, my $texto, 4096;
            if ($fuente == $cliente) {
                return unless $cuantos;
                $texto =~ s/\r?\n\z//;
                return if $texto =~ /^\s*salir\s*\z/i;
                $texto =~ tr/\x00-\x08\x0b-\x1f\x7f/?/;
                print "$quien > $texto\n";
            } elsif ($cuantos) {
                chomp $texto;
                syswrite $cliente, "Servidor > $texto";
            } else {
                $hay_teclado = 0;
                $mira->remove($fuente);
            }
        }
    }
}

print "servidor de chat iniciado en 127.0.0.1:12345\nesperando clientes...\n";
while (my $cliente = $servidor->accept) {
    my $quien = join ':', $cliente->peerhost // '?', $cliente->peerport // '?';
    print "nuevo cliente conectado: $quien\n";
    syswrite $cliente, "bienvenido al chat! escribe 'salir' para salir";
    conversar($cliente, $quien);
    close $cliente;
    print "cliente $quien desconectado\n";
}
