# processes.sh BASE VERB NAMES NUMBERS [WORD...]: workers as processes of the machine where this runs, for the launchers
# local and ssh. BASE: a directory, beneath $HOME unless absolute; NAMES: before a worker's number, as its name; NUMBERS:
# those that should be there, with blanks between; WORD...: a worker's command line. Answers "N|STATE|PROCESS|TEXT".
#
# BASE/N.pid has worker N's process and when it started, by which a number that another process got since is told apart.
set -euo pipefail
umask 077
case $1 in /*) base=$1 ;; *) base=$HOME/$1 ;; esac
verb=$2 names=$3 wanted=$4
shift 4
mkdir -p "$base"

started_of() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; } # nothing when it is gone

# Is worker $1 alive? Its process goes into pid.
is_alive() {
  local started=''
  pid=''
  [ ! -f "$base/$1.pid" ] || read -r pid started <"$base/$1.pid" || true
  [ -n "$pid" ] && [ "$(started_of "$pid")" = "$started" ]
}

begin() { # N WORD...
  local n=$1
  shift
  setsid "$@" --name "$names$n" --dir "$base/worker-$n" >>"$base/$n.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid $(started_of "$pid")" >"$base/$n.pid"
}

report() { # N
  if is_alive "$1"; then
    echo "$1|running|$pid|"
  elif tail -n 1 "$base/$1.log" 2>/dev/null | grep -q 'error:\|not found\|No such file'; then
    echo "$1|failed|$pid|$(tail -n 1 "$base/$1.log" | tr '|' ' ')"
  else
    echo "$1|stopped|$pid|"
  fi
}

numbers() { for file in "$base"/*.pid; do [ ! -f "$file" ] || basename "$file" .pid; done | sort -n; }

# Sends the signal to those that live and are not wanted; false when there are none.
signal_others() { # SIGNAL WANTED
  local found=1 n
  for n in $(numbers); do
    case " $2 " in *" $n "*) continue ;; esac
    if is_alive "$n"; then kill "-$1" "$pid" 2>/dev/null || true; found=0; fi
  done
  return $found
}

# Ends all others and waits: a trial may finish its step, and is killed after half a minute.
end_others() { # WANTED
  local turn
  signal_others TERM "$1" || return 0
  for turn in $(seq 300); do
    signal_others 0 "$1" || return 0
    sleep 0.1
  done
  echo "workers do not end by themselves: killed" >&2
  while signal_others KILL "$1"; do sleep 0.1; done
}

case $verb in
  bring)
    for n in $wanted; do is_alive "$n" || begin "$n" "$@"; done
    end_others "$wanted"
    [ -z "$wanted" ] || sleep 0.3 # one that cannot start at all has said so by now
    for n in $wanted; do report "$n"; done ;;
  status) for n in $(numbers); do report "$n"; done ;;
  logs) for n in $(numbers); do tail -n 20 "$base/$n.log" | sed "s|^|$names$n: |"; done ;;
  stop)
    end_others ''
    for n in $(numbers); do echo "$n|stopped||"; rm -f "$base/$n.pid"; done ;;
esac
