# Busca a su servidor en un puerto poco usual; select sobre el teclado y el socket.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Encode qw(decode encode FB_QUIET);

$| = 1;
$SIG{PIPE} = 'IGNORE';
$SIG{INT} = sub { exit 0 };
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 23457)
    or do { print STDERR "no se puede conectar: $@\n"; exit 1 };
print "conectado al servidor, escribe tus mensajes\n";
my ($llega, $escrito) = ('', '');
my $select = IO::Select->new($s, \*STDIN);
while (1) {
    for my $fuente ($select->can_read) {
        if ($fuente == $s) {
            my $n = sysread($s, $llega, 65536, length $llega);
            if (!$n) { print STDERR "el servidor cerró la conexión\n"; exit 1 }
            while ($llega =~ s/^([^\n]*)\n//) {
                my $linea = decode('UTF-8', $1);
                $linea =~ s/[\x00-\x1f\x7f-\x9f]/\x{fffd}/g;
                print encode('UTF-8', "$linea\n");
            }
        } else {
            my $n = sysread(STDIN, $escrito, 65536, length $escrito);
            if (!$n) { exit 0 }
            while ($escrito =~ s/^([^\n]*\n)//) {
                my $linea = $1;
                if (!defined syswrite($s, $linea)) {
                    print STDERR "el servidor cerró la conexión\n";
                    exit 1;
                }
                exit 0 if $linea =~ /^\s*salir\s*$/i;
            }
        }
    }
}
