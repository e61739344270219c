# An SMSC on Net::SMPP, a library that is not ours: takes transceiver binds and messages, sends receipts. One line of JSON on
# standard output for each PDU that it read, as the library decoded it (octets in hexadecimal).
#
#   perl smsc.pl <system_id> <password> <tlv|text> <same|response_hex>
use strict;
use warnings;
use Net::SMPP;

my ( $system_id, $password, $form, $ids ) = @ARGV;
$| = 1;
# Its warnings of tags that it does not know, and of connections that end, are no errors.
local $SIG{__WARN__} = sub { };
my %names = (
    0x09 => 'bind_transceiver', 0x04 => 'submit_sm', 0x15 => 'enquire_link', 0x06 => 'unbind',
    0x80000005 => 'deliver_sm_resp', 0x80000015 => 'enquire_link_resp',
);
my $last = 255;

my $listener = Net::SMPP->new_listen( '127.0.0.1', port => 0, smpp_version => 0x34, timeout => undef ) or die "no port: $!";
print qq({"port":), $listener->sockport, "}\n";

# One connection each process: a client may come back before the last one has gone.
$SIG{CHLD} = 'IGNORE';
while ( my $client = $listener->accept ) {
    my $pid = fork // die "no process: $!";
    if ( $pid == 0 ) { serve($client); exit 0 }
    close $client;
}

sub serve {
    my ($client) = @_;
    my $bound = 0;
    while ( my $pdu = $client->read_pdu ) {
        show($pdu);
        my $cmd = $pdu->{cmd};
        if ( $cmd == 0x09 ) {
            my $status = $pdu->{system_id} ne $system_id ? 0x0f : $pdu->{password} ne $password ? 0x0e : 0;
            $bound = $status == 0;
            $client->bind_transceiver_resp( seq => $pdu->{seq}, status => $status, system_id => 'net-smpp' );
        }
        elsif ( $cmd == 0x04 ) { submit( $client, $pdu, $bound ) }
        elsif ( $cmd == 0x15 ) { $client->enquire_link_resp( seq => $pdu->{seq} ) }
        elsif ( $cmd == 0x06 ) { $client->unbind_resp( seq => $pdu->{seq} ); return }
    }
}

sub submit {
    my ( $client, $pdu, $bound ) = @_;
    my $to = $pdu->{destination_addr};
    # Numbers that end so are refused: an invalid destination, throttled.
    my $status = !$bound ? 0x04 : $to =~ /0{4}$/ ? 0x0b : $to =~ /5858$/ ? 0x58 : 0;
    $last++;
    my $id = $ids eq 'response_hex' ? sprintf( '%X', $last ) : $last;
    $client->submit_sm_resp( seq => $pdu->{seq}, status => $status, message_id => $status ? '' : $id );
    return if $status || !( $pdu->{registered_delivery} & 1 );
    my $delivered = $to !~ /1{4}$/;
    my $state     = $delivered ? 'DELIVRD' : 'UNDELIV';
    my $text = sprintf 'id:%s sub:001 dlvrd:%s submit date:2611251200 done date:2611251201 stat:%s err:%s text:%s',
        $last, ( $delivered ? '001' : '000' ), $state, ( $delivered ? '000' : '001' ), 'as sent';
    my @tlvs = $form eq 'tlv' ? ( receipted_message_id => "$last\0", message_state => pack( 'C', $delivered ? 2 : 5 ) ) : ();
    $client->deliver_sm(
        async => 1, source_addr_ton => 1, source_addr_npi => 1, source_addr => $to,
        destination_addr => $pdu->{source_addr}, esm_class => 0x04,
        short_message    => $form eq 'tlv' ? '' : $text, @tlvs
    );
    # The network asks after the client as well.
    $client->enquire_link( async => 1 );
}

sub show {
    my ($pdu) = @_;
    my $name = $names{ $pdu->{cmd} } // $pdu->{cmd};
    my @fields = map { sprintf '"%s":"%s"', $_, unpack( 'H*', $pdu->{$_} ) }
        grep { defined $pdu->{$_} && !/^(cmd|seq|status|data|reserved|known_pdu)$/ } sort keys %$pdu;
    print qq({"command":"$name","status":$pdu->{status},"fields":{), join( ',', @fields ), "}}\n";
}
