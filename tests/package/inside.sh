# One step of package_test.sh, run inside the clean tree. Prints "ok: …" or "FAILED: …" per check.
# usage: inside.sh install|use|remove
set -u

# check TEXT COMMAND…: whether it succeeds.
check() {
  local text=$1 output
  shift
  if output=$("$@" 2>&1); then echo "ok: $text"; else echo "FAILED: $text: $output"; fi
}
absent() { [[ ! -e $1 ]]; }
is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' strobe 2>/dev/null) == installed ]]; }
is_unknown() { ! dpkg-query -W strobe; }

subcommands() { strobe --help | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\)  .*/\1/p'; }

install_package() {
  apt-get install -q -y --no-install-recommends /strobe.deb ||
    { apt-get update -q && apt-get install -q -y --no-install-recommends /strobe.deb; }
}

# An ordinary program that works for a moment; its recording shows it.
profile_busy_shell() {
  strobe run -q -o busy.strobe --force -- sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done' &&
    strobe report busy.strobe functions | grep -q 'dash'
}
profile_as_user() {
  install -d -o nobody /tmp/user && cd /tmp/user &&
    setpriv --reuid=nobody --regid=nogroup --clear-groups strobe run -o user.strobe --force -- true &&
    [[ $(stat -c '%U %a' user.strobe) == 'nobody 600' ]]
}
man_pages_of_all() {
  local name
  man -w strobe || return 1
  [[ -n $(subcommands) ]] || return 1
  for name in $(subcommands); do man -w "strobe-$name" || return 1; done
}
man_page_reads() { man strobe-run | grep -q '^EXIT STATUS'; }
bash_completes() {
  bash -c 'source /usr/share/bash-completion/completions/strobe; COMP_WORDS=(strobe re) COMP_CWORD=1; _strobe
    [[ " ${COMPREPLY[*]} " == *" report "* ]]'
}

use() {
  cd /tmp || exit 1
  check 'strobe --version' strobe --version
  check 'strobe run -- true' strobe run -o true.strobe --force -- true
  check 'strobe report' strobe report true.strobe
  check 'a profile of a program of the distribution' profile_busy_shell
  check 'an ordinary user profiles' profile_as_user
  check 'a man page for every subcommand' man_pages_of_all
  check 'man shows a page' man_page_reads
  check 'bash completes' bash_completes
  check 'zsh finds its completion' test -s /usr/share/zsh/vendor-completions/_strobe
  check 'fish finds its completion' test -s /usr/share/fish/vendor_completions.d/strobe.fish
  check 'the licence' grep -q 'MIT License' /usr/share/doc/strobe/copyright
  check 'the changelog' sh -c 'zcat /usr/share/doc/strobe/changelog.gz | grep -q "^strobe ("'
  check 'files are as packed' sh -c 'test -z "$(dpkg --verify strobe)"'
}

remove() {
  check 'apt-get remove' apt-get remove -q -y strobe
  check 'the program is gone' absent /usr/bin/strobe
  check 'the pages are gone' absent /usr/share/man/man1/strobe-run.1.gz
  check 'dpkg --install, a second time' dpkg --install /strobe.deb
  check 'apt-get purge, with what it depends on' apt-get purge -q -y --auto-remove strobe
  check 'dpkg knows nothing of it' is_unknown
}

case $1 in
  install)
    check 'apt-get install, with what it depends on' install_package
    check 'dpkg calls it installed' is_installed
    ;;
  use) use ;;
  remove) remove ;;
  *) exit 2 ;;
esac
