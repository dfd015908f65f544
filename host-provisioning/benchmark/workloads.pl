# summary: measures small workloads while a change is switched off and on again, so that both are neighbours in time
# args: PAIRS FOLDER WORKLOAD...; FOLDER has `live` and `flip.after`: values of the kernel without and with the change,
#   PATH VALUE a line; the change is on at the start, and on again at the end
# needs: root, perl-base, which each Debian has: sh has neither a clock of this precision nor sockets
# undo: the file that is written is deleted before the first byte; values are back as they were at the start
#
# Output, lines: quad WORKLOAD FIRST MS MS MS MS, four neighbours in time: FIRST `before` stands for without, with, with,
# without, and `after` for the reverse; pressure RESOURCE PERCENT of the 10 s before; steal and seconds of all.
use strict;
use warnings;
use Fcntl;
use IO::Handle;
use IO::Socket::INET;
use POSIX ();

my $rounds         = 25;
my $least_rounds   = 5;
my $longest_second = 0.25;

# Microseconds are in the full perl only; the kernel's call has another number on each kind of processor.
my %clock_gettime = (x86_64 => 228, aarch64 => 113, riscv64 => 113, ppc64le => 246, s390x => 260, loongarch64 => 113);
my $number = $clock_gettime{(POSIX::uname())[4]};
my $precise = eval { require Time::HiRes; Time::HiRes::clock_gettime(1); 1 };
die "There is no clock for this kind of processor without the full perl.\n" unless $precise || defined $number;

sub now {
    return Time::HiRes::clock_gettime(1) if $precise;
    my $buffer = "\0" x 16;
    syscall($number, 1, $buffer) == 0 or die "The clock cannot be read: $!\n";
    my ($seconds, $nanoseconds) = unpack 'qq', $buffer;
    return $seconds + $nanoseconds / 1e9;
}

my ($pairs, $folder, @names) = @ARGV;
my %values = (before => read_values("$folder/live"), after => read_values("$folder/flip.after"));

my $block = pack('C', 7) x 65_536;
my $large = pack('C', 1) x 4_194_304;
sysopen my $file, "/var/tmp/roost-benchmark-$$", O_WRONLY | O_CREAT | O_EXCL, 0600 or die "No temporary file: $!\n";
unlink "/var/tmp/roost-benchmark-$$";

my %workloads = (
    processor => sub {
        my $state = 1;
        $state = ($state * 1_103_515_245 + 12_345) & 0x7fffffff for 1 .. 20_000;
    },
    # New pages each time: what the kernel does for them is in it.
    memory => sub { my $copy = $large x 2; substr($copy, 0, 1) = 'x' },
    disk   => sub {
        sysseek $file, 0, 0;
        syswrite $file, $block;
        $file->sync or die "The temporary file cannot be written: $!\n";
    },
    shell => sub { system('/bin/sh', '-c', ':') == 0 or die "The shell does not start.\n" },
);

$SIG{TERM} = $SIG{INT} = $SIG{HUP} = sub { die "ended from outside\n" };
my $is_on = 1;
eval { main(); 1 } or do {
    my $why = $@;
    eval { switch('after') } unless $is_on;
    print STDERR $why;
    exit 1;
};

sub main {
    STDOUT->autoflush(1);
    my ($began, $all, $stolen) = (now(), processor_times());
    print_pressure();
    for (my $done = 0; $done < $pairs; $done += 2) {
        my $first = rand() < 0.5 ? 'before' : 'after';
        my $second = $first eq 'before' ? 'after' : 'before';
        my %times;
        for my $which ($first, $second, $second, $first) {
            switch($which);
            push @{ $times{$_} }, measure($_) for @names;
        }
        printf "quad %s %s %s\n", $_, $first, join ' ', map { sprintf '%.4f', $_ * 1000 } @{ $times{$_} } for @names;
    }
    switch('after');
    my ($all_now, $stolen_now) = processor_times();
    printf "steal %.4f\n", $all_now > $all ? ($stolen_now - $stolen) / ($all_now - $all) : 0;
    printf "seconds %.2f\n", now() - $began;
}

# Seconds that a tenth of the rounds stay below: what it costs, with little of what others on the machine add.
sub measure {
    my ($name) = @_;
    my ($run, $close) = $name eq 'loopback' ? open_loopback() : ($workloads{$name}, sub { });
    die "There is no workload $name.\n" unless $run;
    $run->();
    my ($until, @times) = (now() + $longest_second);
    for my $round (1 .. $rounds) {
        my $from = now();
        $run->();
        my $to = now();
        push @times, $to - $from;
        last if $to > $until && $round >= $least_rounds;
    }
    $close->();
    @times = sort { $a <=> $b } @times;
    return $times[int(@times / 10)];
}

# A mebibyte over a connection of its own, as buffers and congestion control are taken when one is made.
sub open_loopback {
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1)
        or die "Nothing can listen on the loopback network: $@\n";
    my $child = fork() // die "No process can be started: $!\n";
    if ($child == 0) {
        $SIG{$_} = 'DEFAULT' for qw(TERM INT HUP);
        my $socket = $server->accept or POSIX::_exit(1);
        while (1) {
            my $left = 1_048_576;
            while ($left > 0) {
                my $chunk;
                my $got = sysread $socket, $chunk, $left;
                POSIX::_exit(0) unless $got;
                $left -= $got;
            }
            syswrite $socket, 'k';
        }
    }
    my $client = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->sockport, Timeout => 5)
        or die "The loopback network does not answer: $@\n";
    my $message = substr $large, 0, 1_048_576;
    my $run = sub {
        my $sent = 0;
        while ($sent < length $message) {
            $sent += syswrite($client, $message, length($message) - $sent, $sent) // die "The connection broke: $!\n";
        }
        my $answer;
        sysread($client, $answer, 1) or die "The connection broke.\n";
    };
    return ($run, sub { close $client; kill 'KILL', $child; waitpid $child, 0 });
}

sub switch {
    my ($which) = @_;
    for my $entry (@{ $values{$which} }) {
        my ($path, $value) = @$entry;
        open my $setting, '>', $path or die "$path cannot be set: $!\n";
        print {$setting} "$value\n";
        close $setting or die "$path does not take $value: $!\n";
    }
    $is_on = $which eq 'after';
}

sub read_values {
    my ($name) = @_;
    open my $list, '<', $name or die "$name cannot be read: $!\n";
    my @entries = map { chomp; /^(\S+) (.*)$/ ? [$1, $2] : () } <$list>;
    return \@entries;
}

sub print_pressure {
    for my $resource (qw(cpu memory io)) {
        open my $pressure, '<', "/proc/pressure/$resource" or next;
        my ($share) = (<$pressure> // '') =~ /^some avg10=([\d.]+)/ or next;
        print "pressure $resource $share\n";
    }
}

sub processor_times {
    open my $stat, '<', '/proc/stat' or return (0, 0);
    my (undef, @ticks) = split ' ', <$stat>;
    my $all = 0;
    $all += $_ for @ticks[0 .. 7];
    return ($all, $ticks[7]);
}
