#!/bin/sh
# prove_inside.sh: what prove.sh does within the bare Debian, with old.deb and new.deb in /files.
set -eu
here=/usr/lib/paige/program

said() { echo "prove: $*"; }
fail() { echo "prove: FAILED: $*" >&2; exit 1; }
# All that is there, but for what apt and dpkg keep of any package.
listing() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /paige -o -path /files -o -path /var/lib/apt \
        -o -path /var/cache -o -path /var/log -o -path '/var/lib/dpkg/*-old' \) -prune -o -printf '%M %u %g %p %l\n' | sort
}

apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq satisfy --no-install-recommends -y "$(dpkg-deb -f /files/old.deb Depends)" >/dev/null
listing >/tmp/before

mkdir -p /opt/paige/program
! dpkg -i /files/old.deb >/tmp/refused 2>&1 || fail "the package does not mind another Paige in /opt"
grep -q 'paige uninstall' /tmp/refused || fail "$(cat /tmp/refused)"
dpkg -P paige >/dev/null 2>&1 || true
rm -r /opt/paige
said "refused beside 'paige install', and says what to do"

dpkg -i /files/old.deb >/dev/null
paige --version
paige doctor --json >/tmp/doctor || true
python3 -c '
import json, os
found = {one["check"]: one for one in json.load(open("/tmp/doctor"))["findings"]}
checks = ("home", "models", "wake words", "voice")
# Under emulation some do not answer within the seconds that a board has.
late = [check for check in checks if "QEMU_CPU" in os.environ and "no answer within" in found[check]["text"]]
for check in checks:
    assert check in late or found[check]["verdict"] == "ok", found[check]
told = ", ".join(f"{check}: too slow here" if check in late else f"{check}: ok" for check in checks)
print("prove: doctor says", len(found), "things;", told)'
paige demo >/tmp/demo 2>&1 && fail "the demo ran, and its libraries are not in the package"
said "paige demo: $(cat /tmp/demo)"
find $here -name '*.so*' -exec ldd {} + 2>/dev/null | grep 'not found' && fail "a library is missing"
said "every compiled library finds those that it needs"
[ -L /etc/systemd/system/multi-user.target.wants/paige.service ] || fail "the service is not enabled"
[ "$(find /etc/systemd/system -name 'paige*' | wc -l)" = 1 ] || fail "more is enabled: $(find /etc/systemd/system -name 'paige*')"
[ -n "$(find $here/paige -name '*.pyc' | head -n 1)" ] || fail "nothing was compiled"
said "the service is enabled, and nothing else; $(du -sm /usr/lib/paige | cut -f 1) MB with what Python compiled"

# What there is on a board that has run for a while.
echo 'house: {area: Kitchen}' >/etc/paige/paige.yaml
mkdir -p /etc/systemd/system/paige.service.d /var/lib/private/paige/models /var/lib/paige-updates/program/a /var/lib/systemd/timers
chmod 700 /var/lib/private
touch /etc/systemd/system/paige.service.d/override.conf /var/lib/private/paige/timers.json /var/lib/systemd/timers/stamp-paige-log-trim.timer
ln -s private/paige /var/lib/paige
mkdir -p /var/cache/private/paige-fetch
chmod 700 /var/cache/private
ln -s private/paige-fetch /var/cache/paige-fetch
# Its owner has switched it off, as systemctl disable does.
rm /etc/systemd/system/multi-user.target.wants/paige.service

dpkg -i /files/new.deb >/dev/null
[ -f $here/paige/device/added.py ] || fail "the program was not exchanged"
[ ! -e $here/paige/tools/speak.py ] || fail "a file of the old program is left"
[ -z "$(find $here -name 'speak*.pyc' -path '*tools/__pycache__*')" ] || fail "what was compiled of the old program is left"
[ "$(cat /etc/paige/paige.yaml)" = 'house: {area: Kitchen}' ] || fail "the configuration was changed"
[ ! -e /etc/systemd/system/multi-user.target.wants/paige.service ] || fail "the service was switched on against its owner's will"
paige --version
said "upgraded from $(dpkg-deb -f /files/old.deb Version) to $(dpkg-query -Wf '${Version}' paige)"

dpkg -r paige >/dev/null
[ ! -e /usr/lib/paige ] || fail "after removal there is: $(find /usr/lib/paige | head -n 3)"
[ ! -e /usr/bin/paige ] || fail "after removal there is /usr/bin/paige"
[ -f /etc/paige/paige.yaml ] || fail "removal took the configuration"
[ -d /var/lib/private/paige/models ] || fail "removal took what Paige has written"
said "removed; configuration and state are there"

dpkg -P paige >/dev/null
[ -z "$(find /var/cache -name 'paige*')" ] || fail "purging left $(find /var/cache -name 'paige*')"
rmdir /var/lib/private 2>/dev/null || true  # systemd's, as are the timers
rmdir /var/lib/systemd/timers 2>/dev/null || true
listing >/tmp/after
diff /tmp/before /tmp/after || fail "purged, and these files differ"
said "purged; nothing is left behind"
