# common.sh: what the launchers share, to be read by bash. deploy/README.md has their interface.

# Fills in verb and what was said behind it; extra has the words behind --.
read_call() {
  verb=${1:-} campaign='' state='' connect='' worker='' hosts='' workers=1 slots=1 idle_exit=120 copy='' allow='' key='' server_key=''
  extra=()
  case $verb in start | scale | status | stop | logs) shift ;; *)
    echo "usage: ${0##*/} start|scale|status|stop|logs --campaign NAME --state DIR ...: rung launch and rung scale call this" >&2
    exit 2 ;;
  esac
  while [ $# -gt 0 ]; do
    case $1 in
      --campaign) campaign=$2; shift ;;
      --state) state=$2; shift ;;
      --connect) connect=$2; shift ;;
      --worker) worker=$2; shift ;;
      --workers) workers=$2; shift ;;
      --slots) slots=$2; shift ;;
      --idle-exit) idle_exit=$2; shift ;;
      --hosts) hosts=$2; shift ;;
      --key) key=$2; shift ;;
      --server-key) server_key=$2; shift ;;
      --copy) copy=yes ;;
      --allow-commands) allow=$2; shift ;;
      --) shift; extra=("$@"); break ;;
      *) fail "\"$1\" is no option of a launcher" ;;
    esac
    shift
  done
  [ -n "$campaign" ] && [ -n "$state" ] || fail '--campaign and --state are needed'
  mkdir -p "$state"
}

say() { echo "${0##*/}: $*" >&2; }
fail() { say "$*"; exit 1; }

# A text as JSON has it: quotes, backslashes, and control characters as blanks.
json() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# member WORKER STATE [WHERE [ID [TEXT]]]: a line of the answer.
member() {
  printf '{"worker":%s,"state":"%s","where":%s,"id":%s,"text":%s}\n' \
    "$(json "$1")" "$2" "$(json "${3:-}")" "$(json "${4:-}")" "$(json "${5:-}")"
}

# worker_words: the command line of a worker but for its --name and --dir, into the array words.
worker_words() {
  words=("$worker" --connect "$connect" --slots "$slots" --idle-exit "$idle_exit")
  [ -z "$allow" ] || words+=(--allow-commands "$allow")
  [ -z "$key" ] || words+=(--key "$key")
  [ -z "$server_key" ] || words+=(--server-key "$server_key")
}
