# Shows that something slow is still going on. Sourced by the set-up scripts.
#
# Decision: the slow command keeps the foreground, so Ctrl-C reaches it and its errors appear whole and at once;
# only the counting runs beside it.

# waiting TEXT COMMAND...: runs the command; prints the text, and every five seconds how long it has taken.
waiting() {
  echo "$1"
  shift
  (
    seconds=0
    while sleep 1; do
      seconds=$((seconds + 1))
      [ $((seconds % 5)) -ne 0 ] || echo "  … ${seconds} s"
    done
  ) &
  ticker=$!
  status=0
  "$@" || status=$?
  kill "$ticker" 2>/dev/null || true
  return "$status"
}
